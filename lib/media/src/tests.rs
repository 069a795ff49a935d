//! Files made by hand: with a place, without one, and broken.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;
use crate::reading::has;

/// A block of TIFF with an orientation and a place; `place` stands in it as bytes.
fn exif(place: &[u8; 24], orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()]
            .concat()
    };
    block.extend_from_slice(&2u16.to_le_bytes());
    block.extend(entry(0x0112, 3, 1, u32::from(orientation)));
    block.extend(entry(0x8825, 4, 1, 38));
    block.extend_from_slice(&0u32.to_le_bytes());
    assert_eq!(block.len(), 38);
    block.extend_from_slice(&2u16.to_le_bytes());
    block.extend(entry(1, 2, 2, u32::from(b'N')));
    block.extend(entry(2, 5, 3, 68));
    block.extend_from_slice(&0u32.to_le_bytes());
    assert_eq!(block.len(), 68);
    block.extend_from_slice(place);
    block.extend_from_slice(b"behind");
    block
}

const PLACE: &[u8; 24] = b"52.5170N,013.3889E,00034";
const PACKET: &[u8] =
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><exif:GPSLatitude>52,31N</exif:GPSLatitude></x:xmpmeta>";

fn picture(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let picture = RgbImage::from_fn(60, 40, |x, y| Rgb([(x * 4) as u8, (y * 6) as u8, 128]));
    picture.write_to(&mut out, format).expect("encoded");
    out.into_inner()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).expect("short").to_be_bytes();
    [&[0xff, marker][..], &length, content].concat()
}

fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
    let plain = picture(ImageFormat::Jpeg);
    [&plain[..2], &segments.concat(), &plain[2..]].concat()
}

fn with_prefix(prefix: &[u8], content: &[u8]) -> Vec<u8> {
    [prefix, content].concat()
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("short").to_be_bytes();
    let sum = png::checksum(&[kind, content].concat()).to_be_bytes();
    [&length[..], kind, content, &sum].concat()
}

/// What the look says, and the file with what tells a place written over.
fn looked(file: &[u8], said: &str) -> (Look, Vec<u8>) {
    let kind = kind(file, said);
    let look = look(&mut Cursor::new(file), &kind).expect("a file in memory is read");
    let mut patched = file.to_vec();
    for patch in &look.patches {
        let at = usize::try_from(patch.at).expect("within");
        patched[at..at + patch.bytes.len()].copy_from_slice(&patch.bytes);
    }
    assert_eq!(patched.len(), file.len());
    (look, patched)
}

fn size(look: &Look) -> (Option<u32>, Option<u32>) {
    (look.facts.width, look.facts.height)
}

fn pixels(file: &[u8]) -> Vec<u8> {
    image::load_from_memory(file).expect("it is still a picture").to_rgb8().into_raw()
}

#[test]
fn a_jpeg_loses_its_place_and_nothing_else() {
    let file = jpeg(&[
        segment(0xe1, &with_prefix(b"Exif\0\0", &exif(PLACE, 6))),
        segment(0xe1, &with_prefix(b"http://ns.adobe.com/xap/1.0/\0", PACKET)),
        segment(0xfe, b"a comment"),
    ]);
    let (look, patched) = looked(&file, "image/jpeg");
    assert!(has(&file, PLACE) && !has(&patched, PLACE) && !has(&patched, b"GPSLat"));
    assert!(has(&patched, b"behind") && has(&patched, b"a comment"));
    assert_eq!((size(&look), look.orientation), ((Some(40), Some(60)), 6), "it lies on its side");
    assert_eq!(pixels(&patched), pixels(&file));
    assert_eq!(looked(&patched, "image/jpeg").0.patches, [], "once is enough");
}

#[test]
fn pictures_and_videos_behind_the_first_lose_theirs() {
    let block = segment(0xe1, &with_prefix(b"Exif\0\0", &exif(PLACE, 1)));
    let second = jpeg(&[block]);
    let video = mp4(&boxed(b"\xa9xyz", b"\0\x12\x15\xc7+52.5170+013.3889/"));
    let file = [jpeg(&[]), second.clone(), video].concat();
    let (_, patched) = looked(&file, "image/jpeg");
    assert!(has(&file, PLACE) && !has(&patched, PLACE) && !has(&patched, b"+52.5170"));
}

#[test]
fn a_file_without_a_place_is_not_touched() {
    let mut without = exif(PLACE, 3);
    without[22..24].copy_from_slice(&0x010fu16.to_le_bytes());
    let file = jpeg(&[segment(0xe1, &with_prefix(b"Exif\0\0", &without))]);
    let (look, _) = looked(&file, "image/jpeg");
    assert_eq!((look.patches, look.orientation), (vec![], 3));
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let (look, _) = looked(&picture(format), format.to_mime_type());
        assert_eq!((size(&look), &look.patches[..]), ((Some(60), Some(40)), &[][..]), "{format:?}");
    }
}

#[test]
fn a_png_loses_its_place_and_its_checksums_are_right() {
    let plain = picture(ImageFormat::Png);
    let raw = b"Raw profile type exif\0\0zipped place";
    let xmp = with_prefix(b"XML:com.adobe.xmp\0\0\0\0\0", PACKET);
    let file = [
        &plain[..33],
        &chunk(b"eXIf", &exif(PLACE, 1)),
        &chunk(b"zTXt", raw),
        &chunk(b"iTXt", &xmp),
        &chunk(b"tEXt", b"Title\0kept"),
        &plain[33..],
    ]
    .concat();
    let (_, patched) = looked(&file, "image/png");
    assert!(has(&file, PLACE) && !has(&patched, PLACE) && !has(&patched, b"GPS"));
    assert!(!has(&patched, b"zipped place") && has(&patched, b"Title\0kept"));
    assert_eq!(pixels(&patched), pixels(&file));
    let mut at = 8;
    while at < patched.len() {
        let length = reading::be32(&patched, at).expect("a length") as usize;
        let sum = png::checksum(&patched[at + 4..at + 8 + length]);
        assert_eq!(reading::be32(&patched, at + 8 + length), Some(sum));
        at += 12 + length;
    }
}

#[test]
fn a_webp_loses_its_place() {
    let mut file = picture(ImageFormat::WebP);
    for (kind, content) in [(b"EXIF", &exif(PLACE, 1)), (b"XMP ", &PACKET.to_vec())] {
        file.extend_from_slice(kind);
        file.extend_from_slice(&u32::try_from(content.len()).expect("short").to_le_bytes());
        file.extend_from_slice(content);
        file.extend(vec![0; content.len() % 2]);
    }
    let length = u32::try_from(file.len() - 8).expect("short").to_le_bytes();
    file[4..8].copy_from_slice(&length);
    let (look, patched) = looked(&file, "image/webp");
    assert!(has(&file, PLACE) && !has(&patched, PLACE) && !has(&patched, b"GPS"));
    assert_eq!(size(&look), (Some(60), Some(40)));
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).expect("short").to_be_bytes();
    [&length[..], kind, content].concat()
}

/// A video of 320 by 240 pixels that is turned by a quarter and takes 2.5 seconds.
fn mp4(more: &[u8]) -> Vec<u8> {
    let mut mvhd = vec![0; 100];
    mvhd[12..16].copy_from_slice(&600u32.to_be_bytes());
    mvhd[16..20].copy_from_slice(&1500u32.to_be_bytes());
    let mut tkhd = vec![0; 84];
    tkhd[44..48].copy_from_slice(&0x1_0000u32.to_be_bytes());
    tkhd[76..80].copy_from_slice(&(320u32 << 16).to_be_bytes());
    tkhd[80..84].copy_from_slice(&(240u32 << 16).to_be_bytes());
    let moov =
        [boxed(b"mvhd", &mvhd), boxed(b"trak", &boxed(b"tkhd", &tkhd)), boxed(b"udta", more)]
            .concat();
    [boxed(b"ftyp", b"isom\0\0\x02\0isommp41"), boxed(b"mdat", b"frames"), boxed(b"moov", &moov)]
        .concat()
}

#[test]
fn a_video_tells_its_dimensions_and_no_place() {
    let keys = [
        boxed(b"hdlr", b"\0\0\0\0\0\0\0\0mdta"),
        boxed(b"keys", b"com.apple.quicktime.location.ISO6709"),
    ]
    .concat();
    let more = [
        boxed(b"\xa9xyz", b"\0\x12\x15\xc7+52.5170+013.3889/"),
        boxed(b"meta", &[keys, boxed(b"ilst", b"+48.1371+011.5754/")].concat()),
        boxed(b"name", b"kept"),
    ]
    .concat();
    let file = mp4(&more);
    let (look, patched) = looked(&file, "video/mp4");
    assert_eq!((size(&look), look.facts.duration), ((Some(240), Some(320)), Some(2500)));
    assert!(!has(&patched, b"+52.5170") && !has(&patched, b"+48.1371"));
    assert!(has(&patched, b"kept") && has(&patched, b"frames"));
    assert_eq!(looked(&patched, "video/mp4").0.patches, []);
}

#[test]
fn u04_what_is_broken_is_looked_at_to_where_it_breaks() {
    let files = [
        jpeg(&[segment(0xe1, &with_prefix(b"Exif\0\0", &exif(PLACE, 6)))]),
        picture(ImageFormat::Png),
        picture(ImageFormat::WebP),
        mp4(&boxed(b"\xa9xyz", b"+52.5170+013.3889/")),
    ];
    for file in files {
        for length in 0..file.len().min(400) {
            looked(&file[..length], "image/jpeg");
        }
        for at in 0..file.len().min(400) {
            for byte in [0, 0x7f, 0xff] {
                let mut wrong = file.clone();
                wrong[at] = byte;
                let (look, _) = looked(&wrong, "image/jpeg");
                let kind = kind(&wrong, "image/jpeg");
                preview(Cursor::new(wrong), &kind, look.orientation);
            }
        }
    }
}

#[test]
fn a_preview_is_small_upright_and_keeps_transparency() {
    let file = picture(ImageFormat::Jpeg);
    let made = preview(Cursor::new(&file), &kind(&file, ""), 6).expect("a preview");
    assert_eq!((made.size, made.thumbnail_size, made.kind), ((40, 60), (40, 60), "image/jpeg"));
    assert_eq!(made.blurhash.len(), 28);
    assert!((15..=30).contains(&made.thumbhash.len()));
    let mut out = Cursor::new(Vec::new());
    let glass = RgbaImage::from_pixel(1000, 500, Rgba([1, 2, 3, 40]));
    DynamicImage::from(glass).write_to(&mut out, ImageFormat::Png).expect("encoded");
    let file = out.into_inner();
    let made = preview(Cursor::new(&file), &kind(&file, ""), 1).expect("a preview");
    assert_eq!((made.size, made.thumbnail_size, made.kind), ((1000, 500), (320, 160), "image/png"));
    assert!(image::load_from_memory(&made.thumbnail).expect("a picture").color().has_alpha());
}

#[test]
fn u04_a_bomb_is_not_decoded() {
    // A header that promises 65,535 by 65,535 pixels.
    let mut file = picture(ImageFormat::Png);
    file[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let sum = png::checksum(&file[12..29]).to_be_bytes();
    file[29..33].copy_from_slice(&sum);
    assert_eq!(preview(Cursor::new(&file), &kind(&file, ""), 1), None);
    let mut file = picture(ImageFormat::Gif);
    file[6..10].copy_from_slice(&[0xff; 4]);
    assert_eq!(preview(Cursor::new(&file), &kind(&file, ""), 1), None);
}

#[test]
fn u01_the_bytes_decide_what_a_file_is() {
    let told = |head: &[u8], said: &str| {
        let kind = kind(head, said);
        (kind.essence().to_owned(), kind.is_inline())
    };
    let any = ("application/octet-stream".to_owned(), false);
    let html = b"<html><script>alert(1)</script>";
    for said in [
        "text/html",
        "image/png",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "a b",
        "",
        "x",
        "text/javascript",
        "video/mp4",
    ] {
        assert_eq!(told(html, said), any, "{said}");
    }
    assert_eq!(told(&picture(ImageFormat::Png), "text/html"), ("image/png".into(), true));
    assert_eq!(told(b"hello \xc3", "Text/Plain; charset=x"), ("text/plain".into(), true));
    assert_eq!(told(b"hello \0", "text/plain"), any);
    assert_eq!(told(b"PK\x03\x04", "application/zip"), ("application/zip".into(), false));
    assert_eq!(told(b"OggS\0", "audio/opus"), ("audio/opus".into(), true));
    assert_eq!(told(b"OggS\0", "text/html"), ("audio/ogg".into(), true));
    assert_eq!(told(b"%PDF-1.7", "application/pdf"), ("application/pdf".into(), false));
}
