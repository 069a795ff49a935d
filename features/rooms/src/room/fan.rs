//! Sending to those inside: what all get is made once, each receiver's address is set, and
//! each session is written to once.

use std::borrow::Cow;
use std::sync::Arc;

use skein_kernel::Ctx;
use skein_session::{Pushed, Session};
use skein_xmpp::{Shared, Stanza, StreamError};

use crate::room::{Occupant, State};

/// Sessions to be written to when this is dropped.
#[derive(Default)]
pub(crate) struct Fan {
    woken: Vec<Arc<Session>>,
}

impl Fan {
    /// Puts `stanza` into this session's outbox, under its address.
    pub(crate) fn send(&mut self, session: &Arc<Session>, stanza: &Stanza, can_wait: bool) {
        self.give(session, &Shared::new(stanza), can_wait);
    }

    fn give(&mut self, session: &Arc<Session>, stanza: &Shared<'_>, can_wait: bool) {
        match session.push_own(stanza, can_wait) {
            Pushed::Wake => self.woken.push(session.clone()),
            Pushed::Full => session.kick(
                StreamError::new("policy-violation")
                    .text("too much waits for this client; connect again to catch up"),
            ),
            Pushed::Queued | Pushed::Ended => {}
        }
    }

    /// To all devices of one occupant.
    pub(crate) fn occupant(&mut self, occupant: &Occupant, stanza: &Stanza, can_wait: bool) {
        for device in &occupant.devices {
            self.send(&device.session, stanza, can_wait);
        }
    }

    /// To everybody inside, with what is said to people whose clients know less.
    pub(crate) fn all_shown(&mut self, ctx: &Ctx, state: &State, stanza: &Stanza, can_wait: bool) {
        let shared = Shared::new(stanza);
        for device in state.occupants().flat_map(|occupant| &occupant.devices) {
            match ctx.shown(&device.session, stanza) {
                Cow::Borrowed(_) => self.give(&device.session, &shared, can_wait),
                Cow::Owned(shown) => self.send(&device.session, &shown, can_wait),
            }
        }
    }

    /// To everybody inside.
    pub(crate) fn all(&mut self, state: &State, stanza: &Stanza, can_wait: bool) {
        let shared = Shared::new(stanza);
        for device in state.occupants().flat_map(|occupant| &occupant.devices) {
            self.give(&device.session, &shared, can_wait);
        }
    }
}

impl Drop for Fan {
    fn drop(&mut self) {
        skein_session::write_to(std::mem::take(&mut self.woken).into_iter());
    }
}
