//! Where an encoder works, and what it remembers.

use std::cell::RefCell;

use smallvec::SmallVec;

use crate::memo::Memo;
use crate::table::AGAIN;

/// Room to work in, one for each thread: nothing of it outlives a call but capacity.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) symbols: Vec<u16>,
    pub(crate) values: Vec<u8>,
    /// The texts of values that can be referred to.
    pub(crate) texts: String,
    pub(crate) marks: SmallVec<[(u32, u32); AGAIN as usize]>,
    pub(crate) tried: Vec<u8>,
    /// The codes of symbols that were written before.
    pub(crate) codes: Memo<u16, Box<[u8]>>,
}

/// Capacity that a thread keeps between calls.
const KEPT: usize = 64 * 1024;

pub(crate) fn with_scratch<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::default();
    }
    SCRATCH.with(|scratch| {
        let Ok(mut scratch) = scratch.try_borrow_mut() else {
            return work(&mut Scratch::default());
        };
        scratch.symbols.clear();
        scratch.values.clear();
        scratch.texts.clear();
        scratch.marks.clear();
        let done = work(&mut scratch);
        if scratch.values.capacity() + scratch.texts.capacity() > KEPT {
            *scratch = Scratch::default();
        }
        done
    })
}
