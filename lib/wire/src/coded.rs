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

/// See the module. Cloning counts references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    pattern: Arc<Pattern>,
    /// The values of the message, the `id` and the domain, one behind the other.
    bytes: Arc<[u8]>,
    content: u32,
    values_end: u32,
    id_end: u32,
    /// Where the value of the `id` stands, and its type.
    id: (u32, u32, u16),
}

/// The symbols of a content, which many messages have in common.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    symbols: Box<[u16]>,
    /// How many values can be referred to, and behind which nothing was.
    values: u16,
    referred: u16,
    /// The `id` of the head is told by a reference.
    has_id: bool,
    /// Something is told by the domain.
    is_local: bool,
}

impl Pattern {
    /// Of symbols behind `before` values that can be referred to, that of number `id` being the
    /// `id`; `None` if something in them has no meaning elsewhere.
    pub(crate) fn of(symbols: &[u16], before: u16, id: Option<u16>) -> Option<Self> {
        let mut pattern = Self {
            symbols: symbols.into(),
            values: 0,
            referred: 0,
            has_id: false,
            is_local: false,
        };
        let Self { symbols, values, referred, has_id, is_local } = &mut pattern;
        for symbol in symbols {
            match *symbol {
                op::TEXT..=op::SUB => {
                    *values += 1;
                    *is_local |= *symbol >= op::BARE;
                }
                op::OWN_FULL | op::OWN_BARE => return None,
                op::OWN_DOMAIN => *is_local = true,
                op::SAME..op::LAST => {
                    let number = (*symbol - op::SAME) % AGAIN;
                    match number.checked_sub(before) {
                        Some(own) => {
                            *referred = (*referred).max(own + 1);
                            *symbol -= before;
                        }
                        None if *symbol < op::BARE_OF && Some(number) == id => {
                            *has_id = true;
                            *symbol = ID;
                        }
                        None => return None,
                    }
                }
                _ => {}
            }
        }
        Some(pattern)
    }
}

/// The `id` of a head: its text, the type of its value, and where that stands in the values.
pub(crate) struct Id<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) kind: u16,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Coded {
    /// Of a message's `values`, those of the content being from `content` on.
    pub(crate) fn new(
        pattern: &Arc<Pattern>,
        values: &[u8],
        content: usize,
        id: Option<Id<'_>>,
        own: Option<&Address>,
        room: &mut Vec<u8>,
    ) -> Option<Self> {
        if pattern.has_id && id.is_none() {
            return None;
        }
        let domain = if pattern.is_local { own?.domain() } else { "" };
        let text = id.as_ref().map_or(&[][..], |id| id.text);
        room.clear();
        room.extend_from_slice(values);
        room.extend_from_slice(text);
        room.extend_from_slice(domain.as_bytes());
        Some(Self {
            pattern: Arc::clone(pattern),
            bytes: Arc::from(&**room),
            content: content as u32,
            values_end: values.len() as u32,
            id_end: (values.len() + text.len()) as u32,
            id: id.map_or((0, 0, op::END), |id| (id.start as u32, id.end as u32, id.kind)),
        })
    }

    /// The symbols, where `before` values stand before the content and `id` is the symbol by
    /// which the head's `id` is referred to.
    pub(crate) fn symbols(&self, before: u16, id: u16) -> impl Iterator<Item = u16> {
        self.pattern.symbols.iter().map(move |symbol| match *symbol {
            ID => id,
            symbol @ op::SAME..op::LAST => symbol + before,
            symbol => symbol,
        })
    }

    /// The bytes of the values.
    pub(crate) fn values(&self) -> &[u8] {
        &self.bytes[self.content as usize..self.values_end as usize]
    }

    /// How many values it has that can be referred to.
    pub(crate) fn count(&self) -> u16 {
        self.pattern.values
    }

    /// Whether it refers to the head's `id`.
    pub(crate) fn has_id(&self) -> bool {
        self.pattern.has_id
    }

    /// The value of the head's `id` as it came, and its type; `None` if the `id` is another
    /// now, or is told by something else.
    pub(crate) fn id(&self, id: &str) -> Option<(u16, &[u8])> {
        let (start, end, kind) = self.id;
        let is_same = &self.bytes[self.values_end as usize..self.id_end as usize] == id.as_bytes();
        let is_alone = (op::TEXT..op::BARE).contains(&kind);
        (is_same && is_alone).then(|| (kind, &self.bytes[start as usize..end as usize]))
    }

    /// Whether it means the same on the stream of `own`, in a head of this `id` and behind
    /// `before` values.
    pub(crate) fn fits(&self, own: Option<&Address>, id: &str, before: u16) -> bool {
        let (known, domain) = self.bytes[self.values_end as usize..]
            .split_at((self.id_end - self.values_end) as usize);
        (!self.pattern.has_id || known == id.as_bytes())
            && (domain.is_empty() || own.is_some_and(|own| own.domain().as_bytes() == domain))
            && before + self.pattern.referred <= AGAIN
    }
}
