//! Invitations through the room (XEP-0045 section 7.8.2).

use std::sync::Arc;

use skein_kernel::contracts::may_invite;
use skein_kernel::{Ctx, Refusal, Reply};
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::handle::{At, admin, decline};
use crate::proto::admin::Item;
use crate::proto::invite::Invitation;
use crate::rules::affiliation::Affiliation;
use crate::rules::voice;
use crate::store::{self, Invited};

/// People that one message may invite.
const INVITED: usize = 50;

/// A message to the room with `<x xmlns='…muc#user'/>`.
pub(crate) async fn mediate(at: At) -> Result<Reply, Refusal> {
    let Some(x) = at.stanza.child("x", ns::MUC_USER) else { return Ok(Reply::Nothing) };
    if let Some(decline) = x.child("decline", ns::MUC_USER) {
        return decline::declined(&at, decline).await;
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
        // Section 9.3: who is invited to a room for members becomes one.
        let joined = is_closed && make_member(&at, &invite.to).await?;
        let inviter = at.session.user.jid.clone();
        let invited = Invited { inviter, shown: from.clone(), joined };
        let (room, who, now) = (at.room.id(), invite.to.clone(), at.ctx.now());
        at.ctx.db.write(move |tx| store::put_invitation(tx, room, &who, &invited, now)).await?;
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

/// Whether they become one now.
async fn make_member(at: &At, who: &Jid) -> Result<bool, Refusal> {
    if at.room.state().affiliation(who) != Affiliation::None {
        return Ok(false);
    }
    let item = Item::of_account(who, Affiliation::Member);
    admin::set_unasked(&at.ctx, &at.room, vec![item]).await?;
    Ok(true)
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
