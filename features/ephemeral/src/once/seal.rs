//! Taking the content out of a message, and an envelope in its place.

use hmac::{KeyInit, Mac};
use skein_base::Secret;
use skein_base::rng::to_hex;
use skein_db::Tx;
use skein_kernel::contracts::{AsideName, Once, Sealing};
use skein_kernel::{Ctx, Envelope, Sending, Write};
use skein_xml::Element;
use skein_xmpp::{Stanza, ephemeral, ns};

use super::{UNOPENED, store};

type Hmac = hmac::Hmac<sha2::Sha256>;

/// What an envelope says to people whose client cannot open it.
const SENTENCE: &str = "You can view this message once, with a client that knows such messages.";

/// What stays on the outside: how the message is to be dealt with, never what it says.
const OUTSIDE: [&str; 7] =
    [ns::STANZA_ID, ns::HINTS, ns::RECEIPTS, ns::MARKERS, ns::EPHEMERAL, ns::EXPIRES, ns::WHISPER];

/// The feature's state: names that nobody guesses.
pub(crate) struct Sealer {
    key: Hmac,
}

impl Sealer {
    pub(crate) fn new(secret: &Secret<[u8; 32]>) -> Self {
        let mut key = keyed(secret.expose());
        key.update(b"ephemeral once");
        let key: [u8; 32] = key.finalize().into_bytes().into();
        Self { key: keyed(&key) }
    }

    /// The name of a message by its sender's id for it, so that who repeats it or takes it
    /// back comes upon the same.
    pub(super) fn name(&self, sealing: &Sealing<'_>, id: &str) -> AsideName {
        let mut mac = self.key.clone();
        for part in [sealing.sender.bare_str(), sealing.to.bare_str(), id] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let mut name = [0; 16];
        name.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        name
    }
}

fn keyed(key: &[u8]) -> Hmac {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// The stage: a message between two accounts.
pub(crate) fn record(sending: &Sending<'_>, envelope: &mut Envelope) {
    if !envelope.stanza.has_any(ns::VIEW_ONCE) && !envelope.stanza.has("retract", ns::RETRACT) {
        return;
    }
    let Some(to) = envelope.stanza.to.clone().filter(|to| sending.ctx.serves(to.domain())) else {
        return;
    };
    let receiver = sending.ctx.sessions.user(to.bare_str());
    let sealing = Sealing {
        sender: &sending.session.user.jid,
        to: &to,
        receivers: receiver.iter().map(|user| user.account).collect(),
        now: sending.now,
    };
    let sealer = sending.ctx.state::<Sealer>();
    if let Some(write) = sealer.seal(sending.ctx, &sealing, &mut envelope.stanza) {
        envelope.writes.push(write);
    }
}

impl Once for Sealer {
    fn seal(
        &self,
        ctx: &Ctx,
        sealing: &Sealing<'_>,
        stanza: &mut Stanza,
    ) -> Option<Box<dyn Write>> {
        let log = ctx.contracts.log.clone();
        if let Some(id) =
            stanza.child("retract", ns::RETRACT).and_then(|retract| retract.attr("id"))
        {
            let (name, now) = (self.name(sealing, &id), sealing.now);
            return Some(Box::new(move |tx: &mut Tx<'_>| {
                if store::take_back(tx, name)?
                    && let Some(aside) = log.aside()
                {
                    aside.remove(tx, name, now)?;
                }
                Ok(())
            }));
        }
        stanza.child("view-once", ns::VIEW_ONCE)?;
        let name = match &stanza.id {
            Some(id) => self.name(sealing, id),
            None => {
                let mut name = [0; 16];
                ctx.rng.fill(&mut name);
                name
            }
        };
        let latest = sealing.now.plus(UNOPENED);
        let until = ephemeral::end(stanza, sealing.now).map_or(latest, |end| end.min(latest));
        let content = std::mem::replace(stanza, envelope_of(stanza, name));
        let receivers = sealing.receivers.clone();
        Some(Box::new(move |tx: &mut Tx<'_>| {
            let Some(aside) = log.aside() else { return Ok(()) };
            aside.put(tx, name, &content, until)?;
            receivers.iter().try_for_each(|account| store::put(tx, name, *account, until))
        }))
    }
}

/// What goes in the place of a message.
fn envelope_of(stanza: &Stanza, name: AsideName) -> Stanza {
    let is_outside = |child: &Element<'_>| {
        OUTSIDE.contains(&child.ns()) || (child.name(), child.ns()) == ("thread", ns::CLIENT)
    };
    let envelope = stanza.clone().with_content(|writer| {
        writer.start("view-once", ns::VIEW_ONCE);
        writer.attr("id", &to_hex(&name));
        writer.end();
        writer.leaf("body", ns::CLIENT, SENTENCE);
        writer.start("fallback", ns::FALLBACK);
        writer.attr("for", ns::VIEW_ONCE);
        writer.end();
        stanza.children().filter(is_outside).for_each(|child| writer.element(child));
    });
    match stanza.added() {
        "" => envelope,
        added => envelope.with_added(|writer| writer.raw(added)),
    }
}

/// For the tests of the store.
#[cfg(test)]
pub(super) fn envelope(stanza: &Stanza, name: AsideName) -> Stanza {
    envelope_of(stanza, name)
}
