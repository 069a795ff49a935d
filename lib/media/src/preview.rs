//! Small pictures of pictures.

use std::io::{BufRead, Cursor, Seek};

use image::codecs::jpeg::JpegEncoder;
use image::{
    DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, metadata::Orientation,
};

use crate::Kind;

/// Pixels of the largest picture that is decoded: 120 MB while it is worked on. The cameras
/// of most phones make 12 million.
pub const PIXELS: u64 = 40_000_000;
/// The longer side of a preview, in pixels.
pub const THUMBNAIL: u32 = 320;
/// Bytes that a decoder may take.
const MEMORY: u64 = 256 << 20;
/// The longest side of what hashes are made of.
const HASHED: u32 = 64;
const QUALITY: u8 = 75;

/// A small picture, and smaller ones yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Width and height of the whole picture as it is to be shown.
    pub size: (u32, u32),
    /// The picture in at most [`THUMBNAIL`] pixels each way, encoded.
    pub thumbnail: Vec<u8>,
    /// `image/jpeg`; `image/png` for one that is transparent somewhere.
    pub kind: &'static str,
    /// Width and height of the thumbnail.
    pub thumbnail_size: (u32, u32),
    /// As <https://evanw.github.io/thumbhash/> has it, some 25 bytes.
    pub thumbhash: Vec<u8>,
    /// As <https://blurha.sh> has it, of 4 by 3 components.
    pub blurhash: String,
}

/// Makes a preview; `None` of what is no picture, is not sound, or promises too many pixels.
/// `orientation` is that of the file's Exif, 1 to 8.
pub fn preview(file: impl BufRead + Seek, kind: &Kind, orientation: u8) -> Option<Preview> {
    let format = match kind.essence() {
        "image/jpeg" => ImageFormat::Jpeg,
        "image/png" => ImageFormat::Png,
        "image/gif" => ImageFormat::Gif,
        "image/webp" => ImageFormat::WebP,
        _ => return None,
    };
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(file, format);
    reader.limits(limits);
    let decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > PIXELS || decoder.total_bytes() > MEMORY {
        return None;
    }
    let whole = DynamicImage::from_decoder(decoder).ok()?;
    let fits = width <= THUMBNAIL && height <= THUMBNAIL;
    let mut small = if fits { whole } else { whole.thumbnail(THUMBNAIL, THUMBNAIL) };
    small.apply_orientation(Orientation::from_exif(orientation)?);
    let is_transparent = small.color().has_alpha() && small.to_rgba8().pixels().any(|p| p[3] < 255);
    let (kind, thumbnail) = encoded(&small, is_transparent)?;
    let tiny = small.thumbnail(HASHED, HASHED).to_rgba8();
    let (w, h) = tiny.dimensions();
    let blurhash = blurhash::encode(4, 3, w, h, tiny.as_raw()).ok()?;
    let thumbhash = thumbhash::rgba_to_thumb_hash(w as usize, h as usize, tiny.as_raw());
    let size = if orientation >= 5 { (height, width) } else { (width, height) };
    let thumbnail_size = (small.width(), small.height());
    Some(Preview { size, thumbnail, kind, thumbnail_size, thumbhash, blurhash })
}

fn encoded(picture: &DynamicImage, is_transparent: bool) -> Option<(&'static str, Vec<u8>)> {
    let mut out = Cursor::new(Vec::new());
    let kind = if is_transparent {
        picture.to_rgba8().write_to(&mut out, ImageFormat::Png).ok()?;
        "image/png"
    } else {
        picture
            .to_rgb8()
            .write_with_encoder(JpegEncoder::new_with_quality(&mut out, QUALITY))
            .ok()?;
        "image/jpeg"
    };
    Some((kind, out.into_inner()))
}
