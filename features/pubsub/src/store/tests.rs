//! Nodes, items and people on each engine.

use skein_base::Timestamp;
use skein_db::testing::databases;
use skein_db::{Db, DbError};
use skein_kernel::contracts::Item;

use super::*;
use crate::rules::{Affiliation, Base, Config, State};

const JULIET: AccountId = AccountId(1);
const NOW: Timestamp = Timestamp(1_000_000);

fn entry(id: &str) -> Stored {
    let payload = format!("<entry xmlns='urn:x'>{id}</entry>");
    Stored { item: Item { id: id.into(), payload }, publisher: String::new() }
}

fn names(items: &[Stored]) -> Vec<&str> {
    items.iter().map(|stored| stored.item.id.as_str()).collect()
}

fn jid(text: &str) -> Jid {
    Jid::parse(text).expect("an address")
}

fn made(tx: &mut Tx<'_>, name: &str) -> Result<(), DbError> {
    let node = Node { config: Config::private(), creator: String::new() };
    put_node(tx, JULIET, Base::Account, name, &node)
}

fn put(tx: &mut Tx<'_>, name: &str, id: &str, max: u32) -> Result<Vec<String>, DbError> {
    put_item(tx, JULIET, name, &entry(id), max, (NOW, None))
}

async fn each(check: impl AsyncFn(Db)) {
    for fresh in databases() {
        let db = fresh.open(MIGRATIONS).await;
        for statements in STATEMENTS {
            db.prepare_all(statements).await.expect("both engines take the statements");
        }
        check(db.clone()).await;
        db.close().await;
    }
}

#[tokio::test]
async fn the_newest_items_are_kept_and_publishing_again_makes_new() {
    each(async |db| {
        let (kept, gone, used) = db
            .write(|tx| {
                made(tx, "n")?;
                let mut gone = Vec::new();
                for id in ["a", "b", "c", "a", "d"] {
                    gone.extend(put(tx, "n", id, 3)?);
                }
                made(tx, "other")?;
                put(tx, "other", "z", 3)?;
                Ok((items(tx, JULIET, "n", 10, NOW)?, gone, usage(tx, JULIET, "")?))
            })
            .await
            .expect("written");
        assert_eq!(names(&kept), ["d", "a", "c"]);
        assert_eq!(gone, ["b"]);
        let bytes = bytes_of(&entry("x").item);
        assert_eq!(used, (2, 4 * bytes), "what is gone is not counted");
        let ids = db.read(|tx| ids(tx, JULIET, "n", 2, NOW)).await.expect("read");
        assert_eq!(ids.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "d"]);
        let places = (ids[0].1, ids[1].1);
        let page = db.read(move |tx| items_between(tx, JULIET, "n", places, NOW)).await;
        assert_eq!(names(&page.expect("read")), ["d", "a"]);
    })
    .await;
}

#[tokio::test]
async fn a_node_keeps_its_configuration_and_ends_with_all_that_is_in_it() {
    each(async |db| {
        let romeo = jid("romeo@montague.lit");
        let done: Result<(), DbError> = db
            .write(move |tx| {
                made(tx, "n")?;
                put(tx, "n", "a", 3)?;
                let known = node(tx, JULIET, Base::Account, "n")?.map(|node| node.config);
                assert_eq!(known, Some(Config::private()));
                assert_eq!(node(tx, AccountId(2), Base::Account, "n")?, None);
                assert_eq!(nodes(tx, JULIET, Base::Account, "")?.len(), 1);
                assert!(drop_item(tx, JULIET, "n", "a")?);
                assert!(!drop_item(tx, JULIET, "n", "a")?);
                assert_eq!(usage(tx, JULIET, "")?, (1, 0));
                put(tx, "n", "b", 3)?;
                put_affiliation(tx, JULIET, "n", &romeo, Affiliation::Member)?;
                assert!(drop_node(tx, JULIET, "n")?);
                assert!(!drop_node(tx, JULIET, "n")?);
                assert_eq!(items(tx, JULIET, "n", 10, NOW)?, []);
                assert_eq!(affiliated(tx, JULIET, "n")?, []);
                Ok(())
            })
            .await;
        done.expect("written");
    })
    .await;
}

#[tokio::test]
async fn items_are_hidden_when_their_time_has_come_and_then_removed() {
    each(async |db| {
        let done: Result<(), DbError> = db
            .write(|tx| {
                made(tx, "n")?;
                for id in ["a", "b", "c"] {
                    put(tx, "n", id, 10)?;
                }
                refit(tx, JULIET, "n", (2, 60), NOW)?;
                let (before, after) = (Timestamp(60_999_999), Timestamp(61_000_000));
                assert_eq!(names(&items(tx, JULIET, "n", 10, before)?), ["c", "b"]);
                assert_eq!(items(tx, JULIET, "n", 10, after)?, []);
                assert_eq!(item(tx, JULIET, "n", "c", after)?, None);
                assert_eq!(drop_expired(tx, before)?.items, 0);
                assert!(next_expiry(tx)?.is_some_and(|next| next > before && next <= after));
                assert_eq!(drop_expired(tx, after)?.items, 2);
                assert_eq!(next_expiry(tx)?, None);
                assert_eq!(usage(tx, JULIET, "")?, (1, 0));
                put(tx, "n", "d", 10)?;
                refit(tx, JULIET, "n", (2, 60), NOW)?;
                let late = (after, None);
                put_item(tx, JULIET, "n", &entry("e"), 10, late)?;
                refit(tx, JULIET, "n", (2, 0), after)?;
                assert_eq!(names(&items(tx, JULIET, "n", 10, after)?), ["e"], "d is over");
                put(tx, "n", "d", 1)?;
                assert_eq!(names(&items(tx, JULIET, "n", 10, after)?), ["d"]);
                Ok(())
            })
            .await;
        done.expect("written");
    })
    .await;
}

#[tokio::test]
async fn people_are_forgotten_with_their_account_and_what_they_alone_owned() {
    each(async |db| {
        let done: Result<(), DbError> = db
            .write(|tx| {
                let (romeo, phone) = (jid("romeo@montague.lit"), jid("romeo@montague.lit/phone"));
                made(tx, "n")?;
                made(tx, "own")?;
                put_affiliation(tx, JULIET, "n", &romeo, Affiliation::Owner)?;
                put_affiliation(tx, JULIET, "n", &jid("nurse@capulet.lit"), Affiliation::Owner)?;
                put_affiliation(tx, JULIET, "own", &phone, Affiliation::Owner)?;
                for at in [&romeo, &phone] {
                    let jid = at.clone();
                    let one = Subscriber { jid, state: State::Pending, deliver: false };
                    put_subscription(tx, JULIET, "n", &one)?;
                    assert_eq!(subscriber(tx, JULIET, "n", at)?, Some(one));
                }
                assert_eq!(affiliation(tx, JULIET, "n", &phone)?, Affiliation::Owner);
                assert_eq!(subscribed_of(tx, JULIET, "n", &romeo)?.len(), 2);
                assert_eq!(subscriptions(tx, JULIET, "n", &romeo)?, (2, 2));
                assert_eq!(affiliations_of(tx, JULIET, &romeo)?.len(), 2);
                forget(tx, AccountId(2), &romeo)?;
                assert_eq!(affiliated(tx, JULIET, "n")?.len(), 1);
                assert_eq!(subscribers(tx, JULIET, "n")?, []);
                assert!(node(tx, JULIET, Base::Account, "n")?.is_some());
                assert!(node(tx, JULIET, Base::Account, "own")?.is_none());
                Ok(())
            })
            .await;
        done.expect("written");
    })
    .await;
}

#[tokio::test]
async fn what_was_published_before_there_was_a_service_is_still_there() {
    static PUT_NODE: Sql = Sql::new(
        "test.put_node",
        "INSERT INTO pep_node (account, node, config) VALUES (1, 'n', 'max_items=256')",
    );
    static PUT_ITEM: Sql = Sql::new(
        "test.put_item",
        "INSERT INTO pep_item (account, node, id, seq, payload) VALUES (1, 'n', 'a', 7, '<x/>')",
    );
    for fresh in databases() {
        let db = fresh.open(&MIGRATIONS[..1]).await;
        let old = db.write(|tx| {
            tx.run(&PUT_NODE, &[])?;
            tx.run(&PUT_ITEM, &[])
        });
        old.await.expect("written");
        db.close().await;
        let db = fresh.open(MIGRATIONS).await;
        let done: Result<(), DbError> = db
            .read(|tx| {
                let known = node(tx, JULIET, Base::Account, "n")?.expect("the node");
                assert_eq!(known.config.max_items, u32::MAX);
                let kept = item(tx, JULIET, "n", "a", NOW)?.expect("the item");
                assert_eq!(kept.item.payload, "<x/>");
                assert_eq!(usage(tx, JULIET, "")?, (1, 4));
                Ok(())
            })
            .await;
        done.expect("read");
        db.close().await;
    }
}
