//! JPEG: a row of segments, then the picture; further pictures or a video may follow.

use std::io::{self, Read, Seek};

use crate::reading::{Patch, be16, find, some};
use crate::{Look, bmff, tiff, xmp};

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const MORE_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
/// Pictures in one file, and segments of one.
const PICTURES: usize = 64;
const SEGMENTS: usize = 4096;

pub(crate) fn look(file: &mut (impl Read + Seek), look: &mut Look) -> io::Result<()> {
    let mut at = 0;
    for number in 0..PICTURES {
        let mut picture = Look { orientation: 1, ..Look::default() };
        let end = segments(file, at, &mut picture)?;
        look.patches.append(&mut picture.patches);
        if number == 0 {
            (look.facts, look.orientation) = (picture.facts, picture.orientation);
        }
        // Within the coded picture no marker of a start can stand. Phones put further
        // pictures behind it, with places of their own, or a short video.
        match find(file, end, &[*b"\xff\xd8\xff\xe1", *b"ftyp"])? {
            None => break,
            Some((start, 0)) => at = start,
            Some((start, _)) => {
                let mut video = Look::default();
                bmff::look(file, start.saturating_sub(4), &mut video)?;
                look.patches.append(&mut video.patches);
                break;
            }
        }
    }
    look.patches.sort_by_key(|patch| patch.at);
    look.patches.dedup_by_key(|patch| patch.at);
    Ok(())
}

/// Reads the segments from the start marker at `at`; gives where the coded picture begins.
fn segments(file: &mut (impl Read + Seek), mut at: u64, look: &mut Look) -> io::Result<u64> {
    at += 2;
    let mut packets = Vec::new();
    for _ in 0..SEGMENTS {
        let head = some(file, at, 4)?;
        let (Some(0xff), Some(marker)) = (head.first(), head.get(1).copied()) else { break };
        match marker {
            // Filling.
            0xff => {
                at += 1;
                continue;
            }
            // Without content.
            0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            // The end, or the coded picture.
            0xd9 | 0xda => break,
            _ => {}
        }
        let Some(length) = be16(&head, 2).filter(|length| *length >= 2) else { break };
        match marker {
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&marker) => {
                let frame = some(file, at + 4, 5)?;
                look.facts.height = be16(&frame, 1).map(u32::from);
                look.facts.width = be16(&frame, 3).map(u32::from);
            }
            0xe1 => {
                let segment = some(file, at + 4, usize::from(length) - 2)?;
                application(at + 4, &segment, look, &mut packets);
            }
            _ => {}
        }
        at += 2 + u64::from(length);
    }
    // A packet may be longer than a segment, and a word of it stand in two.
    let whole: Vec<u8> = packets.iter().flat_map(|(_, packet)| packet.iter().copied()).collect();
    if xmp::tells_place(&whole) {
        let blank = |(at, packet): (u64, Vec<u8>)| Patch::new(at, xmp::blank(packet.len()));
        look.patches.extend(packets.into_iter().map(blank));
    }
    Ok(at)
}

fn application(at: u64, segment: &[u8], look: &mut Look, packets: &mut Vec<(u64, Vec<u8>)>) {
    if let Some(block) = segment.strip_prefix(EXIF) {
        let Some(tags) = tiff::read(block) else { return };
        look.orientation = tags.orientation;
        let start = at + EXIF.len() as u64;
        let moved = |patch: Patch| Patch { at: start + patch.at, ..patch };
        look.patches.extend(tags.patches.into_iter().map(moved));
    } else if let Some(packet) = segment.strip_prefix(XMP) {
        packets.push((at + XMP.len() as u64, packet.to_vec()));
    } else if let Some(rest) = segment.strip_prefix(MORE_XMP)
        // A digest, the whole length and the place of this part.
        && let Some(packet) = rest.get(40..)
    {
        packets.push((at + MORE_XMP.len() as u64 + 40, packet.to_vec()));
    }
}
