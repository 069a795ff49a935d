//! Retractions (XEP-0424): the sender of a message takes it back, and a tombstone
//! stands in every log that holds it.

use skein_base::Timestamp;
use skein_db::{DbError, Tx};
use skein_xml::{Document, Limits};
use skein_xmpp::{Jid, Stanza, ns};

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
    for target in store::referred(tx, entry.account, entry.peer, archive.reference(&id), side)? {
        if target.message == entry.message {
            continue;
        }
        if let Some(original) = store::message(tx, target.message)?
            && let Some(tombstone) = tombstone(&original, stanza.from.as_ref(), at)
        {
            names::replace(tx, target.message, &tombstone)?;
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
fn tombstone(original: &str, retracted_by: Option<&Jid>, at: Timestamp) -> Option<Stanza> {
    let document = Document::parse(original, &Limits::kept()).ok()?;
    let original = Stanza::read(document.root()).ok()?;
    let same_sender = match (&original.from, retracted_by) {
        (Some(from), Some(by)) => from.same_bare(by),
        _ => false,
    };
    if !same_sender {
        return None;
    }
    let tombstone = original.with_content(|writer| {
        writer.start("retracted", ns::RETRACT);
        writer.attr("stamp", &at.to_string());
        writer.end();
    });
    Some(tombstone)
}
