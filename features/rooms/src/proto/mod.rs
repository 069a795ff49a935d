//! What stands on the wire.

pub(crate) mod admin;
pub(crate) mod form;
pub(crate) mod invite;
pub(crate) mod message;
pub(crate) mod search;
pub(crate) mod whisper;

use skein_xml::Element;

/// The text of a child, without white space around it; `None` if there is none.
pub(crate) fn text_of(parent: Element<'_>, name: &str) -> Option<String> {
    let child = parent.child(name, parent.ns())?;
    Some(child.text().trim().to_owned()).filter(|text| !text.is_empty())
}
