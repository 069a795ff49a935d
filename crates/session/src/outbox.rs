//! What waits to be written to one client.
//!
//! Senders encode straight into `bytes`; the connection's task takes the whole buffer and
//! writes it in one go. While the client is inactive (XEP-0352), stanzas that can wait are
//! held back and go out, in order, before the next stanza that cannot.

use std::sync::Arc;

use skein_base::{Timestamp, limits};
use skein_stream::{Address, Framing};
use skein_xmpp::{Jid, Kind, PresenceType, Shared, Stanza};

use crate::line::Line;
use crate::place::LogRef;
use crate::task::Task;
use crate::unacked::{Owed, Unacked};

/// What became of a pushed stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It waits behind others; the task has been or will be woken for those.
    Queued,
    /// It is the first to wait: wake the task.
    Wake,
    /// The client is too slow or owes too many acknowledgements: the session must end.
    Full,
    /// The session is over; nothing was taken.
    Ended,
}

/// How a session stands to its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// A task writes to the client.
    Attached,
    /// The connection was lost; the session can be resumed.
    Detached,
    /// The session is over.
    Ended,
}

/// How much may wait for one client; beyond that its session ends and the log has the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes not yet written.
    pub bytes: u32,
    /// Stanzas not yet acknowledged, or waiting behind older ones.
    pub unacknowledged: u32,
    /// Bytes of stanzas not yet acknowledged.
    pub unacknowledged_bytes: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            bytes: limits::OUTBOX_BYTES as u32,
            unacknowledged: limits::UNACKNOWLEDGED as u32,
            unacknowledged_bytes: limits::UNACKNOWLEDGED_BYTES as u32,
        }
    }
}

/// Stanzas held back from an inactive client at most; then all go out.
const HELD: usize = 100;

/// See the module.
#[derive(Debug)]
pub struct Outbox {
    bytes: Vec<u8>,
    bounds: Bounds,
    framing: Framing,
    /// By which the compact binding shortens addresses.
    own: Option<Box<Address>>,
    link: Link,
    unacked: Option<Box<Unacked>>,
    held: Vec<Owed>,
    /// Live messages that wait until older ones, which the log owes, were given.
    behind: Option<Vec<Owed>>,
    /// Counts the connections that the session has had: an old one must not take what a
    /// new one shall write.
    epoch: u32,
    attached_at: Timestamp,
    task: Task,
}

impl Outbox {
    /// For a client that is connected.
    pub fn new(framing: Framing, now: Timestamp) -> Self {
        Self {
            bytes: Vec::new(),
            bounds: Bounds::default(),
            framing,
            own: None,
            link: Link::Attached,
            unacked: None,
            held: Vec::new(),
            behind: None,
            epoch: 0,
            attached_at: now,
            task: Task::default(),
        }
    }

    /// For a session of an earlier process that waits to be resumed.
    pub fn restored(unacked: Unacked) -> Self {
        let unacked = Some(Box::new(unacked));
        Self { link: Link::Detached, unacked, ..Self::new(Framing::Tcp, Timestamp::default()) }
    }

    /// The client is that of `jid`.
    pub fn set_address(&mut self, jid: &Jid) {
        self.own = self.framing.address(jid).map(Box::new);
    }

    /// From now on these bounds hold.
    pub const fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
    }

    /// Whether what the log owes may be added: half of the room is left to what happens
    /// meanwhile.
    pub fn has_room(&self) -> bool {
        self.fills_at_most(2)
    }

    /// Whether so little waits that it is worth to fetch more of what the log owes.
    pub fn is_calm(&self) -> bool {
        self.fills_at_most(4)
    }

    fn fills_at_most(&self, part: usize) -> bool {
        let Bounds { bytes, unacknowledged, unacknowledged_bytes } = self.bounds;
        let fits = |now: usize, most: u32| now <= most as usize / part;
        fits(self.bytes.len(), bytes)
            && self.unacked.as_ref().is_none_or(|unacked| {
                fits(unacked.len(), unacknowledged) && fits(unacked.bytes(), unacknowledged_bytes)
            })
    }

    /// Which connection the session has now.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// How the session stands to its connection.
    pub const fn link(&self) -> Link {
        self.link
    }

    /// How elements are framed on the connection.
    pub const fn framing(&self) -> Framing {
        self.framing
    }

    /// Connection `epoch` can be written to by `line`.
    pub fn set_line(&mut self, epoch: u32, line: Arc<dyn Line>) {
        if self.epoch == epoch && self.link == Link::Attached {
            self.task.set_line(line);
        }
    }

    /// The task that writes to the client.
    pub(crate) const fn task(&mut self) -> &mut Task {
        &mut self.task
    }

    /// The outgoing half of stream management, once enabled.
    pub fn unacked(&mut self) -> Option<&mut Unacked> {
        self.unacked.as_deref_mut()
    }

    /// Begins to count what is sent (XEP-0198 section 3).
    pub fn enable_management(&mut self) {
        self.unacked = Some(Box::default());
    }

    /// Appends a stanza that may wait while the client is inactive. A newer presence
    /// replaces an older one of the same sender.
    pub fn hold(&mut self, stanza: &Stanza, log: Option<&LogRef>) -> Pushed {
        if let Some(waits) = self.wait_behind(stanza, log) {
            return waits;
        }
        if matches!(
            stanza.kind,
            Kind::Presence(PresenceType::Available | PresenceType::Unavailable)
        ) {
            self.held.retain(|held| {
                !matches!(held.stanza.kind, Kind::Presence(_)) || held.stanza.from != stanza.from
            });
        }
        self.held.push(Owed { stanza: stanza.clone(), log: log.cloned() });
        if self.held.len() > HELD { self.release() } else { Pushed::Queued }
    }

    /// Appends a stanza; what was held goes out before it.
    pub fn push(&mut self, stanza: &Stanza, log: Option<&LogRef>) -> Pushed {
        if let Some(waits) = self.wait_behind(stanza, log) {
            return waits;
        }
        self.give(stanza, log)
    }

    /// From now on messages of the log wait until [`Outbox::catch_up`]: the log owes older
    /// ones, which go first.
    pub fn fall_behind(&mut self) {
        self.behind.get_or_insert_default();
    }

    /// Whether messages of the log wait behind older ones.
    pub const fn is_behind(&self) -> bool {
        self.behind.is_some()
    }

    fn wait_behind(&mut self, stanza: &Stanza, log: Option<&LogRef>) -> Option<Pushed> {
        let most = self.bounds.unacknowledged as usize;
        let behind = self.behind.as_mut().filter(|_| log.is_some() && self.link != Link::Ended)?;
        behind.push(Owed { stanza: stanza.clone(), log: log.cloned() });
        Some(if behind.len() > most { Pushed::Full } else { Pushed::Queued })
    }

    /// Everything older was given: what waited for that goes out now.
    pub fn catch_up(&mut self) -> Pushed {
        let mut first = Pushed::Queued;
        for owed in self.behind.take().unwrap_or_default() {
            match self.give(&owed.stanza, owed.log.as_ref()) {
                Pushed::Queued => {}
                Pushed::Wake => first = Pushed::Wake,
                pushed => return pushed,
            }
        }
        first
    }

    /// Appends a stanza whether or not others wait behind older ones.
    pub fn give(&mut self, stanza: &Stanza, log: Option<&LogRef>) -> Pushed {
        let released = if self.held.is_empty() { Pushed::Queued } else { self.release() };
        match self.append(stanza, log) {
            Pushed::Queued => released,
            pushed => pushed,
        }
    }

    /// Sends what was held: the client is active again.
    pub fn release(&mut self) -> Pushed {
        let mut first = Pushed::Queued;
        for held in std::mem::take(&mut self.held) {
            match self.append(&held.stanza, held.log.as_ref()) {
                Pushed::Queued => {}
                Pushed::Wake => first = Pushed::Wake,
                pushed => return pushed,
            }
        }
        first
    }

    fn append(&mut self, stanza: &Stanza, log: Option<&LogRef>) -> Pushed {
        if self.link == Link::Ended {
            return Pushed::Ended;
        }
        let mut room = true;
        if let Some(unacked) = &mut self.unacked {
            unacked.push(Owed { stanza: stanza.clone(), log: log.cloned() });
            room = unacked.len() <= self.bounds.unacknowledged as usize
                && unacked.bytes() <= self.bounds.unacknowledged_bytes as usize;
        } else if let Some(log) = log {
            // Nobody will acknowledge it: what is written counts as had.
            log.take();
        }
        if self.link == Link::Detached {
            return if room { Pushed::Queued } else { Pushed::Full };
        }
        let was_empty = self.bytes.is_empty();
        self.framing.write_stanza_for(self.own.as_deref(), stanza, &mut self.bytes);
        let pushed = self.written(was_empty);
        if room { pushed } else { Pushed::Full }
    }

    const fn written(&self, was_empty: bool) -> Pushed {
        if self.bytes.len() > self.bounds.bytes as usize {
            return Pushed::Full;
        }
        if was_empty { Pushed::Wake } else { Pushed::Queued }
    }

    /// Writes a stanza under the address `own` that only has to be written: nobody will
    /// acknowledge it, and nothing waits before it. `None` if there is more to do.
    pub(crate) fn write_own(&mut self, stanza: &Shared<'_>, own: &Jid) -> Option<Pushed> {
        let is_plain = self.link == Link::Attached
            && self.unacked.is_none()
            && self.held.is_empty()
            && !self.framing.is_wire();
        if !is_plain {
            return None;
        }
        let was_empty = self.bytes.is_empty();
        self.framing.write_stanza_to(None, stanza, own, &mut self.bytes);
        Some(self.written(was_empty))
    }

    /// Appends an element that is no stanza and is not counted: `<a/>`, `<enabled/>`.
    pub fn push_element(&mut self, xml: &[u8]) {
        if self.link == Link::Attached {
            self.framing.write_element(xml, &mut self.bytes);
        }
    }

    /// Appends bytes that the framing itself made, such as a WebSocket's pong.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        if self.link == Link::Attached {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Whether something waits to be written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes what waits to be written, with a request for acknowledgement behind it
    /// if something is owed and no such request is under way.
    pub fn take(&mut self) -> Vec<u8> {
        if let Some(unacked) = &mut self.unacked
            && !unacked.asked
            && !unacked.is_empty()
            && self.link == Link::Attached
        {
            unacked.asked = true;
            self.framing.write_element(b"<r xmlns='urn:xmpp:sm:3'/>", &mut self.bytes);
        }
        std::mem::take(&mut self.bytes)
    }

    /// Asks for an acknowledgement now; `false` if the client does not count.
    pub fn ask(&mut self) -> bool {
        let Some(unacked) = &mut self.unacked else { return false };
        unacked.asked = true;
        self.push_element(b"<r xmlns='urn:xmpp:sm:3'/>");
        true
    }

    /// Connection `epoch` was lost; `false` if another has taken over. Bytes not yet
    /// written are in `unacked` as stanzas.
    pub fn detach(&mut self, epoch: u32) -> bool {
        if self.epoch != epoch || self.link != Link::Attached {
            return false;
        }
        self.bytes = Vec::new();
        self.link = Link::Detached;
        self.task.end();
        true
    }

    /// A connection opened at `opened` takes over; everything owed is sent again, empty if
    /// its time is over (XEP-0466): it was counted. Gives the new epoch, or `None` if the
    /// session is over or another connection took it since: of several one wins.
    pub fn resume(
        &mut self,
        framing: Framing,
        jid: &Jid,
        opened: Timestamp,
        now: Timestamp,
    ) -> Option<u32> {
        if self.link == Link::Ended || self.attached_at > opened {
            return None;
        }
        self.framing = framing;
        self.set_address(jid);
        self.link = Link::Attached;
        self.attached_at = now;
        self.epoch += 1;
        self.task.end_line();
        self.bytes = Vec::new();
        if let Some(unacked) = &mut self.unacked {
            unacked.asked = false;
            unacked.empty_what_is_over(now);
            for owed in unacked.owed() {
                framing.write_stanza_for(self.own.as_deref(), &owed.stanza, &mut self.bytes);
            }
        }
        Some(self.epoch)
    }

    /// The session is over: gives back what the client never acknowledged.
    pub fn end(&mut self) -> Vec<Owed> {
        self.link = Link::Ended;
        self.task.end_line();
        let mut owed = self.unacked.take().map_or_else(Vec::new, |mut unacked| unacked.give_up());
        owed.append(&mut self.held);
        owed.append(&mut self.behind.take().unwrap_or_default());
        owed
    }
}
