//! One bound resource.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI8, AtomicI64, AtomicU16, AtomicU32, Ordering};
use std::task::{Context, Poll};

use parking_lot::Mutex;
use skein_base::{AccountId, Timestamp};
use skein_stream::Framing;
use skein_xmpp::{Jid, Shared, Stanza, StreamError};

use crate::flag::Flag;
use crate::outbox::{Link, Outbox, Pushed};
use crate::place::LogRef;
use crate::unacked::Unacked;
use crate::user::User;
use crate::wakes;

/// Tells one binding from every other, also over restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub u64);

/// What a client is, across its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The `id` of SASL2's user-agent, else the resource.
    pub key: Box<str>,
}

/// A bound resource; it outlives its connection if it is resumable.
#[derive(Debug)]
pub struct Session {
    /// Its full address.
    pub jid: Jid,
    /// Whose it is.
    pub user: Arc<User>,
    /// This binding.
    pub id: SessionId,
    /// The client behind it.
    pub device: Device,
    /// Authorises resumption: `previd` of XEP-0198. Empty if not resumable.
    previd: Mutex<Box<str>>,
    outbox: Mutex<Outbox>,
    flags: AtomicU16,
    priority: AtomicI8,
    /// Stanzas received from the client and handled, modulo 2³².
    handled: AtomicU32,
    /// How many of those are written down, for sessions that can be resumed.
    durable: AtomicU32,
    /// Held while input is being handled, so that a new connection of the session sees
    /// the final count.
    handling: tokio::sync::Mutex<()>,
    /// The highest place in the log that the client acknowledged.
    delivered: AtomicI64,
    /// The highest place of an entry that was owed and given to the client.
    given: AtomicI64,
    /// See [`Session::withheld`].
    withheld: AtomicI64,
    /// `delivered` changed and is not written down.
    pub(crate) is_noted: AtomicBool,
    /// When the client was last heard, in seconds.
    heard: AtomicU32,
    /// Its connection is taken for lost.
    lost: AtomicBool,
    presence: Mutex<Option<Box<Stanza>>>,
    directed: Mutex<Vec<Jid>>,
    kicked: Mutex<Option<Box<StreamError>>>,
}

impl Session {
    /// A session that was just bound.
    pub fn new(
        jid: Jid,
        user: Arc<User>,
        id: SessionId,
        device: Device,
        framing: Framing,
        now: Timestamp,
    ) -> Self {
        let mut outbox = Outbox::new(framing, now);
        outbox.set_address(&jid);
        Self::with_outbox(jid, user, id, device, outbox)
    }

    /// A session of an earlier process, waiting to be resumed.
    pub fn restored(
        jid: Jid,
        user: Arc<User>,
        id: SessionId,
        device: Device,
        unacked: Unacked,
        handled: u32,
    ) -> Self {
        let session = Self::with_outbox(jid, user, id, device, Outbox::restored(unacked));
        session.handled.store(handled, Ordering::Relaxed);
        session.durable.store(handled, Ordering::Relaxed);
        session.withheld.store(0, Ordering::Relaxed);
        session
    }

    fn with_outbox(
        jid: Jid,
        user: Arc<User>,
        id: SessionId,
        device: Device,
        outbox: Outbox,
    ) -> Self {
        Self {
            jid,
            user,
            id,
            device,
            previd: Mutex::default(),
            outbox: Mutex::new(outbox),
            flags: AtomicU16::new(0),
            priority: AtomicI8::new(0),
            handled: AtomicU32::new(0),
            durable: AtomicU32::new(0),
            handling: tokio::sync::Mutex::new(()),
            delivered: AtomicI64::new(0),
            given: AtomicI64::new(0),
            withheld: AtomicI64::new(-1),
            is_noted: AtomicBool::new(false),
            heard: AtomicU32::new(0),
            lost: AtomicBool::new(false),
            presence: Mutex::new(None),
            directed: Mutex::default(),
            kicked: Mutex::new(None),
        }
    }

    /// Whose account.
    pub fn account(&self) -> AccountId {
        self.user.account
    }

    /// Whether `flag` is set.
    pub fn is(&self, flag: Flag) -> bool {
        self.flags.load(Ordering::Acquire) & flag as u16 != 0
    }

    /// Sets or clears `flag`; says whether it was set before.
    pub fn set(&self, flag: Flag, on: bool) -> bool {
        let before = if on {
            self.flags.fetch_or(flag as u16, Ordering::AcqRel)
        } else {
            self.flags.fetch_and(!(flag as u16), Ordering::AcqRel)
        };
        before & flag as u16 != 0
    }

    /// The flags as one number, to be stored.
    pub fn flags(&self) -> u16 {
        self.flags.load(Ordering::Acquire)
    }

    /// Sets all flags from a stored number.
    pub fn set_flags(&self, flags: u16) {
        self.flags.store(flags, Ordering::Release);
    }

    /// The client said something, be it white space.
    pub fn set_heard(&self, now: Timestamp) {
        self.heard.store((now.0 / 1_000_000) as u32, Ordering::Relaxed);
    }

    /// When the client was last heard, to the second.
    pub fn heard(&self) -> Timestamp {
        Timestamp(i64::from(self.heard.load(Ordering::Relaxed)) * 1_000_000)
    }

    /// Takes the connection for lost; the task leaves it when it wakes, and the session
    /// waits to be resumed if it can be.
    pub fn lose(&self) {
        self.lost.store(true, Ordering::Release);
        self.wake();
    }

    /// Whether the connection was taken for lost, once.
    pub fn take_lost(&self) -> bool {
        self.lost.swap(false, Ordering::AcqRel)
    }

    /// Its presence priority (RFC 6121 section 4.7.2.3).
    pub fn priority(&self) -> i8 {
        self.priority.load(Ordering::Acquire)
    }

    /// Its current available presence.
    pub fn presence(&self) -> Option<Stanza> {
        self.presence.lock().as_deref().cloned()
    }

    /// Notes available presence with its priority, or that there is none.
    pub fn set_presence(&self, presence: Option<(Stanza, i8)>) {
        self.set(Flag::Available, presence.is_some());
        self.priority
            .store(presence.as_ref().map_or(0, |(_, priority)| *priority), Ordering::Release);
        *self.presence.lock() = presence.map(|(stanza, _)| Box::new(stanza));
    }

    /// Addresses that got directed presence (RFC 6121 section 4.6); locked while looked at.
    pub fn with_directed<T>(&self, look: impl FnOnce(&mut Vec<Jid>) -> T) -> T {
        look(&mut self.directed.lock())
    }

    /// Stanzas received and handled so far.
    pub fn handled(&self) -> u32 {
        self.handled.load(Ordering::Acquire)
    }

    /// Counts stanzas as handled. Call it when their effects are durable.
    pub fn count_handled(&self, stanzas: u32) {
        self.handled.fetch_add(stanzas, Ordering::AcqRel);
    }

    /// The client acknowledged everything of its log up to `seq`.
    pub fn set_delivered(&self, seq: i64) {
        self.delivered.fetch_max(seq, Ordering::AcqRel);
    }

    /// The highest place in the log that the client acknowledged.
    pub fn delivered(&self) -> i64 {
        self.delivered.load(Ordering::Acquire)
    }

    /// The entry at `seq` was owed and is given now.
    pub fn set_given(&self, seq: i64) {
        self.given.store(seq, Ordering::Release);
    }

    /// The highest place of an entry that was owed and given to the client.
    pub fn given(&self) -> i64 {
        self.given.load(Ordering::Acquire)
    }

    /// The place up to which the client is not given what the log owes, because it reads
    /// the archive itself; 0 if nothing is withheld, `None` while that is not decided.
    pub fn withheld(&self) -> Option<i64> {
        Some(self.withheld.load(Ordering::Acquire)).filter(|place| *place >= 0)
    }

    /// Decides what is withheld.
    pub fn set_withheld(&self, place: i64) {
        self.withheld.store(place, Ordering::Release);
    }

    /// Whether the count is written down.
    pub fn is_durable(&self) -> bool {
        self.durable.load(Ordering::Acquire) == self.handled()
    }

    /// So many handled stanzas are written down.
    pub fn set_durable(&self, handled: u32) {
        self.durable.store(handled, Ordering::Release);
    }

    /// Waits until no input of the session is being handled, and keeps it so.
    pub async fn handling(&self) -> tokio::sync::MutexGuard<'_, ()> {
        match self.handling.try_lock() {
            Ok(guard) => guard,
            Err(_) => self.handling.lock().await,
        }
    }

    /// Counting of received stanzas begins (XEP-0198 section 4).
    pub fn reset_handled(&self) {
        self.handled.store(0, Ordering::Release);
    }

    /// The secret id that resumes it; empty if it cannot be resumed.
    pub fn previd(&self) -> Box<str> {
        self.previd.lock().clone()
    }

    /// Makes it resumable under `previd`.
    pub fn set_previd(&self, previd: &str) {
        *self.previd.lock() = previd.into();
        self.set(Flag::Resumable, !previd.is_empty());
    }

    /// Looks at or changes the outbox, then wakes the task if something waits.
    pub fn with_outbox_mut<T>(&self, look: impl FnOnce(&mut Outbox) -> T) -> T {
        let mut outbox = self.outbox.lock();
        let seen = look(&mut outbox);
        let waker = if outbox.is_empty() { None } else { outbox.task().call() };
        drop(outbox);
        if let Some(waker) = waker {
            wakes::wake(waker);
        }
        seen
    }

    /// Puts a stanza into the outbox without waking the task: the caller wakes it
    /// once per batch if told [`Pushed::Wake`].
    pub fn push(&self, stanza: &Stanza, log: Option<&LogRef>, can_wait: bool) -> Pushed {
        let mut outbox = self.outbox.lock();
        if can_wait && self.is(Flag::Inactive) {
            outbox.hold(stanza, log)
        } else {
            outbox.push(stanza, log)
        }
    }

    /// As [`Session::push`] for a stanza that many get: it is given to this session under
    /// its own address, mostly without a copy.
    pub fn push_own(&self, stanza: &Shared<'_>, can_wait: bool) -> Pushed {
        let mut outbox = self.outbox.lock();
        let waits = can_wait && self.is(Flag::Inactive);
        if !waits && let Some(pushed) = outbox.write_own(stanza, &self.jid) {
            return pushed;
        }
        let mut own = stanza.stanza().clone();
        own.to = Some(self.jid.clone());
        if waits { outbox.hold(&own, None) } else { outbox.push(&own, None) }
    }

    /// Puts a stanza into the outbox and wakes the task.
    pub fn send(&self, stanza: &Stanza) -> Pushed {
        let pushed = self.push(stanza, None, false);
        if pushed == Pushed::Wake {
            self.wake();
        }
        pushed
    }

    /// Wakes the task that writes to the client.
    pub fn wake(&self) {
        let waker = self.outbox.lock().task().call();
        if let Some(waker) = waker {
            wakes::wake(waker);
        }
    }

    /// Writes what waits if the task sleeps and all can leave at once; else wakes the task.
    pub fn flush(&self) {
        // Who catches up with the log gets more once everything is written: the task sees to it.
        let catches_up = self.is(Flag::CatchesUp);
        let line = if catches_up { None } else { self.outbox.lock().task().free_line() };
        if !line.is_some_and(|line| line.write(self)) {
            self.wake();
        }
    }

    /// The task is at work: what others have for the client waits until it has done its own.
    pub fn attend(&self) {
        self.outbox.lock().task().attend();
    }

    /// Ready after a call of [`Session::wake`], once for any number of them, and whenever
    /// connection `epoch` is not the session's any more. The task that asked last is woken.
    pub fn poll_woken(&self, epoch: u32, cx: &mut Context<'_>) -> Poll<()> {
        let mut outbox = self.outbox.lock();
        if outbox.epoch() == epoch { outbox.task().poll_called(cx) } else { Poll::Ready(()) }
    }

    /// Waits for what [`Session::poll_woken`] tells.
    pub async fn woken(&self, epoch: u32) {
        poll_fn(|cx| self.poll_woken(epoch, cx)).await;
    }

    /// What waits to be written by connection `epoch`; the task writes all of it before
    /// it asks again. `None` once another connection has taken over, or the session
    /// is over.
    pub fn take_output(&self, epoch: u32) -> Option<Vec<u8>> {
        let mut outbox = self.outbox.lock();
        let live = outbox.epoch() == epoch && outbox.link() == Link::Attached;
        live.then(|| outbox.take())
    }

    /// Whether a connection, live or resumable, stands behind it.
    pub fn link(&self) -> Link {
        self.outbox.lock().link()
    }

    /// Ends the connection with a stream error; the task does it when it wakes.
    pub fn kick(&self, error: StreamError) {
        self.kicked.lock().get_or_insert(Box::new(error));
        self.wake();
    }

    /// The stream error with which the connection must end, once.
    pub fn take_kick(&self) -> Option<StreamError> {
        self.kicked.lock().take().map(|error| *error)
    }
}
