//! A room while somebody is in it or asks for it.
//!
//! `state.rs` is what is known of it; `show.rs` makes the presence of occupants; `fan.rs`
//! sends to them; `change.rs` brings about what changes; `table.rs` has the rooms loaded.
//!
//! Invariants: the state is changed on the writer's thread only, behind the commit of what
//! the change wrote. So the order of the log is the order in which every occupant sees
//! messages, arrivals and departures, and whoever enters gets each message once: either as
//! history or live. A change that must be written is prepared while the room's `door` is
//! held, so that two of them do not judge by the same past.

pub(crate) mod change;
pub(crate) mod fan;
pub(crate) mod hats;
pub(crate) mod pace;
pub(crate) mod recent;
pub(crate) mod show;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod tries;
pub(crate) mod watchers;

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use skein_base::{Timestamp, limits};
use skein_kernel::contracts::SharedLog;
use skein_xmpp::Jid;

pub(crate) use state::{Device, Occupant, State};

/// See the module.
pub(crate) struct Room {
    /// Its log; the owner's number is the room's, negated.
    pub(crate) log: SharedLog,
    /// Held by who prepares a change that is written.
    pub(crate) door: tokio::sync::Mutex<()>,
    /// Makes occupant ids (XEP-0421).
    key: [u8; 32],
    state: Mutex<State>,
    pace: Mutex<pace::Pace>,
}

impl Room {
    pub(crate) fn new(jid: Jid, id: i64, key: [u8; 32], state: State) -> Arc<Self> {
        let log = SharedLog { owner: skein_base::AccountId(-id), jid };
        Arc::new(Self {
            log,
            door: tokio::sync::Mutex::default(),
            key,
            state: Mutex::new(state),
            pace: Mutex::default(),
        })
    }

    /// Its address.
    pub(crate) const fn jid(&self) -> &Jid {
        &self.log.jid
    }

    /// Its number in the store.
    pub(crate) const fn id(&self) -> i64 {
        -self.log.owner.0
    }

    /// Whether its address is one that the server alone gives.
    pub(crate) fn is_reserved(&self) -> bool {
        crate::ids::is_reserved(&self.log.jid)
    }

    /// Whether it was made and left without a configuration for too long.
    pub(crate) fn is_overdue(&self, now: Timestamp) -> bool {
        let state = self.state();
        state.locked && !state.gone && now.since(state.made) > limits::ROOM_LOCKED
    }

    /// Looks at the state. Change it on the writer's thread only.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Who spoke when, for slow mode.
    pub(crate) fn pace(&self) -> MutexGuard<'_, pace::Pace> {
        self.pace.lock()
    }

    /// Who an account is in this room under whatever nickname, for ever the same and
    /// nothing that says who (XEP-0421 section 3).
    pub(crate) fn occupant_id(&self, real: &Jid) -> Arc<str> {
        crate::ids::keyed(
            &self.key,
            &[b"occupant", &self.id().to_be_bytes(), real.bare_str().as_bytes()],
        )
        .into()
    }

    /// Who an account is in tables that name nobody.
    pub(crate) fn number_of(&self, real: &Jid) -> i64 {
        let parts: [&[u8]; 3] = [b"person", &self.id().to_be_bytes(), real.bare_str().as_bytes()];
        // 60 of its bits.
        let digits = crate::ids::keyed(&self.key, &parts);
        digits.get(..15).and_then(|digits| i64::from_str_radix(digits, 16).ok()).unwrap_or_default()
    }

    /// Marks a device of an occupant in the ids of requests that pass through the room, so
    /// that the answer finds it again.
    pub(crate) fn device_mark(&self, full: &Jid) -> String {
        let mut mark = crate::ids::keyed(&self.key, &[b"device", full.as_str().as_bytes()]);
        mark.truncate(12);
        mark
    }
}
