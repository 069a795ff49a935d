//! How much of the program lies in memory.
//!
//! Linux maps sixteen pages around each page of the program that is touched, needed or not:
//! after a start that runs a small part of it, 13 of its 19 MiB. Told that the program is read
//! here and there, it maps what is touched. The file is read ahead all the same, in one go, so
//! that a first start from a slow disk does not wait page by page.

/// Maps of the program only what is used from now on. Where that cannot be, nothing changes.
#[cfg(target_os = "linux")]
pub(crate) fn map_what_is_used() {
    let program = std::fs::read_link("/proc/self/exe").unwrap_or_default();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for line in maps.lines() {
        let Some((range, path)) = read_only(line) else { continue };
        if std::path::Path::new(path) == program {
            for advice in [libc::MADV_WILLNEED, libc::MADV_RANDOM] {
                // SAFETY: the range is a mapping of the program's file, which stays as long as
                // the process; the advice changes nothing that can be read there.
                unsafe { libc::madvise(range.start as *mut libc::c_void, range.len(), advice) };
            }
        }
    }
}

/// Elsewhere there is no such advice.
#[cfg(not(target_os = "linux"))]
pub(crate) fn map_what_is_used() {}

/// The range and the path of a line of `maps`, if nothing can be written there.
#[cfg(target_os = "linux")]
fn read_only(line: &str) -> Option<(std::ops::Range<usize>, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (range, rights) = (words.next()?, words.next()?);
    let path = words.nth(3)?;
    let (start, end) = range.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let range = address(start)?..address(end)?;
    (rights.starts_with('r') && !rights.contains('w')).then_some((range, path))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn code_and_constants_are_told_from_the_rest() {
        let code = "55aa00001000-55aa00003000 r-xp 00001000 08:01 42   /usr/bin/skein";
        let expected = (0x55aa_0000_1000..0x55aa_0000_3000, "/usr/bin/skein");
        assert_eq!(read_only(code), Some(expected));
        for other in [
            "55aa00001000-55aa00003000 rw-p 00001000 08:01 42   /usr/bin/skein",
            "7ffc00000000-7ffc00001000 rw-p 00000000 00:00 0",
            "7ffc00000000-7ffc00001000 r-xp 00000000 00:00 0",
            "",
        ] {
            assert_eq!(read_only(other), None, "{other}");
        }
    }
}
