//! Links that let people in (docs/rooms.md): made, listed, ended, used.

use std::sync::Arc;

use skein_base::rng::to_hex;
use skein_base::{Timestamp, limits};
use skein_config::Config as Settings;
use skein_db::Tx;
use skein_kernel::{Ctx, Refusal, Reply};
use skein_session::Session;
use skein_xml::Writer;
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::handle::admin::{self, group_full};
use crate::handle::effects::{self, Cause};
use crate::handle::{At, page};
use crate::room::Room;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::rules::affiliation::Affiliation;
use crate::rules::rights::Action;
use crate::rules::voice;
use crate::store::{self, Kept, Link};

/// `<link uses='' expires=''/>`.
pub(crate) async fn make(at: At) -> Result<Reply, Refusal> {
    let asked = at.stanza.child("link", ns::ROOMS).ok_or(Condition::BadRequest)?;
    let now = at.ctx.now();
    let uses = match asked.attr("uses") {
        Some(uses) => uses.parse::<u32>().map_err(|_| Condition::BadRequest)?,
        None => 0,
    };
    let expires = match asked.attr("expires") {
        Some(expires) => Timestamp::parse(&expires).ok_or(Condition::BadRequest)?,
        None => now.plus(limits::ROOM_LINK),
    };
    if expires <= now || expires > now.plus(limits::ROOM_LINK_MOST) {
        return Err(StanzaError::new(Condition::NotAcceptable)
            .text("a link is good for 365 days at most")
            .into());
    }
    may_add(&at)?;
    let mut random = [0; 16];
    at.ctx.rng.fill(&mut random);
    let link = Link {
        token: to_hex(&random),
        room: at.room.id(),
        maker: at.session.user.jid.as_str().to_owned(),
        expires,
        uses: i64::from(uses),
        used: 0,
    };
    let made = link.clone();
    let write = move |tx: &mut Tx<'_>| {
        let has_room = store::links(tx, made.room, now)?.len() < limits::ROOM_LINKS;
        if has_room {
            store::put_link(tx, &made)?;
        }
        Ok(has_room)
    };
    if !at.ctx.db.write(write).await? {
        return Err(StanzaError::new(Condition::ResourceConstraint)
            .text("too many links are open; end one first")
            .into());
    }
    Ok(at.result(|writer| write_link(writer, &at.ctx.config, at.room.jid(), &link)))
}

/// `<links/>`: one's own; all for owners and admins.
pub(crate) async fn list(at: At) -> Result<Reply, Refusal> {
    let sees_all = may_add(&at)? >= Affiliation::Admin;
    let (room, now) = (at.room.id(), at.ctx.now());
    let mut links = at.ctx.db.read(move |tx| store::links(tx, room, now)).await?;
    links.retain(|link| sees_all || link.maker == at.session.user.jid.as_str());
    Ok(at.result(|writer| {
        writer.start("links", ns::ROOMS);
        links.iter().for_each(|link| write_link(writer, &at.ctx.config, at.room.jid(), link));
        writer.end();
    }))
}

/// `<revoke token=''/>`.
pub(crate) async fn revoke(at: At) -> Result<Reply, Refusal> {
    let asked = at.stanza.child("revoke", ns::ROOMS).ok_or(Condition::BadRequest)?;
    let token = asked.attr("token").ok_or(Condition::BadRequest)?.into_owned();
    let who = at.session.user.jid.clone();
    let rules_all = at.room.state().affiliation(&who) >= Affiliation::Admin;
    let room = at.room.id();
    let write = move |tx: &mut Tx<'_>| {
        let link = store::link(tx, &token)?.filter(|link| link.room == room);
        let Some(link) = link.filter(|link| rules_all || link.maker == who.as_str()) else {
            return Ok(false);
        };
        store::revoke_link(tx, room, &link.token)?;
        Ok(true)
    };
    if at.ctx.db.write(write).await? { Ok(at.done()) } else { Err(Condition::ItemNotFound.into()) }
}

/// How the asker stands to the room, if they may add people.
fn may_add(at: &At) -> Result<Affiliation, Refusal> {
    let state = at.room.state();
    let affiliation = state.affiliation(&at.session.user.jid);
    if affiliation < Affiliation::Member && state.inside(at.session.id).is_none() || state.locked {
        return Err(Condition::Forbidden.into());
    }
    voice::may(&state.config, state.standing_of(&at.session), Action::Add)?;
    Ok(affiliation)
}

fn write_link(writer: &mut Writer, settings: &Settings, room: &Jid, link: &Link) {
    writer.start("link", ns::ROOMS);
    writer.attr("token", &link.token);
    if link.uses > 0 {
        writer.attr("uses", &link.uses.to_string());
    }
    writer.attr("used", &link.used.to_string());
    writer.attr("expires", &link.expires.to_string());
    writer.attr("uri", &page::uri(room, &link.token));
    writer.attr("page", &page::url(settings, room, &link.token));
    writer.end();
}

/// A stranger enters with what may be the token of a link. If it is, they are a member from
/// now on, and `true` says so.
pub(crate) async fn redeem(
    ctx: &Arc<Ctx>,
    room: &Arc<Room>,
    session: &Session,
    token: &str,
) -> Result<bool, Refusal> {
    let who = session.user.jid.clone();
    let _door = room.door.lock().await;
    {
        let state = room.state();
        if state.locked || state.gone || state.affiliation(&who) != Affiliation::None {
            return Ok(false);
        }
    }
    let is_full = {
        let state = room.state();
        state.members() >= state.config.most_members()
    };
    let nick = room.state().kept_nick(&who).unwrap_or_default().to_owned();
    let (writing, here, token) = (ctx.clone(), room.clone(), token.to_owned());
    let (now, joined) = (ctx.now(), who.clone());
    let write = move |tx: &mut Tx<'_>| {
        let link = store::link(tx, &token)?.filter(|link| link.room == here.id());
        if !link.is_some_and(|link| link.is_good(now)) {
            return Ok(None);
        }
        if is_full {
            return Ok(Some(Err(group_full())));
        }
        store::use_link(tx, &token)?;
        let delivered = writing.contracts.log.head(tx, here.log.owner)?;
        let kept = Kept { affiliation: Affiliation::Member, nick: nick.clone(), delivered };
        admin::save(tx, here.id(), &joined, &kept, true)?;
        store::drop_request(tx, here.id(), &joined)?;
        Ok(Some(Ok(kept)))
    };
    let here = room.clone();
    let apply = move |outcome: Option<Result<Kept, StanzaError>>| match outcome {
        Some(Ok(kept)) => {
            let mut fan = Fan::default();
            let mut state = here.state();
            let cause = Cause::default();
            effects::set_affiliation(&here, &mut state, &mut fan, &who, kept, &cause);
            Ok(true)
        }
        Some(Err(full)) => Err(full),
        None => Ok(false),
    };
    Ok(change(ctx, write, apply).await??)
}
