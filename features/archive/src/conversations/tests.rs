use skein_base::Secret;
use skein_config::Limits;
use skein_db::testing::databases;

use super::*;
use crate::rules::SENT;
use crate::store::MIGRATIONS;
use crate::tests::{World, body, chat, user, worlds};

static UNSORTED: Sql = Sql::new(
    "test.unsorted",
    "SELECT COUNT(*) FROM archive_log WHERE account = 1 AND (flags & 16) <> 0",
);
static LEAVE: Sql = Sql::new("test.leave", "UPDATE archive_log SET flags = flags | 16");
static MOVE: Sql = Sql::new(
    "test.move",
    "UPDATE archive_log SET seq = seq + 1000000 WHERE account = 1 AND seq > 20",
);

/// Forty messages from the first person to the second, with ids of their own.
async fn history(world: &World) {
    let (a, b) = (user(1), user(2));
    for n in 0..40 {
        let mut stanza = chat(&a, &b, body("text"));
        stanza.id = Some(format!("m{n}").into());
        world.keep(stanza, &a, &b, false).await;
    }
}

async fn found(world: &World, n: i64, by: i64) -> (Vec<i64>, Option<i64>) {
    let archive = world.archive.clone();
    world
        .write(move |tx| {
            let (peer, hash) = (archive.peer(&user(2).jid), archive.reference(&format!("m{n}")));
            let reference = Reference { account: AccountId(1), peer, hash, side: SENT, by };
            let newest = newest_referred(tx, reference)?.map(|newest| newest.seq);
            let all = all_referred(tx, reference)?;
            // Received it was by the other side.
            assert!(all_referred(tx, Reference { side: 0, ..reference })?.is_empty());
            Ok((all.iter().map(|found| found.seq).collect(), newest))
        })
        .await
}

#[tokio::test]
async fn what_is_referred_to_is_found_whatever_part_is_sorted() {
    for world in worlds().await {
        history(&world).await;
        let sorts = world.engine() == "sqlite";
        for step in 0..=4 {
            assert_eq!(world.number(&UNSORTED).await, if sorts { 40 - step * 10 } else { 0 });
            for n in [0, 15, 39] {
                let expected = (vec![n + 1], Some(n + 1));
                assert_eq!(found(&world, n, 40).await, expected, "{} {step}", world.engine());
                assert_eq!(found(&world, n, 400).await, expected, "far back");
            }
            assert_eq!(found(&world, 40, 40).await, (vec![], None));
            assert_eq!(world.sort(&user(1), 10).await, sorts && step < 4);
        }
        // So far apart that they stand in different stretches of the index.
        world.write(|tx| tx.run(&MOVE, &[])).await;
        for n in [0, 19] {
            assert_eq!(found(&world, n, 1_000_040).await, (vec![n + 1], Some(n + 1)));
        }
        assert_eq!(found(&world, 39, 1_000_040).await, (vec![1_000_040], Some(1_000_040)));
    }
}

#[tokio::test]
async fn who_refers_far_back_has_a_part_of_a_long_log_sorted() {
    for world in worlds().await {
        history(&world).await;
        if world.engine() != "sqlite" {
            continue;
        }
        world.write(|tx| tx.run(&LEAVE, &[])).await;
        found(&world, 0, PATIENCE).await;
        assert_eq!(world.number(&UNSORTED).await, 40);
        found(&world, 0, PATIENCE + 1).await;
        assert_eq!(world.number(&UNSORTED).await, 0);
    }
}

/// Logs that were written before entries waited to be sorted.
#[tokio::test]
async fn logs_of_older_servers_are_sorted_when_they_are_opened() {
    static OLD: Sql = Sql::new(
        "test.old",
        "INSERT INTO archive_log (account, seq, message, peer, at, flags, ref)
         VALUES (1, $1, $1, $2, 0, 3, $3)",
    );
    for fresh in databases() {
        let archive = Archive::new(&Secret::new([7; 32]), &Limits::default());
        let (peer, hash) = (archive.peer(&user(2).jid), archive.reference("old"));
        let db = fresh.open(&MIGRATIONS[..7]).await;
        let old = move |tx: &mut Tx<'_>| {
            (1..=3).try_for_each(|seq| tx.run(&OLD, &[seq.into(), peer.into(), hash.into()]))
        };
        db.write(old).await.expect("written");
        db.close().await;
        let db = fresh.open(MIGRATIONS).await;
        let reference = Reference { account: AccountId(1), peer, hash, side: SENT, by: 4 };
        let read = move |tx: &mut Tx<'_>| {
            let sorted = newest_sorted(tx, AccountId(1))?;
            Ok((sorted, referred(tx, Reference { by: 1_000, ..reference }, TOLD)?))
        };
        let (sorted, found) = db.read(read).await.expect("read");
        assert_eq!(sorted, if fresh.engine() == "sqlite" { 3 } else { ALL });
        assert_eq!(found.iter().map(|found| found.seq).collect::<Vec<_>>(), [3, 2, 1]);
    }
}
