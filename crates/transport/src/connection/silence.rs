//! Clients that say nothing. A phone that lost its network says no farewell, and as long as
//! nothing is sent to it TCP does not notice: so it is asked whether it is there.
//!
//! Each connection has a place in one list of times, and only those whose time has come are
//! looked at: an idle connection costs 24 bytes and one look in `limits.silence`.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::Timestamp;
use skein_session::Session;
use skein_session::outbox::Link;
use skein_xmpp::{IqType, Kind, Stanza, ns};

use super::{Attached, Service};

/// Connections looked at before other tasks of the thread have their turn.
const AT_ONCE: usize = 500;

/// When each connection is to be looked at next.
#[derive(Debug, Default)]
pub struct Silence(Mutex<Watched>);

#[derive(Debug, Default)]
struct Watched {
    connections: Vec<Option<Attached>>,
    /// In seconds, one for each place of `connections`; [`NEVER`] for a free one.
    due: Vec<u32>,
    free: Vec<u32>,
}

const NEVER: u32 = u32::MAX;

/// A place in the list; given back by [`Silence::forget`].
#[derive(Debug)]
pub(super) struct Place(u32);

impl Silence {
    /// Looks at a connection from now on, for the first time at `due`.
    pub(super) fn watch(&self, attached: &Attached, due: Timestamp) -> Place {
        let mut watched = self.0.lock();
        let place = watched.free.pop().unwrap_or_else(|| {
            watched.connections.push(None);
            watched.due.push(NEVER);
            watched.due.len() as u32 - 1
        });
        watched.connections[place as usize] = Some(attached.clone());
        watched.due[place as usize] = seconds(due);
        Place(place)
    }

    /// The connection is over.
    pub(super) fn forget(&self, Place(place): Place) {
        let mut watched = self.0.lock();
        watched.connections[place as usize] = None;
        watched.due[place as usize] = NEVER;
        watched.free.push(place);
    }

    /// Gives back the places of a crowd that has left: the free ones at the end of the list.
    pub fn give_back(&self) {
        let Watched { connections, due, free } = &mut *self.0.lock();
        let left = connections.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        connections.truncate(left);
        due.truncate(left);
        free.retain(|place| (*place as usize) < left);
        connections.shrink_to_fit();
        due.shrink_to_fit();
        free.shrink_to_fit();
    }

    /// The connections whose time has come; each has to be given its next time.
    fn take_due(&self, now: Timestamp) -> Vec<(u32, Attached)> {
        let now = seconds(now);
        let watched = self.0.lock();
        let is_due = watched.due.iter().enumerate().filter(|(_, due)| **due <= now);
        is_due.filter_map(|(at, _)| Some((at as u32, watched.connections[at].clone()?))).collect()
    }

    fn look_again(&self, place: u32, attached: &Attached, due: Timestamp) {
        let mut watched = self.0.lock();
        // It may be another connection's place by now.
        let is_same = watched.connections[place as usize].as_ref().is_some_and(|known| {
            known.epoch == attached.epoch && Arc::ptr_eq(&known.session, &attached.session)
        });
        if is_same {
            watched.due[place as usize] = seconds(due);
        }
    }
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.0.div_euclid(1_000_000)).unwrap_or(NEVER - 1)
}

impl Service {
    /// How often [`Service::ask_the_silent`] is worth a call.
    pub fn silence_period(&self) -> Duration {
        let limits = &self.ctx().config.limits;
        limits.silence.min(limits.acknowledgement) / 8
    }

    /// Asks clients that were not heard for `limits.silence`; takes connections for lost on
    /// which then nothing came for `limits.acknowledgement`.
    pub async fn ask_the_silent(&self) {
        let limits = &self.ctx().config.limits;
        let now = self.ctx().now();
        for (n, (place, attached)) in self.silence.take_due(now).into_iter().enumerate() {
            if n % AT_ONCE == AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            let session = &attached.session;
            let silent = now.since(session.heard());
            let next = if silent < limits.silence {
                limits.silence
            } else {
                limits.silence + limits.acknowledgement
            };
            self.silence.look_again(place, &attached, session.heard().plus(next));
            let is_current = session.with_outbox_mut(|outbox| {
                outbox.link() == Link::Attached && outbox.epoch() == attached.epoch
            });
            if silent < limits.silence || !is_current {
                continue;
            }
            if silent < limits.silence + limits.acknowledgement {
                ask(session);
            } else {
                session.lose();
            }
        }
    }
}

/// Asks for a sign of life: an acknowledgement, or a pong of those that do not count
/// (XEP-0199 section 4.1).
fn ask(session: &Session) {
    if session.with_outbox_mut(|outbox| outbox.ask()) {
        return;
    }
    let mut ping = Stanza::new(Kind::Iq(IqType::Get));
    ping.from = Some(session.jid.to_domain());
    ping.to = Some(session.jid.clone());
    ping.id = Some("silence".into());
    session.send(&ping.with_content(|writer| {
        writer.start("ping", ns::PING);
        writer.end();
    }));
}
