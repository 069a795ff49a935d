//! Numbers, digits and base64 on bytes.

use crate::WireError;

/// Reads from the front of a slice.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// What was not read.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> Result<u8, WireError> {
        let (&byte, rest) = self.0.split_first().ok_or(WireError::Length)?;
        self.0 = rest;
        Ok(byte)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(WireError::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(WireError::Length)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// A number in groups of seven bits, the lowest first, in no more bytes than it needs.
    pub(crate) fn number(&mut self) -> Result<u64, WireError> {
        let mut number = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return if byte == 0 && shift > 0 { Err(WireError::Value) } else { Ok(number) };
            }
        }
        Err(WireError::Value)
    }

    /// As [`Reader::number`], for a length.
    pub(crate) fn varint(&mut self) -> Result<usize, WireError> {
        usize::try_from(self.number()?).map_err(|_| WireError::Length)
    }
}

/// Appends a number below 2^63 in groups of seven bits.
pub(crate) fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(crate) fn put_varint(number: usize, out: &mut Vec<u8>) {
    put_number(number as u64, out);
}

/// Digits below which a string is no worse off as text.
const HEX_LEAST: usize = 8;

/// Bytes that `text` has as hexadecimal digits, if it is an even number of lower-case ones.
pub(crate) fn hex_length(text: &str) -> Option<usize> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fits = text.len() >= HEX_LEAST && text.len().is_multiple_of(2);
    (fits && text.bytes().all(is_hex)).then_some(text.len() / 2)
}

const fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        _ => byte.wrapping_sub(b'a').wrapping_add(10) & 15,
    }
}

/// Appends the bytes that lower-case hexadecimal digits stand for.
pub(crate) fn put_hex(text: &str, out: &mut Vec<u8>) {
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    out.extend(pairs.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)));
}

/// Appends bytes as lower-case hexadecimal digits.
pub(crate) fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        let [high, low] = [byte >> 4, byte & 15].map(|half| DIGITS[usize::from(half)]);
        out.extend_from_slice(&[high, low]);
    }
}

/// The alphabets of RFC 4648.
pub(crate) const STANDARD: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
pub(crate) const URL: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The value of each letter in either alphabet, 64 for others.
static VALUES: [u8; 256] = {
    let mut table = [64; 256];
    let mut at = 0;
    while at < 64 {
        table[STANDARD[at] as usize] = at as u8;
        table[URL[at] as usize] = at as u8;
        at += 1;
    }
    table
};

const fn value(letter: u8) -> u8 {
    VALUES[letter as usize]
}

fn length(letters: &str, foreign: [u8; 2]) -> Option<usize> {
    let rest = letters.len() % 4;
    let is_letter = |byte: u8| value(byte) < 64 && !foreign.contains(&byte);
    if rest == 1 || !letters.bytes().all(is_letter) {
        return None;
    }
    // Bits beyond the last byte must be zero, or the letters would not come back.
    let spare = letters.bytes().last().map_or(0, value) & [0, 0, 15, 3][rest];
    (spare == 0).then_some(letters.len() / 4 * 3 + rest.saturating_sub(1))
}

/// Bytes that `text` stands for, if it is base64url without padding (RFC 4648 section 5).
pub(crate) fn base64url_length(text: &str) -> Option<usize> {
    if text.len() < 10 {
        return None;
    }
    length(text, *b"+/")
}

/// Bytes that `text` stands for, if it is base64 with padding (RFC 4648 section 4).
pub(crate) fn base64_length(text: &str) -> Option<usize> {
    if text.len() < 16 || !text.len().is_multiple_of(4) {
        return None;
    }
    let letters = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    length(letters, *b"-_")
}

/// Appends the bytes that letters of either alphabet stand for; padding is passed over.
pub(crate) fn put_base64(text: &str, out: &mut Vec<u8>) {
    let letters = text.trim_end_matches('=').as_bytes();
    let (fours, rest) = letters.as_chunks::<4>();
    for four in fours {
        let [a, b, c, d] = four.map(|letter| u32::from(value(letter)));
        let word = a << 18 | b << 12 | c << 6 | d;
        out.extend_from_slice(&word.to_be_bytes()[1..]);
    }
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    let [a, b, c, _] = last.map(|letter| if letter == 0 { 0 } else { u32::from(value(letter)) });
    let word = a << 18 | b << 12 | c << 6;
    out.extend_from_slice(&word.to_be_bytes()[1..][..rest.len().saturating_sub(1)]);
}

/// Appends bytes as base64.
pub(crate) fn write_base64(bytes: &[u8], alphabet: &[u8; 64], padded: bool, out: &mut Vec<u8>) {
    let letters = |word: u32| [18, 12, 6, 0].map(|shift| alphabet[(word >> shift & 63) as usize]);
    let (threes, rest) = bytes.as_chunks::<3>();
    for &[a, b, c] in threes {
        out.extend_from_slice(&letters(u32::from_be_bytes([0, a, b, c])));
    }
    if let Some(&first) = rest.first() {
        let second = rest.get(1).copied().unwrap_or_default();
        let last = letters(u32::from_be_bytes([0, first, second, 0]));
        out.extend_from_slice(&last[..rest.len() + 1]);
        if padded {
            out.extend_from_slice(&b"=="[rest.len() - 1..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_comes_back_whatever_its_length() {
        for length in 0..20_u8 {
            let bytes: Vec<u8> = (0..length).map(|at| at.wrapping_mul(83) ^ 0xA5).collect();
            for (alphabet, padded) in [(STANDARD, true), (URL, false)] {
                let mut text = Vec::new();
                write_base64(&bytes, alphabet, padded, &mut text);
                let text = String::from_utf8(text).unwrap();
                let known = if padded { base64_length(&text) } else { base64url_length(&text) };
                assert!(known.is_none_or(|known| known == bytes.len()), "{text}");
                let mut back = Vec::new();
                put_base64(&text, &mut back);
                assert_eq!(back, bytes, "{text}");
            }
        }
    }

    #[test]
    fn base64_that_would_not_come_back_is_no_base64() {
        assert_eq!(base64_length("AAAAAAAAAAAAAAB="), None);
        assert_eq!(base64_length("AAAAAAAAAAAAAA=="), Some(10));
        assert_eq!(base64_length("AAAAAAAAAAAA-AA="), None);
        assert_eq!(base64url_length("AAAAAAAAAAAAA"), None);
        assert_eq!(base64url_length("AAAAAAAA+AAA"), None);
    }

    #[test]
    fn numbers_have_one_form() {
        for number in [0, 1, 127, 128, 16_383, 16_384, (1 << 63) - 1] {
            let mut out = Vec::new();
            put_number(number, &mut out);
            let mut reader = Reader::new(&out);
            assert_eq!(reader.number(), Ok(number));
            assert!(reader.is_empty());
        }
        assert_eq!(Reader::new(&[0x80, 0]).number(), Err(WireError::Value));
        assert_eq!(Reader::new(&[0xFF; 10]).number(), Err(WireError::Value));
        assert_eq!(Reader::new(&[0x80]).number(), Err(WireError::Length));
    }
}
