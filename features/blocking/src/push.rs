//! Pushes to the owner's devices that asked for the list (XEP-0191 section 3.2).

use skein_kernel::Ctx;
use skein_session::{Flag, User};
use skein_xmpp::{IqType, Jid, Kind, Stanza};

use crate::proto::write_items;

/// Tells them what was blocked or unblocked: `element` is `block` or `unblock`.
pub(crate) fn push(ctx: &Ctx, owner: &User, element: &str, addresses: &[Jid]) {
    for session in owner.sessions().iter().filter(|session| session.is(Flag::WatchesBlocks)) {
        let mut iq = Stanza::new(Kind::Iq(IqType::Set));
        iq.to = Some(session.jid.clone());
        iq.id = Some(format!("push-{:016x}", ctx.rng.next_u64()).into());
        session.send(&iq.with_content(|writer| write_items(writer, element, addresses.iter())));
    }
}
