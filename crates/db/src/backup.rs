//! Copies of a running database, and how they are put back.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use skein_base::{Fault, Timestamp};
use tokio_postgres::config::{Host, SslMode};

use crate::postgres::{Place, Trust};
use crate::sqlite;
use crate::url::Target;

/// Where Debian keeps the certificates that the machine trusts.
const MACHINE_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
const ALL_PAGES: i32 = -1;
/// What a backup of SQLite is.
const COPY: &str = "skein.db";
/// What a backup of PostgreSQL is, in `pg_dump`'s custom format.
const DUMP: &str = "skein.dump";

/// Blocks until the copy is on the disk.
pub(crate) fn run(target: &Target, dir: &Path) -> Result<(), Fault> {
    match target {
        Target::Sqlite(path) => copy_sqlite(path, dir),
        Target::Postgres(place) => dump_postgres(place, dir),
    }
}

/// All pages in one step: the step reads one snapshot and blocks no writer,
/// whereas smaller steps would start over whenever the writer commits.
fn copy_sqlite(path: &Path, dir: &Path) -> Result<(), Fault> {
    const DOING: &str = "copying the database";
    let partial = dir.join("skein.db.partial");
    let from = sqlite::open_reader(path)?;
    create_anew(&partial).map_err(|error| Fault::because(DOING, error))?;
    let copied = || -> rusqlite::Result<()> {
        let mut to = Connection::open(&partial)?;
        let _ = Backup::new(&from, &mut to)?.step(ALL_PAGES)?;
        // A copy must be one file: without this it would open with a log beside it.
        to.pragma_update(None, "journal_mode", "DELETE")
    };
    copied().map_err(|error| Fault::because(DOING, error))?;
    finish(&partial, &dir.join(COPY)).map_err(|error| Fault::because(DOING, error))
}

fn dump_postgres(place: &Place, dir: &Path) -> Result<(), Fault> {
    const DOING: &str = "backing up with pg_dump";
    let partial = dir.join("skein.dump.partial");
    // The program would make it readable for everybody.
    create_anew(&partial).map_err(|error| Fault::because(DOING, error))?;
    let mut dump = Command::new("pg_dump");
    dump.args(["--format=custom", "--no-password", "--file"]).arg(&partial);
    // Who uses the database is no part of what is kept, and not touched by a restore.
    dump.arg("--exclude-table=db_lease");
    run_client(dump, place, DOING)?;
    finish(&partial, &dir.join(DUMP)).map_err(|error| Fault::because(DOING, error))
}

/// Runs a program of PostgreSQL on the database at `place`.
fn run_client(mut program: Command, place: &Place, doing: &'static str) -> Result<(), Fault> {
    program.stdin(Stdio::null()).stdout(Stdio::null());
    describe(place, &mut program);
    let output = program.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Fault::because(
            doing,
            "the program was not found: install the PostgreSQL client programs of the server's \
             version, or do it on the database server",
        ),
        _ => Fault::because(doing, error),
    })?;
    if !output.status.success() {
        return Err(Fault::because(doing, String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(())
}

/// The settings travel in the environment: arguments are visible to every
/// user of the machine, and there may be a password among them.
fn describe(place: &Place, program: &mut Command) {
    let config = &place.config;
    if let Some(user) = config.get_user() {
        program.env("PGUSER", user);
    }
    if let Some(password) = config.get_password() {
        program.env("PGPASSWORD", String::from_utf8_lossy(password).as_ref());
    }
    if let Some(name) = config.get_dbname() {
        program.env("PGDATABASE", name);
    }
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => drop(program.env("PGHOST", host)),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => drop(program.env("PGHOST", folder)),
        _ => {}
    }
    if let Some(port) = config.get_ports().first() {
        program.env("PGPORT", port.to_string());
    }
    let mode = match (config.get_ssl_mode(), &place.trust) {
        (SslMode::Disable, _) => "disable",
        (SslMode::Require, Trust::Anyone) => "require",
        (SslMode::Require, _) => "verify-full",
        _ => "prefer",
    };
    program.env("PGSSLMODE", mode);
    match &place.trust {
        Trust::Anyone => {}
        // Only the newest of these programs know the word "system".
        Trust::Machine if Path::new(MACHINE_ROOTS).is_file() => {
            program.env("PGSSLROOTCERT", MACHINE_ROOTS);
        }
        Trust::Machine => drop(program.env("PGSSLROOTCERT", "system")),
        Trust::File(path) => drop(program.env("PGSSLROOTCERT", path)),
    }
}

/// Puts the backup in the folder `dir` back into the database at `url`, which nobody
/// may use meanwhile. On SQLite the database that was there stays beside the new one
/// under a name that ends in `.before-restore-` and the time; on PostgreSQL all of it
/// happens in one transaction. Blocks until it is on the disk.
///
/// # Errors
/// `dir` holds no backup of that engine, or it could not be put back.
pub fn restore(url: &str, dir: &Path, now: Timestamp) -> Result<(), Fault> {
    let target = Target::parse(url)
        .map_err(|error| Fault::because("reading the database URL (key storage.url)", error))?;
    match target {
        Target::Sqlite(path) => put_back_sqlite(&path, dir, now)
            .map_err(|error| Fault::because("putting the database back", error)),
        Target::Postgres(place) => put_back_postgres(&place, dir),
    }
}

fn put_back_sqlite(path: &Path, dir: &Path, now: Timestamp) -> io::Result<()> {
    let copy = find(dir, COPY)?;
    let partial = with_suffix(path, ".partial");
    let mut new = create_anew(&partial)?;
    io::copy(&mut File::open(copy)?, &mut new)?;
    // A full disk shows here at the latest, and a copy that was cut or damaged behind
    // it: nothing has been moved yet.
    new.sync_all()?;
    if let Err(error) = check_whole(&partial) {
        fs::remove_file(&partial)?;
        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
    }
    let time = now.to_string().replace(['-', ':'], "");
    let aside = with_suffix(path, &format!(".before-restore-{time}"));
    // The log and its index belong to the old database: it opens only with them
    // beside it, and the new one must not meet them.
    for suffix in ["-wal", "-shm", ""] {
        match fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    finish(&partial, path)
}

/// Reads every page, as nothing else does before somebody needs what is on it.
fn check_whole(path: &Path) -> Result<(), Fault> {
    const DOING: &str = "checking the backup";
    let copy = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let found: rusqlite::Result<String> =
        copy.and_then(|copy| copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)));
    match found.map_err(|error| Fault::because(DOING, error))?.as_str() {
        "ok" => Ok(()),
        damage => Err(Fault::because(DOING, damage.to_owned())),
    }
}

fn put_back_postgres(place: &Place, dir: &Path) -> Result<(), Fault> {
    const DOING: &str = "restoring with pg_restore";
    let dump = find(dir, DUMP).map_err(|error| Fault::because(DOING, error))?;
    let mut restore = Command::new("pg_restore");
    restore.args(["--clean", "--if-exists", "--no-owner", "--single-transaction"]);
    // It wants a database named; this URL leaves everything to the environment.
    restore.args(["--no-password", "--dbname=postgresql://"]).arg(dump);
    run_client(restore, place, DOING)
}

fn find(dir: &Path, name: &str) -> io::Result<PathBuf> {
    let path = dir.join(name);
    if path.is_file() {
        return Ok(path);
    }
    let why =
        format!("{} holds no {name}: it is no backup of this kind of database", dir.display());
    Err(io::Error::new(io::ErrorKind::NotFound, why))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// An empty file that only we may read, instead of what an attempt that broke off left.
fn create_anew(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A copy has its name only when all of it is on the disk.
fn finish(partial: &Path, whole: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::rename(partial, whole)?;
    match whole.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}
