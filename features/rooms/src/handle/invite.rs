//! Invitations through the room, and what the invited answer (XEP-0045 section 7.8.2).

use std::sync::Arc;

use skein_kernel::contracts::may_invite;
use skein_kernel::{Ctx, Refusal, Reply};
use skein_xml::Element;
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, StanzaError, ns};

use crate::handle::At;
use crate::handle::admin;
use crate::proto::admin::{Item, Whom, Wish};
use crate::proto::invite::Invitation;
use crate::proto::text_of;
use crate::room::fan::Fan;
use crate::rules::affiliation::Affiliation;
use crate::rules::voice;

/// People that one message may invite.
const INVITED: usize = 50;

/// A message to the room with `<x xmlns='…muc#user'/>`.
pub(crate) async fn mediate(at: At) -> Result<Reply, Refusal> {
    let Some(x) = at.stanza.child("x", ns::MUC_USER) else { return Ok(Reply::Nothing) };
    if let Some(decline) = x.child("decline", ns::MUC_USER) {
        return declined(&at, decline);
    }
    let invites: Vec<Invitation> = x
        .children()
        .filter(|child| child.is("invite", ns::MUC_USER))
        .take(INVITED)
        .map(Invitation::read)
        .collect::<Result<_, StanzaError>>()?;
    if invites.is_empty() {
        return Err(Condition::BadRequest.into());
    }
    let (from, password, is_closed) = {
        let state = at.room.state();
        let Some(inviter) = state.inside(at.session.id) else {
            return Err(StanzaError::new(Condition::NotAcceptable)
                .text("only occupants may invite")
                .into());
        };
        voice::may_invite(&state.config, state.standing(inviter))?;
        let shown =
            if state.config.non_anonymous { inviter.real.clone() } else { inviter.at.clone() };
        let password = state.config.password_protected.then(|| state.config.password.clone());
        // A group of a circle is not there for who is neither in the circle nor a member.
        let is_closed = state.config.members_only || !state.config.circles.is_empty();
        (shown, password, is_closed)
    };
    for invite in &invites {
        if !wants(&at.ctx, &at.session.user.jid, &invite.to).await? {
            continue;
        }
        if is_closed {
            // Section 9.3: who is invited to a room for members becomes one.
            make_member(&at, &invite.to).await?;
        }
        send(&at.ctx, invite, at.room.jid(), &from, password.as_deref()).await;
    }
    Ok(Reply::Nothing)
}

/// Whether the invited lets the inviter do so, whose address the room may not show them. Who
/// does not is not told, nor is the inviter.
pub(crate) async fn wants(ctx: &Arc<Ctx>, inviter: &Jid, invited: &Jid) -> Result<bool, Refusal> {
    if !ctx.serves(invited.domain()) {
        return Ok(true);
    }
    let invited = ctx.user(&invited.bare()).await?;
    Ok(invited.is_none_or(|invited| may_invite(ctx, &invited, inviter)))
}

async fn make_member(at: &At, who: &Jid) -> Result<(), Refusal> {
    if at.room.state().affiliation(who) != Affiliation::None {
        return Ok(());
    }
    let item = Item {
        whom: Whom::Account(who.bare()),
        wish: Wish::Affiliation(Affiliation::Member),
        reason: None,
        nick: None,
    };
    admin::set_unasked(&at.ctx, &at.room, vec![item]).await
}

/// An invitation on its way.
pub(crate) async fn send(
    ctx: &Arc<Ctx>,
    invitation: &Invitation,
    room: &Jid,
    from: &Jid,
    password: Option<&str>,
) {
    ctx.route().route(invitation.stanza(room, from, password)).await;
}

/// Somebody does not come: who invited them is told, if they are still inside.
fn declined(at: &At, decline: Element<'_>) -> Result<Reply, Refusal> {
    let to = decline.attr("to").ok_or(Condition::BadRequest)?;
    let to = Jid::parse(&to).map_err(|_| Condition::JidMalformed)?;
    let reason = text_of(decline, "reason");
    let mut stanza = Stanza::new(Kind::Message(MessageType::Normal));
    stanza.from = Some(at.room.jid().clone());
    let stanza = stanza.with_content(|writer| {
        writer.start("x", ns::MUC_USER);
        writer.start("decline", ns::MUC_USER);
        writer.attr("from", at.session.user.jid.as_str());
        if let Some(reason) = &reason {
            writer.leaf("reason", ns::MUC_USER, reason);
        }
        writer.end();
        writer.end();
    });
    let state = at.room.state();
    let mut fan = Fan::default();
    let is_inviter = |at: &Jid, real: &Jid| *at == to || real.same_bare(&to);
    for inviter in state.occupants().filter(|o| is_inviter(&o.at, &o.real)) {
        fan.occupant(inviter, &stanza, false);
    }
    Ok(Reply::Nothing)
}
