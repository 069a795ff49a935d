//! XMP: metadata as XML, within images and videos.

use crate::reading::has;

/// Whether the packet may tell a place: `exif:GPSLatitude` and its like. A packet that is
/// compressed is not given here.
pub(crate) fn tells_place(packet: &[u8]) -> bool {
    has(packet, b"GPS") || has(packet, b"G\0P\0S\0")
}

/// What stands in place of a packet of this length: an empty one.
pub(crate) fn blank(length: usize) -> Vec<u8> {
    const EMPTY: &[u8] = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>";
    let mut bytes = vec![b' '; length];
    if let Some(start) = bytes.get_mut(..EMPTY.len()) {
        start.copy_from_slice(EMPTY);
    }
    bytes
}
