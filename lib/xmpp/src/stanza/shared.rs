//! A stanza that many get, each under an address of their own.

use std::cell::{Cell, OnceCell};

use super::{Stanza, address};
use crate::Jid;

/// See the module. What is the same for all is written once and copied for each.
#[derive(Debug)]
pub struct Shared<'a> {
    stanza: &'a Stanza,
    is_repeated: Cell<bool>,
    /// What stands before and behind the address, without and with the namespace declared.
    around: [OnceCell<(Vec<u8>, Vec<u8>)>; 2],
}

impl<'a> Shared<'a> {
    /// One that nobody has got.
    pub const fn new(stanza: &'a Stanza) -> Self {
        Self { stanza, is_repeated: Cell::new(false), around: [const { OnceCell::new() }; 2] }
    }

    /// The stanza, under whatever address.
    pub const fn stanza(&self) -> &'a Stanza {
        self.stanza
    }

    /// Appends it as if `to` were the addressee.
    pub fn encode_to(&self, to: &Jid, out: &mut Vec<u8>, declared: bool) {
        // For a single receiver it would be written twice.
        if !self.is_repeated.replace(true) {
            return self.stanza.encode_to(Some(to), out, declared);
        }
        let (before, after) = self.around[usize::from(declared)].get_or_init(|| {
            let (mut before, mut after) = (Vec::new(), Vec::new());
            self.stanza.start(&mut before, declared);
            self.stanza.finish(&mut after);
            (before, after)
        });
        out.reserve(before.len() + after.len() + to.as_str().len() + ROOM_TO_ESCAPE);
        out.extend_from_slice(before);
        address(out, b" to='", Some(to));
        out.extend_from_slice(after);
    }
}

/// What stands around the address, and something for a resource that has to be escaped.
const ROOM_TO_ESCAPE: usize = 32;
