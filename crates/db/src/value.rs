//! What a statement takes and what a column holds.

use std::sync::Arc;

use bytes::Bytes;
use skein_base::Timestamp;

/// A parameter or a column. Cheap to clone: text and blobs are shared.
///
/// There is no boolean (a flag is a `BIGINT` of 0 or 1) and no floating point.
/// Text must not contain U+0000, which PostgreSQL refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL `NULL`.
    Null,
    /// `BIGINT`: numbers, flags, times in microseconds UTC.
    Int(i64),
    /// `TEXT`.
    Text(Arc<str>),
    /// `BLOB` (`BYTEA` on PostgreSQL): ids, stanzas.
    Blob(Bytes),
}

/// A column where the engine keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueRef<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
    /// A type outside the portable subset, by its name.
    Foreign(&'static str),
}

impl ValueRef<'_> {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "int",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
            Self::Foreign(name) => name,
        }
    }
}

impl Value {
    pub(crate) fn borrowed(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Int(*int),
            Self::Text(text) => ValueRef::Text(text),
            Self::Blob(blob) => ValueRef::Blob(blob),
        }
    }
}

macro_rules! from_int {
    ($($int:ty)*) => { $(
        impl From<$int> for Value {
            fn from(int: $int) -> Self {
                Self::Int(i64::from(int))
            }
        }
    )* };
}
from_int!(i64 i32 u32 u16 u8 bool);

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.0)
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::Text(text)
    }
}

impl From<&Arc<str>> for Value {
    fn from(text: &Arc<str>) -> Self {
        Self::Text(Arc::clone(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.as_str().into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Bytes> for Value {
    fn from(blob: Bytes) -> Self {
        Self::Blob(blob)
    }
}

impl From<&Bytes> for Value {
    fn from(blob: &Bytes) -> Self {
        Self::Blob(blob.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(blob: Vec<u8>) -> Self {
        Self::Blob(blob.into())
    }
}

impl From<&[u8]> for Value {
    fn from(blob: &[u8]) -> Self {
        Self::Blob(Bytes::copy_from_slice(blob))
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(blob: [u8; N]) -> Self {
        Self::Blob(Bytes::copy_from_slice(&blob))
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(blob: &[u8; N]) -> Self {
        Self::Blob(Bytes::copy_from_slice(blob))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
