//! Hashes that were borne out, kept over restarts: sessions that are resumed go on being
//! notified, and the clients of a whole server are not asked again at once.

use skein_base::Timestamp;
use skein_db::{DbError, Migration, Sql, Tx};

use crate::proto::Client;

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { feature: "caps", number: 1, sql: include_str!("../migrations/0001_hashes.sql") }];

/// Hashes kept; there are some hundred clients in use, in a few versions each.
const KEPT: i64 = 4_096;

static FIND: Sql = Sql::new("caps.find", "SELECT nodes FROM caps_hash WHERE ver = $1");
static PUT: Sql = Sql::new(
    "caps.put",
    "INSERT INTO caps_hash (ver, nodes, at) VALUES ($1, $2, $3)
     ON CONFLICT (ver) DO UPDATE SET nodes = excluded.nodes, at = excluded.at",
);
static FORGET: Sql = Sql::new(
    "caps.forget",
    "DELETE FROM caps_hash WHERE at <= (SELECT at FROM caps_hash ORDER BY at DESC LIMIT 1 OFFSET $1)",
);

pub(crate) static STATEMENTS: &[&Sql] = &[&FIND, &PUT, &FORGET];

/// The clients of a hash.
pub(crate) fn find(tx: &mut Tx<'_>, ver: &str) -> Result<Option<Client>, DbError> {
    let row = tx.query_one(&FIND, &[ver.into()])?;
    row.map(|row| Ok(Client::restored(ver, row.text(0)?))).transpose()
}

/// Keeps what the clients of a hash can do; those that were learnt longest ago go.
pub(crate) fn put(tx: &mut Tx<'_>, client: &Client, at: Timestamp) -> Result<(), DbError> {
    let kept = client.kept();
    tx.run(&PUT, &[(&*client.ver).into(), kept.as_str().into(), at.0.into()])?;
    tx.run(&FORGET, &[KEPT.into()])
}

#[cfg(test)]
mod tests {
    use skein_db::testing::databases;
    use skein_xmpp::disco::Info;
    use skein_xmpp::ns;

    use super::*;

    #[tokio::test]
    async fn what_was_borne_out_is_known_after_a_restart() {
        for fresh in databases() {
            let db = fresh.open(MIGRATIONS).await;
            let features = ["urn:a+notify", "urn:b+notify", "urn:c", ns::WHISPER];
            let features = features.map(str::to_owned).to_vec();
            let client = Client::new("hash", &Info { features, ..Info::default() });
            db.write(move |tx| put(tx, &client, Timestamp(1))).await.expect("written");
            let found = db.read(|tx| find(tx, "hash")).await.expect("read").expect("found");
            assert!(found.wants("urn:a") && found.wants("urn:b") && !found.wants("urn:c"));
            assert!(found.knows(ns::WHISPER) && !found.knows(ns::EPHEMERAL));
            assert!(!found.wants(ns::WHISPER));
            assert!(db.read(|tx| find(tx, "other")).await.expect("read").is_none());
        }
    }

    #[tokio::test]
    async fn the_oldest_hashes_make_room() {
        for fresh in databases() {
            let db = fresh.open(MIGRATIONS).await;
            db.write(|tx| {
                for n in 0..KEPT + 3 {
                    let client = Client::new(&format!("hash{n}"), &Info::default());
                    put(tx, &client, Timestamp(n))?;
                }
                Ok(())
            })
            .await
            .expect("written");
            let known = |ver: &'static str| db.read(move |tx| find(tx, ver));
            assert!(known("hash2").await.expect("read").is_none(), "{}", fresh.engine());
            assert!(known("hash3").await.expect("read").is_some(), "{}", fresh.engine());
        }
    }
}
