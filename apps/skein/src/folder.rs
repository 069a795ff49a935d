//! The data folder: for the server's user alone, and for one server at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use skein_base::Fault;

/// The file that is locked. It stays when nobody holds it: were it removed, two
/// processes might lock two files of the same name.
const LOCK: &str = "lock";

/// The data folder, held against every other `skein serve` and `skein restore` until
/// this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Hold {
    folder: PathBuf,
    _lock: File,
}

impl Hold {
    /// Takes the folder, which is made when missing.
    ///
    /// # Errors
    /// Somebody else holds it, or the system does not let us; the folder is named.
    pub(crate) fn take(folder: &Path) -> Result<Self, Fault> {
        const DOING: &str = "taking the data folder (key data_dir)";
        make(folder)?;
        let fault = |why: &str| Fault::because(DOING, format!("{}: {why}", folder.display()));
        let mut options = OpenOptions::new();
        let lock =
            options.write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK));
        let lock = lock.map_err(|error| fault(&error.to_string()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(fault(
                "another skein uses it; stop that one, or give this one a folder of its own",
            )),
            Err(TryLockError::Error(error)) => Err(fault(&error.to_string())),
        }
    }

    /// What is held.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Whether somebody holds the folder.
pub(crate) fn is_held(folder: &Path) -> bool {
    let lock = File::open(folder.join(LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Makes the data folder if it is missing.
///
/// # Errors
/// The system does not let us.
pub(crate) fn make(folder: &Path) -> Result<(), Fault> {
    make_private(folder).map_err(|error| {
        let why = format!("{}: {error}", folder.display());
        Fault::because("making the data folder (key data_dir)", why)
    })
}

/// Makes a folder, and what is missing above it, for this user alone. One that exists
/// keeps its mode: that is its owner's decision.
pub(crate) fn make_private(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Copies the files of the folder `from`, which may not exist; modes are kept.
pub(crate) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.exists() {
        return Ok(());
    }
    make_private(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Copies the folder `from`, which may not exist, with the folders within, flushed to the disk.
/// A file that is removed meanwhile is left out.
pub(crate) fn copy_deep(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.exists() {
        return Ok(());
    }
    make_private(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_deep(&entry.path(), &to)?;
            continue;
        }
        match fs::copy(entry.path(), &to) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            copied => {
                copied?;
                File::open(&to)?.sync_all()?;
            }
        }
    }
    File::open(to)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_has_one_holder_until_it_lets_go() {
        let parent = std::env::temp_dir().join(format!("skein-folder-{}", std::process::id()));
        let folder = parent.join("data");
        assert!(!is_held(&folder), "a folder that does not exist");
        let hold = Hold::take(&folder).expect("a free folder");
        assert!(is_held(&folder));
        let refused = Hold::take(&folder).expect_err("it is held").to_string();
        assert!(
            refused.contains("data_dir") && refused.contains(&*folder.to_string_lossy()),
            "{refused}"
        );
        assert!(is_held(&folder), "who was refused takes nothing away");
        drop(hold);
        assert!(!is_held(&folder));
        Hold::take(&folder).expect("free again");
        let mode =
            |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join(LOCK))), (0o700, 0o600));
        fs::remove_dir_all(&parent).expect("removed");
    }
}
