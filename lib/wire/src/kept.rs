//! What a decoder writes down beside its output, and how the content of a stanza comes of it.

use std::cell::RefCell;

use skein_xml::Shape;
use smallvec::SmallVec;

use crate::address::Address;
use crate::coded::{Coded, Seen};
use crate::table::AGAIN;

/// The value of the root's `id`, as it is written.
pub(crate) fn id<'o>(shape: &Shape, out: &'o [u8]) -> &'o [u8] {
    let id = shape.attributes.iter().find(|attribute| attribute.name.bytes(out) == b"id");
    id.map_or(&[], |id| id.value.bytes(out))
}

/// Room for values, one for each thread: nothing of it outlives a call but capacity.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) values: Vec<u8>,
    pub(crate) marks: SmallVec<[(u32, u32); AGAIN as usize]>,
    /// The symbols of the root's content.
    pub(crate) symbols: Vec<u16>,
    pub(crate) coded: Vec<u8>,
}

/// Where the content of a message stanza begins: bytes of values that are left, and values
/// before it that can be referred to.
#[derive(Clone, Copy)]
pub(crate) struct Content {
    pub(crate) left: usize,
    pub(crate) marks: usize,
}

impl Content {
    pub(crate) fn coded(
        self,
        kept: &mut Kept,
        message: &[u8],
        own: Option<&Address>,
        id: &[u8],
    ) -> Option<Coded> {
        let Kept { values, marks, symbols, coded } = kept;
        let text = |&(start, end): &(u32, u32)| &values[start as usize..end as usize];
        let head: SmallVec<[&[u8]; AGAIN as usize]> =
            marks[..self.marks].iter().map(text).collect();
        // The last symbol ends the root.
        let (_, symbols) = symbols.split_last()?;
        let values = &message[message.len() - self.left..];
        Coded::take(&Seen { symbols, values, head: &head, id, own }, coded)
    }
}

/// Capacity that a thread keeps between calls.
const KEPT: usize = 64 * 1024;

pub(crate) fn with_kept<R>(work: impl FnOnce(&mut Kept) -> R) -> R {
    thread_local! {
        static ROOM: RefCell<Kept> = RefCell::default();
    }
    ROOM.with(|room| {
        let Ok(mut kept) = room.try_borrow_mut() else { return work(&mut Kept::default()) };
        kept.values.clear();
        kept.marks.clear();
        kept.symbols.clear();
        let done = work(&mut kept);
        if kept.values.capacity() + kept.symbols.capacity() + kept.coded.capacity() > KEPT {
            *kept = Kept::default();
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
