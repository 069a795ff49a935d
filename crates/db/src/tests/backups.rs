use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use skein_base::Timestamp;

use super::{INSERT, NOTES, count, note};
use crate::restore;
use crate::testing::{TestDb, databases, postgres, sqlite};

/// The folder in which a SQLite database lies.
fn folder(db: &TestDb) -> PathBuf {
    Path::new(db.url().trim_start_matches("sqlite:")).parent().unwrap().to_owned()
}

#[tokio::test]
async fn a_copy_of_a_running_sqlite_database_opens_and_is_whole() {
    let (fresh, copy) = (sqlite(), sqlite());
    let db = fresh.open(&[NOTES]).await;
    db.write(|tx| (0..500).try_for_each(|id| tx.run(&INSERT, &note(id)))).await.unwrap();
    let folder = folder(&copy);
    // The second one replaces the first.
    for _ in 0..2 {
        db.backup(&folder).await.unwrap();
    }
    db.write(|tx| tx.run(&INSERT, &note(1_000))).await.unwrap();
    let files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["skein.db"]);
    assert_eq!(count(&copy.open(&[NOTES]).await).await, 500);
    assert_eq!(count(&db).await, 501);
}

#[tokio::test]
async fn a_backup_into_a_missing_folder_is_a_fault() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        assert!(db.backup("/nonexistent/folder".as_ref()).await.is_err(), "{}", fresh.engine());
    }
}

#[tokio::test]
async fn a_dump_of_a_running_postgresql_database_is_written_or_said_to_be_impossible() {
    let (fresh, place) = (postgres(), sqlite());
    let db = fresh.open(&[NOTES]).await;
    let folder = folder(&place);
    match db.backup(&folder).await {
        Ok(()) => assert!(fs::read(folder.join("skein.dump")).unwrap().starts_with(b"PGDMP")),
        Err(fault) => assert!(fault.to_string().contains("pg_dump")),
    }
}

#[tokio::test]
async fn a_restored_database_is_what_it_was_at_the_backup() {
    for fresh in databases() {
        let place = sqlite();
        let dir = folder(&place);
        let db = fresh.open(&[NOTES]).await;
        db.write(|tx| (0..20).try_for_each(|id| tx.run(&INSERT, &note(id)))).await.unwrap();
        db.backup(&dir).await.unwrap();
        for file in fs::read_dir(&dir).unwrap() {
            let mode = file.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", fresh.engine());
        }
        db.write(|tx| tx.run(&INSERT, &note(1_000))).await.unwrap();
        db.close().await;
        restore(fresh.url(), &dir, Timestamp::from_secs(0)).unwrap();
        let db = fresh.open(&[NOTES]).await;
        assert_eq!(count(&db).await, 20, "{}", fresh.engine());
        db.write(|tx| tx.run(&INSERT, &note(1_001))).await.unwrap();
        db.close().await;
        restore(fresh.url(), &dir, Timestamp::from_secs(1)).unwrap();
        assert_eq!(count(&fresh.open(&[NOTES]).await).await, 20, "{}", fresh.engine());
    }
}

#[tokio::test]
async fn every_restore_of_sqlite_keeps_what_was_there_before_it() {
    let (fresh, place) = (sqlite(), sqlite());
    let db = fresh.open(&[NOTES]).await;
    db.backup(&folder(&place)).await.unwrap();
    db.close().await;
    for second in 0..2 {
        let db = fresh.open(&[NOTES]).await;
        db.write(move |tx| (0..=second).try_for_each(|id| tx.run(&INSERT, &note(id))))
            .await
            .unwrap();
        db.close().await;
        restore(fresh.url(), &folder(&place), Timestamp::from_secs(second)).unwrap();
    }
    let mut kept: Vec<_> =
        fs::read_dir(folder(&fresh)).unwrap().map(|file| file.unwrap().path()).collect();
    kept.retain(|path| path.to_string_lossy().ends_with('Z'));
    kept.sort();
    assert_eq!(kept.len(), 2, "{kept:?}");
    for (path, notes) in kept.iter().zip(1..) {
        let old = rusqlite::Connection::open(path).unwrap();
        let found: i64 =
            old.query_row("SELECT count(*) FROM notes_note", [], |row| row.get(0)).unwrap();
        assert_eq!(found, notes, "{}", path.display());
    }
}

#[tokio::test]
async fn a_folder_without_a_backup_changes_nothing() {
    for fresh in databases() {
        let place = sqlite();
        let db = fresh.open(&[NOTES]).await;
        db.write(|tx| tx.run(&INSERT, &note(1))).await.unwrap();
        db.close().await;
        let fault = restore(fresh.url(), &folder(&place), Timestamp::from_secs(0)).unwrap_err();
        assert!(fault.to_string().contains("no backup"), "{fault}");
        assert_eq!(count(&fresh.open(&[NOTES]).await).await, 1, "{}", fresh.engine());
    }
}
