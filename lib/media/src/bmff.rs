//! Boxes within boxes (ISO 14496-12): MP4, QuickTime, HEIC, AVIF.

use std::io::{self, Read, Seek};

use crate::reading::{Patch, be16, be32, be64, find, has, some};
use crate::{Look, tiff, xmp};

/// Boxes in one box, and depth.
const BOXES: usize = 10_000;
const DEPTH: u8 = 6;
/// Bytes of one box that are looked at.
const METADATA: u64 = 1 << 20;
/// Exif blocks in an image file.
const BLOCKS: usize = 64;
/// The box of an XMP packet.
const XMP: [u8; 16] = [
    0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac,
];

/// Looks at the boxes from `at` to the end of the file.
pub(crate) fn look(file: &mut (impl Read + Seek), at: u64, look: &mut Look) -> io::Result<()> {
    let end = file.seek(io::SeekFrom::End(0))?;
    let brand = some(file, at + 8, 4)?;
    boxes(file, at..end, 0, look)?;
    if matches!(&*brand, b"heic" | b"heix" | b"mif1" | b"msf1" | b"avif" | b"avis") {
        exif(file, at, look)?;
    }
    Ok(())
}

fn boxes(
    file: &mut (impl Read + Seek),
    within: std::ops::Range<u64>,
    depth: u8,
    look: &mut Look,
) -> io::Result<()> {
    let mut at = within.start;
    for _ in 0..BOXES {
        let head = some(file, at, 16)?;
        let (Some(length), Some(kind)) = (be32(&head, 0), head.get(4..8)) else { break };
        let (header, length) = match length {
            0 => (8, within.end.saturating_sub(at)),
            1 => (16, be64(&head, 8).unwrap_or(0)),
            length => (8, u64::from(length)),
        };
        let Some(end) = at.checked_add(length).filter(|end| *end <= within.end) else { break };
        if length < header {
            break;
        }
        let content = at + header..end;
        if depth < DEPTH {
            one(file, kind, (at, content), depth, look)?;
        }
        at = end;
    }
    Ok(())
}

/// The box that begins at `at`.
fn one(
    file: &mut (impl Read + Seek),
    kind: &[u8],
    (at, content): (u64, std::ops::Range<u64>),
    depth: u8,
    look: &mut Look,
) -> io::Result<()> {
    let length = content.end - content.start;
    let bytes = |file: &mut _| some(file, content.start, length.min(METADATA) as usize);
    match kind {
        b"moov" | b"trak" | b"udta" | b"iprp" | b"ipco" => boxes(file, content, depth + 1, look)?,
        b"meta" => meta(file, at, content, depth, look)?,
        b"mvhd" => look.facts.duration = duration(&some(file, content.start, 32)?),
        b"tkhd" => track(&some(file, content.start, 96)?, look),
        b"ispe" => {
            let size = some(file, content.start, 12)?;
            larger(be32(&size, 4), be32(&size, 8), look);
        }
        // Where it was recorded: QuickTime's and Android's, and that of 3GPP.
        b"\xa9xyz" | b"loci" => look.patches.push(freed(at, &content)),
        b"uuid" => {
            let bytes = bytes(file)?;
            if let Some(packet) = bytes.strip_prefix(&XMP)
                && xmp::tells_place(packet)
            {
                look.patches.push(Patch::new(content.start + 16, xmp::blank(packet.len())));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Apple's phones tell the place in a list of keys and values. Nothing that plays a video
/// needs the list, so all of it goes.
fn meta(
    file: &mut (impl Read + Seek),
    at: u64,
    content: std::ops::Range<u64>,
    depth: u8,
    look: &mut Look,
) -> io::Result<()> {
    let length = (content.end - content.start).min(METADATA);
    let bytes = some(file, content.start, length as usize)?;
    if has(&bytes, b"mdta") && has(&bytes, b"location") {
        look.patches.push(freed(at, &content));
        return Ok(());
    }
    // In image files the box has a version before its boxes; in QuickTime's it has none.
    let versioned = be32(&bytes, 0) == Some(0);
    let start = content.start + if versioned { 4 } else { 0 };
    boxes(file, start..content.end, depth + 1, look)
}

/// The box at `at` becomes free space of zeros.
fn freed(at: u64, content: &std::ops::Range<u64>) -> Patch {
    let zeros = (content.end - content.start).min(METADATA);
    let mut bytes = b"free".to_vec();
    if content.start - at > 8 {
        // A long header has its length between the name and the content.
        bytes.extend_from_slice(&(content.end - at).to_be_bytes());
    }
    bytes.resize(bytes.len() + zeros as usize, 0);
    Patch::new(at + 4, bytes)
}

fn duration(header: &[u8]) -> Option<u64> {
    let (scale, length) = match header.first()? {
        0 => (be32(header, 12)?, u64::from(be32(header, 16)?)),
        _ => (be32(header, 20)?, be64(header, 24)?),
    };
    length.checked_mul(1000)?.checked_div(u64::from(scale))
}

/// The header of a track: its matrix and its dimensions stand at its end.
fn track(header: &[u8], look: &mut Look) {
    let start = if header.first() == Some(&0) { 40 } else { 52 };
    // Turned by a quarter, the first row of the matrix is (0, ±1).
    let is_turned = be32(header, start) == Some(0) && be32(header, start + 4) != Some(0);
    let side = |at: usize| be16(header, start + at).map(u32::from).filter(|side| *side > 0);
    let (width, height) = (side(36), side(40));
    if is_turned { larger(height, width, look) } else { larger(width, height, look) }
}

fn larger(width: Option<u32>, height: Option<u32>, look: &mut Look) {
    let area = |width: Option<u32>, height: Option<u32>| {
        Some(u64::from(width?) * u64::from(height?)).filter(|area| *area > 0)
    };
    let facts = &mut look.facts;
    if area(width, height) > area(facts.width, facts.height) {
        (facts.width, facts.height) = (width, height);
    }
}

/// The blocks of Exif in an image file; they stand whole among the data.
fn exif(file: &mut (impl Read + Seek), mut at: u64, look: &mut Look) -> io::Result<()> {
    for _ in 0..BLOCKS {
        let Some((start, _)) = find(file, at, &[*b"Exif\0\0II*\0", *b"Exif\0\0MM\0*"])? else {
            break;
        };
        let start = start + 6;
        if let Some(tags) = tiff::read(&some(file, start, 64 * 1024)?) {
            let moved = |patch: Patch| Patch { at: start + patch.at, ..patch };
            look.patches.extend(tags.patches.into_iter().map(moved));
        }
        at = start;
    }
    Ok(())
}
