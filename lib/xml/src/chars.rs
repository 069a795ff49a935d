//! Which bytes and characters may stand where.

use crate::XmlError;
use crate::limits::REFERENCE_BYTES;

/// May stand in a name; the colon is not among them, it is counted.
pub(crate) const NAME: u8 = 1;
/// May begin a name.
pub(crate) const NAME_START: u8 = 1 << 1;
/// White space of XML.
pub(crate) const SPACE: u8 = 1 << 2;
/// Never stands in a URI (RFC 3986), so not in a namespace name. Expat, for one,
/// refuses such a character in a namespace where it uses it as a separator.
pub(crate) const NOT_URI: u8 = 1 << 3;
/// Does not stand for itself everywhere in XML, or is not ASCII.
const UNORDINARY: u8 = 1 << 4;

/// The flags of each byte.
pub(crate) static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        let b = byte as u8;
        let space = matches!(b, b' ' | b'\t' | b'\n' | b'\r');
        let start = b.is_ascii_alphabetic() || b == b'_';
        let mut flags = 0;
        if start || b.is_ascii_digit() || matches!(b, b'-' | b'.') {
            flags |= NAME;
        }
        if start {
            flags |= NAME_START;
        }
        if space {
            flags |= SPACE;
        }
        if b <= 0x20
            || matches!(
                b,
                b'"' | b'&' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x7f
            )
        {
            flags |= NOT_URI;
        }
        if b < 0x20 || b >= 0x80 || matches!(b, b'&' | b'<' | b'>' | b'\'' | b'"') {
            flags |= UNORDINARY;
        }
        table[byte] = flags;
        byte += 1;
    }
    table
}

/// Whether `byte` has one of the flags.
pub(crate) fn is(byte: u8, flags: u8) -> bool {
    CLASS[byte as usize] & flags != 0
}

/// Whether all of the bytes lack the flags.
pub(crate) fn none(bytes: &[u8], flags: u8) -> bool {
    // Without a branch a byte, as it nearly always has to see them all.
    bytes.iter().fold(0, |all, &byte| all | CLASS[byte as usize]) & flags == 0
}

/// The first place from `at` on with a control character, a byte beyond ASCII or one
/// of the `stops`; or the end.
#[inline]
pub(crate) fn plain(bytes: &[u8], mut at: usize, stops: [u8; 3]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_ne_bytes([0x80; 8]);
    // Eight bytes at a time. A subtraction borrows only out of a byte that counts
    // itself, so the lowest byte with its top bit set is exact.
    while let Some(&chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(chunk);
        let mut found = word | (word.wrapping_sub(ONES * 0x20) & !word);
        for stop in stops {
            let same = word ^ (ONES * u64::from(stop));
            found |= same.wrapping_sub(ONES) & !same;
        }
        found &= TOPS;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at)
        && (0x20..0x80).contains(&byte)
        && !stops.contains(&byte)
    {
        at += 1;
    }
    at
}

/// Whether all bytes stand for themselves wherever they are in XML: ASCII without control
/// characters, markup and quotes.
pub fn is_ordinary(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_ne_bytes([0x80; 8]);
    // Of eight bytes the top bits are set where one counts: those beyond ASCII, those that a
    // subtraction makes negative, and behind such a one perhaps more, which changes nothing.
    let counts = |word: u64| {
        let negative = |word: u64| word.wrapping_sub(ONES);
        word | word.wrapping_sub(ONES * 0x20)
            | negative(word ^ (ONES * u64::from(b'"')))
            // An ampersand and an apostrophe differ in one bit, and so do `<` and `>`.
            | negative((word | ONES) ^ (ONES * u64::from(b'\'')))
            | negative((word | (ONES * 2)) ^ (ONES * u64::from(b'>')))
    };
    let Some(&last) = bytes.last_chunk() else {
        return bytes.iter().fold(0, |all, &byte| all | CLASS[byte as usize]) & UNORDINARY == 0;
    };
    // The last word overlaps the one before it.
    let (words, _) = bytes.as_chunks::<8>();
    let found = words.iter().fold(counts(u64::from_ne_bytes(last)), |found, &word| {
        found | counts(u64::from_ne_bytes(word))
    });
    found & TOPS == 0
}

/// The place behind the run of well-formed characters from `at` on that take two bytes,
/// or three other than those which begin with 0xE0, 0xED and 0xEF: nearly all letters
/// beyond ASCII, and none that needs a closer look.
pub(crate) fn letters(bytes: &[u8], mut at: usize) -> usize {
    let tail = |byte: u8| byte & 0xc0 == 0x80;
    loop {
        match bytes.get(at..) {
            Some([0xe1..=0xec | 0xee, two, three, ..]) if tail(*two) && tail(*three) => at += 3,
            Some([0xc2..=0xdf, two, ..]) if tail(*two) => at += 2,
            _ => return at,
        }
    }
}

/// Length of the white space at the beginning.
pub(crate) fn space(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&byte| is(byte, SPACE)).count()
}

/// The production Char of XML 1.0.
pub(crate) const fn is_char(c: u32) -> bool {
    matches!(c, 0x9 | 0xa | 0xd | 0x20..=0xd7ff | 0xe000..=0xfffd | 0x1_0000..=0x10_ffff)
}

/// Letters beyond ASCII that both the fourth and the fifth edition of XML 1.0 allow
/// at every place of a name. The editions differ and so do parsers: a name that only
/// one of them allows would be accepted here and end the stream of the recipient.
pub(crate) const fn is_letter(c: u32) -> bool {
    matches!(c,
        0xc0..=0xd6 | 0xd8..=0xf6 | 0xf8..=0x131 | 0x134..=0x13e | 0x141..=0x148
        | 0x14a..=0x17e | 0x38e..=0x3a1 | 0x3a3..=0x3ce | 0x401..=0x40c | 0x40e..=0x44f
        | 0x451..=0x45c | 0x45e..=0x481 | 0x5d0..=0x5ea | 0x621..=0x63a | 0x641..=0x64a
        | 0x905..=0x939 | 0xe01..=0xe2e | 0x3041..=0x3094 | 0x30a1..=0x30fa
        | 0x4e00..=0x9fa5 | 0xac00..=0xd7a3)
}

/// The character at the beginning of `bytes`, whose first byte is 0x80 or more, and
/// its length; `None` if bytes are missing.
///
/// # Errors
/// `Encoding` for what is not UTF-8 and for U+FFFE and U+FFFF.
pub(crate) fn decode(bytes: &[u8]) -> Result<Option<(u32, usize)>, XmlError> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    // The second byte's range excludes overlong forms, surrogates and what lies
    // beyond U+10FFFF.
    let (len, low, high) = match first {
        0xc2..=0xdf => (2, 0x80, 0xbf),
        0xe0 => (3, 0xa0, 0xbf),
        0xed => (3, 0x80, 0x9f),
        0xe1..=0xef => (3, 0x80, 0xbf),
        0xf0 => (4, 0x90, 0xbf),
        0xf1..=0xf3 => (4, 0x80, 0xbf),
        0xf4 => (4, 0x80, 0x8f),
        _ => return Err(XmlError::Encoding),
    };
    let mut code = u32::from(first) & (0x7f >> len);
    for at in 1..len {
        let Some(&byte) = bytes.get(at) else { return Ok(None) };
        let range = if at == 1 { low..=high } else { 0x80..=0xbf };
        if !range.contains(&byte) {
            return Err(XmlError::Encoding);
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    if is_char(code) { Ok(Some((code, len))) } else { Err(XmlError::Encoding) }
}

/// The character that the reference at the beginning of `bytes` (an `&`) stands for,
/// and the reference's length; `None` if bytes are missing.
///
/// # Errors
/// `Restricted` for entities beyond the five, `Encoding` for forbidden characters.
pub(crate) fn reference(bytes: &[u8]) -> Result<Option<(char, usize)>, XmlError> {
    match bytes.get(1) {
        None => Ok(None),
        Some(b'#') => number(bytes),
        Some(&byte) if is(byte, NAME_START) || byte == b':' || byte >= 0x80 => entity(bytes),
        Some(_) => Err(XmlError::NotWellFormed),
    }
}

fn entity(bytes: &[u8]) -> Result<Option<(char, usize)>, XmlError> {
    for at in 1..REFERENCE_BYTES {
        match bytes.get(at) {
            None => return Ok(None),
            Some(b';') => {
                let character = match &bytes[1..at] {
                    b"lt" => '<',
                    b"gt" => '>',
                    b"amp" => '&',
                    b"quot" => '"',
                    b"apos" => '\'',
                    _ => return Err(XmlError::Restricted),
                };
                return Ok(Some((character, at + 1)));
            }
            Some(&byte) if is(byte, NAME) || byte == b':' || byte >= 0x80 => {}
            Some(_) => return Err(XmlError::NotWellFormed),
        }
    }
    Err(XmlError::Restricted)
}

fn number(bytes: &[u8]) -> Result<Option<(char, usize)>, XmlError> {
    let (radix, first) = match bytes.get(2) {
        None => return Ok(None),
        Some(b'x') => (16, 3),
        Some(_) => (10, 2),
    };
    let mut code = 0_u32;
    for at in first..REFERENCE_BYTES {
        match bytes.get(at) {
            None => return Ok(None),
            Some(b';') if at > first => {
                let character = char::from_u32(code).filter(|_| is_char(code));
                return character.map(|c| Some((c, at + 1))).ok_or(XmlError::Encoding);
            }
            Some(&byte) => {
                let digit = char::from(byte).to_digit(radix).ok_or(XmlError::NotWellFormed)?;
                code = code.saturating_mul(radix).saturating_add(digit);
            }
        }
    }
    Err(XmlError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_that_is_not_ordinary_is_seen_wherever_it_stands() {
        for length in 1..20 {
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut bytes = vec![b'a'; length];
                    bytes[at] = byte;
                    let is_ascii = (0x20..0x80).contains(&byte);
                    let expected = is_ascii && !b"&<>'\"".contains(&byte);
                    assert_eq!(is_ordinary(&bytes), expected, "{byte} at {at} of {length}");
                }
            }
        }
        assert!(is_ordinary(b""));
    }
}
