//! `skein backup` and `skein restore`.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use skein_base::Fault;
use skein_config::Config;

/// What a backup holds beside the database.
const FOLDERS: [&str; 2] = ["tls", "acme"];

/// Writes a copy of all data into `dir`. The server may run.
pub(crate) fn backup(config: Config, dir: &Path) -> ExitCode {
    report(run_backup(&Arc::new(config), dir), &format!("backup written to {}", dir.display()))
}

/// Puts back what [`backup`] wrote. The server must be stopped.
pub(crate) fn restore(config: &Config, dir: &Path) -> ExitCode {
    report(run_restore(config, dir), &format!("restored from {}", dir.display()))
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the command's output")]
fn report(outcome: Result<(), Fault>, done: &str) -> ExitCode {
    match outcome {
        Ok(()) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("skein: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run_backup(config: &Arc<Config>, dir: &Path) -> Result<(), Fault> {
    fs::create_dir_all(dir).map_err(|error| Fault::because("making the backup's folder", error))?;
    let is_empty = fs::read_dir(dir).map(|mut entries| entries.next().is_none());
    if !is_empty.map_err(|error| Fault::because("looking into the backup's folder", error))? {
        return Err(Fault::new("the backup's folder is not empty; name a new one"));
    }
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Fault::because("starting the runtime", error))?;
    runtime.block_on(async {
        let (db, _) = crate::serve::open(config).await?;
        let written = db.backup(dir).await;
        db.close().await;
        written
    })?;
    for folder in FOLDERS {
        copy(&config.data_dir.join(folder), &dir.join(folder))
            .map_err(|error| Fault::because("copying certificates", error))?;
    }
    Ok(())
}

fn run_restore(config: &Config, dir: &Path) -> Result<(), Fault> {
    if crate::operator::is_running(config) {
        return Err(Fault::new("the server runs on this data folder; stop it first"));
    }
    let database = dir.join(DATABASE);
    if !database.exists() {
        return Err(Fault::new(
            "the folder holds no skein.db; a backup of PostgreSQL is put back by pg_restore (docs/operation.md)",
        ));
    }
    let put_back = || -> io::Result<()> {
        fs::create_dir_all(&config.data_dir)?;
        let target = config.data_dir.join(DATABASE);
        for suffix in ["", "-wal", "-shm"] {
            let old = config.data_dir.join(format!("{DATABASE}{suffix}"));
            if old.exists() {
                fs::rename(&old, config.data_dir.join(format!("{DATABASE}{suffix}.before-restore")))?;
            }
        }
        fs::copy(&database, &target)?;
        fs::File::open(&target)?.sync_all()?;
        for folder in FOLDERS {
            copy(&dir.join(folder), &config.data_dir.join(folder))?;
        }
        Ok(())
    };
    put_back().map_err(|error| Fault::because("putting the backup back", error))
}

/// The database's file, in the data folder and in a backup.
const DATABASE: &str = "skein.db";

/// Copies the files of a folder that may not exist; modes are kept.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
