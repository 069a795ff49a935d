//! What components with the privilege learn of presence (XEP-0356 section 6): of accounts
//! here, and of their contacts elsewhere. Contacts here are accounts, of which they learn
//! anyway, and once.

use skein_kernel::Ctx;
use skein_kernel::contracts::Roster;
use skein_xmpp::{Jid, Stanza};

/// A session came or went.
pub(crate) fn account(ctx: &Ctx, presence: &Stanza) {
    let config = &ctx.config.components;
    let more = config.managed_presence.iter().filter(|one| !config.roster_presence.contains(one));
    let all: Vec<String> = config.roster_presence.iter().chain(more).cloned().collect();
    tell(ctx, &all, presence);
}

/// Presence of somebody elsewhere for the account `to`: only what contacts say counts.
pub(crate) fn contact(ctx: &Ctx, from: &Jid, to: &Jid, presence: &Stanza) {
    let allowed = &ctx.config.components.roster_presence;
    if allowed.is_empty() || ctx.serves(from.domain()) {
        return;
    }
    let roster = ctx.sessions.user(to.bare_str()).and_then(|owner| owner.slot::<Roster>());
    if roster.is_some_and(|roster| roster.with(&from.bare()).to) {
        let others = allowed.iter().filter(|domain| *domain != from.domain());
        tell(ctx, &others.cloned().collect::<Vec<_>>(), presence);
    }
}

fn tell(ctx: &Ctx, domains: &[String], presence: &Stanza) {
    for (domain, component) in ctx.connected(domains) {
        let mut presence = presence.clone();
        presence.to = Some(domain);
        component.tell(&presence);
    }
}
