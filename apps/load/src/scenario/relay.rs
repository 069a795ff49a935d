//! A bare relay: canned answers until the first message, then bytes from one
//! of a pair to the other. No server of the same kind can be cheaper.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use clap::Args;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Registry, Token};

use crate::engine::Fault;
use crate::frame::{self, Kind, Piece};
use crate::link::Link;
use crate::xml;

#[derive(Debug, Clone, Args)]
pub(crate) struct RelayOptions {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:5299")]
    listen: SocketAddr,
}

/// The listener's own token; sessions count from 0.
const LISTENER: Token = Token(usize::MAX);
const BACKLOG: i32 = 4_096;
const BUFFER: usize = 64 * 1024;

struct Guest {
    link: Link,
    number: Option<u32>,
    partial: Vec<u8>,
    relaying: bool,
    dirty: bool,
}

struct Relay {
    registry: Registry,
    guests: Vec<Option<Guest>>,
    free: Vec<usize>,
    by_number: HashMap<u32, usize>,
    dirty: Vec<usize>,
}

/// Serves until it is killed.
pub(crate) fn run(options: &RelayOptions) -> Result<(), Fault> {
    let mut poll = Poll::new()?;
    let mut listener = listen(options.listen)?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut relay = Relay {
        registry: poll.registry().try_clone()?,
        guests: Vec::new(),
        free: Vec::new(),
        by_number: HashMap::new(),
        dirty: Vec::new(),
    };
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; BUFFER];
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                relay.accept(&listener)?;
                continue;
            }
            let slot = event.token().0;
            if event.is_writable() {
                relay.mark(slot);
            }
            if event.is_readable() && !relay.receive(slot, &mut buffer, event.is_read_closed()) {
                relay.remove(slot);
            }
        }
        for slot in std::mem::take(&mut relay.dirty) {
            let Some(Some(guest)) = relay.guests.get_mut(slot) else { continue };
            guest.dirty = false;
            if guest.link.flush().is_err() {
                relay.remove(slot);
            }
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket =
        socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

impl Relay {
    fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        loop {
            let mut socket = match listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            socket.set_nodelay(true)?;
            let slot = self.free.pop().unwrap_or(self.guests.len());
            let both = Interest::READABLE | Interest::WRITABLE;
            self.registry.register(&mut socket, Token(slot), both)?;
            let guest = Guest {
                link: Link::accepted(socket),
                number: None,
                partial: Vec::new(),
                relaying: false,
                dirty: false,
            };
            if slot == self.guests.len() {
                self.guests.push(Some(guest));
            } else {
                self.guests[slot] = Some(guest);
            }
        }
    }

    fn remove(&mut self, slot: usize) {
        let Some(guest) = self.guests.get_mut(slot).and_then(Option::take) else { return };
        self.free.push(slot);
        if let Some(number) = guest.number
            && self.by_number.get(&number) == Some(&slot)
        {
            self.by_number.remove(&number);
        }
    }

    fn mark(&mut self, slot: usize) {
        if let Some(Some(guest)) = self.guests.get_mut(slot)
            && !guest.dirty
        {
            guest.dirty = true;
            self.dirty.push(slot);
        }
    }

    /// Takes what has come; `false` when the session is over.
    fn receive(&mut self, slot: usize, buffer: &mut [u8], ending: bool) -> bool {
        loop {
            let Some(Some(guest)) = self.guests.get_mut(slot) else { return true };
            let count = match guest.link.receive(buffer) {
                Ok(0) => return false,
                Ok(count) => count,
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            };
            let bytes = &buffer[..count];
            if guest.relaying {
                if bytes.ends_with(b"</stream:stream>") {
                    return false;
                }
                self.forward(slot, bytes);
            } else {
                guest.partial.extend_from_slice(bytes);
                if !self.answer(slot) {
                    return false;
                }
            }
            if count < buffer.len() && !ending {
                return true;
            }
        }
    }

    fn forward(&mut self, slot: usize, bytes: &[u8]) {
        let number = self.guests[slot].as_ref().and_then(|guest| guest.number);
        let Some(partner) = number.and_then(|number| self.by_number.get(&(number ^ 1))) else {
            return;
        };
        let partner = *partner;
        if let Some(Some(guest)) = self.guests.get_mut(partner) {
            guest.link.out().extend_from_slice(bytes);
            self.mark(partner);
        }
    }

    /// Gives the canned answers; `false` when the guest leaves.
    fn answer(&mut self, slot: usize) -> bool {
        let Some(Some(guest)) = self.guests.get_mut(slot) else { return false };
        self.dirty.push(slot);
        let bytes = std::mem::take(&mut guest.partial);
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            if rest.starts_with(b"<message") {
                guest.relaying = true;
                self.forward(slot, rest);
                return true;
            }
            let length = match frame::next(rest) {
                Piece::Close => return false,
                Piece::Incomplete => {
                    guest.partial = rest.to_vec();
                    return true;
                }
                Piece::Prelude(length) => {
                    if rest.starts_with(b"<stream:stream") {
                        guest.greet();
                    }
                    length
                }
                Piece::Stanza(range) => {
                    let length = range.end;
                    guest.reply(&rest[range]);
                    if let Some(number) = guest.number {
                        self.by_number.insert(number, slot);
                    }
                    length
                }
            };
            at += length;
        }
    }
}

impl Guest {
    fn greet(&mut self) {
        let open = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
            xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'><stream:features>";
        let features = if self.number.is_none() {
            "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
        } else {
            "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        };
        for part in [open, features, "</stream:features>"] {
            self.link.out().extend_from_slice(part.as_bytes());
        }
    }

    fn reply(&mut self, stanza: &[u8]) {
        if stanza.starts_with(b"<auth") {
            self.number = frame::text(stanza, "auth").and_then(number);
            let success = b"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
            self.link.out().extend_from_slice(success);
        }
        let head = frame::head(stanza);
        if head.kind == Kind::Iq {
            let id = String::from_utf8_lossy(head.id);
            xml::write(self.link.out(), ["<iq type='result' id='", &id, "'/>"]);
        }
    }
}

/// The number at the end of the name in a PLAIN response.
fn number(response: &[u8]) -> Option<u32> {
    let decoded = String::from_utf8(BASE64_STANDARD.decode(response).ok()?).ok()?;
    let name = decoded.split('\0').nth(1)?;
    let digits = name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    digits.parse().ok()
}
