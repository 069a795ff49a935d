//! Presence that a session sends.

use std::sync::Arc;

use skein_kernel::contracts::{Roster, Subscription, are_apart, blocks};
use skein_kernel::{Ctx, Event, Refusal};
use skein_session::{Flag, Session};
use skein_xmpp::{Condition, Jid, Kind, PresenceType, Stanza, StanzaError};

use crate::broadcast::{
    as_told, directed_to, give, gone, to_contact_or_host, to_hosts, to_watchers,
};
use crate::{overseen, rules};

/// See the contract.
pub(crate) async fn send(
    ctx: Arc<Ctx>,
    session: Arc<Session>,
    stanza: Stanza,
) -> Result<(), Refusal> {
    let Kind::Presence(kind) = stanza.kind else { return Ok(()) };
    let limits = &ctx.config.limits;
    rules::check_size(&stanza, limits.presence_bytes, limits.status_bytes)?;
    match (kind, stanza.to.clone()) {
        (PresenceType::Available, None) => available(&ctx, &session, stanza).await,
        (PresenceType::Unavailable, None) => {
            gone(&ctx, &session, Some(stanza)).await;
            Ok(())
        }
        (PresenceType::Error, _) => Ok(()),
        (_, None) => Err(StanzaError::new(Condition::BadRequest)
            .text("this presence needs an addressee")
            .into()),
        (PresenceType::Available | PresenceType::Unavailable, Some(to)) => {
            directed(&ctx, &session, &stanza, &to)
        }
        (PresenceType::Probe, Some(_)) => {
            ctx.route().route(stanza).await;
            Ok(())
        }
        (_, Some(to)) => subscription(&ctx, &session, kind, stanza, to.bare()).await,
    }
}

async fn available(ctx: &Arc<Ctx>, session: &Arc<Session>, stanza: Stanza) -> Result<(), Refusal> {
    let priority = rules::priority(&stanza)?;
    let is_initial = session.presence().is_none();
    if priority >= 0 && !session.is(Flag::Greeted) {
        // What the log owes goes before what arrives from now on.
        session.with_outbox_mut(|outbox| outbox.fall_behind());
    }
    session.set_presence(Some((stanza.clone(), priority)));
    to_watchers(ctx, &session.user, &stanza);
    to_hosts(ctx, &session.user, &stanza).await;
    if is_initial {
        overseen::account(ctx, &stanza);
        welcome(ctx, session).await?;
    }
    ctx.route().notify(Event::Presence { session: session.clone(), is_initial }).await;
    if priority >= 0 && !session.set(Flag::Greeted, true) {
        ctx.route().notify(Event::Available(session.clone())).await;
    }
    Ok(())
}

/// What a session learns when it becomes available: who else is (section 4.2), and
/// who asked to see the owner meanwhile (section 3.1.3).
async fn welcome(ctx: &Arc<Ctx>, session: &Arc<Session>) -> Result<(), Refusal> {
    let owner = &session.user;
    let roster = owner.slot::<Roster>().unwrap_or_default();
    for contact in roster.watched() {
        if ctx.host(contact.domain()).is_some() {
            if !blocks(owner, contact) {
                probe(ctx, session, contact).await;
            }
            continue;
        }
        let Some(user) = ctx.sessions.user(contact.as_str()) else { continue };
        // What the contact's own roster says counts, as it would with a probe.
        let sees = user.slot::<Roster>().is_some_and(|theirs| theirs.with(&owner.jid).from);
        if !sees || are_apart(owner, &user) || blocks(&user, &session.jid) {
            continue;
        }
        let visible = user.available().into_iter().filter(|other| !blocks(owner, &other.jid));
        for presence in visible.filter_map(|other| other.presence()) {
            give(session, &as_told(&user, &owner.jid, presence), session.jid.clone());
        }
    }
    for other in owner.available().iter().filter(|other| !Arc::ptr_eq(other, session)) {
        if let Some(presence) = other.presence() {
            give(session, &presence, session.jid.clone());
        }
    }
    if roster.contacts.values().any(|state| state.pending_in) {
        let requests = ctx.contracts.roster.requests(ctx.clone(), owner.clone()).await?;
        let wanted =
            |request: &Stanza| !request.from.as_ref().is_some_and(|from| blocks(owner, from));
        for request in requests.into_iter().filter(wanted) {
            give(session, &request, owner.jid.clone());
        }
    }
    Ok(())
}

/// Asks a contact at a host, which keeps its own people (section 4.3).
async fn probe(ctx: &Arc<Ctx>, session: &Session, contact: &Jid) {
    let mut probe = Stanza::new(Kind::Presence(PresenceType::Probe));
    probe.from = Some(session.jid.clone());
    probe.to = Some(contact.clone());
    ctx.route().route(probe).await;
}

/// Directed presence (section 4.6): remembered, so that its receiver hears of the end.
pub(crate) fn note_directed(ctx: &Ctx, session: &Session, stanza: &Stanza) -> Result<(), Refusal> {
    let most = ctx.config.limits.directed_presence;
    let Some(to) = &stanza.to else { return Ok(()) };
    let has_room = session.with_directed(|directed| match stanza.kind {
        Kind::Presence(PresenceType::Available) => {
            let is_known = directed.contains(to);
            if !is_known && directed.len() < most {
                directed.push(to.clone());
                return true;
            }
            is_known
        }
        Kind::Presence(PresenceType::Unavailable) => {
            directed.retain(|known| known != to);
            true
        }
        _ => true,
    });
    if has_room {
        return Ok(());
    }
    Err(StanzaError::new(Condition::ResourceConstraint)
        .text("presence was directed to too many addresses")
        .into())
}

fn directed(ctx: &Arc<Ctx>, session: &Session, stanza: &Stanza, to: &Jid) -> Result<(), Refusal> {
    note_directed(ctx, session, stanza)?;
    directed_to(ctx, to, stanza);
    Ok(())
}

async fn subscription(
    ctx: &Arc<Ctx>,
    session: &Arc<Session>,
    kind: PresenceType,
    mut stanza: Stanza,
    contact: Jid,
) -> Result<(), Refusal> {
    let owner = session.user.clone();
    if contact == owner.jid {
        return Err(Condition::NotAllowed.into());
    }
    let change: fn(Subscription) -> Subscription = match kind {
        PresenceType::Subscribe => |before| rules::outbound(PresenceType::Subscribe, before).state,
        PresenceType::Subscribed => {
            |before| rules::outbound(PresenceType::Subscribed, before).state
        }
        PresenceType::Unsubscribe => {
            |before| rules::outbound(PresenceType::Unsubscribe, before).state
        }
        _ => |before| rules::outbound(PresenceType::Unsubscribed, before).state,
    };
    let book = ctx.contracts.roster.clone();
    let (before, after) =
        book.change(ctx.clone(), owner.clone(), contact.clone(), change, None).await?;
    stanza.from = Some(owner.jid.clone());
    stanza.to = Some(contact.clone());
    let withdrawn = before.from && !after.from;
    if withdrawn {
        for presence in unavailable_of(&owner) {
            to_contact_or_host(ctx, &contact, &presence).await;
        }
    }
    if rules::outbound(kind, before).route {
        ctx.route().route(stanza).await;
    }
    if !before.from && after.from {
        for presence in owner.available().iter().filter_map(|session| session.presence()) {
            let presence = as_told(&owner, &contact, presence);
            to_contact_or_host(ctx, &contact, &presence).await;
        }
    }
    Ok(())
}

/// Unavailable presence of each available session.
pub(crate) fn unavailable_of(owner: &skein_session::User) -> Vec<Stanza> {
    let unavailable = |session: &Arc<Session>| {
        let mut presence = Stanza::new(Kind::Presence(PresenceType::Unavailable));
        presence.from = Some(session.jid.clone());
        presence
    };
    owner.available().iter().map(unavailable).collect()
}
