//! WebP: chunks within a RIFF file (RFC 9649).

use std::io::{self, Read, Seek};

use crate::reading::{Patch, some};
use crate::{Look, tiff, xmp};

/// Chunks that are looked at; an animation has one a frame.
const CHUNKS: usize = 100_000;
/// Bytes of metadata that are looked at.
const METADATA: usize = 16 << 20;

pub(crate) fn look(file: &mut (impl Read + Seek), look: &mut Look) -> io::Result<()> {
    let mut at = 12;
    for _ in 0..CHUNKS {
        let head = some(file, at, 8)?;
        let (Some(kind), Some(length)) = (head.get(..4), head.get(4..8)) else { break };
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]);
        let content = at + 8;
        match kind {
            b"VP8X" | b"VP8 " | b"VP8L" if look.facts.width.is_none() => {
                let start = some(file, content, 10)?;
                if let Some((width, height)) = dimensions(kind, &start) {
                    (look.facts.width, look.facts.height) = (Some(width), Some(height));
                }
            }
            b"EXIF" => exif(content, &some(file, content, METADATA.min(length as usize))?, look),
            b"XMP " => {
                let packet = some(file, content, METADATA.min(length as usize))?;
                if xmp::tells_place(&packet) {
                    look.patches.push(Patch::new(content, xmp::blank(packet.len())));
                }
            }
            _ => {}
        }
        // Chunks begin at even places.
        at = content + u64::from(length) + u64::from(length % 2);
    }
    Ok(())
}

fn exif(at: u64, content: &[u8], look: &mut Look) {
    // Some programs write the prefix that only JPEG has.
    let block = content.strip_prefix(b"Exif\0\0").unwrap_or(content);
    let start = at + (content.len() - block.len()) as u64;
    let Some(tags) = tiff::read(block) else { return };
    look.orientation = tags.orientation;
    let moved = |patch: Patch| Patch { at: start + patch.at, ..patch };
    look.patches.extend(tags.patches.into_iter().map(moved));
}

fn dimensions(kind: &[u8], start: &[u8]) -> Option<(u32, u32)> {
    let byte = |at: usize| start.get(at).copied().map(u32::from);
    let short = |at: usize| Some(byte(at)? | byte(at + 1)? << 8);
    match kind {
        b"VP8X" => {
            let three = |at: usize| Some((short(at)? | byte(at + 2)? << 16) + 1);
            Some((three(4)?, three(7)?))
        }
        b"VP8 " => Some((short(6)? & 0x3fff, short(8)? & 0x3fff)),
        _ => {
            let bits = short(1)? | short(3)? << 16;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
    }
}
