//! What is due goes in its order, with everything that hangs on it, and nothing else does.

use std::time::Duration;

use skein_base::{AccountId, Timestamp};
use skein_db::Sql;
use skein_kernel::contracts::{Aside, FileId, Log};
use skein_xml::Writer;
use skein_xmpp::{ephemeral, ns};

use super::*;
use crate::tests::{BEGIN, World, body, chat, user, worlds};

const ENTRIES: Sql = Sql::new("test.entries", "SELECT COUNT(*) FROM archive_log");
const MESSAGES: Sql = Sql::new("test.messages", "SELECT COUNT(*) FROM archive_message");
const WAITING: Sql = Sql::new("test.waiting", "SELECT COUNT(*) FROM archive_due");
const WORDS: Sql = Sql::new("test.words", "SELECT COUNT(*) FROM archive_word");
const UNNAMED: Sql = Sql::new("test.unnamed", "SELECT COUNT(*) FROM archive_unnamed");

fn timed(text: &str, seconds: u32) -> impl FnOnce(&mut Writer) + '_ {
    move |writer| {
        body(text)(writer);
        ephemeral::write_timer(writer, seconds);
    }
}

fn after(seconds: u64) -> Timestamp {
    BEGIN.plus(Duration::from_secs(seconds))
}

async fn remove_at(world: &World, seconds: u64) -> (usize, Option<Timestamp>) {
    let now = after(seconds);
    world.write(move |tx| remove(tx, now)).await
}

#[tokio::test]
async fn messages_go_when_they_are_due_and_no_sooner() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        let file = format!("https://a/upload/{}/x", FileId([7; 16]).text());
        // Written at seconds 0, 1 and 2.
        world.keep(chat(&a, &b, timed(&file, 60)), &a, &b, false).await;
        world.keep(chat(&b, &a, timed("soon", 10)), &b, &a, true).await;
        world.say(&a, &b, "stays").await;
        world.write(|tx| search::index(tx, AccountId(1), 100)).await;
        assert_eq!(remove_at(&world, 10).await, (0, Some(after(11))), "{}", world.engine());
        assert_eq!(remove_at(&world, 11).await, (1, Some(after(60))));
        assert_eq!((world.number(&ENTRIES).await, world.number(&MESSAGES).await), (4, 2));
        assert_eq!((world.number(&WORDS).await, world.number(&UNNAMED).await), (2, 0));
        assert_eq!(remove_at(&world, 3_600).await, (1, None));
        assert_eq!((world.number(&ENTRIES).await, world.number(&MESSAGES).await), (2, 1));
        assert_eq!((world.number(&WORDS).await, world.number(&UNNAMED).await), (1, 1));
        assert_eq!(world.number(&WAITING).await, 0);
    }
}

#[tokio::test]
async fn a_place_in_the_log_is_never_used_again() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        let gone = world.keep(chat(&a, &b, timed("x", 1)), &a, &b, false).await;
        remove_at(&world, 1).await;
        world.archive.rolled_back();
        let next = world.say(&a, &b, "y").await;
        let seq = |id: &str| world.archive.ids.seq(AccountId(2), id);
        assert_eq!((seq(&gone), seq(&next)), (Some(1), Some(2)), "{}", world.engine());
    }
}

#[tokio::test]
async fn what_a_removed_message_leaves_does_not_take_the_next_one_with_it() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        world.keep(chat(&a, &b, timed("x", 60)), &a, &b, false).await;
        for account in [1, 2] {
            world.write(move |tx| store::expire(tx, AccountId(account), i64::MAX, 9)).await;
        }
        assert_eq!(world.number(&WAITING).await, 0, "{}", world.engine());
        // The number of the message that is gone is given again.
        world.archive.rolled_back();
        world.say(&a, &b, "y").await;
        assert_eq!(remove_at(&world, 3_600).await, (0, None));
        assert_eq!(world.number(&ENTRIES).await, 2);
    }
}

#[tokio::test]
async fn many_that_are_due_at_once_all_go() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        for _ in 0..BATCH + 5 {
            world.keep(chat(&a, &b, timed("x", 1)), &a, &b, false).await;
        }
        let (removed, next) = remove_at(&world, 10_000).await;
        assert_eq!(removed as i64, BATCH, "{}", world.engine());
        assert!(next.is_some_and(|next| next < after(10_000)));
        assert_eq!(remove_at(&world, 10_000).await, (5, None));
    }
}

#[tokio::test]
async fn what_is_kept_aside_is_in_no_log_and_goes_with_its_files() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        let file = format!("https://a/upload/{}/x", FileId([7; 16]).text());
        let stanza = chat(&a, &b, |writer| writer.leaf("body", ns::CLIENT, &file));
        let (archive, kept) = (world.archive.clone(), stanza.clone());
        world.write(move |tx| archive.put(tx, [1; 16], &kept, after(60))).await;
        assert_eq!(world.number(&ENTRIES).await, 0, "{}", world.engine());
        let archive = world.archive.clone();
        assert_eq!(world.read(move |tx| archive.get(tx, [1; 16])).await, Some(stanza));
        let archive = world.archive.clone();
        let named = world.write(move |tx| {
            archive.remove(tx, [1; 16], after(5))?;
            assert_eq!(archive.get(tx, [1; 16])?, None);
            archive.names(tx, FileId([7; 16]))
        });
        assert!(named.await, "its file can still be fetched");
        assert_eq!(remove_at(&world, 5).await, (1, None));
        assert_eq!((world.number(&MESSAGES).await, world.number(&UNNAMED).await), (0, 1));
        let archive = world.archive.clone();
        assert_eq!(world.read(move |tx| archive.get(tx, [1; 16])).await, None);
    }
}
