//! PNG: a row of chunks, each with a checksum.

use std::io::{self, Read, Seek};

use crate::reading::{Patch, be32, some};
use crate::{Look, tiff, xmp};

/// Chunks that are looked at; a large picture has some thousands.
const CHUNKS: usize = 100_000;
/// Bytes of a chunk with metadata that is looked into; a larger one is emptied.
const METADATA: u32 = 4 << 20;

pub(crate) fn look(file: &mut (impl Read + Seek), look: &mut Look) -> io::Result<()> {
    let mut at = 8;
    for _ in 0..CHUNKS {
        let head = some(file, at, 8)?;
        let (Some(length), Some(kind)) = (be32(&head, 0), head.get(4..8)) else { break };
        match kind {
            b"IHDR" => {
                let header = some(file, at + 8, 8)?;
                (look.facts.width, look.facts.height) = (be32(&header, 0), be32(&header, 4));
            }
            b"eXIf" | b"iTXt" | b"tEXt" | b"zTXt" if length <= METADATA => {
                let content = some(file, at + 8, length as usize)?;
                if content.len() < length as usize {
                    break;
                }
                look.patches.extend(metadata(at, kind, &content, &mut look.orientation));
            }
            b"eXIf" | b"iTXt" | b"tEXt" | b"zTXt" => {
                let content = some(file, at + 8, length as usize)?;
                look.patches.push(emptied(at, &content));
            }
            b"IEND" => break,
            _ => {}
        }
        at += 12 + u64::from(length);
    }
    Ok(())
}

/// What to write over of the chunk at `at`.
fn metadata(at: u64, kind: &[u8], content: &[u8], orientation: &mut u8) -> Option<Patch> {
    if kind == b"eXIf" {
        let tags = tiff::read(content)?;
        *orientation = tags.orientation;
        if tags.patches.is_empty() {
            return None;
        }
        let mut blank = content.to_vec();
        for patch in tags.patches {
            let start = usize::try_from(patch.at).ok()?;
            blank.get_mut(start..start + patch.bytes.len())?.copy_from_slice(&patch.bytes);
        }
        return Some(chunk(at, kind, &blank));
    }
    let keyword = content.split(|byte| *byte == 0).next()?;
    match keyword {
        b"XML:com.adobe.xmp" => {
            let is_compressed = kind != b"iTXt" || content.get(keyword.len() + 1) == Some(&1);
            (is_compressed || xmp::tells_place(content)).then(|| emptied(at, content))
        }
        // Exif or XMP in hexadecimal, as ImageMagick writes them.
        _ if keyword.starts_with(b"Raw profile type ") && keyword != b"Raw profile type icc" => {
            Some(emptied(at, content))
        }
        _ => None,
    }
}

/// In place of a chunk: a text of spaces, as long.
fn emptied(at: u64, content: &[u8]) -> Patch {
    let mut text = vec![b' '; content.len()];
    let keyword = &b"Comment\0"[..content.len().min(8)];
    text[..keyword.len()].copy_from_slice(keyword);
    chunk(at, b"tEXt", &text)
}

/// The chunk at `at` anew: everything behind its length.
fn chunk(at: u64, kind: &[u8], content: &[u8]) -> Patch {
    let mut bytes = [kind, content].concat();
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum.to_be_bytes());
    Patch::new(at + 4, bytes)
}

/// CRC-32 as PNG has it (ISO 3309).
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 }
        })
    })
}
