//! What files of people are: their kind by their first bytes, dimensions and duration,
//! previews; and which of their bytes tell where they were made.
//!
//! Floor 0: readers come in, values go out. Everything read is hostile: lengths are
//! compared with what is there, loops have bounds, and an image is decoded only if its
//! header promises few enough pixels.
//!
//! A place is removed by writing over the bytes that tell it ([`Patch`]). The file keeps its
//! length and everything else, and nothing is encoded anew. A file that tells no place is
//! not touched at all, so the hashes that its sender knows stay true.

mod bmff;
mod jpeg;
mod kind;
mod png;
mod preview;
mod reading;
mod tiff;
mod webp;
mod xmp;

use std::io::{self, Read, Seek};

pub use kind::{Kind, kind};
pub use preview::{PIXELS, Preview, THUMBNAIL, preview};
pub use reading::Patch;

/// What is known of a file without decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// In pixels, as it is to be shown: turned as its metadata say.
    pub width: Option<u32>,
    /// See `width`.
    pub height: Option<u32>,
    /// In milliseconds.
    pub duration: Option<u64>,
}

/// What a look at a file brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// What it is like.
    pub facts: Facts,
    /// What to write over so that it tells no place; they do not overlap.
    pub patches: Vec<Patch>,
    /// How the picture must be turned to be shown: the value of Exif's tag `Orientation`.
    pub orientation: u8,
}

/// Looks at a file of this kind.
///
/// # Errors
/// What the reader says. A file that is not sound is no error: nothing is known of it then,
/// and what can be told of the place is found as far as it is sound.
pub fn look(file: &mut (impl Read + Seek), kind: &Kind) -> io::Result<Look> {
    let mut look = Look { orientation: 1, ..Look::default() };
    match kind.essence() {
        "image/jpeg" => jpeg::look(file, &mut look)?,
        "image/png" => png::look(file, &mut look)?,
        "image/webp" => webp::look(file, &mut look)?,
        "image/gif" => gif(file, &mut look)?,
        _ if kind.is_bmff() => bmff::look(file, 0, &mut look)?,
        _ => {}
    }
    if look.orientation >= 5 {
        let facts = &mut look.facts;
        (facts.width, facts.height) = (facts.height, facts.width);
    }
    Ok(look)
}

fn gif(file: &mut (impl Read + Seek), look: &mut Look) -> io::Result<()> {
    let head = reading::some(file, 0, 10)?;
    if let Some(size) = head.get(6..10) {
        look.facts.width = Some(u32::from(u16::from_le_bytes([size[0], size[1]])));
        look.facts.height = Some(u32::from(u16::from_le_bytes([size[2], size[3]])));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
