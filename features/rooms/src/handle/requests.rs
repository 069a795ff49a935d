//! Asking to be let in, and the answers (XEP-0045 sections 7.10 and 9.9, docs/rooms.md).

use std::sync::Arc;

use skein_base::limits;
use skein_kernel::{Ctx, Refusal, Reply};
use skein_xml::Writer;
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, StanzaError, ns};

use crate::handle::{At, admin};
use crate::proto::admin::Item;
use crate::proto::form::write_approval;
use crate::proto::note_of;
use crate::room::{Room, State};
use crate::rules::affiliation::Affiliation;
use crate::store::{self, Asked};

/// Owners and admins that are told of a request.
const TOLD: usize = 50;
/// The field of the applicant's address in the form for approval.
pub(crate) const APPLICANT: &str = "{urn:skein:rooms:0}jid";

/// Whether strangers may ask to be let in: they must be able to see the room.
pub(crate) fn are_open(state: &State) -> bool {
    let config = &state.config;
    config.members_only && config.requests && (config.public || !config.circles.is_empty())
}

/// Somebody asks. The nickname is as addresses spell it.
pub(crate) async fn ask(at: At, nick: String, note: String) -> Result<Reply, Refusal> {
    if note.len() > limits::ROOM_NOTE_BYTES {
        return Err(Condition::NotAcceptable.into());
    }
    let (jid, now) = (at.session.user.jid.clone(), at.ctx.now());
    let asked = Asked { jid, nick, note, at: now };
    let (room, kept) = (at.room.id(), asked.clone());
    let write = move |tx: &mut skein_db::Tx<'_>| {
        let (here, of_one) = store::count_requests(tx, room, &kept.jid)?;
        let is_new = store::request(tx, room, &kept.jid)?.is_none();
        let is_too_much = here >= limits::ROOM_REQUESTS || of_one >= limits::ROOM_REQUESTS_OF_ONE;
        if is_new && is_too_much {
            return Ok(None);
        }
        store::put_request(tx, room, &kept)?;
        Ok(Some(is_new))
    };
    let is_new = at.ctx.db.write(write).await?.ok_or_else(|| {
        StanzaError::new(Condition::ResourceConstraint).text("too many requests wait already")
    })?;
    if is_new {
        let notice = notice_of_request(&at.room, &asked);
        tell_admins(&at.ctx, &at.room, &notice, None).await;
    }
    Ok(at.result(|writer| writer.leaf("requested", ns::ROOMS, "")))
}

/// Takes a request back.
pub(crate) async fn withdraw(at: At) -> Result<Reply, Refusal> {
    let (room, who) = (at.room.id(), at.session.user.jid.clone());
    at.ctx.db.write(move |tx| store::drop_request(tx, room, &who)).await?;
    Ok(at.done())
}

/// The queue, for owners and admins.
pub(crate) async fn list(at: At) -> Result<Reply, Refusal> {
    admins_only(&at)?;
    let room = at.room.id();
    let all = at.ctx.db.read(move |tx| store::requests(tx, room)).await?;
    Ok(at.result(|writer| {
        writer.start("requests", ns::ROOMS);
        for asked in &all {
            writer.start("request", ns::ROOMS);
            writer.attr("jid", asked.jid.as_str());
            writer.attr("nick", &asked.nick);
            writer.attr("stamp", &asked.at.to_string());
            if !asked.note.is_empty() {
                writer.leaf("note", ns::ROOMS, &asked.note);
            }
            writer.end();
        }
        writer.end();
    }))
}

/// An answer by `<request jid='' allow=''/>`.
pub(crate) async fn answer(at: At) -> Result<Reply, Refusal> {
    admins_only(&at)?;
    let request = at.stanza.child("request", ns::ROOMS).ok_or(Condition::BadRequest)?;
    let who = request.attr("jid").ok_or(Condition::BadRequest)?;
    let who = Jid::parse(&who).map_err(|_| Condition::JidMalformed)?.bare();
    let allow = match request.attr("allow").as_deref() {
        Some("1" | "true") => true,
        Some("0" | "false") => false,
        _ => return Err(Condition::BadRequest.into()),
    };
    let reason = note_of(request, "reason")?;
    decide(&at, who, allow, reason).await?;
    Ok(at.done())
}

/// An answer by the form of section 9.9, in a message to the room.
pub(crate) async fn by_form(at: At, form: &Form) -> Result<Reply, Refusal> {
    admins_only(&at)?;
    let who = form.value(APPLICANT).ok_or(Condition::BadRequest)?;
    let who = Jid::parse(who).map_err(|_| Condition::JidMalformed)?.bare();
    let allow = matches!(form.value("muc#register_allow"), Some("1" | "true"));
    // Who cancels the form leaves the request where it is.
    if !form.cancelled {
        decide(&at, who, allow, None).await?;
    }
    Ok(Reply::Nothing)
}

fn admins_only(at: &At) -> Result<(), Refusal> {
    let affiliation = at.room.state().affiliation(&at.session.user.jid);
    if affiliation >= Affiliation::Admin { Ok(()) } else { Err(Condition::Forbidden.into()) }
}

async fn decide(at: &At, who: Jid, allow: bool, reason: Option<String>) -> Result<(), Refusal> {
    let (room, asker) = (at.room.id(), who.clone());
    let asked = at.ctx.db.read(move |tx| store::request(tx, room, &asker)).await?;
    let asked = asked.ok_or(Condition::ItemNotFound)?;
    let is_stranger = at.room.state().affiliation(&who) == Affiliation::None;
    if allow && is_stranger {
        let nick = Some(asked.nick).filter(|nick| !nick.is_empty());
        let item = Item { nick, ..Item::of_account(&who, Affiliation::Member) };
        admin::set_unasked(&at.ctx, &at.room, vec![item]).await?;
    }
    let asker = who.clone();
    at.ctx.db.write(move |tx| store::drop_request(tx, room, &asker)).await?;
    let mut notice = notice_of_answer(&at.room, allow, reason.as_deref());
    notice.to = Some(who.clone());
    at.ctx.route().route(notice).await;
    let told = notice_to_others(&at.room, &who, allow);
    tell_admins(&at.ctx, &at.room, &told, Some(&at.session.user.jid)).await;
    Ok(())
}

/// To all owners and admins but one, wherever they are.
async fn tell_admins(ctx: &Arc<Ctx>, room: &Room, notice: &Stanza, but: Option<&Jid>) {
    let admins: Vec<Jid> = {
        let state = room.state();
        let admins = state.affiliations.iter().filter(|(jid, kept)| {
            kept.affiliation >= Affiliation::Admin && but.is_none_or(|but| but != *jid)
        });
        admins.map(|(jid, _)| jid.clone()).take(TOLD).collect()
    };
    for admin in admins {
        let mut notice = notice.clone();
        notice.to = Some(admin);
        ctx.route().route(notice).await;
    }
}

fn notice(room: &Room, content: impl FnOnce(&mut Writer)) -> Stanza {
    let mut stanza = Stanza::new(Kind::Message(MessageType::Normal));
    stanza.from = Some(room.jid().clone());
    stanza.with_content(content)
}

fn notice_of_request(room: &Room, asked: &Asked) -> Stanza {
    let body = format!("{} asks to join {}", asked.jid.as_str(), title(room));
    notice(room, |writer| {
        writer.leaf("body", ns::CLIENT, &body);
        write_approval(writer, asked);
    })
}

fn notice_of_answer(room: &Room, allow: bool, reason: Option<&str>) -> Stanza {
    let title = title(room);
    let body = match allow {
        true => format!("You are now a member of {title}"),
        false => format!("Your request to join {title} was declined"),
    };
    notice(room, |writer| {
        writer.leaf("body", ns::CLIENT, &body);
        if allow {
            writer.start("x", ns::MUC_USER);
            writer.start("invite", ns::MUC_USER);
            writer.attr("from", room.jid().as_str());
            writer.leaf("reason", ns::MUC_USER, &body);
            writer.end();
            writer.end();
            writer.start("x", ns::CONFERENCE);
            writer.attr("jid", room.jid().as_str());
            writer.end();
        }
        writer.start("answered", ns::ROOMS);
        writer.attr("allowed", if allow { "1" } else { "0" });
        if let Some(reason) = reason {
            writer.leaf("reason", ns::ROOMS, reason);
        }
        writer.end();
    })
}

fn notice_to_others(room: &Room, who: &Jid, allow: bool) -> Stanza {
    notice(room, |writer| {
        writer.start("answered", ns::ROOMS);
        writer.attr("allowed", if allow { "1" } else { "0" });
        writer.attr("jid", who.as_str());
        writer.end();
    })
}

fn title(room: &Room) -> String {
    room.state().config.title(room.jid()).to_owned()
}
