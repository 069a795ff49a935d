//! The block of tags that Exif keeps in the form of TIFF.

use crate::reading::Patch;

const ORIENTATION: u16 = 0x0112;
const GPS: u16 = 0x8825;
/// Directories in a chain, and entries of one: real files have two and some dozens.
const DIRECTORIES: usize = 8;
const ENTRIES: usize = 1000;

/// What a block says.
pub(crate) struct Tags {
    /// 1 to 8.
    pub(crate) orientation: u8,
    /// What to write over; places count from the start of the block.
    pub(crate) patches: Vec<Patch>,
}

/// Reads a block; `None` if it is none.
pub(crate) fn read(block: &[u8]) -> Option<Tags> {
    let block = Block { big: big_endian(block)?, bytes: block };
    let mut tags = Tags { orientation: 1, patches: Vec::new() };
    let mut at = block.long(4)?;
    for _ in 0..DIRECTORIES {
        let Some(count) = block.short(at) else { break };
        let entries = usize::from(count).min(ENTRIES);
        for entry in (0..entries).map(|n| at + 2 + 12 * n) {
            match block.short(entry) {
                Some(GPS) => block.blank(block.long(entry + 8)?, &mut tags.patches),
                Some(ORIENTATION) => {
                    let value = block.short(entry + 8).filter(|value| (1..=8).contains(value));
                    tags.orientation = value.map_or(tags.orientation, |value| value as u8);
                }
                _ => {}
            }
        }
        match block.long(at + 2 + 12 * usize::from(count)) {
            Some(next) if next > at => at = next,
            _ => break,
        }
    }
    Some(tags)
}

fn big_endian(block: &[u8]) -> Option<bool> {
    match block.get(..4)? {
        b"MM\0*" => Some(true),
        b"II*\0" => Some(false),
        _ => None,
    }
}

struct Block<'a> {
    big: bool,
    bytes: &'a [u8],
}

impl Block<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn long(&self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        let value = if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        usize::try_from(value).ok()
    }

    /// Empties the directory at `at` with all values that it points to.
    fn blank(&self, at: usize, patches: &mut Vec<Patch>) {
        let Some(count) = self.short(at).map(usize::from) else { return };
        let mut zero = |at: usize, length: usize| {
            let end = at.saturating_add(length).min(self.bytes.len());
            if at < end && self.bytes[at..end].iter().any(|byte| *byte != 0) {
                patches.push(Patch::new(at as u64, vec![0; end - at]));
            }
        };
        zero(at, 2 + 12 * count + 4);
        for entry in (0..count.min(ENTRIES)).map(|n| at + 2 + 12 * n) {
            let (Some(kind), Some(number)) = (self.short(entry + 2), self.long(entry + 4)) else {
                return;
            };
            let size = match kind {
                1 | 2 | 6 | 7 => 1,
                3 | 8 => 2,
                4 | 9 | 11 | 13 => 4,
                5 | 10 | 12 => 8,
                _ => 0,
            };
            let length = number.saturating_mul(size);
            if length > 4
                && let Some(value) = self.long(entry + 8)
            {
                zero(value, length);
            }
        }
    }
}
