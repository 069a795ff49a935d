//! `skein backup` and `skein restore`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use skein_base::{Clock as _, Fault};
use skein_config::Config;

use crate::folder::{self, Hold};
use crate::serve::{self, SystemClock};

/// What a backup holds beside the database.
const FOLDERS: [&str; 2] = ["tls", "acme"];
/// Uploaded files, in the backup; those in a bucket are not copied.
const FILES: &str = "objects";

/// Where uploaded files lie, if it is a folder.
fn files(config: &Config) -> Option<PathBuf> {
    let url = config.objects.url.as_ref().map(skein_config::Url::expose);
    skein_objects::folder(url, &config.data_dir)
}

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
    folder::make_private(dir)
        .map_err(|error| Fault::because("making the backup's folder", error))?;
    let is_empty = fs::read_dir(dir).map(|mut entries| entries.next().is_none());
    if !is_empty.map_err(|error| Fault::because("looking into the backup's folder", error))? {
        return Err(Fault::new("the backup's folder is not empty; name a new one"));
    }
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Fault::because("starting the runtime", error))?;
    runtime.block_on(async {
        let (db, _) = serve::open(config).await?;
        let written = db.backup(dir).await;
        db.close().await;
        written
    })?;
    for name in FOLDERS {
        folder::copy(&config.data_dir.join(name), &dir.join(name))
            .map_err(|error| Fault::because("copying certificates", error))?;
    }
    // After the database: what it names is there, unless it was removed meanwhile.
    if let Some(files) = files(config) {
        folder::copy_deep(&files, &dir.join(FILES))
            .map_err(|error| Fault::because("copying uploaded files", error))?;
    }
    Ok(())
}

fn run_restore(config: &Config, dir: &Path) -> Result<(), Fault> {
    let hold = Hold::take(&config.data_dir)?;
    skein_db::restore(config.storage_url().expose(), dir, SystemClock.now())?;
    for name in FOLDERS {
        folder::copy(&dir.join(name), &hold.folder().join(name))
            .map_err(|error| Fault::because("putting certificates back", error))?;
    }
    if let Some(files) = files(config) {
        folder::copy_deep(&dir.join(FILES), &files)
            .map_err(|error| Fault::because("putting uploaded files back", error))?;
    }
    Ok(())
}
