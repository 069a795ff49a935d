//! The server's allocator.
//!
//! What one thread takes and another gives back is most of the server's memory traffic, over
//! which the system's allocator holds locks: with mimalloc a message costs a tenth less, one
//! in a large room a quarter.

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::c_void;

use mimalloc::MiMalloc;

/// See the module. The crate's own asks for an alignment each time; then what is no power of
/// two and finds no block at hand takes a larger one, and giving that back takes longer.
/// Counted by callgrind, to take a block and give it back: 181 instead of 256 instructions for
/// 24 bytes to 4 KiB with eight alive, 113 instead of 134 for up to 400 bytes with 5,000 alive.
pub(crate) struct Allocator;

/// Every block is aligned so, whatever its size.
const NATURAL: usize = size_of::<usize>();

unsafe extern "C" {
    fn mi_malloc(size: usize) -> *mut c_void;
    fn mi_zalloc(size: usize) -> *mut c_void;
}

// SAFETY: all of it is mimalloc's, whose blocks may be given back and made larger whichever of
// its functions they came from, and whose blocks all begin at a multiple of a word.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match layout.align() <= NATURAL {
            // SAFETY: it takes any size.
            true => unsafe { mi_malloc(layout.size()).cast() },
            // SAFETY: as the caller promised.
            false => unsafe { MiMalloc.alloc(layout) },
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match layout.align() <= NATURAL {
            // SAFETY: it takes any size.
            true => unsafe { mi_zalloc(layout.size()).cast() },
            // SAFETY: as the caller promised.
            false => unsafe { MiMalloc.alloc_zeroed(layout) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { MiMalloc.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promised; for a word or less it asks for no alignment itself.
        unsafe { MiMalloc.realloc(block, layout, size) }
    }
}
