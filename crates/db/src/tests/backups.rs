use std::fs;

use super::{INSERT, NOTES, count, note};
use crate::testing::{databases, postgres, sqlite};

#[tokio::test]
async fn a_copy_of_a_running_sqlite_database_opens_and_is_whole() {
    let (fresh, copy) = (sqlite(), sqlite());
    let db = fresh.open(&[NOTES]).await;
    db.write(|tx| (0..500).try_for_each(|id| tx.run(&INSERT, &note(id)))).await.unwrap();
    let folder = copy.url().trim_start_matches("sqlite:").trim_end_matches("skein.db").to_owned();
    // The second one replaces the first.
    for _ in 0..2 {
        db.backup(folder.as_ref()).await.unwrap();
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
    let folder = place.url().trim_start_matches("sqlite:").trim_end_matches("skein.db").to_owned();
    match db.backup(folder.as_ref()).await {
        Ok(()) => assert!(fs::read(folder + "skein.dump").unwrap().starts_with(b"PGDMP")),
        Err(fault) => assert!(fault.to_string().contains("pg_dump")),
    }
}
