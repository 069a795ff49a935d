//! Roster pushes (RFC 6121 section 2.1.6) and the owner's slot. Both follow the store in
//! the order of its commits, so call them on the writer's thread: a push that overtakes
//! an older one would leave clients with the older entry.

use skein_kernel::Ctx;
use skein_kernel::contracts::Roster;
use skein_session::{Flag, User};
use skein_xmpp::{IqType, Jid, Kind, Stanza};

use crate::proto::{Item, write_query};

/// Brings the owner's slot in line with an entry that is in the store, or is not any more.
pub(crate) fn refresh(owner: &User, item: &Item, is_kept: bool) {
    let mut roster =
        owner.slot::<Roster>().map_or_else(Roster::default, |roster| (*roster).clone());
    if is_kept {
        roster.contacts.insert(item.contact.clone(), item.state);
    } else {
        roster.contacts.remove(&item.contact);
    }
    owner.set_slot(roster);
}

/// Sends an entry to every session that asked for the roster, and to the components that may
/// read it (XEP-0356 section 3.4).
pub(crate) fn push(ctx: &Ctx, owner: &User, item: &Item) {
    let pushed = |from: Option<&Jid>, to: &Jid| {
        let mut iq = Stanza::new(Kind::Iq(IqType::Set));
        iq.from = from.cloned();
        iq.to = Some(to.clone());
        iq.id = Some(format!("push-{:016x}", ctx.rng.next_u64()).into());
        iq.with_content(|writer| write_query(writer, item.version, std::slice::from_ref(item)))
    };
    for session in owner.sessions().iter().filter(|session| session.is(Flag::Interested)) {
        session.send(&pushed(None, &session.jid));
    }
    for (domain, component) in ctx.connected(&ctx.config.components.privileged) {
        component.tell(&pushed(Some(&owner.jid), &domain));
    }
}
