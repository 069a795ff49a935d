//! A blob that is still arriving.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use skein_base::Fault;
use skein_base::rng::to_hex;

use crate::{Hash, Kept, ObjectError, PIECE, blocking};

/// What a draft is called while it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DraftName(pub [u8; 16]);

impl DraftName {
    pub(crate) fn path(self, folder: &Path) -> PathBuf {
        folder.join(to_hex(&self.0))
    }

    pub(crate) fn read(name: &str) -> Option<Self> {
        let digit = |byte: u8| (byte as char).to_digit(16);
        let mut bytes = [0; 16];
        let pairs = name.as_bytes().chunks_exact(2);
        if name.len() != 32 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
        }
        Some(Self(bytes))
    }
}

/// See the module. Dropped, it stays on the disk as far as it was written.
pub struct Draft {
    path: PathBuf,
    /// Taken while a thread works with it.
    open: Option<Open>,
    length: u64,
}

struct Open {
    file: File,
    hasher: Sha256,
    /// Not written yet.
    buffer: Vec<u8>,
}

impl Open {
    fn write(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.hasher.update(&self.buffer);
        self.buffer.clear();
        Ok(())
    }
}

impl Draft {
    pub(crate) async fn open(path: PathBuf) -> Result<Self, ObjectError> {
        let at = path.clone();
        let (open, length) = blocking("opening an unfinished upload", move || {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            let mut file = options.open(at)?;
            let mut hasher = Sha256::new();
            let length = hash(&mut file, &mut hasher)?;
            Ok((Open { file, hasher, buffer: Vec::new() }, length))
        })
        .await?;
        Ok(Self { path, open: Some(open), length })
    }

    /// Bytes so far.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// What the disk says; the draft is of no use any more.
    pub async fn add(&mut self, bytes: &[u8]) -> Result<(), ObjectError> {
        let open = self.open.as_mut().ok_or_else(lost)?;
        open.buffer.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        if open.buffer.len() >= PIECE { self.flush().await } else { Ok(()) }
    }

    /// Hands everything to the system, so that the draft can be gone on with later.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn flush(&mut self) -> Result<(), ObjectError> {
        self.with("writing an upload", |open| open.write()).await
    }

    /// Runs `work` on what was written: to look at it, or to change bytes by
    /// [`FileExt::write_at`](std::os::unix::fs::FileExt::write_at), saying so by `true`.
    /// The length must stay.
    ///
    /// # Errors
    /// What `work` or the disk says.
    pub async fn inspect<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&File) -> io::Result<(T, bool)> + Send + 'static,
    ) -> Result<T, ObjectError> {
        self.with("looking at an upload", |open| {
            open.write()?;
            open.file.seek(SeekFrom::Start(0))?;
            let (value, changed) = work(&open.file)?;
            if changed {
                open.hasher = Sha256::new();
                hash(&mut open.file, &mut open.hasher)?;
            }
            open.file.seek(SeekFrom::End(0))?;
            Ok(value)
        })
        .await
    }

    /// The hash of all bytes so far.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn hash(&mut self) -> Result<Hash, ObjectError> {
        self.with("writing an upload", |open| {
            open.write()?;
            Ok(Hash(open.hasher.clone().finalize().into()))
        })
        .await
    }

    /// Flushes to the disk; gives the file and what it will be.
    pub(crate) async fn finish(mut self) -> Result<(PathBuf, Kept), ObjectError> {
        let size = self.length;
        let hash = self.with("flushing an upload", move |open| {
            open.write()?;
            if open.file.metadata()?.len() != size {
                return Err(io::Error::other("the file has another length than was written"));
            }
            open.file.sync_all()?;
            Ok(Hash(std::mem::take(&mut open.hasher).finalize().into()))
        });
        let hash = hash.await?;
        Ok((self.path, Kept { hash, size }))
    }

    async fn with<T: Send + 'static>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&mut Open) -> io::Result<T> + Send + 'static,
    ) -> Result<T, ObjectError> {
        let mut open = self.open.take().ok_or_else(lost)?;
        let (open, value) = blocking(doing, move || {
            let value = work(&mut open)?;
            Ok((open, value))
        })
        .await?;
        self.open = Some(open);
        Ok(value)
    }
}

fn lost() -> ObjectError {
    Fault::new("an upload goes on after its file failed").into()
}

/// Reads all of the file, from its start; afterwards it stands at its end.
fn hash(file: &mut File, hasher: &mut Sha256) -> io::Result<u64> {
    let mut piece = vec![0; PIECE];
    let mut length = 0;
    file.seek(SeekFrom::Start(0))?;
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok(length);
        }
        hasher.update(&piece[..count]);
        length += count as u64;
    }
}

/// Reads as much as fits, or all that is left.
pub(crate) fn read_at(file: &File, piece: &mut [u8], at: u64) -> io::Result<usize> {
    let mut count = 0;
    while count < piece.len() {
        match file.read_at(&mut piece[count..], at + count as u64) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}
