//! A connection whose client is logged in.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use skein_session::Flag;
use skein_session::outbox::Link;
use skein_xmpp::StreamError;

use super::conversation::{Conversation, Flow};
use super::hibernation::hibernate;
use super::port::{Port, Way};
use super::silence::Place;
use super::stream::{End, Input, Stream};
use super::unsent::Unsent;
use super::{Attached, Service};

/// A connection with its session.
pub(super) struct Live {
    pub(super) service: Service,
    pub(super) stream: Stream,
    pub(super) port: Arc<Port>,
    pub(super) conversation: Conversation,
    pub(super) place: Place,
}

/// Serves a client that is logged in. Every idle connection holds this future, so nothing
/// but `live` is kept while it waits.
#[expect(clippy::manual_async_fn, reason = "a function would hold `live` twice: 224 bytes")]
pub(super) fn serve_live(mut live: Live) -> impl Future<Output = ()> + Send {
    async move {
        let end = live.converse().await;
        Box::pin(leave(live, end)).await;
    }
}

/// What a connection waits for.
enum Ready {
    /// A read is worth a try.
    Readable,
    /// The socket takes more, or the session wants something; both are looked at anyway.
    Called,
}

impl Live {
    async fn converse(&mut self) -> End {
        let mut input = self.first();
        loop {
            if !input.heard.is_empty() {
                let heard = std::mem::take(&mut input.heard);
                match Box::pin(self.conversation.hear(&self.service, heard)).await {
                    Ok(Flow::On) => {}
                    Ok(Flow::TakenOver) => return End::TakenOver,
                    Err(error) => input.end = Some(error.into()),
                }
            }
            if let Some(end) = self.give(input.end.take()) {
                return end;
            }
            drop(input);
            if self.conversation.attached.session.is(Flag::CatchesUp) && self.has_given() {
                Box::pin(self.conversation.drained(&self.service)).await;
            }
            input = match poll_fn(|cx| self.poll_ready(cx)).await {
                Ok(Ready::Called) => Input::default(),
                Ok(Ready::Readable) => self.read(),
                Err(_) => return self.cut(),
            };
            if let Some(pause) = self.stream.brake.pause(&self.service, input.bytes) {
                Box::pin(tokio::time::sleep(pause)).await;
            }
        }
    }

    /// What came with the negotiation's last bytes.
    fn first(&mut self) -> Input {
        let session = &self.conversation.attached.session;
        session.set_heard(self.service.ctx().now());
        let mut kept = std::mem::take(&mut self.stream.kept);
        self.stream.parse(&self.service, &mut kept, session)
    }

    /// Writes what waits; says how the connection ends if it ends now, with `end` or for a
    /// reason of the session.
    fn give(&mut self, end: Option<End>) -> Option<End> {
        let attached = &self.conversation.attached;
        let written = self.port.with(|way| {
            if way.unsent.is_empty() {
                let Some(output) = attached.session.take_output(attached.epoch) else {
                    return Ok(false);
                };
                way.unsent = Unsent { bytes: output, from: 0 };
            }
            way.unsent.write(&mut way.socket).map(|()| true)
        });
        match written.flatten() {
            Ok(true) => {}
            Ok(false) => return Some(ended(attached)),
            Err(_) => return Some(self.cut()),
        }
        if end.is_some() {
            return end;
        }
        if let Some(error) = attached.session.take_kick() {
            return Some(error.into());
        }
        if attached.session.take_lost() {
            return Some(self.cut());
        }
        self.service.is_stopping().then_some(End::Stopped)
    }

    /// Whether the socket has taken everything.
    fn has_given(&self) -> bool {
        self.port.with(|way| way.unsent.is_empty()).unwrap_or(false)
    }

    /// The line is cut: nothing that waits can leave.
    fn cut(&mut self) -> End {
        let _ = self.port.with(|way| way.unsent = Unsent::default());
        End::Cut
    }

    fn read(&mut self) -> Input {
        let session = &self.conversation.attached.session;
        session.attend();
        let (stream, service) = (&mut self.stream, &self.service);
        let read = self.port.with(|way| stream.read_and_parse(service, &mut way.socket, session));
        let Ok(input) = read.flatten() else {
            return Input { end: Some(self.cut()), ..Input::default() };
        };
        if input.bytes > 0 {
            session.set_heard(self.service.ctx().now());
        }
        input
    }

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        match self.port.with(|way| way.poll_ready(cx)) {
            Err(error) => return Poll::Ready(Err(error)),
            Ok(Poll::Ready(ready)) => {
                return Poll::Ready(
                    ready.map(|reads| if reads { Ready::Readable } else { Ready::Called }),
                );
            }
            Ok(Poll::Pending) => {}
        }
        let Attached { session, epoch } = &self.conversation.attached;
        session.poll_woken(*epoch, cx).map(|()| Ok(Ready::Called))
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
    error.unwrap_or(StreamError::new("not-authorized")).into()
}

/// Ends the connection, and the session if it is not kept.
async fn leave(live: Live, end: End) {
    let Live { service, mut stream, port, conversation, place } = live;
    service.silence.forget(place);
    let Some(Way { mut socket, mut unsent }) = port.close() else { return };
    drop(port);
    let Attached { session, epoch } = conversation.attached;
    let is_whole = match end {
        End::TakenOver => unsent.is_empty(),
        _ => unsent.flush(&mut socket).await,
    };
    match end {
        End::TakenOver if !is_whole => {}
        End::TakenOver => {
            let conflict =
                StreamError::new("conflict").text("the session goes on in another connection");
            stream.close(&mut socket, conflict.into()).await;
        }
        End::Stopped if session.previd().is_empty() => {
            service.router.end(&session).await;
            if is_whole {
                stream.close(&mut socket, StreamError::new("system-shutdown").into()).await;
            }
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
            if is_whole {
                stream.close(&mut socket, end).await;
            }
        }
    }
}
