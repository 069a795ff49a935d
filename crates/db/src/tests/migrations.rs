use super::NOTES;
use crate::testing::databases;
use crate::{Db, Migration, OpenError, Sql};

const MORE: Migration = Migration {
    feature: "notes",
    number: 2,
    sql: "ALTER TABLE notes_note ADD COLUMN colour TEXT;",
};
const COLOUR: Sql = Sql::new("notes.COLOUR", "SELECT colour FROM notes_note");

#[tokio::test]
async fn migrations_are_applied_once_and_in_order() {
    for fresh in databases() {
        fresh.open(&[NOTES]).await.close().await;
        fresh.open(&[NOTES]).await.close().await;
        let db = fresh.open(&[NOTES, MORE]).await;
        assert!(db.prepare_all(&[&COLOUR]).await.is_ok(), "{}", fresh.engine());
    }
}

#[tokio::test]
async fn an_edited_migration_is_refused() {
    for fresh in databases() {
        fresh.open(&[NOTES]).await.close().await;
        let edited = Migration { sql: "CREATE TABLE notes_other (id BIGINT);", ..NOTES };
        let refused = fresh.try_open(&[edited]).await.err();
        assert!(matches!(refused, Some(OpenError::Changed { number: 1, .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    for fresh in databases() {
        fresh.open(&[NOTES, MORE]).await.close().await;
        let refused = fresh.try_open(&[NOTES]).await.err();
        assert!(matches!(refused, Some(OpenError::Newer { number: 2, .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    for fresh in databases() {
        let broken = Migration { sql: "CREATE TABLE notes_a (id BIGINT); NONSENSE;", ..NOTES };
        assert!(matches!(fresh.try_open(&[broken]).await, Err(OpenError::Engine(_))));
        let mended = Migration { sql: "CREATE TABLE notes_a (id BIGINT);", ..NOTES };
        fresh.open(&[mended]).await;
    }
}

#[tokio::test]
async fn nodes_that_start_together_migrate_once() {
    for fresh in databases() {
        let nodes: [Db; 4] = tokio::join!(
            fresh.open(&[NOTES, MORE]),
            fresh.open(&[NOTES, MORE]),
            fresh.open(&[NOTES, MORE]),
            fresh.open(&[NOTES, MORE])
        )
        .into();
        for db in nodes {
            assert!(db.prepare_all(&[&COLOUR]).await.is_ok(), "{}", fresh.engine());
        }
    }
}

#[tokio::test]
async fn unknown_urls_are_refused() {
    for url in ["", "mysql://x", "sqlite:", "skein.db"] {
        let opened = Db::open(url, &[], std::sync::Arc::new(Epoch)).await;
        assert!(matches!(opened, Err(OpenError::Url)), "{url}");
    }
}

struct Epoch;

impl skein_base::Clock for Epoch {
    fn now(&self) -> skein_base::Timestamp {
        skein_base::Timestamp(0)
    }
}
