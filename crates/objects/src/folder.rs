//! Blobs in a folder: `objects/ab/abcdef…`.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use skein_base::Fault;

use crate::{Hash, ObjectError, Reading, blocking};

pub(crate) struct Folder {
    root: PathBuf,
}

/// Makes a folder, and what is missing above it, for this user alone.
pub(crate) async fn make(folder: &Path) -> Result<(), Fault> {
    let at = folder.to_owned();
    let made = tokio::task::spawn_blocking(move || {
        DirBuilder::new().recursive(true).mode(0o700).create(at)
    });
    let doing = "making a folder for uploads (key objects.url)";
    made.await
        .unwrap_or_else(|_| Err(io::Error::other("it panicked")))
        .map_err(|error| Fault::because(doing, format!("{}: {error}", folder.display())))
}

impl Folder {
    pub(crate) async fn open(root: PathBuf) -> Result<Self, Fault> {
        make(&root).await?;
        Ok(Self { root })
    }

    fn path(&self, hash: Hash) -> PathBuf {
        let name = hash.to_string();
        // 256 folders: some file systems grow slow with many files in one.
        self.root.join(&name[..2]).join(name)
    }

    /// `draft` is flushed; what remains is its name.
    pub(crate) async fn keep(&self, draft: PathBuf, hash: Hash) -> Result<(), ObjectError> {
        let (root, path) = (self.root.clone(), self.path(hash));
        blocking("keeping a blob", move || {
            let folder = path.parent().unwrap_or(&root);
            match DirBuilder::new().mode(0o700).create(folder) {
                Ok(()) => File::open(&root)?.sync_all()?,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            // An equal blob may be there: the new file takes its place, and readers of the
            // old one keep it until they are done.
            fs::rename(draft, &path)?;
            File::open(folder)?.sync_all()
        })
        .await
    }

    pub(crate) async fn read(
        &self,
        hash: Hash,
        bytes: Range<u64>,
    ) -> Result<Option<Reading>, ObjectError> {
        let path = self.path(hash);
        let file = blocking("opening a blob", move || match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => file.map(Some),
        });
        Ok(file.await?.map(|file| Reading::file(Arc::new(file), bytes)))
    }

    pub(crate) async fn remove(&self, hash: Hash) -> Result<(), ObjectError> {
        let path = self.path(hash);
        blocking("removing a blob", move || {
            match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                removed => removed?,
            }
            path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        })
        .await
    }
}
