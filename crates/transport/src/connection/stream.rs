//! A connection over a socket: TCP, TLS, WebSocket.

use std::io;
use std::net::SocketAddr;

use skein_sasl::Bindings;
use skein_session::outbox::Link;
use skein_session::{Flag, Session};
use skein_stream::Framing;
use skein_stream::intake::{Intake, Unit};
use skein_stream::live::{self, Heard};
use skein_xmpp::StreamError;

use super::brake::Brake;
use super::conversation::{Conversation, Flow};
use super::door::{Door, Met};
use super::hibernation::hibernate;
use super::unsent::{Unsent, write_all};
use super::{Attached, Service};
use crate::buffer;
use crate::gate::Pass;
use crate::socket::{Read, Socket};

/// How a connection ends.
enum End {
    /// Our stream ends, with an error if there is one; the session is over.
    Stream(Option<StreamError>),
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
        Self::Stream(Some(error))
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
    let limit = service.ctx().config.limits.negotiation;
    // The negotiation's state is boxed, so that it costs nothing once it is done.
    let negotiation = Box::pin(stream.negotiate(&service, &mut socket));
    let attached = match tokio::time::timeout(limit, negotiation).await {
        Ok(Ok(attached)) => attached,
        Ok(Err(end)) => return stream.close(&mut socket, end).await,
        Err(_) => {
            let late = StreamError::new("connection-timeout");
            return stream.close(&mut socket, End::Stream(Some(late))).await;
        }
    };
    drop(pass);
    stream.kept.shrink_to_fit();
    let end = stream.converse(&service, &mut socket, &attached).await;
    Box::pin(leave(service, stream, socket, attached, end)).await;
}

/// Ends the connection, and the session if it is not kept.
async fn leave(
    service: Service,
    mut stream: Stream,
    mut socket: Socket,
    attached: Attached,
    end: End,
) {
    let Attached { session, epoch } = attached;
    match end {
        End::TakenOver => {
            let conflict =
                StreamError::new("conflict").text("the session goes on in another connection");
            stream.close(&mut socket, End::Stream(Some(conflict))).await;
        }
        End::Stopped if session.previd().is_empty() => {
            service.router.end(&session).await;
            stream.close(&mut socket, End::Stream(Some(StreamError::new("system-shutdown")))).await;
        }
        // No end of stream: that would end the session (XEP-0198 section 5).
        End::Stopped => {
            session.with_outbox_mut(|outbox| outbox.detach(epoch));
        }
        End::Cut if !session.previd().is_empty() => {
            drop(socket);
            if session.with_outbox_mut(|outbox| outbox.detach(epoch)) {
                let resumable = service.ctx().config.limits.resumable;
                hibernate(service, session, epoch, resumable).await;
            }
        }
        end => {
            service.router.end(&session).await;
            stream.close(&mut socket, end).await;
        }
    }
}

/// What a connection holds beside its socket.
struct Stream {
    intake: Intake,
    /// Input that is not used up: part of an element.
    kept: Vec<u8>,
    framing: Framing,
    brake: Brake,
}

/// What one read brought.
#[derive(Default)]
struct Input {
    bytes: usize,
    heard: Vec<Heard>,
    /// How the connection ends after that.
    end: Option<End>,
}

impl Stream {
    async fn negotiate(&mut self, service: &Service, socket: &mut Socket) -> Result<Attached, End> {
        let peer: SocketAddr = socket.peer();
        while socket.is_tls() && !socket.is_established() {
            socket.readable().await?;
            self.read(socket)?;
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
                Some(Met::Attached(attached)) => return Ok(attached),
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
        while !socket.is_established() {
            socket.readable().await?;
            if self.read(socket)? == Read::Closed {
                return Err(End::Cut);
            }
        }
        door.negotiation.encrypted(bindings(socket));
        self.intake.restart();
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

    async fn converse(
        &mut self,
        service: &Service,
        socket: &mut Socket,
        attached: &Attached,
    ) -> End {
        let conversation = Conversation { attached: attached.clone() };
        let session = &attached.session;
        let mut unsent = Unsent::default();
        session.set_heard(service.ctx().now());
        // What came with the negotiation's last bytes.
        let mut kept = std::mem::take(&mut self.kept);
        let mut input = self.parse(service, &mut kept, session);
        loop {
            if !input.heard.is_empty() {
                let heard = std::mem::take(&mut input.heard);
                match Box::pin(conversation.hear(service, heard)).await {
                    Ok(Flow::On) => {}
                    Ok(Flow::TakenOver) => return End::TakenOver,
                    Err(error) => input.end = Some(error.into()),
                }
            }
            if unsent.is_empty() {
                match session.take_output(attached.epoch) {
                    Some(output) => unsent = Unsent { bytes: output, from: 0 },
                    None => return ended(attached),
                }
            }
            if unsent.write(socket).is_err() {
                return End::Cut;
            }
            if unsent.is_empty() && session.is(Flag::CatchesUp) {
                Box::pin(conversation.drained(service)).await;
            }
            if let Some(end) = input.end.take() {
                unsent.flush(socket).await;
                return end;
            }
            if let Some(error) = session.take_kick() {
                return End::Stream(Some(error));
            }
            if session.take_lost() {
                return End::Cut;
            }
            if service.is_stopping() {
                unsent.flush(socket).await;
                return End::Stopped;
            }
            tokio::select! {
                ready = socket.readable() => {
                    if ready.is_err() {
                        return End::Cut;
                    }
                    match self.read_and_parse(service, socket, session) {
                        Ok(read) => input = read,
                        Err(_) => return End::Cut,
                    }
                    if input.bytes > 0 {
                        session.set_heard(service.ctx().now());
                    }
                    if let Some(pause) = self.brake.pause(service, input.bytes) {
                        tokio::time::sleep(pause).await;
                    }
                }
                ready = socket.writable(), if !unsent.is_empty() => {
                    if ready.is_err() {
                        return End::Cut;
                    }
                }
                () = session.woken() => {}
            }
        }
    }

    /// Reads into the thread's buffer and takes all whole elements; only what is left of
    /// an unfinished one stays with the connection.
    fn read_and_parse(
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
                Read::Data(bytes) => input.bytes = bytes,
                Read::Nothing => {}
                Read::Closed => input.end = input.end.or(Some(End::Cut)),
            }
            Ok(input)
        })
    }

    fn parse(&mut self, service: &Service, buffer: &mut [u8], session: &Session) -> Input {
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
                Unit::Element(piece) => match live::hear(&piece) {
                    Ok(heard) => input.heard.push(heard),
                    Err(error) => break Some(error.into()),
                },
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
    async fn close(&mut self, socket: &mut Socket, end: End) {
        let End::Stream(error) = end else { return };
        let mut out = Vec::new();
        if self.intake.expects_header() && error.is_some() {
            // RFC 6120 section 4.9.1.2: even the first answer is a header.
            self.framing.write_header("", None, "", &mut out);
        }
        // A WebSocket's close frame, with the code that says why, was the last word.
        if !self.intake.has_closed() {
            self.framing.write_end(error.as_ref(), &mut out);
        }
        let farewell = async {
            write_all(socket, &out).await?;
            socket.shutdown().await?;
            socket.drain().await
        };
        let _ = tokio::time::timeout(skein_base::limits::FAREWELL, farewell).await;
    }
}

/// Why an outbox gives nothing more.
fn ended(attached: &Attached) -> End {
    let (link, epoch) = attached.session.with_outbox_mut(|outbox| (outbox.link(), outbox.epoch()));
    if epoch != attached.epoch {
        return End::TakenOver;
    }
    let error = attached.session.take_kick();
    debug_assert_ne!(link, Link::Attached);
    End::Stream(Some(error.unwrap_or(StreamError::new("not-authorized"))))
}

fn bindings(socket: &Socket) -> Bindings {
    Bindings {
        exporter: socket.exporter().map(|data| data.to_vec()),
        end_point: socket.server_end_point(),
    }
}
