//! Who keeps a message: the stages Record, Keep and Absent.

use skein_kernel::contracts::is_contact;
use skein_kernel::{Envelope, Receiving, Sending, Side};
use skein_session::User;

use crate::log::peer_of;
use crate::rules::{self, Preferences, Worth};

/// The sender's log.
pub(crate) fn record(sending: &Sending<'_>, envelope: &mut Envelope) {
    let owner = &sending.session.user;
    // A message to oneself is one entry, which the recipient's side has made.
    let is_own = envelope.keeps.iter().any(|keep| keep.owner.account == owner.account);
    if !is_own
        && rules::worth(&envelope.stanza) == Worth::Keep
        && wants(owner, envelope, Side::Sent)
    {
        envelope.keep(owner.clone(), Side::Sent);
    }
}

/// The recipient's log.
pub(crate) fn keep(receiving: &Receiving<'_>, envelope: &mut Envelope) {
    let owner = receiving.user;
    if rules::worth(&envelope.stanza) == Worth::Keep && wants(owner, envelope, Side::Received) {
        envelope.keep(owner.clone(), Side::Received);
    }
}

/// Nobody is there: the entry is owed to the next client. What the archive shall not
/// show is kept for that long.
pub(crate) fn absent(receiving: &Receiving<'_>, envelope: &mut Envelope) {
    if rules::worth(&envelope.stanza) == Worth::Nothing {
        return;
    }
    match envelope.kept(receiving.user, Side::Received) {
        Some(at) => envelope.keeps[usize::from(at)].owed = true,
        None => {
            let keep = envelope.keep(receiving.user.clone(), Side::Received);
            keep.owed = true;
            keep.hidden = true;
        }
    }
}

fn wants(owner: &User, envelope: &Envelope, side: Side) -> bool {
    let Some(peer) = peer_of(&envelope.stanza, side) else { return false };
    let Some(preferences) = owner.slot::<Preferences>() else { return true };
    preferences.keeps(peer, || is_contact(owner, peer))
}
