//! What a thread keeps between messages: room, and templates.

use std::cell::RefCell;

use crate::memo::Memo;
use crate::template::{Passed, Template, Trace};
use crate::values::Marks;

/// See the module. Nothing of a message outlives its call in the room but capacity.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) templates: Memo<u8, Template>,
    pub(crate) room: Room,
}

#[derive(Default)]
pub(crate) struct Room {
    pub(crate) marks: Marks,
    pub(crate) trace: Trace,
    pub(crate) passed: Vec<Passed>,
    pub(crate) coded: Vec<u8>,
}

/// Capacity that a thread keeps between calls.
const KEPT: usize = 64 * 1024;

pub(crate) fn with_kept<R>(work: impl FnOnce(&mut Kept) -> R) -> R {
    thread_local! {
        static HERE: RefCell<Kept> = RefCell::default();
    }
    HERE.with(|kept| {
        let Ok(mut kept) = kept.try_borrow_mut() else { return work(&mut Kept::default()) };
        let done = work(&mut kept);
        let Room { marks, trace, passed, coded } = &kept.room;
        let bytes = marks.capacity() + trace.capacity() + coded.capacity();
        if bytes + passed.capacity() * size_of::<Passed>() > KEPT {
            kept.room = Room::default();
        }
        done
    })
}

/// A text that is in the table or was written to the output.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text {
    Known(&'static str),
    Written(u32, u32),
}

pub(crate) struct Open {
    /// An end tag of the table, or the name that was written.
    pub(crate) end: Text,
    pub(crate) namespace: Text,
}
