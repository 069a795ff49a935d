//! Two servers and one PostgreSQL database.

use std::sync::Arc;
use std::time::Duration;

use skein_base::{Clock, Timestamp};

use crate::testing::{TestDb, databases};
use crate::{Db, Migration, OpenError, Owner, Sql};

const TABLE: &[Migration] =
    &[Migration { feature: "test", number: 1, sql: "CREATE TABLE test_row (id BIGINT NOT NULL)" }];
static PUT: Sql = Sql::new("test.put", "INSERT INTO test_row (id) VALUES ($1)");
static COUNT: Sql = Sql::new("test.count", "SELECT COUNT(*) FROM test_row");
static EXPIRE: Sql = Sql::new("test.expire", "UPDATE db_lease SET until = 0");

struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

fn postgres() -> TestDb {
    let postgres = databases().into_iter().find(|fresh| fresh.engine() == "postgres");
    postgres.unwrap_or_else(|| panic!("the tests have both engines"))
}

/// A process of another machine.
fn stranger(process: i64) -> Owner {
    Owner { host: "elsewhere".to_owned(), place: format!("run {process}"), process, started: 1 }
}

async fn open(fresh: &TestDb, owner: Owner) -> Result<Db, OpenError> {
    Db::open_as(owner, fresh.url(), TABLE, Arc::new(Epoch)).await
}

async fn put(db: &Db, id: i64) -> bool {
    db.write(move |tx| tx.run(&PUT, &[id.into()])).await.is_ok()
}

async fn count(db: &Db) -> i64 {
    db.read(|tx| tx.query(&COUNT, &[])?[0].int(0)).await.unwrap_or(-1)
}

#[tokio::test]
async fn a_second_server_is_refused_and_told_who_is_there() {
    let fresh = postgres();
    let first = open(&fresh, stranger(7)).await.unwrap_or_else(|error| panic!("{error}"));
    match open(&fresh, stranger(8)).await {
        Err(OpenError::Taken { host, process, seconds }) => {
            assert_eq!((host.as_str(), process), ("elsewhere", 7));
            assert!((1..=30).contains(&seconds), "{seconds}");
        }
        other => panic!("{:?}", other.err()),
    }
    assert!(put(&first, 1).await, "the first is not disturbed");
    first.close().await;
    let next = open(&fresh, stranger(8)).await;
    assert!(next.is_ok(), "a server that stopped in order leaves at once: {:?}", next.err());
}

#[tokio::test]
async fn a_server_that_was_taken_for_dead_writes_nothing_more() {
    let fresh = postgres();
    let slow = open(&fresh, stranger(7)).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(put(&slow, 1).await);
    let operator = fresh.open(TABLE).await;
    assert!(operator.write(|tx| tx.run(&EXPIRE, &[])).await.is_ok());
    let next = open(&fresh, stranger(8)).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(!put(&slow, 2).await, "a split owner wrote");
    assert!(slow.has_failed());
    let told = tokio::time::timeout(Duration::from_secs(10), slow.taken_over()).await;
    assert!(told.is_ok(), "nobody was told");
    assert!(put(&next, 3).await);
    assert_eq!(count(&next).await, 2);
}

#[tokio::test]
async fn the_lease_of_a_process_of_this_machine_that_is_gone_is_taken_at_once() {
    let fresh = postgres();
    let me = Owner::this_process();
    assert!(!me.place.is_empty() && me.started > 0, "{me:?}");
    // The number is ours, the start is not: whoever had it is gone.
    let crashed = Owner { started: me.started - 1, ..me.clone() };
    let _crashed = open(&fresh, crashed).await.unwrap_or_else(|error| panic!("{error}"));
    let next = open(&fresh, me).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(put(&next, 1).await);
    assert!(open(&fresh, stranger(8)).await.is_err(), "ours is held");
}

#[tokio::test]
async fn a_lease_is_renewed_as_long_as_its_server_lives() {
    static LEFT: Sql = Sql::new("test.until", "SELECT until FROM db_lease");
    let fresh = postgres();
    let db = open(&fresh, stranger(7)).await.unwrap_or_else(|error| panic!("{error}"));
    let until = async || db.read(|tx| tx.query(&LEFT, &[])?[0].int(0)).await.unwrap_or(0);
    let first = until().await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while until().await <= first {
        assert!(tokio::time::Instant::now() < deadline, "the lease was not renewed");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
