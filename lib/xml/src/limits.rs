//! The bounds that the framer enforces while it reads.

use skein_base::limits;

/// Bytes of a name, of a namespace name. Names of specifications stay below 100;
/// a bound keeps the comparison of start and end tags cheap.
pub(crate) const NAME_BYTES: usize = 1024;
/// Prefixes declared at the same time, on an element and around it. Real stanzas
/// have two or three; a bound keeps the look-up of a prefix cheap.
pub(crate) const LIVE_PREFIXES: usize = 32;
/// Bytes of a character or entity reference. `&#x0010FFFF;` has 12.
pub(crate) const REFERENCE_BYTES: usize = 16;
/// Bytes of an XML declaration: with all three pseudo-attributes it has 55.
pub(crate) const DECLARATION_BYTES: usize = 128;

/// Bounds on one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes from the first `<` to the last `>`.
    pub bytes: usize,
    /// Elements, the root counted.
    pub elements: usize,
    /// Nesting, the root being 1.
    pub depth: usize,
    /// Attributes and namespace declarations of one element.
    pub attributes: usize,
    /// Bytes of one attribute value as sent.
    pub attribute_bytes: usize,
}

impl Limits {
    /// For strangers.
    pub const fn before_login() -> Self {
        Self {
            bytes: limits::ELEMENT_BYTES_BEFORE_LOGIN,
            elements: limits::ELEMENTS_BEFORE_LOGIN,
            depth: limits::DEPTH_BEFORE_LOGIN,
            attributes: limits::ATTRIBUTES,
            attribute_bytes: limits::ATTRIBUTE_BYTES,
        }
    }

    /// For what was accepted once and kept: it has grown since by addresses, ids and
    /// declarations, and the operator may have lowered the bounds. Only so high that nothing
    /// overflows.
    pub const fn kept() -> Self {
        Self {
            bytes: 1 << 30,
            elements: 1 << 24,
            depth: 1 << 12,
            attributes: 1 << 12,
            attribute_bytes: 1 << 30,
        }
    }

    /// For users and peers.
    pub const fn after_login() -> Self {
        Self {
            bytes: limits::STANZA_BYTES,
            elements: limits::STANZA_ELEMENTS,
            depth: limits::STANZA_DEPTH,
            attributes: limits::ATTRIBUTES,
            attribute_bytes: limits::ATTRIBUTE_BYTES,
        }
    }
}
