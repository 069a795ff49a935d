//! Reading parts of a file, and what is to be written over.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes to write over others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Where.
    pub at: u64,
    /// What.
    pub bytes: Vec<u8>,
}

impl Patch {
    pub(crate) fn new(at: u64, bytes: impl Into<Vec<u8>>) -> Self {
        Self { at, bytes: bytes.into() }
    }
}

/// Up to `length` bytes from `at`; fewer at the end of the file.
pub(crate) fn some(file: &mut (impl Read + Seek), at: u64, length: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The first place from `at` on where one of `words` stands, and which; words are of one length.
pub(crate) fn find<const N: usize>(
    file: &mut (impl Read + Seek),
    mut at: u64,
    words: &[[u8; N]],
) -> io::Result<Option<(u64, usize)>> {
    loop {
        let bytes = some(file, at, 256 * 1024)?;
        let found = bytes.windows(N).enumerate().find_map(|(offset, window)| {
            Some((offset, words.iter().position(|word| window == word)?))
        });
        if let Some((offset, word)) = found {
            return Ok(Some((at + offset as u64, word)));
        }
        if bytes.len() < 256 * 1024 {
            return Ok(None);
        }
        at += (bytes.len() - N + 1) as u64;
    }
}

pub(crate) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub(crate) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

pub(crate) fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// Whether `word` stands in `bytes`.
pub(crate) fn has(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}
