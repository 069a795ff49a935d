//! `Range` (RFC 9110 section 14): one range of bytes.

use std::ops::Range;

/// What of a content is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All of it.
    All,
    /// This part.
    Part(Range<u64>),
    /// Nothing that there is, or several parts.
    Nothing,
}

/// Reads the value of `Range` for a content of `size` bytes. What is no range of bytes is
/// ignored, as the standard has it.
pub(crate) fn read(value: Option<&str>, size: u64) -> Asked {
    let Some(ranges) = value.and_then(|value| value.trim().strip_prefix("bytes=")) else {
        return Asked::All;
    };
    // More than one part would be sent more than once, or in many pieces (trust U04).
    if ranges.contains(',') {
        return Asked::Nothing;
    }
    let Some((first, last)) = ranges.trim().split_once('-') else { return Asked::All };
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let part = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Asked::All,
    };
    if part.is_empty() { Asked::Nothing } else { Asked::Part(part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u04_one_range_is_answered() {
        let asked = |value| read(Some(value), 1000);
        assert_eq!(read(None, 1000), Asked::All);
        assert_eq!(asked("bytes=0-0"), Asked::Part(0..1));
        assert_eq!(asked("bytes=100-"), Asked::Part(100..1000));
        assert_eq!(asked("bytes=-100"), Asked::Part(900..1000));
        assert_eq!(asked("bytes=-5000"), Asked::Part(0..1000));
        assert_eq!(asked("bytes=990-99999999999999999999999"), Asked::Part(990..1000));
        for nothing in
            ["bytes=1000-", "bytes=5000-6000", "bytes=-0", "bytes=0-1,5-9", "bytes=0-,0-,0-"]
        {
            assert_eq!(asked(nothing), Asked::Nothing, "{nothing}");
        }
        for ignored in
            ["items=0-1", "bytes", "bytes=a-b", "bytes=9-1", "bytes=--1", "bytes=+1-2", "bytes=1"]
        {
            assert_eq!(asked(ignored), Asked::All, "{ignored}");
        }
        assert_eq!(read(Some("bytes=0-"), 0), Asked::Nothing);
    }
}
