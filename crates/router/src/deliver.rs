//! Puts a message into the outboxes of its receivers.

use std::sync::Arc;

use skein_kernel::counters::Tally;
use skein_kernel::{Envelope, Keep, Target};
use skein_session::{LogRef, Pushed, Session};
use skein_xmpp::{Stanza, StreamError, ns};
use smallvec::SmallVec;

use crate::Core;

/// Sessions that are written to once for everything that a batch brought them.
#[derive(Default)]
pub(crate) struct Wakes {
    sessions: SmallVec<[Arc<Session>; 8]>,
    delivered: Tally,
    /// Sessions that became available after a message was put aside for the absent.
    pub(crate) late: Vec<Arc<Session>>,
}

impl Wakes {
    /// Puts a stanza into an outbox.
    pub(crate) fn push(
        &mut self,
        session: &Arc<Session>,
        stanza: &Stanza,
        log: Option<&LogRef>,
        can_wait: bool,
    ) {
        self.delivered.add(stanza.kind);
        match session.push(stanza, log, can_wait) {
            Pushed::Wake => self.sessions.push(session.clone()),
            // What is kept is in the log; the client finds it there when it returns.
            Pushed::Full => session.kick(
                StreamError::new("policy-violation")
                    .text("too much waits for this client; connect again to catch up"),
            ),
            Pushed::Queued => {}
            Pushed::Ended => {
                if let Some(log) = log {
                    log.let_go(false);
                }
            }
        }
    }

    /// Writes to them; gives those that are still owed something.
    pub(crate) fn wake(self, core: &Core) -> Vec<Arc<Session>> {
        core.ctx.counters.delivered(self.delivered);
        skein_session::write_to(self.sessions.into_iter());
        self.late
    }
}

/// Delivers an envelope whose writes are durable.
pub(crate) fn deliver(core: &Core, envelope: &Envelope, wakes: &mut Wakes) {
    let stamped: SmallVec<[Option<Stanza>; 2]> =
        envelope.keeps.iter().map(|keep| stamp(&envelope.stanza, keep)).collect();
    let places: SmallVec<[Option<LogRef>; 2]> =
        (0..envelope.keeps.len()).map(|at| place(envelope, at)).collect();
    for target in &envelope.targets {
        let at = target.keep.map(usize::from);
        let stanza = at.and_then(|at| stamped.get(at)?.as_ref()).unwrap_or(&envelope.stanza);
        let stanza = &*core.ctx.shown(&target.session, stanza);
        let log = at.and_then(|at| places.get(at)?.as_ref());
        match target.wrap {
            None => wakes.push(&target.session, stanza, log, target.can_wait),
            Some(wrap) => {
                let copy = wrap(stanza, &target.session);
                wakes.push(&target.session, &copy, log, target.can_wait);
            }
        }
    }
}

/// The place of a kept message, as the outboxes of those who get it note it.
fn place(envelope: &Envelope, at: usize) -> Option<LogRef> {
    let stored = envelope.keeps[at].stored.as_ref()?;
    let its = |target: &&Target| target.keep.map(usize::from) == Some(at);
    Some(LogRef::given_to(stored.seq, envelope.targets.iter().filter(its).count()))
}

/// Nobody was there when an entry's fate was decided; whoever came before it was committed
/// is given it now, and later messages wait for that.
pub(crate) fn look_again(envelope: &Envelope, wakes: &mut Wakes) {
    for keep in envelope.keeps.iter().filter(|keep| keep.owed) {
        for session in keep.owner.available().into_iter().filter(|session| session.priority() >= 0)
        {
            session.with_outbox_mut(|outbox| outbox.fall_behind());
            wakes.late.push(session);
        }
    }
}

/// The stanza with the id under which its owner finds it in the archive (XEP-0359).
fn stamp(stanza: &Stanza, keep: &Keep) -> Option<Stanza> {
    let stored = keep.stored.as_ref()?;
    Some(stanza.with_added(|writer| {
        writer.start("stanza-id", ns::STANZA_ID);
        writer.attr("by", keep.owner.jid.as_str());
        writer.attr("id", &stored.id);
        writer.end();
    }))
}
