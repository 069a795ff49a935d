//! Copies of a running database.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;
use rusqlite::backup::Backup;
use skein_base::Fault;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::sqlite;
use crate::url::Target;

const ALL_PAGES: i32 = -1;

/// Blocks until the copy is on the disk.
pub(crate) fn run(target: &Target, dir: &Path) -> Result<(), Fault> {
    match target {
        Target::Sqlite(path) => copy_sqlite(path, dir),
        Target::Postgres(config) => dump_postgres(config, dir),
    }
}

/// All pages in one step: the step reads one snapshot and blocks no writer,
/// whereas smaller steps would start over whenever the writer commits.
fn copy_sqlite(path: &Path, dir: &Path) -> Result<(), Fault> {
    const DOING: &str = "copying the database";
    let partial = dir.join("skein.db.partial");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Fault::because(DOING, error));
        }
        _ => {}
    }
    let from = sqlite::open_reader(path)?;
    sqlite::create_private(&partial).map_err(|error| Fault::because(DOING, error))?;
    let copied = || -> rusqlite::Result<()> {
        let mut to = Connection::open(&partial)?;
        let _ = Backup::new(&from, &mut to)?.step(ALL_PAGES)?;
        // A copy must be one file: without this it would open with a log beside it.
        to.pragma_update(None, "journal_mode", "DELETE")
    };
    copied().map_err(|error| Fault::because(DOING, error))?;
    finish(&partial, &dir.join("skein.db"), dir).map_err(|error| Fault::because(DOING, error))
}

/// The settings travel in the environment: arguments are visible to every
/// user of the machine, and there may be a password among them.
fn dump_postgres(config: &Config, dir: &Path) -> Result<(), Fault> {
    const DOING: &str = "backing up with pg_dump";
    let partial = dir.join("skein.dump.partial");
    let mut dump = Command::new("pg_dump");
    dump.args(["--format=custom", "--no-password", "--file"]).arg(&partial);
    dump.stdin(Stdio::null()).stdout(Stdio::null());
    describe(config, &mut dump);
    let output = dump.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Fault::new(
            "pg_dump was not found: install the PostgreSQL client programs of the server's \
             version, or back up on the database server",
        ),
        _ => Fault::because(DOING, error),
    })?;
    if !output.status.success() {
        return Err(Fault::because(DOING, String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    finish(&partial, &dir.join("skein.dump"), dir).map_err(|error| Fault::because(DOING, error))
}

fn describe(config: &Config, dump: &mut Command) {
    if let Some(user) = config.get_user() {
        dump.env("PGUSER", user);
    }
    if let Some(password) = config.get_password() {
        dump.env("PGPASSWORD", String::from_utf8_lossy(password).as_ref());
    }
    if let Some(name) = config.get_dbname() {
        dump.env("PGDATABASE", name);
    }
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => drop(dump.env("PGHOST", host)),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => drop(dump.env("PGHOST", folder)),
        _ => {}
    }
    if let Some(port) = config.get_ports().first() {
        dump.env("PGPORT", port.to_string());
    }
    if config.get_ssl_mode() == SslMode::Require {
        dump.env("PGSSLMODE", "require");
    }
}

/// A copy has its name only when all of it is on the disk.
fn finish(partial: &Path, whole: &Path, dir: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, whole)?;
    File::open(dir)?.sync_all()
}
