//! Texts and other strings: the bytes of a string in the shortest of four ways.

use crate::WireError;
use crate::bytes::{Reader, put_varint};
use crate::table::{LONG, LONGEST_SHORT, Piece, Table};

/// The ways; the lower two bits of a string's head.
const RAW: usize = 0;
const PHRASES: usize = 1;
const HEX: usize = 2;
const BASE64URL: usize = 3;

/// One-byte codes of phrases: the control characters but the line feed, DEL, and 0x80 to 0xBF.
pub(crate) const SHORT: u16 = 96;
/// The first lead byte of two-byte codes.
const LONG_LEAD: u8 = 0xC0;
/// Leads from here on tell how many bytes follow as they are.
const RUN_LEAD: u8 = 0xF8;
/// Bytes that one such lead can tell.
const RUN: usize = 8;

/// Appends the phrase codes of `text`.
fn put_phrases(table: &Table, text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut run: Option<usize> = None;
    while at < bytes.len() {
        if let Some((code, length)) = table.phrase_trie.longest(&bytes[at..]) {
            put_code(code, out);
            at += length;
            run = None;
        } else if is_literal(bytes[at]) {
            out.push(bytes[at]);
            at += 1;
            run = None;
        } else {
            let length = width(bytes[at]).min(bytes.len() - at);
            // Letters that stand together share a lead.
            let lead = run.filter(|&lead| usize::from(out[lead] - RUN_LEAD) + 1 + length <= RUN);
            let lead = match lead {
                Some(lead) => {
                    out[lead] += length as u8;
                    lead
                }
                None => {
                    out.push(RUN_LEAD + (length - 1) as u8);
                    out.len() - 1
                }
            };
            run = Some(lead);
            out.extend_from_slice(&bytes[at..at + length]);
            at += length;
        }
    }
}

/// Bytes that stand for themselves.
const fn is_literal(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n')
}

/// How many bytes the character has that begins so.
const fn width(lead: u8) -> usize {
    match lead {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    }
}

fn put_code(code: u16, out: &mut Vec<u8>) {
    match code {
        0..=9 => out.push(code as u8),
        10..=30 => out.push(code as u8 + 1),
        31 => out.push(0x7F),
        32..SHORT => out.push(0x80 + (code - 32) as u8),
        _ => {
            let [high, low] = (code - SHORT).to_be_bytes();
            out.extend_from_slice(&[LONG_LEAD + high, low]);
        }
    }
}

/// Appends what phrase codes stand for, at most up to `cap` bytes of `out`.
fn read_phrases(
    table: &Table,
    codes: &[u8],
    cap: usize,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    // Texts grow here by moves of a fixed size, which are no calls.
    let mut room = [0; ROOM];
    let mut used = 0;
    let mut codes = codes.iter();
    while let Some(&byte) = codes.next() {
        if used > ROOM - LONGEST_SHORT {
            flush(&room[..used], cap, out)?;
            used = 0;
        }
        if is_literal(byte) {
            room[used] = byte;
            used += 1;
            continue;
        }
        let piece = match byte {
            0..LONG_LEAD => usize::from(byte),
            RUN_LEAD..=u8::MAX => {
                let length = usize::from(byte - RUN_LEAD) + 1;
                let (run, rest) =
                    codes.as_slice().split_at_checked(length).ok_or(WireError::Length)?;
                room[used..used + length].copy_from_slice(run);
                used += length;
                codes = rest.iter();
                continue;
            }
            _ => {
                let low = *codes.next().ok_or(WireError::Length)?;
                OF_BYTES + usize::from(SHORT + u16::from_be_bytes([byte - LONG_LEAD, low]))
            }
        };
        let piece = table.pieces.get(piece).ok_or(WireError::Symbol)?;
        if piece.length == LONG {
            flush(&room[..used], cap, out)?;
            used = 0;
            flush(piece.long(table).as_bytes(), cap, out)?;
            continue;
        }
        room[used..used + LONGEST_SHORT].copy_from_slice(&piece.bytes);
        used += usize::from(piece.length);
    }
    flush(&room[..used], cap, out)
}

/// Pieces before those of phrases: what bytes stand for.
pub(crate) const OF_BYTES: usize = LONG_LEAD as usize;

/// Bytes that are decoded before they are appended.
const ROOM: usize = 256;

fn flush(bytes: &[u8], cap: usize, out: &mut Vec<u8>) -> Result<(), WireError> {
    out.extend_from_slice(bytes);
    if out.len() > cap { Err(WireError::TooLong) } else { Ok(()) }
}

/// The phrase that a byte stands for which is neither itself nor a lead.
const fn single(byte: u8) -> u8 {
    match byte {
        0..=9 => byte,
        10..=31 => byte - 1,
        0x80.. => byte - 0x80 + 32,
        _ => 31,
    }
}

/// What each byte below the leads stands for, and then the phrases.
pub(crate) fn pieces(phrases: &[String], long: &mut Vec<Box<str>>) -> Vec<Piece> {
    let mut piece = |text: &str| Piece::new(text, long);
    let of_byte = |byte: u8| match is_literal(byte) {
        true => Some(piece(char::from(byte).encode_utf8(&mut [0; 4]))),
        false => Some(piece(phrases.get(usize::from(single(byte)))?)),
    };
    // A table has more phrases than there are such bytes.
    let mut pieces: Vec<Piece> = (0..LONG_LEAD).map_while(of_byte).collect();
    pieces.extend(phrases.iter().map(|phrase| piece(phrase)));
    pieces
}

/// How strings are written.
#[derive(Clone, Copy)]
pub(crate) struct Strings {
    pub(crate) table: &'static Table,
    /// Phrases are looked for.
    pub(crate) is_searching: bool,
}

impl Strings {
    /// Appends a string: its head (length and way), then its bytes. `scratch` is room to try in.
    pub(crate) fn put(self, text: &str, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        if let Some(length) = crate::bytes::hex_length(text) {
            put_varint(length << 2 | HEX, out);
            return crate::bytes::put_hex(text, out);
        }
        scratch.clear();
        if self.is_searching {
            put_phrases(self.table, text, scratch);
        }
        let shortest = if self.is_searching { scratch.len().min(text.len()) } else { text.len() };
        if let Some(length) = crate::bytes::base64url_length(text).filter(|fits| *fits < shortest) {
            put_varint(length << 2 | BASE64URL, out);
            crate::bytes::put_base64(text, out);
        } else if shortest < text.len() {
            put_varint(scratch.len() << 2 | PHRASES, out);
            out.extend_from_slice(scratch);
        } else {
            put_varint(text.len() << 2 | RAW, out);
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// Reads a string and appends it to `out`, at most up to `cap` bytes of `out`.
pub(crate) fn read_string(
    table: &Table,
    reader: &mut Reader<'_>,
    cap: usize,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let head = reader.varint()?;
    let bytes = reader.take(head >> 2)?;
    match head & 3 {
        RAW => out.extend_from_slice(bytes),
        PHRASES => read_phrases(table, bytes, cap, out)?,
        HEX => crate::bytes::write_hex(bytes, out),
        _ => crate::bytes::write_base64(bytes, crate::bytes::URL, false, out),
    }
    if out.len() > cap { Err(WireError::TooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::TABLE;

    fn coded(text: &str) -> Vec<u8> {
        let (mut out, mut scratch) = (Vec::new(), Vec::new());
        Strings { table: &TABLE, is_searching: true }.put(text, &mut scratch, &mut out);
        let mut back = Vec::new();
        let mut reader = Reader::new(&out);
        read_string(&TABLE, &mut reader, 1 << 20, &mut back).unwrap();
        assert!(reader.is_empty());
        assert_eq!(String::from_utf8_lossy(&back), text);
        out
    }

    #[test]
    fn strings_of_every_kind_come_back() {
        for text in [
            "",
            "a",
            "O, speak again, bright angel!\nfor thou art",
            "今天下午三点在图书馆见面,好吗?",
            "ἀρχὴ ἥμισυ παντός",
            "🙂🙂 hi 🙂",
            "\u{1}\u{7f}\t\r",
            "3f0c11d2a8b79e64",
            "Zx9_-abc09QWErty",
            "trailing ",
        ] {
            coded(text);
        }
    }

    #[test]
    fn nothing_takes_more_than_its_head_and_its_bytes() {
        for text in ["ἀρχὴ", "🙂", "\u{1}\u{2}", "zzqqxxjj", "%%%%"] {
            assert!(coded(text).len() <= 1 + text.len(), "{text}");
        }
        assert_eq!(coded("3f0c11d2a8b79e64").len(), 9);
    }

    #[test]
    fn codes_that_stand_for_nothing_are_refused() {
        let mut out = Vec::new();
        for bytes in [&[2 << 2 | 1, 0xF7, 0xFF][..], &[2 << 2 | 1, 0xFF, 1], &[0x80]] {
            let mut reader = Reader::new(bytes);
            assert!(read_string(&TABLE, &mut reader, 100, &mut out).is_err(), "{bytes:?}");
        }
    }
}
