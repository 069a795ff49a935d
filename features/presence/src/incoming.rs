//! Presence that reaches a local account.

use std::sync::Arc;

use skein_kernel::contracts::{Acquaintance, Roster, Subscription, acquaintance, blocks};
use skein_kernel::{Ctx, Refusal};
use skein_session::{Flag, User};
use skein_xmpp::{Jid, Kind, PresenceType, Stanza, ns};

use crate::broadcast::{as_told, directed_to, give, to_contact_or_host};
use crate::outgoing::unavailable_of;
use crate::{overseen, rules};

/// See the contract.
pub(crate) async fn receive(ctx: Arc<Ctx>, stanza: Stanza) -> Result<(), Refusal> {
    let Kind::Presence(kind) = stanza.kind else { return Ok(()) };
    let (Some(from), Some(to)) = (stanza.from.clone(), stanza.to.clone()) else { return Ok(()) };
    match kind {
        PresenceType::Available | PresenceType::Unavailable => {
            overseen::contact(&ctx, &from, &to, &stanza).await?;
            directed_to(&ctx, &to, &stanza);
        }
        PresenceType::Error => {
            if let Some(session) = ctx.session(&to)
                && !blocks(&session.user, &from)
            {
                give(&session, &stanza, to);
            }
        }
        PresenceType::Probe => probe(&ctx, &from, &to).await?,
        _ => {
            let owner = ctx.user(&to.bare()).await?;
            let Some(owner) = owner.filter(|owner| wants(&ctx, owner, &from)) else {
                return Ok(());
            };
            subscription(&ctx, owner, kind, stanza, from.bare()).await?;
        }
    }
    Ok(())
}

/// Whether the owner wants to hear of somebody at all.
fn wants(ctx: &Ctx, owner: &User, from: &Jid) -> bool {
    !blocks(owner, from) && acquaintance(ctx, owner, from) != Acquaintance::Declined
}

/// Answers a probe (RFC 6121 section 4.3.2). An account that does not exist, one that does
/// not let the prober see it and one that blocks the prober answer alike.
async fn probe(ctx: &Arc<Ctx>, from: &Jid, to: &Jid) -> Result<(), Refusal> {
    let owner = ctx.user(&to.bare()).await?;
    let may_see = |owner: &Arc<User>| {
        let own = owner.jid.same_bare(from);
        let sees = || owner.slot::<Roster>().is_some_and(|roster| roster.with(from).from);
        own || (sees() && !blocks(owner, from))
    };
    let Some(owner) = owner.filter(may_see) else {
        let mut answer = Stanza::new(Kind::Presence(PresenceType::Unsubscribed));
        answer.from = Some(to.bare());
        answer_to(ctx, from, &answer).await;
        return Ok(());
    };
    let presences: Vec<Stanza> =
        owner.available().iter().filter_map(|session| session.presence()).collect();
    if presences.is_empty() {
        let mut answer = Stanza::new(Kind::Presence(PresenceType::Unavailable));
        answer.from = Some(owner.jid.clone());
        answer_to(ctx, from, &answer).await;
    }
    for presence in presences {
        answer_to(ctx, from, &as_told(&owner, from, presence)).await;
    }
    Ok(())
}

/// Answers whoever probed, here or at a host.
async fn answer_to(ctx: &Arc<Ctx>, from: &Jid, presence: &Stanza) {
    if ctx.host(from.domain()).is_some() {
        to_contact_or_host(ctx, from, presence).await;
    } else {
        directed_to(ctx, from, presence);
    }
}

async fn subscription(
    ctx: &Arc<Ctx>,
    owner: Arc<User>,
    kind: PresenceType,
    stanza: Stanza,
    contact: Jid,
) -> Result<(), Refusal> {
    if kind == PresenceType::Subscribe
        && stanza.has("preauth", ns::PARS)
        && let Some(invitations) = ctx.contracts.invitations.clone()
        && invitations.redeem(ctx.clone(), owner.clone(), stanza.clone()).await?
    {
        return Ok(());
    }
    let change: fn(Subscription) -> Subscription = match kind {
        PresenceType::Subscribe => |before| rules::inbound(PresenceType::Subscribe, before).state,
        PresenceType::Subscribed => |before| rules::inbound(PresenceType::Subscribed, before).state,
        PresenceType::Unsubscribe => {
            |before| rules::inbound(PresenceType::Unsubscribe, before).state
        }
        _ => |before| rules::inbound(PresenceType::Unsubscribed, before).state,
    };
    let known = owner.slot::<Roster>().unwrap_or_default().with(&contact);
    let keeps_request = kind == PresenceType::Subscribe && rules::inbound(kind, known).deliver;
    let request = keeps_request.then(|| stanza.clone());
    let book = ctx.contracts.roster.clone();
    let (before, after) =
        book.change(ctx.clone(), owner.clone(), contact.clone(), change, request).await?;
    let decided = rules::inbound(kind, before);
    if decided.deliver {
        deliver(&owner, kind, &stanza);
    }
    if decided.approve {
        let mut answer = Stanza::new(Kind::Presence(PresenceType::Subscribed));
        answer.from = Some(owner.jid.clone());
        answer.to = Some(contact.clone());
        Box::pin(ctx.route().route(answer)).await;
    }
    if (!before.from && after.from) || (kind == PresenceType::Subscribe && decided.approve) {
        for presence in owner.available().iter().filter_map(|session| session.presence()) {
            let presence = as_told(&owner, &contact, presence);
            to_contact_or_host(ctx, &contact, &presence).await;
        }
    }
    if before.from && !after.from {
        for presence in unavailable_of(&owner) {
            to_contact_or_host(ctx, &contact, &presence).await;
        }
    }
    Ok(())
}

/// A request goes to every available session; news of a subscription to those that
/// asked for the roster (section 3.1.6).
fn deliver(owner: &User, kind: PresenceType, stanza: &Stanza) {
    for session in owner.available() {
        if kind == PresenceType::Subscribe || session.is(Flag::Interested) {
            give(&session, stanza, owner.jid.clone());
        }
    }
}
