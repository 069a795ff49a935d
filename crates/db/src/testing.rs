//! Databases for tests: a fresh one of each engine, gone when dropped.
//!
//! PostgreSQL is the server that `SKEIN_TEST_POSTGRES` names (a URL whose user
//! may create databases), else a private one without a network port, started
//! once in the process from the installed programs and ended with it. A
//! machine without PostgreSQL fails the tests; it does not skip them.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use skein_base::{Clock, Timestamp};

use crate::postgres::Postgres;
use crate::url::Target;
use crate::{Db, Migration, OpenError};

/// A fresh, empty database.
#[derive(Debug)]
pub struct TestDb {
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// The folder of the file.
    Sqlite(PathBuf),
    /// The name of the database.
    Postgres(String),
}

/// A database of each engine.
pub fn databases() -> Vec<TestDb> {
    vec![sqlite(), postgres()]
}

/// A SQLite file in a folder of its own: for tests that are about something else.
pub fn sqlite() -> TestDb {
    // Memory if the system has such a folder: tests are not about the disk's speed.
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_owned() } else { env::temp_dir() };
    let folder = parent.join(unique_name());
    fs::create_dir(&folder).expect("a folder for the test's database");
    let url = format!("sqlite:{}", folder.join("skein.db").display());
    TestDb { url, place: Place::Sqlite(folder) }
}

/// An empty database on the PostgreSQL server of the tests.
pub fn postgres() -> TestDb {
    let name = unique_name().replace('-', "_");
    administrate(format!("CREATE DATABASE {name}"));
    let url = with_database(server_url(), &name);
    TestDb { url, place: Place::Postgres(name) }
}

impl TestDb {
    /// What [`Db::open`] takes.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `sqlite` or `postgres`, for messages of assertions.
    pub fn engine(&self) -> &'static str {
        match self.place {
            Place::Sqlite(_) => "sqlite",
            Place::Postgres(_) => "postgres",
        }
    }

    /// Opens it, dated 2026-01-01.
    pub async fn try_open(&self, migrations: &[Migration]) -> Result<Db, OpenError> {
        Db::open(&self.url, migrations, Arc::new(NewYear)).await
    }

    /// Opens it or fails the test.
    pub async fn open(&self, migrations: &[Migration]) -> Db {
        match self.try_open(migrations).await {
            Ok(db) => db,
            Err(error) => panic!("{}: {error}", self.engine()),
        }
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        match &self.place {
            Place::Sqlite(folder) => drop(fs::remove_dir_all(folder)),
            Place::Postgres(name) => {
                administrate(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            }
        }
    }
}

struct NewYear;

impl Clock for NewYear {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_767_225_600)
    }
}

fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // Process ids are used again: what a killed process left must not be met.
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = started.map_or(0, |since| since.subsec_nanos());
    format!("skein-test-{}-{number}-{nanos}", std::process::id())
}

fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let server = base.rfind('/').map_or(base, |slash| &base[..slash]);
    format!("{server}/{name}?{query}")
}

/// On a thread of its own, as tests call this from inside a runtime.
fn administrate(statement: String) {
    let ran = thread::spawn(move || {
        let Ok(Target::Postgres(place)) = Target::parse(server_url()) else {
            panic!("SKEIN_TEST_POSTGRES must be a postgres:// URL");
        };
        let mut postgres = Postgres::new(*place).expect("a PostgreSQL client");
        postgres.connect().expect("a connection to PostgreSQL");
        postgres.script("tests", &statement).expect("a database for the test");
    });
    if ran.join().is_err() && !thread::panicking() {
        panic!("PostgreSQL did not do what the test needs; see above");
    }
}

fn server_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        env::var("SKEIN_TEST_POSTGRES").unwrap_or_else(|_| {
            let folder = env::temp_dir().join(unique_name());
            start_server(&folder);
            format!("postgres://postgres@/postgres?host={}", folder.display())
        })
    })
}

/// Runs a server until its standard input is closed, which the end of this
/// process does, however it ends. PostgreSQL refuses to run as root.
const SERVE: &str = r#"
    programs=$1 folder=$2
    trap '' INT
    as_user() { "$@"; }
    if [ "$(id -u)" = 0 ]; then
        chown postgres "$folder"
        as_user() { runuser -u postgres -- "$@"; }
    fi
    cd "$folder"
    as_user "$programs/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync \
        > /dev/null || exit 1
    as_user "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses='' -c fsync=off \
        -c max_connections=300 -c shared_buffers=16MB -c log_min_messages=panic < /dev/null > "$folder/log" 2>&1 &
    tries=0
    until "$programs/pg_isready" -q -h "$folder"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || exit 1
        sleep 0.05
    done
    echo ready
    read -r _
    kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid")"
    wait
    rm -rf "$folder"
"#;

fn start_server(folder: &Path) {
    // Kept for the life of the process, and with it the pipe to its input.
    static SERVER: OnceLock<Child> = OnceLock::new();
    let programs = find_programs().expect(
        "these tests need PostgreSQL: install it (Debian: postgresql), or set SKEIN_TEST_POSTGRES",
    );
    fs::create_dir(folder).expect("a folder for PostgreSQL");
    let mut server = Command::new("sh")
        .args(["-c", SERVE, "serve"])
        .args([&programs, folder])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut line = String::new();
    if let Some(output) = server.stdout.take() {
        BufReader::new(output).read_line(&mut line).expect("a line from the shell");
    }
    assert_eq!(line, "ready\n", "PostgreSQL from {} did not start", programs.display());
    let _ = SERVER.set(server);
}

/// The newest of what Debian keeps beside each other, else what the path has.
fn find_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    let path = env::var_os("PATH").unwrap_or_default();
    newest
        .into_iter()
        .chain(env::split_paths(&path))
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}
