//! Retractions (XEP-0424): the sender of a message takes it back, and a tombstone
//! stands in every log that holds it.

use std::borrow::Cow;

use skein_base::Timestamp;
use skein_db::{DbError, Tx};
use skein_xml::{Document, Element, Limits};
use skein_xmpp::{Stanza, ns};

use crate::conversations::{self, Reference};
use crate::log::Archive;
use crate::rules::SENT;
use crate::store::{self, Entry};
use crate::{names, search};

/// If `stanza` retracts a message of the same sender, replaces that message.
///
/// The body stands once, so the logs of both sides are changed by whichever entry
/// finds it first.
pub(crate) fn apply(
    archive: &Archive,
    tx: &mut Tx<'_>,
    stanza: &Stanza,
    entry: &Entry,
    at: Timestamp,
) -> Result<(), DbError> {
    let Some(id) = stanza.child("retract", ns::RETRACT).and_then(|retract| retract.attr("id"))
    else {
        return Ok(());
    };
    // S16: only what the same side sent.
    let side = entry.flags & SENT;
    let taken_back = Reference::by(entry, archive.reference(&id), side);
    for target in conversations::all_referred(tx, taken_back)? {
        if target.message == entry.message {
            continue;
        }
        if let Some(original) = store::message(tx, target.message)?
            && let Some(tombstone) = tombstone(&original, stanza, at)
        {
            names::replace(archive, tx, target.message, &tombstone)?;
            for (account, seq) in store::naming(tx, target.message)? {
                search::forget(tx, account, seq)?;
            }
            break;
        }
    }
    Ok(())
}

/// What stands in place of a retracted message (XEP-0424 section 5): its addresses, type
/// and id, and no content.
fn tombstone(original: &str, retraction: &Stanza, at: Timestamp) -> Option<Stanza> {
    let document = Document::parse(original, &Limits::kept()).ok()?;
    let original = Stanza::read(document.root()).ok()?;
    let same_sender = match (&original.from, &retraction.from) {
        (Some(from), Some(by)) => from.same_bare(by),
        _ => false,
    };
    // Occupants of a room have one bare address; their ids tell them apart (XEP-0421).
    if !same_sender || occupant(&original) != occupant(retraction) {
        return None;
    }
    let author = occupant(&original);
    let tombstone = original.with_content(|writer| {
        writer.start("retracted", ns::RETRACT);
        writer.attr("stamp", &at.to_string());
        writer.end();
        if let Some(author) = &author {
            writer.start("occupant-id", ns::OCCUPANT_ID);
            writer.attr("id", author);
            writer.end();
        }
    });
    Some(tombstone)
}

/// Who in a room sent it, as the room says.
fn occupant(stanza: &Stanza) -> Option<String> {
    let added = Element::siblings(stanza.added(), ns::CLIENT);
    let mut said = stanza.children().chain(added);
    let said = said.find(|child| child.is("occupant-id", ns::OCCUPANT_ID))?;
    said.attr("id").map(Cow::into_owned)
}
