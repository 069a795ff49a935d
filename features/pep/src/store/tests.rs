//! Nodes and items on each engine.

use skein_db::testing::databases;
use skein_db::{Db, DbError};

use super::*;

const JULIET: AccountId = AccountId(1);

fn entry(id: &str) -> Item {
    Item { id: id.into(), payload: format!("<entry xmlns='urn:x'>{id}</entry>") }
}

fn ids(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.id.as_str()).collect()
}

async fn each(check: impl AsyncFn(Db)) {
    for fresh in databases() {
        let db = fresh.open(MIGRATIONS).await;
        db.prepare_all(STATEMENTS).await.expect("both engines take the statements");
        check(db.clone()).await;
        db.close().await;
    }
}

#[tokio::test]
async fn the_newest_items_are_kept_and_publishing_again_makes_new() {
    each(async |db| {
        let kept = db
            .write(|tx| {
                for id in ["a", "b", "c", "a", "d"] {
                    put_item(tx, JULIET, "n", &entry(id), 3)?;
                }
                put_item(tx, JULIET, "other", &entry("z"), 3)?;
                items(tx, JULIET, "n", 10)
            })
            .await
            .expect("written");
        assert_eq!(ids(&kept), ["d", "a", "c"]);
        let last = db.read(|tx| items(tx, JULIET, "n", 1)).await.expect("read");
        assert_eq!(last, [entry("d")]);
    })
    .await;
}

#[tokio::test]
async fn a_node_keeps_its_configuration_and_ends_with_its_items() {
    each(async |db| {
        let done: Result<(), DbError> = db
            .write(|tx| {
                put_node(tx, JULIET, "n", &Config::private())?;
                put_item(tx, JULIET, "n", &entry("a"), 3)?;
                assert_eq!(node(tx, JULIET, "n")?, Some(Config::private()));
                assert_eq!(node(tx, AccountId(2), "n")?, None);
                assert_eq!((count(tx, JULIET)?, nodes(tx, JULIET)?.len()), (1, 1));
                assert!(item(tx, JULIET, "n", "a")?.is_some());
                assert!(drop_item(tx, JULIET, "n", "a")?);
                assert!(!drop_item(tx, JULIET, "n", "a")?);
                put_item(tx, JULIET, "n", &entry("b"), 3)?;
                assert!(drop_node(tx, JULIET, "n")?);
                assert!(!drop_node(tx, JULIET, "n")?);
                assert_eq!(items(tx, JULIET, "n", 10)?, []);
                Ok(())
            })
            .await;
        done.expect("written");
    })
    .await;
}

#[tokio::test]
async fn a_lower_bound_forgets_the_oldest_items() {
    each(async |db| {
        let kept = db
            .write(|tx| {
                put_node(tx, JULIET, "n", &Config::private())?;
                for id in ["a", "b", "c"] {
                    put_item(tx, JULIET, "n", &entry(id), 256)?;
                }
                put_node(tx, JULIET, "n", &Config::default())?;
                items(tx, JULIET, "n", 10)
            })
            .await
            .expect("written");
        assert_eq!(ids(&kept), ["c"]);
    })
    .await;
}
