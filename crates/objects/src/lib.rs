//! Blobs by their content: on the file system, or in an S3 bucket.
//!
//! Floor 1. A blob's name is the SHA-256 of its content, so equal blobs are one. What comes
//! in is a [`Draft`] first: a file of this machine that grows as bytes arrive, is hashed on
//! the way and can be gone on with after a break or a restart. [`Objects::keep`] makes it a
//! blob.
//!
//! Invariants: no blob is held in memory; a name never shows half a blob; when `keep` has
//! returned the blob is on the disk, or the bucket has acknowledged it.

mod draft;
mod folder;
mod hash;
mod reading;
mod s3;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use skein_base::Fault;

pub use draft::{Draft, DraftName};
pub use hash::Hash;
pub use reading::Reading;

use folder::Folder;
use s3::Bucket;

/// Bytes that are read or written in one go.
pub(crate) const PIECE: usize = 256 * 1024;

/// Why a blob was not kept or found.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// No space is left. What was there before is there still.
    #[error("no space is left")]
    Full,
    /// Something else.
    #[error("{0}")]
    Fault(#[from] Fault),
}

impl ObjectError {
    pub(crate) fn because(doing: &'static str, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Fault(Fault::because(doing, error)),
        }
    }
}

/// The folder in which the blobs of `url` lie, for whoever copies them; `None` if they are
/// in a bucket. See [`Objects::open`].
pub fn folder(url: Option<&str>, data: &Path) -> Option<PathBuf> {
    match url {
        None => Some(data.join("objects")),
        Some(url) => Some(Path::new(url.strip_prefix("file://")?).join("objects")),
    }
}

/// A blob that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub hash: Hash,
    /// Its length in bytes.
    pub size: u64,
}

/// All blobs. Clones share everything.
#[derive(Clone)]
pub struct Objects {
    inner: Arc<Inner>,
}

struct Inner {
    drafts: PathBuf,
    place: Place,
}

enum Place {
    Folder(Folder),
    Bucket(Box<Bucket>),
}

impl Objects {
    /// Opens the blobs of `url`: `file:///FOLDER`, `s3://KEY:SECRET@HOST/BUCKET?region=REGION`
    /// (`s3+http://` without TLS), or those of the data folder. Makes folders that are missing.
    ///
    /// # Errors
    /// A folder cannot be made, or the URL says too little.
    pub async fn open(url: Option<&str>, data: &Path) -> Result<Self, Fault> {
        let (drafts, place) = match (folder(url, data), url) {
            (None, Some(url)) => {
                (data.join("incoming"), Place::Bucket(Box::new(Bucket::open(url)?)))
            }
            (folder, _) => {
                let folder = folder.unwrap_or_else(|| data.join("objects"));
                // On the same file system as the blobs: a draft becomes one by its name alone.
                (folder.with_file_name("incoming"), Place::Folder(Folder::open(folder).await?))
            }
        };
        folder::make(&drafts).await?;
        Ok(Self { inner: Arc::new(Inner { drafts, place }) })
    }

    /// The draft of this name: begun, or gone on with where it ended. What is there already
    /// is read and hashed. Nobody else may have it open.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn draft(&self, name: DraftName) -> Result<Draft, ObjectError> {
        Draft::open(name.path(&self.inner.drafts)).await
    }

    /// The length of a draft; 0 if there is none.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn draft_length(&self, name: DraftName) -> Result<u64, ObjectError> {
        match tokio::fs::metadata(name.path(&self.inner.drafts)).await {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(ObjectError::because("looking at an unfinished upload", error)),
        }
    }

    /// Removes a draft, if there is one.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn discard(&self, name: DraftName) -> Result<(), ObjectError> {
        gone(tokio::fs::remove_file(name.path(&self.inner.drafts)).await)
    }

    /// The names of all drafts.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn drafts(&self) -> Result<Vec<DraftName>, ObjectError> {
        let doing = "looking for unfinished uploads";
        let fault = |error| ObjectError::because(doing, error);
        let mut entries = tokio::fs::read_dir(&self.inner.drafts).await.map_err(fault)?;
        let mut names = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(fault)? {
            names.extend(entry.file_name().to_str().and_then(DraftName::read));
        }
        Ok(names)
    }

    /// Makes a draft a blob. The draft is gone then.
    ///
    /// # Errors
    /// What the disk or the bucket says; the draft is still there.
    pub async fn keep(&self, draft: Draft) -> Result<Kept, ObjectError> {
        let (path, kept) = draft.finish().await?;
        match &self.inner.place {
            Place::Folder(folder) => folder.keep(path, kept.hash).await?,
            Place::Bucket(bucket) => {
                bucket.keep(&path, kept).await?;
                gone(tokio::fs::remove_file(path).await)?;
            }
        }
        Ok(kept)
    }

    /// Reads these bytes of a blob; `None` if there is no such blob.
    ///
    /// # Errors
    /// What the disk or the bucket says.
    pub async fn read(
        &self,
        hash: Hash,
        bytes: Range<u64>,
    ) -> Result<Option<Reading>, ObjectError> {
        match &self.inner.place {
            Place::Folder(folder) => folder.read(hash, bytes).await,
            Place::Bucket(bucket) => bucket.read(hash, bytes).await,
        }
    }

    /// Removes a blob, if it is there. When this returns it is gone, also after a power cut.
    ///
    /// # Errors
    /// What the disk or the bucket says.
    pub async fn remove(&self, hash: Hash) -> Result<(), ObjectError> {
        match &self.inner.place {
            Place::Folder(folder) => folder.remove(hash).await,
            Place::Bucket(bucket) => bucket.remove(hash).await,
        }
    }
}

/// What is not there need not be removed.
pub(crate) fn gone(removed: io::Result<()>) -> Result<(), ObjectError> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ObjectError::because("removing a file", error))
        }
        _ => Ok(()),
    }
}

/// Runs what blocks on a thread for that.
pub(crate) async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, ObjectError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(|error| ObjectError::because(doing, error)),
        Err(_) => Err(Fault::because(doing, "it panicked").into()),
    }
}

#[cfg(test)]
mod tests;
