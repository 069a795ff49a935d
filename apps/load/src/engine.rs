//! One thread, one epoll: sessions that log in by themselves and then follow a script.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::{Duration, Instant};

use mio::{Events, Poll};

use crate::binding::Binding;
use crate::frame::Piece;
use crate::io::Io;
use crate::link::tls_config;
use crate::login::{Login, LoginError, Stage, is, settles};
use crate::sasl2;
use crate::scram::Salted;
use crate::target::{Target, Tls};

/// Bytes taken from a socket at once: more than a saturated server sends between two looks.
const READ_BYTES: usize = 64 * 1024;
/// Events taken from epoll at once; answers leave after each lot, so that they go in few writes.
const EVENTS: usize = 1024;

/// What a scenario does with its sessions. `slot` names a session.
pub(crate) trait Script {
    /// A session is bound, and the server has taken its presence.
    fn ready(&mut self, io: &mut Io, slot: usize);
    /// A stanza came to a session that is bound, perhaps before it is ready.
    fn stanza(&mut self, io: &mut Io, slot: usize, stanza: &[u8]);
    /// A session ended and its slot is free; `was_ready` tells whether it had been logged in.
    fn ended(
        &mut self,
        io: &mut Io,
        slot: usize,
        was_ready: bool,
        why: &Fault,
    ) -> Result<(), Fault>;
    /// Called before each wait.
    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault>;
}

/// What a script wants after a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Wait for events, at most so long.
    Wait(Duration),
    /// The scenario is over.
    Done,
}

/// Why a session or a whole run ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the server closed the stream")]
    Closed,
    #[error("the generator closed the stream")]
    Left,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("login: {0}")]
    Login(#[from] LoginError),
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("{0}")]
    Run(String),
}

/// Runs scripts on sessions.
pub(crate) struct Engine {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    pub(crate) io: Io,
}

impl Engine {
    pub(crate) fn new(target: &Target) -> Result<Self, Fault> {
        if target.binding == Binding::Compact && target.tls != Tls::Direct {
            return Err(Fault::Run("the compact binding needs --tls direct".into()));
        }
        let poll = Poll::new()?;
        let io = Io {
            target: target.clone(),
            tls: tls_config(target)?,
            salted: Salted::default(),
            registry: poll.registry().try_clone()?,
            sessions: Vec::new(),
            free: Vec::new(),
            waiting: VecDeque::new(),
            tickets: HashMap::new(),
            dirty: Vec::new(),
            under_way: 0,
            started: Instant::now(),
            now: 0,
        };
        Ok(Self { poll, events: Events::with_capacity(EVENTS), buffer: vec![0; READ_BYTES], io })
    }

    /// Runs `script` to its end. Sessions stay for the next script.
    pub(crate) fn run(&mut self, script: &mut dyn Script) -> Result<(), Fault> {
        loop {
            self.io.tick();
            let Turn::Wait(limit) = script.turn(&mut self.io)? else {
                self.flush(script)?;
                return Ok(());
            };
            while self.io.under_way < self.io.target.at_once {
                let Some(user) = self.io.waiting.pop_front() else { break };
                self.io.connect(user)?;
            }
            self.flush(script)?;
            match self.poll.poll(&mut self.events, Some(limit)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                done => done?,
            }
            self.io.tick();
            let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
            for event in &events {
                let slot = event.token().0;
                if event.is_readable() || event.is_error() {
                    self.receive(script, slot, event.is_read_closed() || event.is_error())?;
                }
                if event.is_writable() && self.io.is_blocked(slot) {
                    self.flush_one(script, slot)?;
                }
            }
            self.events = events;
        }
    }

    fn flush(&mut self, script: &mut dyn Script) -> Result<(), Fault> {
        while let Some(slot) = self.io.dirty.pop() {
            self.flush_one(script, slot)?;
        }
        Ok(())
    }

    fn flush_one(&mut self, script: &mut dyn Script, slot: usize) -> Result<(), Fault> {
        let Some(Some(session)) = self.io.sessions.get_mut(slot) else { return Ok(()) };
        session.dirty = false;
        match session.link.flush() {
            Ok(()) => Ok(()),
            Err(error) => self.end(script, slot, error.into()),
        }
    }

    fn receive(&mut self, script: &mut dyn Script, slot: usize, ending: bool) -> Result<(), Fault> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let done = self.drain(script, slot, &mut buffer, ending);
        self.buffer = buffer;
        match done? {
            Some(why) => self.end(script, slot, why),
            None => Ok(()),
        }
    }

    /// Reads until the socket is empty, which edge-triggered events demand; yields why the session is over, if it is.
    fn drain(
        &mut self,
        script: &mut dyn Script,
        slot: usize,
        buffer: &mut [u8],
        ending: bool,
    ) -> Result<Option<Fault>, Fault> {
        loop {
            let Some(Some(session)) = self.io.sessions.get_mut(slot) else { return Ok(None) };
            let count = match session.link.receive(buffer) {
                Ok(0) if session.closing => return Ok(Some(Fault::Left)),
                Ok(0) => return Ok(Some(Fault::Closed)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // A TLS handshake may have something to say though the stream has not.
                    self.io.out(slot);
                    return Ok(None);
                }
                Err(_) if session.closing => return Ok(Some(Fault::Left)),
                Err(error) => return Ok(Some(error.into())),
                Ok(count) => count,
            };
            let drained = session.link.is_drained_by(count, buffer.len()) && !ending;
            self.io.tick();
            if let Some(why) = self.deliver(script, slot, &buffer[..count]) {
                return Ok(Some(why));
            }
            if drained {
                return Ok(None);
            }
        }
    }

    /// Hands out the whole stanzas among the bytes kept and `received`, and keeps the rest.
    fn deliver(&mut self, script: &mut dyn Script, slot: usize, received: &[u8]) -> Option<Fault> {
        let Some(Some(session)) = self.io.sessions.get_mut(slot) else { return None };
        let mut kept = std::mem::take(&mut session.partial);
        let bytes = if kept.is_empty() {
            received
        } else {
            kept.extend_from_slice(received);
            kept.as_slice()
        };
        let mut at = 0;
        loop {
            let Some(Some(session)) = self.io.sessions.get_mut(slot) else { return None };
            match session.link.next(&bytes[at..]) {
                Piece::Incomplete => break,
                Piece::Prelude(length) => at += length,
                Piece::Close => {
                    let left = matches!(&self.io.sessions[slot], Some(session) if session.closing);
                    return Some(if left { Fault::Left } else { Fault::Closed });
                }
                Piece::Stanza(range) => {
                    let (from, to) = (at + range.start, at + range.end);
                    if let Err(why) = self.step(script, slot, &bytes[from..to]) {
                        return Some(why);
                    }
                    at = to;
                }
            }
        }
        if let Some(Some(session)) = self.io.sessions.get_mut(slot) {
            if at == bytes.len() {
                kept.clear();
            } else if kept.is_empty() {
                kept.extend_from_slice(&received[at..]);
            } else {
                kept.drain(..at);
            }
            session.partial = kept;
            if session.link.is_dirty() {
                self.io.out(slot);
            }
        }
        None
    }

    fn step(&mut self, script: &mut dyn Script, slot: usize, stanza: &[u8]) -> Result<(), Fault> {
        let io = &mut self.io;
        let Some(Some(session)) = io.sessions.get_mut(slot) else { return Ok(()) };
        if session.entry.is_some()
            && let Some(ticket) = io.tickets.get_mut(&session.user)
        {
            ticket.hear(stanza, &mut session.link);
        }
        match session.stage {
            Stage::Ready => {
                script.stanza(io, slot, stanza);
                return Ok(());
            }
            Stage::Settling if settles(stanza) => {
                session.stage = Stage::Ready;
                io.under_way -= 1;
                script.ready(io, slot);
                return Ok(());
            }
            // Presence and what was kept for the account may come before the answer.
            Stage::Settling => {
                script.stanza(io, slot, stanza);
                return Ok(());
            }
            _ => {}
        }
        let stage = std::mem::replace(&mut session.stage, Stage::Binding);
        let succeeded = matches!(stage, Stage::Authenticating(_)) && is(stanza, "success");
        if succeeded {
            let ticket = io.tickets.entry(session.user).or_default();
            session.entry = sasl2::succeed(stanza, ticket);
        }
        let login = Login {
            target: &io.target,
            tls: &io.tls,
            salted: &io.salted,
            user: session.user,
            slot,
            ticket: io.tickets.get(&session.user),
        };
        session.stage = match session.entry {
            Some(entry) if succeeded => login.enter(&mut session.link, entry),
            None if succeeded => return Err(LoginError::NotOffered("that session").into()),
            _ => login.step(&mut session.link, stage, stanza)?,
        };
        io.out(slot);
        Ok(())
    }

    fn end(&mut self, script: &mut dyn Script, slot: usize, why: Fault) -> Result<(), Fault> {
        match self.io.remove(slot) {
            Some(was_ready) => script.ended(&mut self.io, slot, was_ready, &why),
            None => Ok(()),
        }
    }
}
