//! Letting a new device in: a client that is in asks for a token and shows it, most likely
//! as a picture; the new one logs in by it with FAST, asks for a token of its own, and the
//! client that asked is told.

use std::sync::Arc;

use skein_accounts::{Accounts, Device};
use skein_kernel::{Ctx, Event, Refusal, Request};
use skein_session::{Session, SessionId};
use skein_xmpp::{Condition, ErrorType, Kind, MessageType, Stanza, StanzaError};

use crate::proto;

/// A token that lets one device in.
pub(crate) async fn link(request: Request) -> Result<Stanza, Refusal> {
    request.payload()?;
    let session = &request.session;
    let accounts = request.ctx.state::<Accounts>();
    let issued = accounts.link(session.account(), session.id, &session.device.key);
    let issued = issued.ok_or_else(|| {
        StanzaError::new(Condition::ResourceConstraint)
            .class(ErrorType::Wait)
            .text("other devices of yours wait for a new one; wait two minutes")
    })?;
    Ok(request.result(|writer| proto::write_link(writer, issued.token.expose(), issued.expires)))
}

/// The token is not to be used any more.
pub(crate) async fn unlink(request: Request) -> Result<Stanza, Refusal> {
    request.payload()?;
    let session = &request.session;
    if !request.ctx.state::<Accounts>().unlink(session.account(), session.id) {
        return Err(Condition::ItemNotFound.into());
    }
    Ok(request.done())
}

pub(crate) async fn hear(ctx: Arc<Ctx>, event: Event) {
    let accounts = ctx.state::<Accounts>();
    match event {
        Event::Ended { session, .. } => {
            accounts.unlink(session.account(), session.id);
        }
        Event::Bound(session) => {
            if let Some(asker) = accounts.linked(session.account(), &session.device.key) {
                tell(accounts, &session, asker).await;
            }
        }
        _ => {}
    }
}

/// Tells the client that asked who came in.
async fn tell(accounts: &Accounts, new: &Arc<Session>, asker: SessionId) {
    let sessions = new.user.sessions();
    let Some(asker) = sessions.iter().find(|session| session.id == asker) else { return };
    let devices = match accounts.devices(new.account()).await {
        Ok(devices) => devices,
        Err(fault) => {
            tracing::warn!(target: "devices", %fault, "a new client has no name");
            Vec::new()
        }
    };
    let known = devices.iter().find(|device| *device.client == *new.device.key);
    let mut message = Stanza::new(Kind::Message(MessageType::Headline));
    message.from = Some(new.user.jid.clone());
    message.to = Some(asker.jid.clone());
    let message = message.with_content(|writer| {
        let name = |part: fn(&Device) -> &str| known.map(part).unwrap_or_default();
        let (software, device) = (name(|known| &known.software), name(|known| &known.device));
        proto::write_linked(writer, &new.device.key, software, device);
    });
    asker.send(&message);
}
