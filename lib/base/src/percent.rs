//! Percent-escapes of addresses (RFC 3986 section 2.1).

/// Appends `text` to `out`; bytes for which `stays` says no are escaped. Those beyond ASCII
/// always are.
pub fn escape(text: &str, stays: impl Fn(u8) -> bool, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.reserve(text.len());
    for byte in text.bytes() {
        if byte.is_ascii() && stays(byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push(DIGITS[usize::from(byte >> 4)] as char);
            out.push(DIGITS[usize::from(byte & 15)] as char);
        }
    }
}

/// Whether a byte never needs an escape (section 2.3).
pub const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_stay_stays_and_all_else_is_escaped() {
        let escaped = |text, stays: fn(u8) -> bool| {
            let mut out = "/".to_owned();
            escape(text, stays, &mut out);
            out
        };
        assert_eq!(escaped("a-b ~/ä", is_unreserved), "/a-b%20~%2F%C3%A4");
        assert_eq!(escaped("a/ä", |_| true), "/a/%C3%A4");
    }
}
