//! One thread, one epoll: sessions that log in by themselves and then follow a script.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Registry, Token};
use rustls::ClientConfig;

use crate::frame::{self, Piece};
use crate::link::{Link, tls_config};
use crate::login::{Login, LoginError, Stage, settles};
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

struct Session {
    link: Link,
    partial: Vec<u8>,
    stage: Stage,
    user: u32,
    dirty: bool,
    closing: bool,
}

impl Session {
    fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Ready)
    }
}

/// What a script can do: open, write to and close sessions.
pub(crate) struct Io {
    pub(crate) target: Target,
    tls: Arc<ClientConfig>,
    salted: Salted,
    registry: Registry,
    sessions: Vec<Option<Session>>,
    free: Vec<usize>,
    waiting: VecDeque<u32>,
    dirty: Vec<usize>,
    under_way: usize,
    started: Instant,
    now: u64,
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

    /// Gives back buffers of sessions that will be idle.
    pub(crate) fn shrink(&mut self, slot: usize) {
        if let Some(Some(session)) = self.sessions.get_mut(slot) {
            session.link.shrink();
            session.partial = Vec::new();
        }
    }

    fn is_blocked(&self, slot: usize) -> bool {
        matches!(self.sessions.get(slot), Some(Some(session)) if session.link.is_blocked())
    }

    fn tick(&mut self) {
        self.now = self.started.elapsed().as_nanos() as u64;
    }

    fn connect(&mut self, user: u32) -> Result<(), Fault> {
        let slot = self.free.pop().unwrap_or(self.sessions.len());
        let mut link = Link::connect(&self.target)?;
        let login =
            Login { target: &self.target, tls: &self.tls, salted: &self.salted, user, slot };
        let stage = login.start(&mut link)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        self.registry.register(&mut link.socket, Token(slot), both)?;
        let session =
            Session { link, partial: Vec::new(), stage, user, dirty: false, closing: false };
        if slot == self.sessions.len() {
            self.sessions.push(Some(session));
        } else {
            self.sessions[slot] = Some(session);
        }
        self.under_way += 1;
        Ok(())
    }

    fn remove(&mut self, slot: usize) -> Option<bool> {
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

/// Runs scripts on sessions.
pub(crate) struct Engine {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    pub(crate) io: Io,
}

impl Engine {
    pub(crate) fn new(target: &Target) -> Result<Self, Fault> {
        let poll = Poll::new()?;
        let io = Io {
            target: target.clone(),
            tls: tls_config(target.tls == Tls::Direct)?,
            salted: Salted::default(),
            registry: poll.registry().try_clone()?,
            sessions: Vec::new(),
            free: Vec::new(),
            waiting: VecDeque::new(),
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
            match frame::next(&bytes[at..]) {
                Piece::Incomplete => break,
                Piece::Prelude(length) => at += length,
                Piece::Close => {
                    let left = matches!(&self.io.sessions[slot], Some(session) if session.closing);
                    return Some(if left { Fault::Left } else { Fault::Closed });
                }
                Piece::Stanza(length) => {
                    if let Err(why) = self.step(script, slot, &bytes[at..at + length]) {
                        return Some(why);
                    }
                    at += length;
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
        }
        None
    }

    fn step(&mut self, script: &mut dyn Script, slot: usize, stanza: &[u8]) -> Result<(), Fault> {
        let io = &mut self.io;
        let Some(Some(session)) = io.sessions.get_mut(slot) else { return Ok(()) };
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
        let login = Login {
            target: &io.target,
            tls: &io.tls,
            salted: &io.salted,
            user: session.user,
            slot,
        };
        let stage = std::mem::replace(&mut session.stage, Stage::Binding);
        session.stage = login.step(&mut session.link, stage, stanza)?;
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
