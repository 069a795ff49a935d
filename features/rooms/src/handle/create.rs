//! A room in one request, under an address that the server chooses (docs/rooms.md).

use std::sync::Arc;

use skein_base::limits;
use skein_db::Tx;
use skein_kernel::{Ctx, Refusal, Reply};
use skein_session::Session;
use skein_xml::Element;
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, IqType, Jid, Kind, Stanza, StanzaError, ns};

use crate::handle::admin::group_full;
use crate::handle::{invite, policy};
use crate::ids::reserved_local;
use crate::proto::invite::Invitation;
use crate::room::table::Rooms;
use crate::rules::affiliation::Affiliation;
use crate::rules::config::Config;
use crate::store::{self, Invited, Kept};

/// `<create/>` to the host.
pub(crate) async fn create(
    ctx: &Arc<Ctx>,
    session: &Session,
    stanza: &Stanza,
    create: Element<'_>,
) -> Result<Reply, Refusal> {
    let owner = session.user.jid.clone();
    let form = Form::read(create).unwrap_or_default();
    let config = Config::default().with(&form.fields)?;
    let mut members = Vec::new();
    for member in named(create, &owner)? {
        if invite::wants(ctx, &owner, &member).await? {
            members.push(member);
        }
    }
    if members.len() + 1 > config.most_members() {
        return Err(group_full().into());
    }
    let host = stanza.to.as_ref().map_or("", |to| to.domain());
    policy::may_make(ctx, &session.user, host).await?;
    let local = reserved_local(&*ctx.rng);
    let jid = Jid::from_parts(Some(&local), host, None).map_err(|_| Condition::BadRequest)?;
    let nick = nick(create, &jid)?;
    let id = ctx.state::<Rooms>().reserved_number(&jid);
    let mut kept =
        vec![(owner.clone(), Kept { affiliation: Affiliation::Owner, nick, ..Kept::default() })];
    let member = Kept { affiliation: Affiliation::Member, ..Kept::default() };
    kept.extend(members.iter().map(|jid| (jid.clone(), member.clone())));
    let (room, saved, invited) = (jid.clone(), config.clone(), members.clone());
    let invitation = Invited { inviter: owner.clone(), shown: owner.clone(), joined: true };
    let now = ctx.now();
    let write = move |tx: &mut Tx<'_>| {
        store::save(tx, &room, id, &saved)?;
        kept.iter().try_for_each(|(who, kept)| store::put_affiliation(tx, id, who, kept))?;
        invited.iter().try_for_each(|who| store::put_invitation(tx, id, who, &invitation, now))
    };
    ctx.db.write(write).await?;
    let password = config.password_protected.then_some(config.password.as_str());
    for member in members {
        let invitation = Invitation::to(member);
        invite::send(ctx, &invitation, &jid, &owner, password).await;
    }
    let result = stanza.answer(Kind::Iq(IqType::Result));
    Ok(Reply::Answer(result.with_content(|writer| {
        writer.start("created", ns::ROOMS);
        writer.attr("jid", jid.as_str());
        writer.end();
    })))
}

/// The people who are members from the first, each once and without the owner.
fn named(create: Element<'_>, owner: &Jid) -> Result<Vec<Jid>, StanzaError> {
    let mut members: Vec<Jid> = Vec::new();
    for member in create.children().filter(|child| child.is("member", ns::ROOMS)) {
        let jid = member.attr("jid").ok_or(Condition::BadRequest)?;
        let jid = Jid::parse(&jid).map_err(|_| Condition::JidMalformed)?.bare();
        if jid != *owner && !members.contains(&jid) {
            members.push(jid);
        }
        if members.len() > limits::ROOM_ITEMS {
            return Err(Condition::NotAcceptable.into());
        }
    }
    Ok(members)
}

/// The nickname that is kept for the owner, if they name one.
fn nick(create: Element<'_>, room: &Jid) -> Result<String, StanzaError> {
    let Some(nick) = create.attr("nick") else { return Ok(String::new()) };
    let at = room.with_resource(&nick).map_err(|_| Condition::JidMalformed)?;
    let nick = at.resource().unwrap_or_default();
    if nick.is_empty() || nick.len() > limits::ROOM_NICK_BYTES {
        return Err(Condition::NotAcceptable.into());
    }
    Ok(nick.to_owned())
}
