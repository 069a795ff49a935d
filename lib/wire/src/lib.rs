//! The compact binary binding of the same stanzas (docs/wire.md).
//!
//! ```text
//! plain XML --walk--> symbols + values --shapes, phrases--> message
//! message --shapes, phrases--> symbols + values --write--> XML and its Shape
//! ```
//!
//! A message is one element. Its *symbols* say what it looks like: elements, attributes,
//! well-known values, and of what type the other values are; sequences of symbols that
//! are seen often have codes of one or two bytes, the *shapes*. Its *values* stand
//! behind, each in the bytes that its type needs. All of it is looked up in one
//! published [table](TEXT). No message depends on another, so there is
//! nothing that one stanza could learn of another by its size, and nothing to
//! keep for a session but its address.

mod address;
mod bytes;
mod coded;
mod decode;
mod encode;
mod error;
mod escape;
mod kept;
mod memo;
mod outline;
mod scratch;
mod shapes;
mod table;
mod template;
mod text;
mod trie;
mod value;
mod values;

pub use address::Address;
pub use coded::Coded;
pub use decode::{Decoded, decode, is_taken};
pub use encode::{Draft, encode, encode_address, encode_element, encode_plainly, symbols};
pub use error::WireError;
pub use table::TEXT;

/// The kinds of message that are no coded element; such a message begins with a zero.
mod form {
    /// UTF-8 XML follows.
    pub(crate) const XML: u8 = 0;
    /// The client's full address follows.
    pub(crate) const ADDRESS: u8 = 1;
}
