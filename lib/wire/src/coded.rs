//! The content of an element as it came, to stand in another message as it is.
//!
//! What is told by its place in the message, or by whose stream it came on, is taken out:
//! references count from the content's own first value, one to the head's `id` is a symbol
//! of its own, and the domain that addresses are shortened by is kept beside. Content that
//! refers to anything else is not kept, and is read from its XML when it is sent.

use std::sync::Arc;

use crate::address::Address;
use crate::table::{AGAIN, op};

/// Stands for the `id` of the head; no symbol of a message.
pub(crate) const ID: u16 = op::LAST;

/// See the module. Cloning counts a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// The symbols, two bytes each, the values, the `id` and the domain, one behind the other.
    bytes: Arc<[u8]>,
    symbols_end: u32,
    values_end: u32,
    id_end: u32,
    /// How many of the values can be referred to, and behind which nothing was.
    values: u16,
    referred: u16,
}

/// A content as a decoder sees it.
pub(crate) struct Seen<'a> {
    pub(crate) symbols: &'a [u16],
    pub(crate) values: &'a [u8],
    /// Values of the head that can be referred to.
    pub(crate) head: &'a [&'a [u8]],
    /// The value of the head's `id`.
    pub(crate) id: &'a [u8],
    pub(crate) own: Option<&'a Address>,
}

impl Coded {
    /// Takes a content out of its message; `None` if something in it has no meaning elsewhere.
    pub(crate) fn take(seen: &Seen<'_>, room: &mut Vec<u8>) -> Option<Self> {
        let before = seen.head.len() as u16;
        let (mut values, mut referred) = (0, 0);
        let [mut has_id, mut is_local] = [false; 2];
        room.clear();
        for &symbol in seen.symbols {
            let symbol = match symbol {
                op::TEXT..=op::SUB => {
                    values += 1;
                    is_local |= symbol >= op::BARE;
                    symbol
                }
                op::OWN_FULL | op::OWN_BARE => return None,
                op::OWN_DOMAIN => {
                    is_local = true;
                    symbol
                }
                op::SAME..op::LAST => match ((symbol - op::SAME) % AGAIN).checked_sub(before) {
                    Some(number) => {
                        referred = referred.max(number + 1);
                        symbol - before
                    }
                    None if symbol >= op::BARE_OF => return None,
                    None if seen.head[usize::from(symbol - op::SAME)] == seen.id => {
                        has_id = true;
                        ID
                    }
                    None => return None,
                },
                _ => symbol,
            };
            room.extend_from_slice(&symbol.to_le_bytes());
        }
        let symbols_end = room.len() as u32;
        room.extend_from_slice(seen.values);
        let values_end = room.len() as u32;
        if has_id {
            room.extend_from_slice(seen.id);
        }
        let id_end = room.len() as u32;
        if is_local {
            room.extend_from_slice(seen.own?.domain().as_bytes());
        }
        let bytes = Arc::from(&**room);
        Some(Self { bytes, symbols_end, values_end, id_end, values, referred })
    }

    /// The symbols, where `before` values stand before the content and `id` is the symbol by
    /// which the head's `id` is referred to.
    pub(crate) fn symbols(&self, before: u16, id: u16) -> impl Iterator<Item = u16> {
        let (pairs, _) = self.bytes[..self.symbols_end as usize].as_chunks::<2>();
        pairs.iter().map(move |pair| match u16::from_le_bytes(*pair) {
            ID => id,
            symbol @ op::SAME..op::LAST => symbol + before,
            symbol => symbol,
        })
    }

    /// The bytes of the values.
    pub(crate) fn values(&self) -> &[u8] {
        &self.bytes[self.symbols_end as usize..self.values_end as usize]
    }

    /// How many values it has that can be referred to.
    pub(crate) const fn count(&self) -> u16 {
        self.values
    }

    /// The `id` that must stand in the head; empty if it does not matter.
    pub(crate) fn id(&self) -> &[u8] {
        &self.bytes[self.values_end as usize..self.id_end as usize]
    }

    /// Whether it means the same on the stream of `own`, behind `before` values.
    pub(crate) fn fits(&self, own: Option<&Address>, before: u16) -> bool {
        let domain = &self.bytes[self.id_end as usize..];
        let is_near = domain.is_empty() || own.is_some_and(|own| own.domain().as_bytes() == domain);
        is_near && before + self.referred <= AGAIN
    }
}
