//! The XML of XMPP: one strict pass, a reader over what it accepted, a writer.
//!
//! ```text
//! bytes --Framer--> Step::Element(Shape) --canonical, if not plain--> Element --Writer--> bytes
//! ```
//!
//! * [`Framer`] cuts a byte stream into elements and checks everything in the
//!   same walk: RFC 6120 section 11, XML 1.0, Namespaces in XML, and [`Limits`].
//! * [`Shape`] says where the root's attributes and child elements stand, and
//!   whether the element is *plain*.
//! * [`canonical`] rewrites an element that is not plain, so that everything
//!   behind it can compare names as text and cut an element out of its parent.
//! * [`Element`] and [`Document`] read, [`Writer`] writes.
//!
//! *Plain* means: no element has a prefix; a prefixed attribute has `xml:` or a
//! prefix that is declared on the very same element. So names can be compared as
//! they stand, and the only thing that an element inherits is the default namespace.
//!
//! What is accepted here is accepted by the parsers of others too. Where XML
//! parsers are known to disagree (a second `xmlns`, names of the fifth edition,
//! odd characters in namespace names) the stricter reading is taken: bytes are
//! forwarded as they came, and what another parser refuses would end the stream
//! of the recipient.

mod canonical;
mod chars;
mod document;
mod error;
mod events;
mod framer;
mod header;
mod limits;
mod reader;
mod scope;
mod shape;
mod tag;
mod writer;

pub use canonical::canonical;
pub use chars::is_ordinary;
pub use document::Document;
pub use error::XmlError;
pub use events::{Event, Events};
pub use framer::{Framer, Step};
pub use header::Header;
pub use limits::Limits;
pub use reader::{Children, Element};
pub use scope::Scope;
pub use shape::{Attribute, Child, Namespace, Shape, Span};
pub use writer::{Writer, escape_attribute};
