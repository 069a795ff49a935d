//! Answers `<requests/>`, `<accept/>` and `<decline/>`.

use std::sync::Arc;

use skein_base::limits;
use skein_kernel::contracts::{
    Acquaintance, Roster, Standing, Strangers, acquaintance, blocks, is_contact,
};
use skein_kernel::{Ctx, Refusal, Request};
use skein_session::{Flag, Session, User};
use skein_xmpp::{Condition, Jid, Kind, PresenceType, Stanza, ns};

use crate::proto::{Asked, Entry, write_decided};
use crate::push::push_request;
use crate::store::{self, Waiting};

/// All that wait, the newest first; from here on the session gets pushes.
pub(crate) async fn list(request: Request) -> Result<Stanza, Refusal> {
    request.session.set(Flag::WatchesRequests, true);
    let (ctx, owner) = (&request.ctx, &request.session.user);
    let account = owner.account;
    let waiting = ctx.db.read(move |tx| store::waiting(tx, account)).await?;
    let strangers = owner.slot::<Strangers>().unwrap_or_default();
    let mut entries = Vec::new();
    for one in waiting {
        if is_inside(owner, &one.peer) {
            decide(ctx, owner, &one.peer, true).await?;
        } else if still_waits(ctx, owner, &one) {
            let messages = match strangers.with(&one.peer) {
                Some(Standing::Waiting { messages, .. }) => messages,
                _ => continue,
            };
            entries.push(entry(one, messages));
        }
    }
    entries.extend(subscriptions(owner));
    Ok(request.result(|writer| {
        writer.start("requests", ns::PRIVACY_RULES);
        entries.iter().for_each(|entry| entry.write(writer));
        writer.end();
    }))
}

/// What a client is told of somebody who waits.
pub(crate) fn entry(waiting: Waiting, messages: u32) -> Entry {
    let Waiting { peer, inviter, since } = waiting;
    let asked = inviter.map_or(Asked::Message, Asked::Invitation);
    Entry { jid: peer, asked, messages: Some((since, messages)) }
}

/// Those who have become contacts, or were blocked, wait no more.
fn still_waits(ctx: &Ctx, owner: &User, waiting: &Waiting) -> bool {
    let who = waiting.inviter.as_ref().unwrap_or(&waiting.peer);
    let is_stranger = waiting.inviter.is_some()
        || matches!(acquaintance(ctx, owner, who), Acquaintance::Stranger { .. });
    is_stranger && !is_contact(owner, who) && !blocks(owner, who) && !blocks(owner, &waiting.peer)
}

/// Who has entered the room has accepted the invitation.
fn is_inside(owner: &User, room: &Jid) -> bool {
    owner.sessions().iter().any(|session| {
        session.with_directed(|directed| directed.iter().any(|to| to.same_bare(room)))
    })
}

fn subscriptions(owner: &User) -> Vec<Entry> {
    let roster = owner.slot::<Roster>().unwrap_or_default();
    let pending =
        roster.contacts.iter().filter(|(jid, state)| state.pending_in && !blocks(owner, jid));
    let mut entries: Vec<Entry> = pending
        .map(|(jid, _)| Entry { jid: jid.clone(), asked: Asked::Subscription, messages: None })
        .take(limits::REQUESTS)
        .collect();
    entries.sort_unstable_by(|one, other| one.jid.as_str().cmp(other.jid.as_str()));
    entries
}

/// The address that is decided on.
fn subject(request: &Request) -> Result<Jid, Refusal> {
    let jid = request.payload()?.attr("jid").ok_or(Condition::BadRequest)?;
    Ok(Jid::parse(&jid).map_err(|_| Condition::JidMalformed)?.bare())
}

/// How the account stands to the address, and whether it asks to see its presence.
fn met(owner: &User, peer: &Jid) -> (Option<Standing>, bool) {
    let standing = owner.slot::<Strangers>().and_then(|strangers| strangers.with(peer));
    let pending = owner.slot::<Roster>().is_some_and(|roster| roster.with(peer).pending_in);
    (standing, pending)
}

/// It is a conversation like any other.
pub(crate) async fn accept(request: Request) -> Result<Stanza, Refusal> {
    let peer = subject(&request)?;
    let owner = &request.session.user;
    match met(owner, &peer) {
        (Some(Standing::Known), _) => {}
        (None, false) => return Err(Condition::ItemNotFound.into()),
        _ => decide(&request.ctx, owner, &peer, true).await?,
    }
    Ok(request.done())
}

/// The owner wants to hear nothing of them.
pub(crate) async fn decline(request: Request) -> Result<Stanza, Refusal> {
    let peer = subject(&request)?;
    let owner = &request.session.user;
    let (standing, is_pending) = met(owner, &peer);
    match standing {
        Some(Standing::Declined) => {}
        Some(Standing::Waiting { .. }) => decide(&request.ctx, owner, &peer, false).await?,
        _ if is_pending => decide(&request.ctx, owner, &peer, false).await?,
        _ => return Err(Condition::ItemNotFound.into()),
    }
    if is_pending {
        deny(&request.ctx, &request.session, peer).await?;
    }
    Ok(request.done())
}

/// Answers a request for a subscription (RFC 6121 section 3.1.5).
async fn deny(ctx: &Arc<Ctx>, session: &Arc<Session>, peer: Jid) -> Result<(), Refusal> {
    let mut presence = Stanza::new(Kind::Presence(PresenceType::Unsubscribed));
    presence.from = Some(session.jid.clone());
    presence.to = Some(peer);
    ctx.contracts.presence.clone().outgoing(ctx.clone(), session.clone(), presence).await
}

/// Keeps the decision, puts it into force and tells the owner's devices.
async fn decide(
    ctx: &Arc<Ctx>,
    owner: &Arc<User>,
    peer: &Jid,
    is_known: bool,
) -> Result<(), Refusal> {
    let (account, now, jid) = (owner.account, ctx.now(), peer.clone());
    ctx.db.write(move |tx| store::decide(tx, account, &jid, is_known, now)).await?;
    let standing = if is_known { Standing::Known } else { Standing::Declined };
    if let Some(strangers) = owner.slot::<Strangers>() {
        strangers.set(peer, Some(standing));
    }
    push_request(owner, |writer| write_decided(writer, peer, is_known));
    Ok(())
}
