//! The folder's side; the bucket's is tested against a real service by the whole-server tests.

use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest as _, Sha256};

use super::*;

/// A folder of its own for a test, removed with it.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("skein-objects-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    async fn open(&self) -> Objects {
        Objects::open(None, &self.0).await.expect("a folder can be made")
    }

    fn files(&self, below: &str) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = std::fs::read_dir(folder).expect("it is there");
            let count = |entry: io::Result<std::fs::DirEntry>| {
                let path = entry.expect("it is read").path();
                if path.is_dir() { count(&path) } else { 1 }
            };
            entries.map(count).sum()
        }
        count(&self.0.join(below))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const NAME: DraftName = DraftName([7; 16]);

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 % 251) as u8).collect()
}

async fn all(reading: Option<Reading>) -> Vec<u8> {
    let mut reading = reading.expect("the blob is there");
    let mut all = Vec::new();
    while let Some(piece) = reading.next().await.expect("it is read") {
        assert!(piece.len() <= PIECE);
        all.extend_from_slice(&piece);
    }
    all
}

#[tokio::test]
async fn what_was_kept_is_found_by_its_hash_whole_and_in_parts() {
    let home = Home::new();
    let objects = home.open().await;
    let content = content(700_001);
    let mut draft = objects.draft(NAME).await.expect("begun");
    for piece in content.chunks(10_007) {
        draft.add(piece).await.expect("added");
    }
    let kept = objects.keep(draft).await.expect("kept");
    assert_eq!(kept.size, 700_001);
    assert_eq!(kept.hash.0, <[u8; 32]>::from(Sha256::digest(&content)));
    assert_eq!(home.files("incoming"), 0);
    // As after a restart.
    let objects = home.open().await;
    let read = |bytes| objects.read(kept.hash, bytes);
    assert_eq!(all(read(0..700_001).await.expect("read")).await, content);
    assert_eq!(all(read(5..300_000).await.expect("read")).await, content[5..300_000]);
    assert_eq!(all(read(9..9).await.expect("read")).await, []);
    assert!(objects.read(Hash([0; 32]), 0..1).await.expect("read").is_none());
}

#[tokio::test]
async fn equal_blobs_are_one() {
    let home = Home::new();
    let objects = home.open().await;
    for name in 0..3 {
        let mut draft = objects.draft(DraftName([name; 16])).await.expect("begun");
        draft.add(b"the same").await.expect("added");
        objects.keep(draft).await.expect("kept");
    }
    assert_eq!(home.files("objects"), 1);
}

#[tokio::test]
async fn a_draft_goes_on_after_a_restart() {
    let home = Home::new();
    let content = content(500_000);
    {
        let objects = home.open().await;
        let mut draft = objects.draft(NAME).await.expect("begun");
        draft.add(&content[..300_000]).await.expect("added");
        draft.flush().await.expect("flushed");
    }
    let objects = home.open().await;
    assert_eq!(objects.draft_length(NAME).await.expect("looked"), 300_000);
    assert_eq!(objects.drafts().await.expect("listed"), [NAME]);
    let mut draft = objects.draft(NAME).await.expect("gone on with");
    assert_eq!(draft.length(), 300_000);
    draft.add(&content[300_000..]).await.expect("added");
    let kept = objects.keep(draft).await.expect("kept");
    assert_eq!(kept.hash.0, <[u8; 32]>::from(Sha256::digest(&content)));
}

#[tokio::test]
async fn bytes_that_are_changed_before_it_is_kept_change_its_hash() {
    let home = Home::new();
    let objects = home.open().await;
    let mut draft = objects.draft(NAME).await.expect("begun");
    draft.add(b"a secret place").await.expect("added");
    let length = draft.inspect(|file| {
        file.write_at(b"------", 2)?;
        Ok((file.metadata()?.len(), true))
    });
    assert_eq!(length.await.expect("inspected"), 14);
    draft.add(b"!").await.expect("it goes on behind");
    let kept = objects.keep(draft).await.expect("kept");
    assert_eq!(kept.hash.0, <[u8; 32]>::from(Sha256::digest("a ------ place!")));
    assert_eq!(all(objects.read(kept.hash, 0..15).await.expect("read")).await, b"a ------ place!");
}

#[tokio::test]
async fn what_is_removed_is_gone_and_may_be_removed_again() {
    let home = Home::new();
    let objects = home.open().await;
    let mut draft = objects.draft(NAME).await.expect("begun");
    draft.add(b"x").await.expect("added");
    let kept = objects.keep(draft).await.expect("kept");
    for _ in 0..2 {
        objects.remove(kept.hash).await.expect("removed");
        assert!(objects.read(kept.hash, 0..1).await.expect("read").is_none());
    }
    objects.draft(NAME).await.expect("begun");
    for _ in 0..2 {
        objects.discard(NAME).await.expect("discarded");
    }
    assert_eq!((home.files("objects"), home.files("incoming")), (0, 0));
}
