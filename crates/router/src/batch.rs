//! What one read of a session brought, committed once.

use std::sync::Arc;

use skein_base::{Fault, Timestamp};
use skein_db::{DbError, Job, Tx};
use skein_kernel::contracts::Appended;
use skein_kernel::{Envelope, Event, Side, Target};
use skein_session::outbox::Link;
use skein_session::{Flag, Session};
use skein_xmpp::{Condition, Stanza, StanzaError};
use tokio::sync::oneshot;

use crate::Core;
use crate::deliver::Wakes;
use crate::deliver::{deliver, look_again};

/// An envelope, or an answer that must keep its place among the envelopes.
#[expect(clippy::large_enum_variant, reason = "nearly all items are envelopes")]
enum Item {
    Envelope(Envelope),
    Answer(Stanza),
}

/// See the module.
pub(crate) struct Batch {
    core: Arc<Core>,
    session: Option<Arc<Session>>,
    items: Vec<Item>,
    /// Stanzas handled since the last commit.
    pub(crate) handled: u32,
    at: Timestamp,
}

impl Batch {
    pub(crate) fn new(core: Arc<Core>, session: Option<Arc<Session>>) -> Self {
        let at = core.ctx.now();
        Self { core, session, items: Vec::new(), handled: 0, at }
    }

    /// So many envelopes or answers will be added, probably.
    pub(crate) fn expect(&mut self, items: usize) {
        self.items.reserve_exact(items);
    }

    pub(crate) const fn at(&self) -> Timestamp {
        self.at
    }

    pub(crate) fn add(&mut self, envelope: Envelope) {
        self.items.push(Item::Envelope(envelope));
    }

    /// Adds an answer to the sender.
    pub(crate) fn answer(&mut self, stanza: Option<Stanza>) {
        self.items.extend(stanza.map(Item::Answer));
    }

    /// Adds an error answer to the sender, if one may be given.
    pub(crate) fn refuse(&mut self, stanza: &Stanza, error: &StanzaError) {
        let mut original = stanza.clone();
        if let Some(session) = &self.session {
            original.to.get_or_insert_with(|| session.user.jid.clone());
        }
        self.answer(original.error(error));
    }

    /// Sends all of it if nothing has to be durable before; `false` if something has.
    pub(crate) fn leave(&mut self) -> bool {
        let must_write = self.items.iter().any(|item| match item {
            Item::Envelope(envelope) => envelope.has_writes(),
            Item::Answer(_) => false,
        });
        if must_write {
            return false;
        }
        send(&self.core, self.session.as_ref(), std::mem::take(&mut self.items));
        if let Some(session) = &self.session {
            session.count_handled(std::mem::take(&mut self.handled));
        }
        true
    }

    /// Makes all of it durable, then sends it. Returns when that is done.
    pub(crate) async fn commit(&mut self) {
        if self.leave() {
            return;
        }
        let items = std::mem::take(&mut self.items);
        let handled = std::mem::take(&mut self.handled);
        let (done, wait) = oneshot::channel();
        let written = Written {
            core: self.core.clone(),
            session: self.session.clone(),
            items,
            handled,
            at: self.at,
            done: Some(done),
        };
        self.core.ctx.db.submit(Box::new(written)).await;
        // The writer answers every job; if it is gone the process is ending.
        for late in wait.await.unwrap_or_default() {
            Box::pin(self.core.tell(Event::Available(late))).await;
        }
    }
}

/// The batch on the writer's thread.
struct Written {
    core: Arc<Core>,
    session: Option<Arc<Session>>,
    items: Vec<Item>,
    handled: u32,
    at: Timestamp,
    done: Option<oneshot::Sender<Vec<Arc<Session>>>>,
}

impl Job for Written {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        // Only a client that counts acknowledgements sends again after a break.
        let resender =
            self.session.as_ref().filter(|s| s.is(Flag::Resumable)).map(|s| (s.id, &*s.device.key));
        let log = &self.core.ctx.contracts.log;
        for item in &mut self.items {
            let Item::Envelope(envelope) = item else { continue };
            if !envelope.keeps.is_empty() {
                owe_if_nobody_stayed(envelope);
                let appended =
                    log.append(tx, &envelope.stanza, &mut envelope.keeps, resender, self.at)?;
                envelope.repeated = appended == Appended::Repeated;
                envelope.full = appended == Appended::Full;
            }
            if !envelope.repeated && !envelope.full {
                for write in &mut envelope.writes {
                    write.write(tx)?;
                }
            }
        }
        if let Some(session) = self.session.as_ref().filter(|s| s.is(Flag::Resumable)) {
            let handled = session.handled().wrapping_add(self.handled);
            skein_session::store::set_handled(tx, session, handled)?;
        }
        Ok(())
    }

    fn done(mut self: Box<Self>, outcome: Result<(), Fault>) {
        let items = std::mem::take(&mut self.items);
        let mut late = Vec::new();
        let handled = self.session.as_ref().map_or(0, |s| s.handled().wrapping_add(self.handled));
        match outcome {
            Ok(()) => {
                if let Some(session) = &self.session {
                    session.set_durable(handled);
                }
                late = send(&self.core, self.session.as_ref(), items);
            }
            Err(fault) => {
                self.core.ctx.contracts.log.rolled_back();
                tracing::error!(target: "router", %fault, "messages were not kept");
                self.bounce(items);
            }
        }
        if let Some(session) = &self.session {
            session.count_handled(self.handled);
        }
        if let Some(done) = self.done.take() {
            let _ = done.send(late);
        }
    }
}

impl Written {
    /// Nothing was kept, so nothing is sent, and the sender is told.
    fn bounce(&self, items: Vec<Item>) {
        let Some(session) = &self.session else { return };
        let error = StanzaError::new(Condition::ResourceConstraint)
            .text("the message could not be stored; send it again later");
        for item in items {
            match item {
                Item::Envelope(envelope) => self.core.bounce(session, &envelope.stanza, &error),
                Item::Answer(stanza) => {
                    session.send(&stanza);
                }
            }
        }
    }
}

fn send(core: &Core, session: Option<&Arc<Session>>, items: Vec<Item>) -> Vec<Arc<Session>> {
    let mut wakes = Wakes::default();
    for item in items {
        match item {
            Item::Envelope(envelope) if envelope.repeated => {}
            Item::Envelope(envelope) if envelope.full => {
                // As XEP-0160 has it: like an account that is not there.
                if let Some(session) = session {
                    let error = StanzaError::new(Condition::ServiceUnavailable);
                    core.bounce(session, &envelope.stanza, &error);
                }
            }
            Item::Envelope(mut envelope) => {
                deliver(core, &envelope, &mut wakes);
                look_again(&envelope, &mut wakes);
                for write in &mut envelope.writes {
                    write.done();
                }
            }
            Item::Answer(stanza) => {
                if let Some(session) = session {
                    wakes.push(session, &stanza, None, false);
                }
            }
        }
    }
    wakes.wake(core)
}

/// Sessions that were chosen may have ended since: what reaches none of them waits for the
/// next.
fn owe_if_nobody_stayed(envelope: &mut Envelope) {
    for (at, keep) in envelope.keeps.iter_mut().enumerate() {
        let stays = |target: &Target| {
            let is_its = target.keep.map(usize::from) == Some(at);
            is_its && target.session.link() != Link::Ended && !target.session.is(Flag::Ends)
        };
        if keep.side == Side::Received && !envelope.targets.iter().any(stays) {
            keep.owed = true;
        }
    }
}
