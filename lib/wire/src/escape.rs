//! Characters of a value, as they may stand in XML.

/// Appends bytes of a value as they may stand there, and gives whether all of them may.
pub(crate) fn escape(bytes: &[u8], in_attribute: bool, out: &mut Vec<u8>) -> bool {
    if skein_xml::is_ordinary(bytes) {
        out.extend_from_slice(bytes);
        return true;
    }
    let replacement = |byte: u8| -> Option<&'static [u8]> {
        Some(match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'\r' => b"&#13;",
            b'\'' if in_attribute => b"&apos;",
            b'"' if in_attribute => b"&quot;",
            b'\t' if in_attribute => b"&#9;",
            b'\n' if in_attribute => b"&#10;",
            _ => return None,
        })
    };
    if !has_markup(bytes, in_attribute) {
        out.extend_from_slice(bytes);
        return is_sound(bytes);
    }
    for &byte in bytes {
        match replacement(byte) {
            Some(replacement) => out.extend_from_slice(replacement),
            None => out.push(byte),
        }
    }
    is_sound(bytes)
}

/// Whether something in the bytes has to be escaped.
pub(crate) fn has_markup(bytes: &[u8], in_attribute: bool) -> bool {
    let is_markup = |byte: u8| matches!(byte, b'&' | b'<' | b'>' | b'\r');
    let is_quote = |byte: u8| matches!(byte, b'\'' | b'"' | b'\t' | b'\n');
    // Without a branch a byte, as it nearly always has to see them all.
    bytes.iter().fold(false, |any, &byte| any | is_markup(byte) | (in_attribute & is_quote(byte)))
}

/// Whether the bytes are characters that XML allows (XML 1.0 section 2.2).
pub(crate) fn is_sound(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    !bytes.iter().any(is_control) && !text.contains(['\u{fffe}', '\u{ffff}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(bytes: &[u8], in_attribute: bool) -> (String, bool) {
        let mut out = Vec::new();
        let is_sound = escape(bytes, in_attribute, &mut out);
        (String::from_utf8_lossy(&out).into_owned(), is_sound)
    }

    #[test]
    fn what_would_be_markup_is_escaped() {
        let text = b"a&b<c>d'e\"f\tg\nh\ri";
        let in_text = "a&amp;b&lt;c&gt;d'e\"f\tg\nh&#13;i";
        assert_eq!(escaped(text, false), (in_text.to_owned(), true));
        let in_attribute = "a&amp;b&lt;c&gt;d&apos;e&quot;f&#9;g&#10;h&#13;i";
        assert_eq!(escaped(text, true), (in_attribute.to_owned(), true));
    }

    #[test]
    fn characters_that_xml_forbids_are_told() {
        for good in ["", "plain", "\u{7f}", "\u{80}", "你好!", "\u{fffd}", "\u{10ffff}", "\u{ef}"]
        {
            assert_eq!(escaped(good.as_bytes(), false), (good.to_owned(), true), "{good:?}");
        }
        for bad in [
            &b"\0"[..],
            b"a\x1f",
            "\u{fffe}".as_bytes(),
            "\u{ffff}".as_bytes(),
            b"\xc0\x80",
            b"\xe4\xbd",
        ] {
            assert!(!escaped(bad, true).1, "{bad:?}");
        }
    }
}
