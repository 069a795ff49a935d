//! Typed values: how each is recognised, put and read.

use std::io::Write as _;

use skein_base::Timestamp;

use crate::WireError;
use crate::address::{Address, Parts};
use crate::bytes::{self, Reader, put_number, put_varint};
use crate::table::{Table, op};
use crate::text::{Strings, read_string};

/// Bytes in which a date-time is written: whole seconds, with three and with six digits.
const SECONDS_LENGTH: usize = 20;
const MILLIS_LENGTH: usize = 24;
const MICROS_LENGTH: usize = 27;

/// Appends `text` as the type that it has, and says which. Every type gives back the very
/// same text, so a type is taken only where the text is written as the type writes it.
pub(crate) fn put(
    strings: Strings,
    own: Option<&Address>,
    text: &str,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> u16 {
    if let Some(kind) = put_number_like(text, out) {
        return kind;
    }
    if let Some(own) = own
        && let Some(parts) = Parts::read(text, own.domain())
        && let Some(kind) = put_address(strings, parts, scratch, out)
    {
        return kind;
    }
    if let Some(length) = bytes::base64_length(text) {
        put_varint(length, out);
        bytes::put_base64(text, out);
        return op::BASE64;
    }
    strings.put(text, scratch, out);
    op::TEXT
}

fn put_number_like(text: &str, out: &mut Vec<u8>) -> Option<u16> {
    if !text.bytes().next()?.is_ascii_hexdigit() {
        return None;
    }
    if put_uuid(text, out) {
        return Some(op::UUID);
    }
    if is_integer(text) {
        put_number(text.parse().ok()?, out);
        return Some(op::INTEGER);
    }
    if let Some(kind) = put_time(text, out) {
        return Some(kind);
    }
    let length = bytes::hex_length(text)?;
    put_varint(length, out);
    bytes::put_hex(text, out);
    Some(op::HEX)
}

fn is_integer(text: &str) -> bool {
    // 18 digits stay below 2^63.
    text.len() <= 18
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'))
}

/// Where the hyphens of a UUID stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

fn put_uuid(text: &str, out: &mut Vec<u8>) -> bool {
    let Ok(letters): Result<&[u8; 36], _> = text.as_bytes().try_into() else { return false };
    if HYPHENS.iter().any(|&at| letters[at] != b'-') {
        return false;
    }
    let is_hex = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    // The four hyphens are where they belong, so the digits are everywhere else.
    let is_right = letters.iter().filter(is_hex).count() == letters.len() - HYPHENS.len();
    if is_right {
        text.split('-').for_each(|group| bytes::put_hex(group, out));
    }
    is_right
}

fn put_time(text: &str, out: &mut Vec<u8>) -> Option<u16> {
    let kind = match text.len() {
        SECONDS_LENGTH => op::SECONDS,
        MILLIS_LENGTH => op::MILLIS,
        MICROS_LENGTH => op::MICROS,
        _ => return None,
    };
    let [.., b'Z'] = text.as_bytes() else { return None };
    // A leap second would come back as the next minute.
    if *text.as_bytes().get(17)? >= b'6' {
        return None;
    }
    let time = Timestamp::parse(text)?;
    let seconds = u32::try_from(time.secs()).ok()?;
    let micros = time.0.rem_euclid(1_000_000) as u32;
    out.extend_from_slice(&seconds.to_be_bytes());
    match kind {
        op::MILLIS => out.extend_from_slice(&(micros / 1000).to_be_bytes()[2..]),
        op::MICROS => out.extend_from_slice(&micros.to_be_bytes()[1..]),
        _ => {}
    }
    Some(kind)
}

fn put_address(
    strings: Strings,
    parts: Parts<'_>,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Option<u16> {
    let (kind, texts) = match (parts.local, parts.sub, parts.resource) {
        (Some(local), None, None) => (op::BARE, [Some(local), None, None]),
        (Some(local), None, Some(resource)) => (op::FULL, [Some(local), Some(resource), None]),
        (Some(local), Some(sub), None) => (op::SUB_BARE, [Some(local), Some(sub), None]),
        (Some(local), Some(sub), Some(resource)) => {
            (op::SUB_FULL, [Some(local), Some(sub), Some(resource)])
        }
        (None, Some(sub), None) => (op::SUB, [Some(sub), None, None]),
        _ => return None,
    };
    for text in texts.into_iter().flatten() {
        strings.put(text, scratch, out);
    }
    Some(kind)
}

/// Appends the value of type `kind` to `out`, at most up to `cap` bytes of `out`.
pub(crate) fn read(
    table: &Table,
    own: Option<&Address>,
    kind: u16,
    reader: &mut Reader<'_>,
    cap: usize,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    match kind {
        op::TEXT => read_string(table, reader, cap, out),
        op::UUID => {
            let id: [u8; 16] = reader.array()?;
            let (mut at, start) = (0, out.len());
            for end in [4, 6, 8, 10, 16] {
                if out.len() > start {
                    out.push(b'-');
                }
                bytes::write_hex(&id[at..end], out);
                at = end;
            }
            Ok(())
        }
        op::INTEGER => {
            let number = reader.number()?;
            write!(out, "{number}").map_err(|_| WireError::Value)
        }
        op::SECONDS | op::MILLIS | op::MICROS => read_time(kind, reader, out),
        op::BASE64 | op::HEX => {
            let length = reader.varint()?;
            let bytes = reader.take(length)?;
            if kind == op::HEX {
                bytes::write_hex(bytes, out);
            } else {
                bytes::write_base64(bytes, bytes::STANDARD, true, out);
            }
            if out.len() > cap { Err(WireError::TooLong) } else { Ok(()) }
        }
        op::BARE..=op::SUB => {
            let own = own.ok_or(WireError::NoAddress)?;
            read_address(table, own.domain(), kind, reader, cap, out)
        }
        _ => Err(WireError::Symbol),
    }
}

fn read_time(kind: u16, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), WireError> {
    let seconds = u32::from_be_bytes(reader.array()?);
    let time = Timestamp::from_secs(i64::from(seconds));
    write!(out, "{time}").map_err(|_| WireError::Value)?;
    let (fraction, most, width) = match kind {
        op::MILLIS => (u32::from(u16::from_be_bytes(reader.array()?)), 999, 3),
        op::MICROS => {
            let [high, middle, low] = reader.array()?;
            (u32::from_be_bytes([0, high, middle, low]), 999_999, 6)
        }
        _ => return Ok(()),
    };
    if fraction > most {
        return Err(WireError::Value);
    }
    out.pop();
    write!(out, ".{fraction:0width$}Z").map_err(|_| WireError::Value)
}

fn read_address(
    table: &Table,
    own: &str,
    kind: u16,
    reader: &mut Reader<'_>,
    cap: usize,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    if kind != op::SUB {
        read_string(table, reader, cap, out)?;
        out.push(b'@');
    }
    if matches!(kind, op::SUB | op::SUB_BARE | op::SUB_FULL) {
        read_string(table, reader, cap, out)?;
        out.push(b'.');
    }
    out.extend_from_slice(own.as_bytes());
    if matches!(kind, op::FULL | op::SUB_FULL) {
        out.push(b'/');
        read_string(table, reader, cap, out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::TABLE;

    fn kind_and_length(text: &str) -> (u16, usize) {
        let own = Address::new("juliet@example.org/balcony");
        let (mut out, mut scratch) = (Vec::new(), Vec::new());
        let strings = Strings { table: &TABLE, is_searching: true };
        let kind = put(strings, own.as_ref(), text, &mut scratch, &mut out);
        let (mut back, mut reader) = (Vec::new(), Reader::new(&out));
        read(&TABLE, own.as_ref(), kind, &mut reader, 1 << 20, &mut back).unwrap();
        assert!(reader.is_empty());
        assert_eq!(String::from_utf8_lossy(&back), text);
        (kind, out.len())
    }

    #[test]
    fn values_have_the_type_that_they_are_written_in() {
        let uuid = "3a5c1d90-7be2-4f0e-9a4b-0123456789ab";
        assert_eq!(kind_and_length(uuid), (op::UUID, 16));
        assert_eq!(kind_and_length("0"), (op::INTEGER, 1));
        assert_eq!(kind_and_length("300"), (op::INTEGER, 2));
        assert_eq!(kind_and_length("2026-11-27T20:06:54Z"), (op::SECONDS, 4));
        assert_eq!(kind_and_length("2026-11-27T20:06:54.000Z"), (op::MILLIS, 6));
        assert_eq!(kind_and_length("2026-11-27T20:06:54.000001Z"), (op::MICROS, 7));
        assert_eq!(kind_and_length("00ff00ff"), (op::HEX, 5));
        assert_eq!(kind_and_length("q83vEjRWeJCrze8SNFZ4kA=="), (op::BASE64, 17));
        assert_eq!(kind_and_length("r@rooms.example.org/nick").0, op::SUB_FULL);
        assert_eq!(kind_and_length("rooms.example.org").0, op::SUB);
        assert_eq!(kind_and_length("romeo@example.org").0, op::BARE);
    }

    #[test]
    fn what_a_type_would_write_otherwise_is_text() {
        for text in [
            "",
            "007",
            "+1",
            "3A5C1D90-7be2-4f0e-9a4b-0123456789ab",
            "3a5c1d907-be2-4f0e-9a4b-0123456789ab",
            "2026-11-27T20:06:60Z",
            "2026-02-30T20:06:54Z",
            "2026-11-27T20:06:5+Z",
            "1969-12-31T23:59:59Z",
            "2126-11-27T20:06:54Z",
            "2026-11-27T20:06:54+01:00",
            "00FF00FF",
            "romeo@example.net",
            "example.org/x",
        ] {
            assert_eq!(kind_and_length(text).0, op::TEXT, "{text}");
        }
        assert_ne!(kind_and_length("9223372036854775807").0, op::INTEGER);
    }
}
