//! Presence to those who may see it.

use std::sync::Arc;

use skein_kernel::Ctx;
use skein_kernel::contracts::{Roster, blocks, told};
use skein_session::{Flag, Pushed, Session, User};
use skein_xmpp::{Jid, Kind, PresenceType, Stanza, StreamError};

use crate::overseen;

/// Puts presence into an outbox, addressed to its receiver.
pub(crate) fn give(session: &Session, presence: &Stanza, to: Jid) {
    let mut presence = presence.clone();
    presence.to = Some(to);
    match session.push(&presence, None, true) {
        Pushed::Wake => session.wake(),
        Pushed::Full => session.kick(StreamError::new("policy-violation")),
        Pushed::Queued | Pushed::Ended => {}
    }
}

/// Gives presence to every available session of a local contact that does not block its
/// sender.
pub(crate) fn to_contact(ctx: &Ctx, contact: &Jid, presence: &Stanza) {
    let Some(user) = ctx.sessions.user(contact.bare_str()) else { return };
    if presence.from.as_ref().is_some_and(|from| blocks(&user, from)) {
        return;
    }
    for session in user.available() {
        give(&session, presence, contact.clone());
    }
}

/// The same in the owner's name: nothing goes to a device that the owner blocks.
fn to_unblocked(ctx: &Ctx, owner: &User, contact: &Jid, presence: &Stanza) {
    let Some(user) = ctx.sessions.user(contact.bare_str()) else { return };
    if blocks(&user, presence.from.as_ref().unwrap_or(&owner.jid)) {
        return;
    }
    let told = told(owner, contact, presence);
    for session in user.available().iter().filter(|session| !blocks(owner, &session.jid)) {
        give(session, told.as_ref().unwrap_or(presence), contact.clone());
    }
}

/// Gives presence to the contacts that may see it and to the owner's other sessions
/// (RFC 6121 sections 4.2.2 and 4.4.2).
pub(crate) fn to_watchers(ctx: &Ctx, owner: &User, presence: &Stanza) {
    if let Some(roster) = owner.slot::<Roster>() {
        for contact in roster.watchers() {
            to_unblocked(ctx, owner, contact, presence);
        }
    }
    for session in owner.available() {
        give(&session, presence, session.jid.clone());
    }
}

/// Gives presence to a contact, here or at a host.
pub(crate) async fn to_contact_or_host(ctx: &Arc<Ctx>, contact: &Jid, presence: &Stanza) {
    if ctx.host(contact.domain()).is_none() {
        return to_contact(ctx, contact, presence);
    }
    let mut presence = presence.clone();
    presence.to = Some(contact.clone());
    ctx.route().route(presence).await;
}

/// Presence of `owner` as `peer` is to see it.
pub(crate) fn as_told(owner: &User, peer: &Jid, presence: Stanza) -> Stanza {
    told(owner, peer, &presence).unwrap_or(presence)
}

/// Tells contacts at hosts, such as the people behind a gateway, what the watchers here
/// are told.
pub(crate) async fn to_hosts(ctx: &Arc<Ctx>, owner: &User, presence: &Stanza) {
    let roster = owner.slot::<Roster>().unwrap_or_default();
    for contact in roster.watchers().filter(|contact| ctx.host(contact.domain()).is_some()) {
        if !blocks(owner, contact) {
            let mut presence = as_told(owner, contact, presence.clone());
            presence.to = Some(contact.clone());
            ctx.route().route(presence).await;
        }
    }
}

/// The session is not available any more: says so to everyone who thinks it is
/// (section 4.5.2). `presence` is what the client said, if it said something.
pub(crate) async fn gone(ctx: &Arc<Ctx>, session: &Arc<Session>, presence: Option<Stanza>) {
    let was_available = session.presence().is_some();
    // When it comes back it is told again what waited meanwhile.
    session.set(Flag::Greeted, false);
    session.set_presence(None);
    let directed = session.with_directed(std::mem::take);
    let presence = presence.unwrap_or_else(|| {
        let mut presence = Stanza::new(Kind::Presence(PresenceType::Unavailable));
        presence.from = Some(session.jid.clone());
        presence
    });
    if was_available {
        overseen::account(ctx, &presence);
        to_watchers(ctx, &session.user, &presence);
        to_hosts(ctx, &session.user, &presence).await;
        give(session, &presence, session.jid.clone());
    }
    let roster = session.user.slot::<Roster>().unwrap_or_default();
    for to in directed {
        let knows = was_available && (roster.with(&to).from || to.same_bare(&session.jid));
        let mut presence = as_told(&session.user, &to, presence.clone());
        if ctx.host(to.domain()).is_some() {
            presence.to = Some(to);
            ctx.route().route(presence).await;
        } else if !knows && !blocks(&session.user, &to) {
            directed_to(ctx, &to, &presence);
        }
    }
}

/// Gives directed presence to a full address, or to all sessions of a bare one.
pub(crate) fn directed_to(ctx: &Ctx, to: &Jid, presence: &Stanza) {
    if to.is_bare() {
        to_contact(ctx, to, presence);
    } else if let Some(session) = ctx.session(to)
        && !presence.from.as_ref().is_some_and(|from| blocks(&session.user, from))
    {
        give(&session, presence, to.clone());
    }
}
