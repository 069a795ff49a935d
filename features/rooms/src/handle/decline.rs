//! The invited do not come (XEP-0045 section 7.8.2): who invited them is told, once. What
//! nobody was invited to cannot be declined: it would be a letter to anybody, past blocks
//! and everything that bounds strangers.

use skein_base::limits;
use skein_kernel::contracts::blocks;
use skein_kernel::{Refusal, Reply};
use skein_xml::Element;
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, ns};

use crate::handle::{At, admin};
use crate::proto::admin::Item;
use crate::proto::text_of;
use crate::room::Room;
use crate::rules::affiliation::Affiliation;
use crate::store::{self, Invited};

/// `<decline to=''/>`.
pub(crate) async fn declined(at: &At, decline: Element<'_>) -> Result<Reply, Refusal> {
    let to = decline.attr("to").ok_or(Condition::BadRequest)?;
    let to = Jid::parse(&to).map_err(|_| Condition::JidMalformed)?;
    let reason = text_of(decline, "reason");
    if reason.as_ref().is_some_and(|reason| reason.len() > limits::ROOM_SUBJECT_BYTES) {
        return Err(Condition::NotAcceptable.into());
    }
    let who = at.session.user.jid.clone();
    {
        let state = at.room.state();
        if state.affiliation(&who) == Affiliation::Outcast {
            return Err(Condition::Forbidden.into());
        }
        // Who is inside has come.
        if state.of(&who).next().is_some() {
            return Err(Condition::ItemNotFound.into());
        }
    }
    let (room, asker, now) = (at.room.clone(), who.clone(), at.ctx.now());
    let take = move |tx: &mut skein_db::Tx<'_>| {
        let all = store::invitations(tx, room.id(), &asker, now)?;
        let found = all.into_iter().find(|invited| is_from(&room, invited, &to));
        if let Some(invited) = &found {
            store::drop_invitation(tx, room.id(), &asker, &invited.inviter)?;
        }
        Ok(found)
    };
    let invited = at.ctx.db.write(take).await?.ok_or(Condition::ItemNotFound)?;
    if invited.joined && at.room.state().affiliation(&who) == Affiliation::Member {
        let item = Item::of_account(&who, Affiliation::None);
        admin::set_unasked(&at.ctx, &at.room, vec![item]).await?;
    }
    let inviter = at.ctx.user(&invited.inviter).await?;
    let by_id = at.room.jid().with_resource(&at.room.occupant_id(&who));
    // Who is blocked does not learn of it.
    let is_blocked = inviter.is_some_and(|inviter| {
        blocks(&inviter, &at.session.jid) || by_id.is_ok_and(|by_id| blocks(&inviter, &by_id))
    });
    if !is_blocked {
        let answer = answer(&at.room, invited.inviter, &who, reason.as_deref());
        at.ctx.route().route(answer).await;
    }
    Ok(Reply::Nothing)
}

/// Whether the invited knows who invited them under this address.
fn is_from(room: &Room, invited: &Invited, to: &Jid) -> bool {
    if invited.shown.same_bare(room.jid()) {
        return invited.shown == *to;
    }
    invited.shown.same_bare(to)
}

fn answer(room: &Room, inviter: Jid, who: &Jid, reason: Option<&str>) -> Stanza {
    let mut stanza = Stanza::new(Kind::Message(MessageType::Normal));
    stanza.from = Some(room.jid().clone());
    stanza.to = Some(inviter);
    stanza.with_content(|writer| {
        writer.start("x", ns::MUC_USER);
        writer.start("decline", ns::MUC_USER);
        writer.attr("from", who.bare_str());
        if let Some(reason) = reason {
            writer.leaf("reason", ns::MUC_USER, reason);
        }
        writer.end();
        writer.end();
    })
}
