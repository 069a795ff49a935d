//! What contacts see of a block: the owner goes, and comes back (XEP-0191 sections 3.2 and 3.4).

use std::sync::Arc;

use skein_kernel::Ctx;
use skein_kernel::contracts::{Blocks, Roster, are_apart, told};
use skein_session::{Session, User};
use skein_xmpp::{Jid, Kind, PresenceType, Stanza};

/// Contacts and addresses of directed presence that one list blocks and another does not.
struct Difference<'a> {
    blocked: &'a Blocks,
    free: &'a Blocks,
}

impl Difference<'_> {
    fn has(&self, jid: &Jid) -> bool {
        self.blocked.has(jid) && !self.free.has(jid)
    }
}

/// Whom `after` blocks and `before` did not sees the owner go, and the owner sees them go.
pub(crate) async fn blocked(ctx: &Arc<Ctx>, owner: &User, before: &Blocks, after: &Blocks) {
    let newly = Difference { blocked: after, free: before };
    let roster = owner.slot::<Roster>().unwrap_or_default();
    for session in owner.available() {
        let watchers = roster.watchers().flat_map(|contact| devices(ctx, contact, &newly));
        let mut told: Vec<Jid> = watchers.collect();
        session.with_directed(|directed| {
            told.extend(directed.iter().filter(|to| newly.has(to)).cloned());
            directed.retain(|to| !newly.has(to));
        });
        for to in told {
            send(ctx, gone(&session.jid), to).await;
        }
    }
    for contact in roster.watched() {
        for other in visible(ctx, contact) {
            if newly.has(&other.jid) {
                show(owner, &gone(&other.jid));
            }
        }
    }
}

/// Whom `after` blocks no more sees the owner again, and the owner sees them.
pub(crate) async fn unblocked(ctx: &Arc<Ctx>, owner: &User, before: &Blocks, after: &Blocks) {
    let freed = Difference { blocked: before, free: after };
    let roster = owner.slot::<Roster>().unwrap_or_default();
    for presence in owner.available().iter().filter_map(|session| session.presence()) {
        let watchers = roster.watchers().flat_map(|contact| devices(ctx, contact, &freed));
        for to in watchers.collect::<Vec<_>>() {
            let presence = told(owner, &to, &presence).unwrap_or_else(|| presence.clone());
            send(ctx, presence, to).await;
        }
    }
    for contact in roster.watched() {
        let sees = |other: &Session| {
            let theirs = other.user.slot::<Roster>().unwrap_or_default();
            theirs.with(&owner.jid).from && !are_apart(owner, &other.user)
        };
        for other in visible(ctx, contact).into_iter().filter(|other| freed.has(&other.jid)) {
            if sees(&other)
                && let Some(presence) = other.presence()
            {
                let told = told(&other.user, &owner.jid, &presence);
                show(owner, told.as_ref().unwrap_or(&presence));
            }
        }
    }
}

/// The devices of a contact that differ.
fn devices(ctx: &Ctx, contact: &Jid, difference: &Difference<'_>) -> Vec<Jid> {
    let sessions = visible(ctx, contact).into_iter().map(|session| session.jid.clone());
    sessions.filter(|jid| difference.has(jid)).collect()
}

fn visible(ctx: &Ctx, contact: &Jid) -> Vec<Arc<Session>> {
    let user = ctx.sessions.user(contact.bare_str());
    user.map_or_else(Vec::new, |user| user.available().to_vec())
}

fn gone(from: &Jid) -> Stanza {
    let mut presence = Stanza::new(Kind::Presence(PresenceType::Unavailable));
    presence.from = Some(from.clone());
    presence
}

async fn send(ctx: &Arc<Ctx>, mut presence: Stanza, to: Jid) {
    presence.to = Some(to);
    ctx.route().route(presence).await;
}

/// Straight to the owner's devices: the list is in force by now.
fn show(owner: &User, presence: &Stanza) {
    for session in owner.available() {
        let mut presence = presence.clone();
        presence.to = Some(session.jid.clone());
        session.send(&presence);
    }
}
