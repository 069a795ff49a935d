//! Commits whose answer is lost on the way: nobody is told that what is there is not, or
//! the other way round.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use skein_base::{Clock, Timestamp};

use crate::testing::databases;
use crate::{Db, Migration, Owner, Sql};

const TABLE: &[Migration] =
    &[Migration { feature: "test", number: 1, sql: "CREATE TABLE test_row (id BIGINT NOT NULL)" }];
static PUT: Sql = Sql::new("test.put_row", "INSERT INTO test_row (id) VALUES ($1)");
static COUNT: Sql = Sql::new("test.count_rows", "SELECT COUNT(*) FROM test_row WHERE id = $1");

struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

/// The next commit passes as it is.
const PASS: u8 = 0;
/// It reaches the server, and the answer does not come back.
const LOSE_ANSWER: u8 = 1;
/// It does not reach the server.
const LOSE_REQUEST: u8 = 2;

/// Stands between the database and PostgreSQL, in a folder of its own.
struct Wire {
    folder: PathBuf,
    mode: Arc<AtomicU8>,
}

impl Wire {
    fn new(server: &Path) -> Self {
        let folder = std::env::temp_dir().join(format!("skein-wire-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).expect("a socket");
        let mode = Arc::new(AtomicU8::new(PASS));
        let (seen, server) = (mode.clone(), server.join(".s.PGSQL.5432"));
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let server = UnixStream::connect(&server).expect("PostgreSQL");
                let (back_from, back_to) = (server.try_clone(), client.try_clone());
                let (back_from, back_to) = (back_from.expect("a copy"), back_to.expect("a copy"));
                let there = seen.clone();
                thread::spawn(move || carry(client, server, |piece| lose(piece, &there)));
                thread::spawn(move || carry(back_from, back_to, |_| None));
            }
        });
        Self { folder, mode }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What to do instead of passing a piece on.
fn lose(piece: &[u8], mode: &AtomicU8) -> Option<u8> {
    let commits = piece.windows(7).any(|part| part == b"COMMIT\0");
    commits.then(|| mode.swap(PASS, Ordering::SeqCst)).filter(|mode| *mode != PASS)
}

fn carry(mut from: UnixStream, mut to: UnixStream, judge: impl Fn(&[u8]) -> Option<u8>) {
    let mut room = [0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut room) {
        match judge(&room[..count]) {
            None if to.write_all(&room[..count]).is_ok() => {}
            Some(LOSE_ANSWER) => {
                // Closed towards the client first: then nothing of the answer gets through.
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.write_all(&room[..count]);
                break;
            }
            _ => break,
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Write);
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_looked_up() {
    let fresh = databases().into_iter().find(|fresh| fresh.engine() == "postgres");
    let fresh = fresh.expect("the tests have both engines");
    let Some((base, folder)) = fresh.url().split_once("?host=") else {
        // A server of the tester's own, reached over a network.
        return;
    };
    let wire = Wire::new(Path::new(folder));
    let url = format!("{base}?host={}", wire.folder.display());
    let owner = Owner::this_process();
    let db = Db::open_as(owner, &url, TABLE, Arc::new(Epoch)).await.expect("it opens");
    for (id, mode, is_there) in [
        (1, PASS, true),
        (2, LOSE_ANSWER, true),
        (3, LOSE_REQUEST, false),
        (4, PASS, true),
        (5, LOSE_ANSWER, true),
    ] {
        wire.mode.store(mode, Ordering::SeqCst);
        let told = db.write(move |tx| tx.run(&PUT, &[id.into()])).await;
        assert_eq!(told.is_ok(), is_there, "what is told of {id}: {:?}", told.err());
        let count = db.read(move |tx| tx.query(&COUNT, &[id.into()])?[0].int(0)).await;
        assert_eq!(count.expect("read"), i64::from(is_there), "what is there of {id}");
    }
    db.close().await;
}
