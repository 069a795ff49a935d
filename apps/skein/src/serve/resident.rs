//! How much of the process lies in memory.
//!
//! Starting runs through all of the program once: opening the database, preparing each
//! statement, composing the features. What serves afterwards is a small part of it. Linux
//! keeps every page of the program mapped that was ever touched, and fifteen around each:
//! 13 of an empty server's 18 MiB. Given back once the server is up, what is used again comes
//! back from the page cache by itself, so the same is done again after each sweep, and more
//! when many have come or left.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use skein_db::Db;

/// Has the kernel map memory in pages of 4 KiB only. The allocator asks for pages of 2 MiB,
/// and an empty server would hold 13 MiB of them instead of the 2 that it uses. It runs before
/// anything is allocated.
#[cfg(target_os = "linux")]
mod small {
    // SAFETY: the linker puts a pointer to a function of this signature where the C library
    // calls such functions before `main`; this one makes a system call that changes no memory.
    #[used]
    #[unsafe(link_section = ".init_array.00001")]
    static BEFORE_ALL: extern "C" fn() = {
        extern "C" fn small_pages() {
            // SAFETY: numbers only.
            unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) };
        }
        small_pages
    };
}

/// How often the allocator's pages were to be given back.
static COLLECTIONS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static COLLECTED: Cell<u32> = const { Cell::new(0) };
}

/// Each thread of the runtime shall give back what lies empty in its part of the allocator.
/// After 10,000 sessions have left the process held 27 MiB of it, since a thread looks
/// through its pages only when it wants more of that size. What the C library holds for the
/// database goes back too.
pub(crate) fn collect(db: &Db) {
    COLLECTIONS.fetch_add(1, Ordering::Relaxed);
    db.give_back(give_back_memory);
    // A thread with nothing to do does not look.
    for _ in 0..AWAKEN {
        tokio::spawn(tokio::task::yield_now());
    }
}

/// Tasks that wake the threads.
const AWAKEN: usize = 64;

/// What a thread of the runtime does before it waits.
pub(crate) fn before_waiting() {
    let wanted = COLLECTIONS.load(Ordering::Relaxed);
    if COLLECTED.replace(wanted) != wanted {
        skein_transport::buffer::give_back();
        // SAFETY: the allocator's own function, which may be called by any thread.
        unsafe { mi_collect(true) };
    }
}

/// What a thread of the database does when its connection has given back what it can.
fn give_back_memory() {
    // SAFETY: the allocator's own function, which may be called by any thread.
    unsafe { mi_collect(true) };
    // SAFETY: the library's own function, which may be called by any thread.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::malloc_trim(0)
    };
}

unsafe extern "C" {
    fn mi_collect(force: bool);
}

/// Gives back the pages of the program and of its libraries: starting has touched most of
/// them. Where that cannot be, nothing changes.
#[cfg(target_os = "linux")]
pub(crate) fn give_back_program() {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for (start, length) in unchanged(&maps) {
        // SAFETY: the range is a mapping of a file of a program into which nothing was ever
        // written; what is touched in it later is read from the file again.
        unsafe { libc::madvise(start as *mut libc::c_void, length, libc::MADV_DONTNEED) };
    }
}

/// Elsewhere there is no such advice.
#[cfg(not(target_os = "linux"))]
pub(crate) fn give_back_program() {}

/// Where constants and code of the program and of its libraries lie. What stands behind the
/// code was written when the program was loaded, even where it is read-only since.
#[cfg(target_os = "linux")]
fn unchanged(maps: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut constants = Vec::new();
    let mut around = "";
    for line in maps.lines() {
        let Some((range, rights, path)) = mapping(line) else { continue };
        if path != around {
            constants.clear();
            around = path;
            if path.starts_with('/') && rights == "r--p" {
                constants.push((range.start, range.len()));
            }
        } else if rights == "r-xp" && !constants.is_empty() {
            found.append(&mut constants);
            found.push((range.start, range.len()));
        } else {
            // A program that is laid out in another way is left alone.
            constants.clear();
        }
    }
    found
}

/// The range, rights and path of a line of `maps`.
#[cfg(target_os = "linux")]
fn mapping(line: &str) -> Option<(std::ops::Range<usize>, &str, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (range, rights) = (words.next()?, words.next()?);
    let path = words.nth(3)?;
    let (start, end) = range.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    Some((address(start)?..address(end)?, rights, path))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_never_written_is_given_back() {
        let constants = "55aa00000000-55aa00001000 r--p 00000000 08:01 42   /usr/bin/skein\n";
        let code = "55aa00001000-55aa00003000 r-xp 00001000 08:01 42   /usr/bin/skein\n";
        let relocated = "55aa00003000-55aa00004000 r--p 00003000 08:01 42   /usr/bin/skein\n";
        let data = "55aa00004000-55aa00005000 rw-p 00004000 08:01 42   /usr/bin/skein\n";
        let library = "7ffa00000000-7ffa00001000 r--p 00000000 08:01 43   /lib/libc.so.6\n\
                       7ffa00001000-7ffa00003000 r-xp 00001000 08:01 43   /lib/libc.so.6\n";
        let other = "7ffb00000000-7ffb00001000 r--s 00000000 08:01 44   /data/skein.db-shm\n\
                     7ffc00000000-7ffc00001000 r-xp 00000000 00:00 0   [vdso]\n";
        let program = [(0x55aa_0000_0000, 0x1000), (0x55aa_0000_1000, 0x2000)];
        let libraries = [(0x7ffa_0000_0000, 0x1000), (0x7ffa_0000_1000, 0x2000)];
        let maps = [constants, code, relocated, data, library, other].concat();
        assert_eq!(unchanged(&maps), [program, libraries].concat());
        // A program that is laid out in another way is left alone.
        let maps = [constants, data, code, relocated, other].concat();
        assert_eq!(unchanged(&maps), []);
        assert_eq!(unchanged(other), []);
    }

    #[test]
    fn what_was_given_back_is_still_there() {
        let before = format!("{:?}", mapping("1-2 r--p 0 0 0 x"));
        give_back_program();
        assert_eq!(format!("{:?}", mapping("1-2 r--p 0 0 0 x")), before);
    }
}
