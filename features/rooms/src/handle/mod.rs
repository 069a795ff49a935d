//! Glue: load, decide, apply.

mod admin;
mod archive;
pub(crate) mod away;
mod card;
mod create;
mod decline;
mod destroy;
mod discovery;
mod effects;
mod entry;
mod hats;
mod hidden;
mod invite;
mod leave;
mod links;
mod lost;
mod moderate;
mod nick;
mod owner;
pub(crate) mod page;
mod pins;
mod policy;
mod register;
pub(crate) mod requests;
mod restored;
mod search;
mod spaces;
mod speak;
mod through;
mod versions;
mod voice;
mod whisper;

pub(crate) mod jobs;

use std::sync::Arc;

use skein_kernel::{Ctx, Refusal, Reply, Visit};
use skein_session::Session;
use skein_xmpp::{Condition, IqType, Kind, MessageType, PresenceType, Stanza, ns};

use crate::ids::is_reserved;
use crate::room::Room;
use crate::room::table::Rooms;

/// A stanza of a session at a room that exists.
pub(crate) struct At {
    pub(crate) ctx: Arc<Ctx>,
    pub(crate) session: Arc<Session>,
    pub(crate) room: Arc<Room>,
    pub(crate) stanza: Stanza,
}

impl At {
    /// The nickname that is addressed.
    fn nick(&self) -> Option<&str> {
        self.stanza.to.as_ref().and_then(|to| to.resource())
    }

    /// An empty result.
    fn done(&self) -> Reply {
        Reply::Answer(self.stanza.answer(Kind::Iq(IqType::Result)))
    }

    /// A result with content.
    fn result(&self, content: impl FnOnce(&mut skein_xml::Writer)) -> Reply {
        let answer = self.stanza.answer(Kind::Iq(IqType::Result));
        Reply::Answer(answer.with_content(content))
    }
}

/// Answers everything that is addressed to the host.
pub(crate) async fn visit(visit: Visit) -> Result<Reply, Refusal> {
    let Visit { ctx, session, stanza } = visit;
    let Some(to) = stanza.to.clone() else { return Ok(Reply::Nothing) };
    if to.local().is_none() {
        return Box::pin(discovery::service(ctx, session, stanza)).await;
    }
    let Some(session) = session else { return leave::ended(ctx, stanza).await };
    if is_reserved(&to) && !hidden::is_there_for(&ctx, &session, &stanza, &to).await? {
        return missing(&stanza);
    }
    match stanza.kind {
        Kind::Presence(PresenceType::Available) => {
            return Box::pin(entry::present(ctx, session, stanza)).await;
        }
        Kind::Presence(PresenceType::Unavailable) => {
            return Box::pin(leave::unavailable(ctx, session, stanza)).await;
        }
        // Rooms have no roster; a probe learns nothing.
        Kind::Presence(_) => return Ok(Reply::Nothing),
        _ => {}
    }
    let rooms = ctx.state::<Rooms>();
    let Some(room) = rooms.find(&ctx, &to).await? else {
        return missing(&stanza);
    };
    let at = At { ctx: ctx.clone(), session, room: room.clone(), stanza };
    let reply = match at.stanza.kind {
        Kind::Message(kind) => message(at, kind).await,
        _ => Box::pin(request(at)).await,
    };
    rooms.release(room, ctx.now());
    reply
}

/// There is no such room.
fn missing(stanza: &Stanza) -> Result<Reply, Refusal> {
    match stanza.kind {
        Kind::Iq(kind) if kind.is_request() => Err(Condition::ItemNotFound.into()),
        Kind::Message(kind) if kind != MessageType::Error => Err(Condition::ItemNotFound.into()),
        Kind::Presence(PresenceType::Available) => Err(Condition::ItemNotFound.into()),
        _ => Ok(Reply::Nothing),
    }
}

async fn message(at: At, kind: MessageType) -> Result<Reply, Refusal> {
    match (kind, at.nick().is_some()) {
        (MessageType::Error, _) => Ok(Reply::Nothing),
        (MessageType::Groupchat, false) => speak::say(at),
        // Section 7.5: to one occupant nobody writes in the type for all.
        (MessageType::Groupchat, true) => Err(Condition::BadRequest.into()),
        (_, true) => Box::pin(whisper::whisper(at)).await,
        (_, false) if at.stanza.has("whisper", ns::WHISPER) => Box::pin(whisper::whisper(at)).await,
        (_, false) if at.stanza.has("x", ns::MUC_USER) => Box::pin(invite::mediate(at)).await,
        (_, false) if at.stanza.has("x", ns::DATA) => Box::pin(voice::request(at)).await,
        (_, false) => Err(Condition::BadRequest.into()),
    }
}

async fn request(at: At) -> Result<Reply, Refusal> {
    let Kind::Iq(kind) = at.stanza.kind else { return Ok(Reply::Nothing) };
    if through::is_for_card(&at, kind) {
        return through::card(at).await;
    }
    if at.nick().is_some() || !kind.is_request() {
        return through::pass(at, kind);
    }
    let Some(payload) = at.stanza.children().next() else {
        return Err(Condition::BadRequest.into());
    };
    let name = (payload.name().to_owned(), payload.ns().to_owned());
    match (name.0.as_str(), name.1.as_str(), kind) {
        ("query", ns::DISCO_INFO, IqType::Get) => discovery::info(&at).await,
        ("query", ns::DISCO_ITEMS, IqType::Get) => discovery::items(&at),
        ("ping", ns::PING, IqType::Get) => discovery::ping(&at),
        ("query", ns::MUC_ADMIN, IqType::Get) => admin::list(&at),
        ("query", ns::MUC_ADMIN, IqType::Set) => admin::change(at).await,
        ("query", ns::MUC_OWNER, IqType::Get) => owner::form(&at),
        ("query", ns::MUC_OWNER, IqType::Set) => owner::set(at).await,
        ("query", ns::REGISTER, IqType::Get) => register::form(at).await,
        ("query", ns::REGISTER, IqType::Set) => register::set(at).await,
        ("query", ns::MAM, _) | ("metadata", ns::MAM, IqType::Get) => archive::query(at).await,
        ("moderate", ns::MODERATE, IqType::Set) | ("apply-to", ns::FASTEN, IqType::Set) => {
            moderate::moderate(at).await
        }
        ("requests", ns::ROOMS, IqType::Get) => requests::list(at).await,
        ("request", ns::ROOMS, IqType::Set) => requests::answer(at).await,
        ("link", ns::ROOMS, IqType::Set) => links::make(at).await,
        ("links", ns::ROOMS, IqType::Get) => links::list(at).await,
        ("revoke", ns::ROOMS, IqType::Set) => links::revoke(at).await,
        ("pin", ns::ROOMS, IqType::Set) => pins::set(at, true).await,
        ("unpin", ns::ROOMS, IqType::Set) => pins::set(at, false).await,
        ("pins", ns::ROOMS, IqType::Get) => pins::list(at).await,
        ("command", ns::COMMANDS, IqType::Set) => hats::command(at).await,
        ("vCard", ns::VCARD, IqType::Get) => card::get(&at),
        ("vCard", ns::VCARD, IqType::Set) => card::set(at).await,
        _ => Err(Condition::ServiceUnavailable.into()),
    }
}
