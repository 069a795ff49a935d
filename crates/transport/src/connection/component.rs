//! The connection of a component (XEP-0114).

use std::io;
use std::sync::Arc;

use skein_kernel::Event;
use skein_session::component::Component;
use skein_stream::Framing;
use skein_stream::component::{Intake, Said, digest, header};
use skein_stream::framing::stream_id;
use skein_xmpp::{Stanza, StreamError};

use super::Service;
use super::unsent::{Unsent, write_all};
use crate::buffer;
use crate::gate::Pass;
use crate::socket::{Read, Socket};

/// Serves the connection to its end.
pub async fn serve_component(service: Service, mut socket: Socket, pass: Pass) {
    let limit = service.ctx().config.limits.negotiation;
    let mut stream = Stream { intake: Intake::default(), kept: Vec::new() };
    let let_in = tokio::time::timeout(limit, stream.let_in(&service, &mut socket)).await;
    let domain = match let_in {
        Ok(Ok(domain)) => domain,
        Ok(Err(end)) => return stream.close(&mut socket, end).await,
        Err(_) => {
            let late = StreamError::new("connection-timeout");
            return stream.close(&mut socket, End::Stream(Some(late))).await;
        }
    };
    drop(pass);
    let component = service.ctx().components.attach(&domain);
    tracing::info!(target: "components", domain, "a component is connected");
    service.router.greet(&domain, &component);
    service.ctx().route().notify(Event::Connected(domain.as_str().into())).await;
    // Who reads this is reachable by then, so it is said behind the attaching.
    let end = match write_all(&mut socket, b"<handshake/>").await {
        Ok(()) => stream.converse(&service, &mut socket, &domain, &component).await,
        Err(_) => End::Cut,
    };
    service.ctx().components.detach(&domain, &component);
    if service.ctx().components.of(&domain).is_none() {
        service.ctx().route().notify(Event::Disconnected(domain.as_str().into())).await;
    }
    tracing::info!(target: "components", domain, "a component is gone");
    stream.close(&mut socket, end).await;
}

/// How the connection ends.
enum End {
    /// The stream ends, with an error if there is one.
    Stream(Option<StreamError>),
    /// Nobody is there to be told.
    Cut,
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

struct Stream {
    intake: Intake,
    /// Input that is not used up.
    kept: Vec<u8>,
}

impl Stream {
    /// Header and handshake; gives the domain.
    async fn let_in(&mut self, service: &Service, socket: &mut Socket) -> Result<String, End> {
        let id = stream_id(&*service.ctx().rng);
        let mut claimed = None;
        loop {
            match self.next(service, false)? {
                Said::More => {
                    socket.readable().await?;
                    if self.read(socket)? == Read::Closed {
                        return Err(End::Cut);
                    }
                }
                Said::Header(domain) => {
                    let all = &service.ctx().config.components.secrets;
                    let known = all.iter().find(|component| component.domain == domain);
                    write_all(socket, &header(&domain, &id)).await?;
                    claimed = Some(known.ok_or_else(|| StreamError::new("host-unknown"))?);
                }
                Said::Handshake(given) => {
                    // Both sides hash an id that is used once, so the time tells nothing.
                    let known = claimed.filter(|c| digest(&id, c.secret.expose()) == given);
                    let known = known.ok_or_else(|| StreamError::new("not-authorized"))?;
                    self.intake.let_in();
                    return Ok(known.domain.clone());
                }
                Said::Space => {}
                Said::Close => return Err(End::Stream(None)),
                Said::Stanza(_) | Said::Refused(..) => {
                    return Err(StreamError::new("not-authorized").into());
                }
            }
        }
    }

    async fn converse(
        &mut self,
        service: &Service,
        socket: &mut Socket,
        domain: &str,
        component: &Arc<Component>,
    ) -> End {
        let mut unsent = Unsent::default();
        loop {
            // What came with the handshake's last bytes is heard before anything is awaited.
            let (stanzas, end) = self.heard(service, component);
            if !stanzas.is_empty()
                && let Err(error) = service.router.hear_component(domain, stanzas).await
            {
                return error.into();
            }
            if unsent.is_empty() {
                match component.take() {
                    Some(output) => unsent = Unsent { bytes: output, from: 0 },
                    None => {
                        let other = "another connection answers for this domain now";
                        return StreamError::new("conflict").text(other).into();
                    }
                }
            }
            if unsent.write(socket).is_err() {
                return End::Cut;
            }
            let end = end.or_else(|| {
                service.is_stopping().then(|| StreamError::new("system-shutdown").into())
            });
            if let Some(end) = end {
                return if unsent.flush(socket).await { end } else { End::Cut };
            }
            tokio::select! {
                ready = socket.readable() => match ready.and_then(|()| self.read(socket)) {
                    Ok(Read::Closed) | Err(_) => return End::Cut,
                    Ok(_) => {}
                },
                ready = socket.writable(), if !unsent.is_empty() => {
                    if ready.is_err() {
                        return End::Cut;
                    }
                }
                () = component.woken() => {}
            }
        }
    }

    /// All whole stanzas of what was read, and how the stream ends if it does.
    fn heard(&mut self, service: &Service, component: &Component) -> (Vec<Stanza>, Option<End>) {
        let mut stanzas = Vec::new();
        loop {
            match self.next(service, true) {
                Ok(Said::More) => return (stanzas, None),
                Ok(Said::Stanza(stanza)) => stanzas.push(stanza),
                Ok(Said::Refused(stanza, error)) => {
                    if let Some(answer) = stanza.error(&error) {
                        component.push(&answer);
                    }
                }
                Ok(Said::Space) => {}
                Ok(Said::Close) => return (stanzas, Some(End::Stream(None))),
                Ok(Said::Header(_) | Said::Handshake(_)) => {
                    return (stanzas, Some(StreamError::new("invalid-xml").into()));
                }
                Err(error) => return (stanzas, Some(error.into())),
            }
        }
    }

    fn next(&mut self, service: &Service, let_in: bool) -> Result<Said, StreamError> {
        let (used, said) = self.intake.next(&self.kept, &service.limits(let_in))?;
        self.kept.drain(..used);
        Ok(said)
    }

    fn read(&mut self, socket: &mut Socket) -> io::Result<Read> {
        buffer::lend(|into| {
            std::mem::swap(&mut into.plain, &mut self.kept);
            let read = socket.try_read(into);
            std::mem::swap(&mut into.plain, &mut self.kept);
            read
        })
    }

    async fn close(&mut self, socket: &mut Socket, end: End) {
        let End::Stream(error) = end else { return };
        let mut out = Vec::new();
        if self.intake.expects_header() && error.is_some() {
            out.append(&mut header("", ""));
        }
        Framing::Tcp.write_end(error.as_ref(), &mut out);
        let farewell = async {
            write_all(socket, &out).await?;
            socket.shutdown().await?;
            socket.drain().await
        };
        let _ = tokio::time::timeout(skein_base::limits::FAREWELL, farewell).await;
    }
}
