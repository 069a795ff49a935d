use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};

use skein_base::Fault;
use tokio::sync::oneshot;

use super::{INSERT, NOTES, count, note};
use crate::testing::{databases, sqlite};
use crate::writer::QUEUE_JOBS;
use crate::{DbError, Job, Sql, Tx, Value};

type Told = (i64, Result<(), String>);

/// Inserts one note and tells how it went.
struct Insert {
    id: i64,
    told: Sender<Told>,
}

impl Job for Insert {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        tx.run(&INSERT, &note(self.id))
    }

    fn done(self: Box<Self>, outcome: Result<(), Fault>) {
        self.told.send((self.id, outcome.map_err(|fault| fault.to_string()))).unwrap();
    }
}

/// Holds the writer until the test has queued what shall be one batch.
struct Hold {
    holding: oneshot::Sender<()>,
    gate: Arc<Barrier>,
}

impl Job for Hold {
    fn write(&mut self, _: &mut Tx<'_>) -> Result<(), DbError> {
        Ok(())
    }

    fn done(self: Box<Self>, _: Result<(), Fault>) {
        self.holding.send(()).unwrap();
        self.gate.wait();
    }
}

/// Returns when the writer is held; waiting at the barrier lets it go.
async fn hold(db: &crate::Db) -> Arc<Barrier> {
    let gate = Arc::new(Barrier::new(2));
    let (holding, is_holding) = oneshot::channel();
    db.submit(Box::new(Hold { holding, gate: Arc::clone(&gate) })).await;
    is_holding.await.unwrap();
    gate
}

async fn submit_as_one_batch(db: &crate::Db, ids: &[i64]) -> Receiver<Told> {
    let gate = hold(db).await;
    let (told, receiver) = channel();
    for &id in ids {
        db.submit(Box::new(Insert { id, told: told.clone() })).await;
    }
    gate.wait();
    receiver
}

#[tokio::test]
async fn jobs_of_a_batch_share_a_commit_and_are_told_in_order() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        let ids: Vec<i64> = (0..200).collect();
        let told = submit_as_one_batch(&db, &ids).await;
        let expected: Vec<Told> = ids.iter().map(|&id| (id, Ok(()))).collect();
        assert_eq!(told.iter().collect::<Vec<_>>(), expected, "{}", fresh.engine());
        let metrics = db.metrics();
        assert_eq!((metrics.jobs, metrics.failed_jobs), (201, 0));
        assert_eq!(metrics.batches, 2, "{}", fresh.engine());
        assert_eq!(metrics.commit_buckets.iter().sum::<u64>(), 2);
        assert_eq!(count(&db).await, 200);
    }
}

#[tokio::test]
async fn a_bad_job_harms_no_other_of_its_batch() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        let told = submit_as_one_batch(&db, &[1, 2, 2, -1, 3]).await;
        let told: Vec<Told> = told.iter().collect();
        let well: Vec<_> = told.iter().map(|(id, outcome)| (*id, outcome.is_ok())).collect();
        let expected = [(1, true), (2, true), (2, false), (-1, false), (3, true)];
        assert_eq!(well, expected, "{}", fresh.engine());
        assert_eq!(told[2].1, Err("notes.INSERT: notes.INSERT: unique constraint".into()));
        assert_eq!(count(&db).await, 3);
        assert_eq!((db.metrics().failed_jobs, db.metrics().isolated_batches), (2, 1));
    }
}

/// Looks from a connection of its own whether its row is there when it is told.
struct Witness {
    id: i64,
    url: String,
    seen: Arc<AtomicU32>,
}

impl Job for Witness {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        tx.run(&INSERT, &note(self.id))
    }

    fn done(self: Box<Self>, outcome: Result<(), Fault>) {
        outcome.unwrap();
        let target = crate::url::Target::parse(&self.url).unwrap();
        let found = target.with_reader(|tx| {
            tx.begin_read().unwrap();
            let found = tx.query_one(&super::SELECT, &[self.id.into()]).unwrap().is_some();
            tx.rollback();
            found
        });
        self.seen.fetch_add(u32::from(found.unwrap()), Ordering::SeqCst);
    }
}

#[tokio::test]
async fn whoever_is_told_finds_the_write_committed() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        let seen = Arc::new(AtomicU32::new(0));
        for id in 0..20 {
            let (url, seen) = (fresh.url().to_owned(), Arc::clone(&seen));
            db.submit(Box::new(Witness { id, url, seen })).await;
        }
        db.close().await;
        assert_eq!(seen.load(Ordering::SeqCst), 20, "{}", fresh.engine());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_all_succeed_and_read_their_own_writes() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..256 {
            let db = db.clone();
            tasks.spawn(async move {
                for id in [task * 2, task * 2 + 1] {
                    db.write(move |tx| tx.run(&INSERT, &note(id))).await.unwrap();
                    let read = db.read(move |tx| tx.query_one(&super::SELECT, &[id.into()])).await;
                    assert!(read.unwrap().is_some());
                }
            });
        }
        while let Some(task) = tasks.join_next().await {
            task.unwrap();
        }
        assert_eq!(count(&db).await, 512, "{}", fresh.engine());
        assert!(db.metrics().batches < 512, "{}", fresh.engine());
    }
}

#[tokio::test]
async fn a_write_that_swallows_an_error_is_rolled_back() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        let outcome = db.write(|tx| {
            tx.exec(&INSERT, &note(1))?;
            Ok(tx.exec(&INSERT, &note(1)).is_err())
        });
        assert!(outcome.await.is_err(), "{}", fresh.engine());
        assert_eq!(count(&db).await, 0, "{}", fresh.engine());
    }
}

#[tokio::test]
async fn a_write_that_panics_is_rolled_back_and_the_writer_lives() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        let outcome = db.write::<(), _>(|tx| {
            tx.run(&INSERT, &note(1))?;
            panic!("on purpose");
        });
        assert!(outcome.await.is_err());
        db.write(|tx| tx.run(&INSERT, &note(2))).await.unwrap();
        assert_eq!(count(&db).await, 1, "{}", fresh.engine());
    }
}

#[tokio::test]
async fn a_full_queue_gives_the_job_back_and_a_closed_one_a_fault() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        let gate = hold(&db).await;
        let (told, outcomes) = channel();
        let insert = |id| Box::new(Insert { id, told: told.clone() });
        let mut accepted = 0;
        while db.try_submit(insert(accepted)).is_ok() {
            accepted += 1;
        }
        assert_eq!(accepted, i64::try_from(QUEUE_JOBS).unwrap(), "{}", fresh.engine());
        gate.wait();
        db.close().await;
        db.submit(insert(-1)).await;
        assert!(db.try_submit(insert(-2)).is_ok());
        assert!(db.read(|_| Ok(())).await.is_err());
        let outcomes: Vec<Told> = outcomes.try_iter().collect();
        assert_eq!(outcomes.len() as i64, accepted + 2);
        let closed = Err("the database is closed".to_owned());
        assert!(
            outcomes.iter().all(|(id, outcome)| {
                if *id >= 0 { outcome.is_ok() } else { *outcome == closed }
            })
        );
    }
}

#[tokio::test]
async fn a_lost_connection_is_a_fault_once_and_replaced() {
    const END: Sql =
        Sql::new("notes.END", "SELECT CAST(pg_terminate_backend(pg_backend_pid()) AS TEXT)");
    let fresh = crate::testing::postgres();
    let db = fresh.open(&[NOTES]).await;
    let outcome = db.write(|tx| {
        tx.run(&INSERT, &note(1))?;
        tx.query(&END, &[])
    });
    assert!(matches!(outcome.await, Err(DbError::Fault(_))));
    assert!(db.read(|tx| tx.query(&END, &[])).await.is_err());
    db.write(|tx| tx.run(&INSERT, &note(2))).await.unwrap();
    assert_eq!(count(&db).await, 1);
    assert!(!db.has_failed());
}

#[tokio::test]
async fn an_idle_connection_that_the_server_ended_is_replaced_unnoticed() {
    const END_OTHERS: Sql = Sql::new(
        "notes.END_OTHERS",
        "SELECT CAST(pg_terminate_backend(pid, 5000) AS TEXT) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let fresh = crate::testing::postgres();
    let db = fresh.open(&[NOTES]).await;
    db.write(|tx| tx.run(&INSERT, &note(1))).await.unwrap();
    db.read(|tx| tx.query(&END_OTHERS, &[])).await.unwrap();
    db.write(|tx| tx.run(&INSERT, &note(2))).await.unwrap();
    assert_eq!(count(&db).await, 2);
}

#[tokio::test]
async fn a_full_disk_refuses_writes_until_there_is_room() {
    const SHRINK: Sql = Sql::new("notes.SHRINK", "PRAGMA max_page_count = 1");
    const GROW: Sql = Sql::new("notes.GROW", "PRAGMA max_page_count = 100000");
    let fresh = sqlite();
    let db = fresh.open(&[NOTES]).await;
    let large = || {
        let params = [1_i64.into(), "large".into(), Value::from(vec![7; 100_000]), Value::Null];
        db.write(move |tx| tx.run(&INSERT, &params))
    };
    db.write(|tx| tx.query(&SHRINK, &[])).await.unwrap();
    assert!(large().await.unwrap_err().to_string().contains("full"));
    assert!(!db.has_failed());
    db.write(|tx| tx.query(&GROW, &[])).await.unwrap();
    large().await.unwrap();
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn after_a_broken_disk_nothing_is_acknowledged() {
    let fresh = sqlite();
    let path = fresh.url().trim_start_matches("sqlite:").to_owned();
    let db = fresh.open(&[NOTES]).await;
    db.write(|tx| (0..5_000).try_for_each(|id| tx.run(&INSERT, &note(id)))).await.unwrap();
    db.close().await;
    let damaged: Vec<u8> = std::fs::read(&path).unwrap();
    let mut damaged = damaged;
    damaged[4_096 * 2..].fill(0xff);
    std::fs::write(&path, &damaged).unwrap();
    // The list of migrations lies in the first pages, the notes do not.
    let db = fresh.open(&[NOTES]).await;
    let touched_disk = Arc::new(AtomicBool::new(false));
    let touches = Arc::clone(&touched_disk);
    let outcome = db.write(move |tx| {
        touches.store(true, Ordering::SeqCst);
        (5_000..5_100).try_for_each(|id| tx.run(&INSERT, &note(id)))
    });
    assert!(outcome.await.is_err());
    assert!(touched_disk.load(Ordering::SeqCst) && db.has_failed());
    let outcome = db.write(|_| Ok(())).await;
    assert!(outcome.unwrap_err().to_string().contains("stopped writing"));
}

#[tokio::test]
async fn what_is_done_at_once_is_done_only_while_no_job_waits() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        assert_eq!(db.at_once(|| 1), Some(1), "{}", fresh.engine());
        let gate = hold(&db).await;
        assert_eq!(db.at_once(|| 2), None, "a job is being done");
        let (told, receiver) = channel();
        db.submit(Box::new(Insert { id: 1, told })).await;
        gate.wait();
        assert_eq!(receiver.recv().unwrap(), (1, Ok(())));
        // Behind the answer, so it may not be counted yet.
        while db.at_once(|| 3).is_none() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn every_connection_gives_back_memory_and_works_on() {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        let (told, receiver) = channel();
        db.submit(Box::new(Insert { id: 1, told: told.clone() })).await;
        assert_eq!(receiver.recv().unwrap(), (1, Ok(())));
        assert_eq!(count(&db).await, 1);
        let before = GIVEN.load(Ordering::SeqCst);
        db.give_back(|| {
            GIVEN.fetch_add(1, Ordering::SeqCst);
        });
        // One thread reads, one writes.
        while GIVEN.load(Ordering::SeqCst) < before + 2 {
            tokio::task::yield_now().await;
        }
        db.submit(Box::new(Insert { id: 2, told })).await;
        assert_eq!(receiver.recv().unwrap(), (2, Ok(())));
        assert_eq!(count(&db).await, 2, "{}", fresh.engine());
    }
}
