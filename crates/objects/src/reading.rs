//! A blob that is being read.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use skein_base::Fault;

use crate::draft::read_at;
use crate::{ObjectError, PIECE, blocking};

/// Bytes of a blob, piece by piece.
pub struct Reading(From);

enum From {
    File { file: Arc<File>, left: Range<u64> },
    Bucket { body: Incoming, left: u64 },
}

impl Reading {
    pub(crate) fn file(file: Arc<File>, bytes: Range<u64>) -> Self {
        Self(From::File { file, left: bytes })
    }

    pub(crate) const fn bucket(body: Incoming, left: u64) -> Self {
        Self(From::Bucket { body, left })
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// What the disk or the bucket says; also if the blob is shorter than it should be.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ObjectError> {
        match &mut self.0 {
            From::File { left, .. } if left.is_empty() => Ok(None),
            From::File { file, left } => {
                let count = (left.end - left.start).min(PIECE as u64);
                let (file, at) = (file.clone(), left.start);
                left.start += count;
                let piece = blocking("reading a blob", move || {
                    let mut piece = vec![0; usize::try_from(count).unwrap_or(PIECE)];
                    if read_at(&file, &mut piece, at)? < piece.len() {
                        return Err(std::io::ErrorKind::UnexpectedEof.into());
                    }
                    Ok(piece)
                });
                Ok(Some(piece.await?.into()))
            }
            From::Bucket { left: 0, .. } => Ok(None),
            From::Bucket { body, left } => loop {
                let broken = |why: String| ObjectError::from(Fault::because("reading a blob", why));
                let frame = body.frame().await.ok_or_else(|| broken("it is too short".into()))?;
                let frame = frame.map_err(|error| broken(error.to_string()))?;
                if let Ok(piece) = frame.into_data() {
                    *left = left.saturating_sub(piece.len() as u64);
                    return Ok(Some(piece));
                }
            },
        }
    }
}
