//! A connection over a socket: TCP, TLS, WebSocket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use skein_sasl::Bindings;
use skein_session::Session;
use skein_stream::Framing;
use skein_stream::intake::{Intake, Unit};
use skein_stream::live::{self, Heard};
use skein_xmpp::StreamError;

use super::brake::Brake;
use super::conversation::Conversation;
use super::door::{Door, Met};
use super::live::{Live, serve_live};
use super::port::Port;
use super::unsent::write_all;
use super::{Attached, Service};
use crate::buffer;
use crate::gate::Pass;
use crate::socket::{Read, Socket};
use crate::tls::ALPN_WIRE;

/// How a connection ends.
pub(super) enum End {
    /// Our stream ends, with an error if there is one; the session is over.
    Stream(Option<Box<StreamError>>),
    /// The line is cut: the session can be resumed if it is resumable.
    Cut,
    /// The server stops: the session is kept.
    Stopped,
    /// Another connection has the session.
    TakenOver,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Cut
    }
}

impl From<StreamError> for End {
    fn from(error: StreamError) -> Self {
        Self::Stream(Some(Box::new(error)))
    }
}

/// Serves a connection to its end. `kept` holds bytes that were read already.
pub async fn serve(
    service: Service,
    mut socket: Socket,
    framing: Framing,
    kept: Vec<u8>,
    pass: Pass,
) {
    let mut stream =
        Stream { intake: Intake::new(framing), kept, framing, brake: Brake::default() };
    let limits = &service.ctx().config.limits;
    stream.intake.set_fragments(limits.websocket_fragments);
    let limit = limits.negotiation;
    // The negotiation's state is boxed, so that it costs nothing once it is done.
    let negotiation = Box::pin(stream.negotiate(&service, &mut socket));
    let attached = match tokio::time::timeout(limit, negotiation).await {
        Ok(Ok(attached)) => attached,
        Ok(Err(end)) => return stream.close(&mut socket, end).await,
        Err(_) => {
            let late = StreamError::new("connection-timeout");
            return stream.close(&mut socket, late.into()).await;
        }
    };
    drop(pass);
    stream.kept.shrink_to_fit();
    let first = service.ctx().now().plus(service.ctx().config.limits.silence);
    let place = service.silence.watch(&attached, first);
    let port = Arc::new(Port::new(socket, attached.epoch));
    attached.session.with_outbox_mut(|outbox| outbox.set_line(attached.epoch, port.clone()));
    let conversation = Conversation { attached };
    // A task of its own, so that the memory of the negotiation goes back.
    tokio::spawn(serve_live(Live { service, stream, port, conversation, place }));
}

/// What a connection holds beside its socket.
pub(super) struct Stream {
    intake: Intake,
    /// Input that is not used up: part of an element.
    pub(super) kept: Vec<u8>,
    framing: Framing,
    pub(super) brake: Brake,
}

/// What one read brought.
#[derive(Default)]
pub(super) struct Input {
    pub(super) bytes: usize,
    pub(super) heard: Vec<Heard>,
    /// How the connection ends after that.
    pub(super) end: Option<End>,
}

impl Stream {
    async fn negotiate(&mut self, service: &Service, socket: &mut Socket) -> Result<Attached, End> {
        let peer: SocketAddr = socket.peer();
        if socket.is_tls() {
            self.handshake(socket).await?;
        }
        if socket.alpn() == Some(ALPN_WIRE) {
            self.speak_wire(service);
        }
        let mut setup =
            Door::setup(service, self.framing, socket.is_tls(), peer.ip().is_loopback());
        setup.bindings = bindings(socket);
        let mut door = Door::new(service.clone(), setup, peer.ip());
        loop {
            let mut out = Vec::new();
            let met = self.step(service, &mut door, &mut out).await;
            out.append(&mut door.negotiation.output());
            write_all(socket, &out).await?;
            match met? {
                Some(Met::Attached(attached)) => {
                    self.intake.set_address(&attached.session.jid);
                    return Ok(attached);
                }
                Some(Met::Closed) => return Err(End::Stream(None)),
                Some(Met::StartTls) => self.start_tls(service, socket, &mut door).await?,
                Some(Met::GoOn) => {}
                None => {
                    socket.readable().await?;
                    if self.read(socket)? == Read::Closed {
                        return Err(End::Cut);
                    }
                }
            }
        }
    }

    /// The client chose the compact binding with its TLS.
    fn speak_wire(&mut self, service: &Service) {
        self.framing = Framing::Wire;
        self.intake = Intake::new(self.framing);
        self.intake.set_fragments(service.ctx().config.limits.websocket_fragments);
    }

    /// Takes one unit of what was read; `None` if there is no whole one. What a WebSocket
    /// answers by itself goes to `out`.
    async fn step(
        &mut self,
        service: &Service,
        door: &mut Door,
        out: &mut Vec<u8>,
    ) -> Result<Option<Met>, End> {
        let limits = door.negotiation.limits();
        let (used, unit) = self.intake.next(&mut self.kept, &limits, out)?;
        let (found, demand) = match &unit {
            Unit::More => (false, None),
            Unit::Space => (true, None),
            Unit::Header(opening) => {
                door.negotiation.open(opening, &*service.ctx().rng)?;
                (true, None)
            }
            unit => (true, door.negotiation.take(unit)?),
        };
        self.kept.drain(..used);
        if door.negotiation.expects_header() {
            self.intake.restart();
        }
        let Some(demand) = demand else { return Ok(found.then_some(Met::GoOn)) };
        let met = door.meet(demand).await?;
        if door.negotiation.expects_header() {
            self.intake.restart();
        }
        Ok(Some(met))
    }

    async fn start_tls(
        &mut self,
        service: &Service,
        socket: &mut Socket,
        door: &mut Door,
    ) -> Result<(), End> {
        let config = service.tls.starttls.clone();
        // N02: what came in the clear behind <starttls/> must never count.
        socket.start_tls(config, &self.kept).map_err(|_| End::Cut)?;
        self.kept.clear();
        self.handshake(socket).await?;
        door.negotiation.encrypted(bindings(socket));
        self.intake.restart();
        Ok(())
    }

    /// Reads until TLS is established. A peer that leaves meanwhile ends it: its socket
    /// stays readable for ever.
    async fn handshake(&mut self, socket: &mut Socket) -> Result<(), End> {
        while !socket.is_established() {
            socket.readable().await?;
            if self.read(socket)? == Read::Closed {
                return Err(End::Cut);
            }
        }
        Ok(())
    }

    fn read(&mut self, socket: &mut Socket) -> io::Result<Read> {
        buffer::lend(|into| {
            std::mem::swap(&mut into.plain, &mut self.kept);
            let read = socket.try_read(into);
            std::mem::swap(&mut into.plain, &mut self.kept);
            read
        })
    }

    /// Reads into the thread's buffer and takes all whole elements; only what is left of
    /// an unfinished one stays with the connection.
    pub(super) fn read_and_parse(
        &mut self,
        service: &Service,
        socket: &mut Socket,
        session: &Session,
    ) -> io::Result<Input> {
        buffer::lend(|into| {
            into.plain.extend_from_slice(&self.kept);
            let read = socket.try_read(into)?;
            let mut input = self.parse(service, &mut into.plain, session);
            match read {
                Read::Data(bytes) => input.bytes = input.bytes.max(bytes),
                Read::Nothing => {}
                Read::Closed => input.end = input.end.or(Some(End::Cut)),
            }
            Ok(input)
        })
    }

    pub(super) fn parse(
        &mut self,
        service: &Service,
        buffer: &mut [u8],
        session: &Session,
    ) -> Input {
        let mut input = Input::default();
        let mut at = 0;
        let mut answers = Vec::new();
        let limits = service.limits(true);
        let end = loop {
            let (used, unit) = match self.intake.next(&mut buffer[at..], &limits, &mut answers) {
                Ok(next) => next,
                Err(error) => break Some(error.into()),
            };
            match unit {
                Unit::More => {
                    at += used;
                    break None;
                }
                Unit::Space => {}
                Unit::Header(_) => break Some(StreamError::new("invalid-xml").into()),
                Unit::Close => break Some(End::Stream(None)),
                Unit::Gone => break Some(End::Cut),
                Unit::Element(piece) => {
                    if self.framing.is_wire() {
                        // What a client may send is bounded by what it says, not by how briefly.
                        input.bytes += piece.shape().len;
                    }
                    match live::hear(&piece) {
                        Ok(heard) => input.heard.push(heard),
                        Err(error) => break Some(error.into()),
                    }
                }
            }
            at += used;
        };
        if !answers.is_empty() {
            session.with_outbox_mut(|outbox| outbox.push_bytes(&answers));
        }
        input.end = end;
        self.kept = buffer[at..].to_vec();
        input
    }

    /// Says farewell, as far as the peer listens.
    pub(super) async fn close(&mut self, socket: &mut Socket, end: End) {
        let End::Stream(error) = end else { return };
        let mut out = Vec::new();
        if self.intake.expects_header() && error.is_some() {
            // RFC 6120 section 4.9.1.2: even the first answer is a header.
            self.framing.write_header("", None, "", &mut out);
        }
        // A WebSocket's close frame, with the code that says why, was the last word.
        if !self.intake.has_closed() {
            self.framing.write_end(error.as_deref(), &mut out);
        }
        let farewell = async {
            write_all(socket, &out).await?;
            socket.shutdown().await?;
            socket.drain().await
        };
        let _ = tokio::time::timeout(skein_base::limits::FAREWELL, farewell).await;
    }
}

fn bindings(socket: &Socket) -> Bindings {
    Bindings {
        exporter: socket.exporter().map(|data| data.to_vec()),
        end_point: socket.server_end_point(),
    }
}
