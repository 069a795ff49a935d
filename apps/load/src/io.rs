//! What a script can do with sessions.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use mio::{Interest, Registry, Token};
use rustls::ClientConfig;

use crate::engine::Fault;
use crate::link::Link;
use crate::login::{Login, Stage};
use crate::sasl2::{Entry, Ticket};
use crate::scram::Salted;
use crate::target::Target;

/// One connection and how far it is.
pub(crate) struct Session {
    pub(crate) link: Link,
    pub(crate) partial: Vec<u8>,
    pub(crate) stage: Stage,
    pub(crate) user: u32,
    pub(crate) dirty: bool,
    pub(crate) closing: bool,
    /// How its login in one go ended.
    pub(crate) entry: Option<Entry>,
}

impl Session {
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Ready)
    }
}

/// What a script can do: open, write to and close sessions.
pub(crate) struct Io {
    pub(crate) target: Target,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) salted: Salted,
    pub(crate) registry: Registry,
    pub(crate) sessions: Vec<Option<Session>>,
    pub(crate) free: Vec<usize>,
    pub(crate) waiting: VecDeque<u32>,
    /// What accounts come back by, with `--sasl2`.
    pub(crate) tickets: HashMap<u32, Ticket>,
    pub(crate) dirty: Vec<usize>,
    pub(crate) under_way: usize,
    pub(crate) started: Instant,
    pub(crate) now: u64,
}

impl Io {
    /// Nanoseconds since the generator started, as of the last event.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Logs account `user` in, once fewer than `--at-once` logins are under way.
    pub(crate) fn open(&mut self, user: u32) {
        self.waiting.push_back(user);
    }

    /// The number of the account whose session `slot` is.
    pub(crate) fn user(&self, slot: usize) -> Option<u32> {
        self.sessions.get(slot)?.as_ref().map(|session| session.user)
    }

    /// Where to append stanzas for the server; none once the session has ended.
    pub(crate) fn out(&mut self, slot: usize) -> Option<&mut Vec<u8>> {
        let session = self.sessions.get_mut(slot)?.as_mut()?;
        if !session.dirty {
            session.dirty = true;
            self.dirty.push(slot);
        }
        Some(session.link.out())
    }

    /// Ends a session in order; [`Script::ended`] follows when the server has closed too.
    pub(crate) fn close(&mut self, slot: usize) {
        if let Some(out) = self.out(slot) {
            out.extend_from_slice(b"</stream:stream>");
        }
        if let Some(Some(session)) = self.sessions.get_mut(slot) {
            session.closing = true;
        }
    }

    /// Cuts a session's line without a word, as a network does that is gone. The slot is free.
    pub(crate) fn cut(&mut self, slot: usize) {
        self.remove(slot);
    }

    /// Whether the session is that of an earlier connection, resumed.
    pub(crate) fn is_resumed(&self, slot: usize) -> bool {
        let session = self.sessions.get(slot).and_then(Option::as_ref);
        session.is_some_and(|session| session.entry == Some(Entry::Resumed))
    }

    /// Gives back buffers of sessions that will be idle.
    pub(crate) fn shrink(&mut self, slot: usize) {
        if let Some(Some(session)) = self.sessions.get_mut(slot) {
            session.link.shrink();
            session.partial = Vec::new();
        }
    }

    pub(crate) fn is_blocked(&self, slot: usize) -> bool {
        matches!(self.sessions.get(slot), Some(Some(session)) if session.link.is_blocked())
    }

    pub(crate) fn tick(&mut self) {
        self.now = self.started.elapsed().as_nanos() as u64;
    }

    pub(crate) fn connect(&mut self, user: u32) -> Result<(), Fault> {
        let slot = self.free.pop().unwrap_or(self.sessions.len());
        let mut link = Link::connect(&self.target)?;
        let login = Login {
            target: &self.target,
            tls: &self.tls,
            salted: &self.salted,
            user,
            slot,
            ticket: None,
        };
        let stage = login.start(&mut link)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        self.registry.register(&mut link.socket, Token(slot), both)?;
        let session = Session {
            link,
            partial: Vec::new(),
            stage,
            user,
            dirty: false,
            closing: false,
            entry: None,
        };
        if slot == self.sessions.len() {
            self.sessions.push(Some(session));
        } else {
            self.sessions[slot] = Some(session);
        }
        self.under_way += 1;
        Ok(())
    }

    pub(crate) fn remove(&mut self, slot: usize) -> Option<bool> {
        let mut session = self.sessions.get_mut(slot)?.take()?;
        // The socket is closed with the session, and epoll forgets it then.
        let _ = self.registry.deregister(&mut session.link.socket);
        self.free.push(slot);
        if !session.is_ready() {
            self.under_way -= 1;
        }
        Some(session.is_ready())
    }
}
