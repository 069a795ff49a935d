//! One session: drives the machine of XEP-0124 and, through it, the negotiation and
//! the conversation that every other connection has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use skein_base::Timestamp;
use skein_stream::bosh::{self, Condition, Event, Output};
use skein_stream::intake::Opening;
use skein_stream::live::{self, Heard};
use skein_stream::{Framing, bosh::Stream};
use skein_transport::Pass;
use skein_transport::connection::{
    Attached, Brake, Conversation, Door, Flow, Met, Service, hibernate,
};
use skein_xml::{Document, Limits};
use skein_xmpp::StreamError;
use tokio::sync::mpsc;

use super::{Arrival, Waiter};
use crate::connection::Line;

/// How far the client has come.
enum State {
    /// Nobody is logged in yet.
    Greeting {
        door: Box<Door>,
        /// Makes room for the next stranger when it is dropped.
        _pass: Pass,
    },
    /// A resource is bound.
    Talking(Conversation),
    /// The stream is over; the client has yet to hear of it.
    Over,
}

/// What is left to do for a session whose client went away.
pub(super) enum End {
    /// Nothing.
    Done,
    /// The stream may be resumed, over whatever connection.
    Lost(Attached),
}

impl End {
    /// Does it.
    pub(super) async fn leave(self, service: Service) {
        let Self::Lost(Attached { session, epoch }) = self else { return };
        if session.previd().is_empty() {
            return service.router.end(&session).await;
        }
        if session.with_outbox_mut(|outbox| outbox.detach(epoch)) {
            let resumable = service.ctx().config.limits.resumable;
            hibernate(service, session, epoch, resumable).await;
        }
    }
}

/// See the module.
pub(super) struct Session {
    service: Service,
    machine: bosh::Session<Waiter>,
    state: State,
    logged_in: Arc<AtomicBool>,
    brake: Brake,
    /// Until when somebody must be logged in.
    patience: Timestamp,
    /// What opening the session brought.
    first: Output<Waiter>,
}

impl Session {
    /// Opens the session that `arrival` asks for.
    pub(super) fn new(
        service: Service,
        sid: String,
        line: &Line,
        pass: Pass,
        logged_in: Arc<AtomicBool>,
        arrival: Arrival,
    ) -> Self {
        let peer = line.peer.ip();
        let setup = Door::setup(&service, Framing::Bosh, line.is_tls, peer.is_loopback());
        let door = Box::new(Door::new(service.clone(), setup, peer));
        let now = service.ctx().now();
        let patience = now.plus(service.ctx().config.limits.negotiation);
        let mut first = Output::default();
        // In the clear a `sid` can be overheard. Under TLS it cannot, and there clients
        // do change addresses, between IPv4 and IPv6 even from request to request.
        let pinned = !arrival.via.secure;
        let Arrival { request, via, waiter, .. } = arrival;
        let limits = &service.ctx().config.limits;
        let (wait, inactivity) = (limits.bosh_wait, limits.bosh_inactivity);
        let times = bosh::Times { wait, inactivity, pause: limits.bosh_pause };
        let machine =
            bosh::Session::open(times, request, sid, via, pinned, waiter, now, &mut first);
        let state = State::Greeting { door, _pass: pass };
        Self { service, machine, state, logged_in, brake: Brake::default(), patience, first }
    }

    /// Runs the session until the client needs no more of it.
    pub(super) async fn run(mut self, mut requests: mpsc::Receiver<Arrival>) -> End {
        let mut out = std::mem::take(&mut self.first);
        loop {
            if let Some(end) = Box::pin(self.settle(out)).await {
                return end;
            }
            out = Output::default();
            let now = self.service.ctx().now();
            let greeting = matches!(self.state, State::Greeting { .. });
            let due = self.machine.deadline();
            let due = if greeting { due.min(self.patience) } else { due };
            tokio::select! {
                arrival = requests.recv() => {
                    let Some(arrival) = arrival else { return self.lost() };
                    if let Some(pause) = self.brake.pause(&self.service, arrival.bytes) {
                        tokio::time::sleep(pause).await;
                    }
                    let Arrival { request, via, waiter, .. } = arrival;
                    let now = self.service.ctx().now();
                    self.machine.request(request, via, waiter, now, &mut out);
                }
                () = woken(&self.state) => {}
                () = tokio::time::sleep(due.since(now)) => {
                    if greeting && self.patience <= self.service.ctx().now() {
                        self.fail(StreamError::new("connection-timeout"), &mut out).await;
                    }
                }
            }
        }
    }

    /// Sends the answers, acts on the events, and so on until nothing is left to do.
    async fn settle(&mut self, mut out: Output<Waiter>) -> Option<End> {
        loop {
            for (waiter, answer) in out.answers.drain(..) {
                // Whoever hung up may ask again: the machine keeps the answer.
                let _ = waiter.send(answer);
            }
            let events = std::mem::take(&mut out.events);
            let is_lost = events.contains(&Event::Lost);
            if let Err(error) = self.heed(events).await {
                self.fail(error, &mut out).await;
            }
            if is_lost {
                return Some(self.lost());
            }
            self.fetch(&mut out).await;
            self.machine.poll(self.service.ctx().now(), &mut out);
            if out.answers.is_empty() && out.events.is_empty() {
                return self.machine.is_over().then(|| self.lost());
            }
        }
    }

    /// Acts on what the client sent, in order.
    async fn heed(&mut self, events: Vec<Event>) -> Result<(), StreamError> {
        let mut heard: Vec<Heard> = Vec::new();
        let limits = self.service.limits(true);
        for event in events {
            match (event, &mut self.state) {
                (Event::Open(stream), State::Greeting { door, .. }) => {
                    let opened = door.negotiation.open(&opening(stream), &*self.service.ctx().rng);
                    self.machine.push(&door.negotiation.output());
                    opened?;
                }
                (Event::Open(_), State::Talking(_)) => return Err(StreamError::new("invalid-xml")),
                (Event::Payload(xml), State::Greeting { .. }) => self.negotiate(xml).await?,
                (Event::Payload(xml), State::Talking(_)) => match hear(xml, &limits) {
                    Ok(one) => heard.push(one),
                    Err(error) => {
                        self.converse(heard).await?;
                        return Err(error);
                    }
                },
                (Event::Closed, _) => {
                    self.converse(std::mem::take(&mut heard)).await?;
                    self.end().await;
                }
                (_, State::Over) | (Event::Lost, _) => {}
            }
        }
        self.converse(heard).await
    }

    /// Takes one element before a resource is bound.
    async fn negotiate(&mut self, xml: Vec<u8>) -> Result<(), StreamError> {
        let State::Greeting { door, .. } = &mut self.state else { return Ok(()) };
        let document = parse(xml, &door.negotiation.limits())?;
        let met = match door.negotiation.element(document.root()) {
            Ok(Some(demand)) => door.meet(demand).await,
            Ok(None) => Ok(Met::GoOn),
            Err(error) => Err(error),
        };
        self.machine.push(&door.negotiation.output());
        match met? {
            Met::Attached(attached) => {
                self.logged_in.store(true, Ordering::Release);
                self.state = State::Talking(Conversation { attached });
            }
            Met::Closed => self.end().await,
            // STARTTLS is not offered here.
            Met::GoOn | Met::StartTls => {}
        }
        Ok(())
    }

    async fn converse(&mut self, heard: Vec<Heard>) -> Result<(), StreamError> {
        let State::Talking(conversation) = &self.state else { return Ok(()) };
        if heard.is_empty() {
            return Ok(());
        }
        match conversation.hear(&self.service, heard).await? {
            Flow::On => Ok(()),
            Flow::TakenOver => {
                self.state = State::Over;
                Err(taken_over())
            }
        }
    }

    /// Brings what the session has for the client, or the news that it is over.
    async fn fetch(&mut self, out: &mut Output<Waiter>) {
        let State::Talking(conversation) = &self.state else { return };
        let Attached { session, epoch } = conversation.attached.clone();
        // The outbox is where things wait, since it is bounded.
        if self.machine.queued() == 0 {
            match session.take_output(epoch) {
                Some(output) => {
                    if output.is_empty() {
                        conversation.drained(&self.service).await;
                    }
                    self.machine.push(&output);
                }
                None if session.with_outbox_mut(|outbox| outbox.epoch()) != epoch => {
                    self.state = State::Over;
                    return self.fail(taken_over(), out).await;
                }
                None => {
                    let error = session.take_kick().unwrap_or(StreamError::new("not-authorized"));
                    return self.fail(error, out).await;
                }
            }
        }
        if let Some(error) = session.take_kick() {
            self.fail(error, out).await;
        } else if self.service.is_stopping() {
            let attached = Attached { session, epoch };
            self.state = State::Over;
            self.machine.end(Some(Condition::SystemShutdown), self.service.ctx().now(), out);
            if attached.session.previd().is_empty() {
                self.service.router.end(&attached.session).await;
            } else {
                attached.session.with_outbox_mut(|outbox| outbox.detach(epoch));
            }
        }
    }

    /// Ends the stream with an error, and the session if this connection has one.
    async fn fail(&mut self, error: StreamError, out: &mut Output<Waiter>) {
        let mut farewell = Vec::new();
        Framing::Bosh.write_end(Some(&error), &mut farewell);
        self.machine.push(&farewell);
        self.machine.end(Some(Condition::RemoteStreamError), self.service.ctx().now(), out);
        self.end().await;
    }

    /// Ends the session in good order.
    async fn end(&mut self) {
        if let State::Talking(conversation) = std::mem::replace(&mut self.state, State::Over) {
            self.service.router.end(&conversation.attached.session).await;
        }
    }

    fn lost(&mut self) -> End {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Talking(conversation) => End::Lost(conversation.attached),
            State::Greeting { .. } | State::Over => End::Done,
        }
    }
}

async fn woken(state: &State) {
    match state {
        State::Talking(Conversation { attached }) => attached.session.woken(attached.epoch).await,
        State::Greeting { .. } | State::Over => std::future::pending().await,
    }
}

fn taken_over() -> StreamError {
    StreamError::new("conflict").text("the session goes on in another connection")
}

fn opening(stream: Stream) -> Opening {
    Opening { to: stream.to, from: stream.from }
}

fn parse(xml: Vec<u8>, limits: &Limits) -> Result<Document, StreamError> {
    let text = String::from_utf8(xml).map_err(|_| StreamError::new("unsupported-encoding"))?;
    Ok(Document::parse(&text, limits)?)
}

fn hear(xml: Vec<u8>, limits: &Limits) -> Result<Heard, StreamError> {
    live::hear_element(parse(xml, limits)?.root())
}
