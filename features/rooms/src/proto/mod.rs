//! What stands on the wire.

pub(crate) mod admin;
pub(crate) mod form;
pub(crate) mod invite;
pub(crate) mod message;
pub(crate) mod search;
pub(crate) mod whisper;

use skein_base::limits;
use skein_xml::Element;
use skein_xmpp::{Condition, StanzaError};

/// The text of a child, without white space around it; `None` if there is none.
pub(crate) fn text_of(parent: Element<'_>, name: &str) -> Option<String> {
    let child = parent.child(name, parent.ns())?;
    Some(child.text().trim().to_owned()).filter(|text| !text.is_empty())
}

/// The same for a text that people read; one that is too long is refused.
pub(crate) fn note_of(parent: Element<'_>, name: &str) -> Result<Option<String>, StanzaError> {
    let note = text_of(parent, name);
    match note.as_ref().is_some_and(|note| note.len() > limits::ROOM_NOTE_BYTES) {
        true => Err(Condition::NotAcceptable.into()),
        false => Ok(note),
    }
}
