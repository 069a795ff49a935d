//! Communities (XEP-0503): whoever joins a space becomes a member of its rooms, those that it
//! has for everybody; whoever leaves it is in none of them.
//!
//! The space names the room as one of its items, the room names the space in its
//! configuration: so neither draws the other's people in against its owner's will.

use std::sync::Arc;

use skein_kernel::{Ctx, Refusal};
use skein_xmpp::Jid;

use crate::handle::admin;
use crate::handle::page::escaped;
use crate::proto::admin::{Item, Whom, Wish};
use crate::room::table::Rooms;
use crate::rules::affiliation::Affiliation;

/// The address of a space, as configurations name it (section 5.5).
pub(crate) fn address(service: &Jid, node: &str) -> String {
    format!("xmpp:{}?;node={}", service.as_str(), escaped(node))
}

/// Somebody joined a space or left it.
pub(crate) async fn changed(
    ctx: &Arc<Ctx>,
    space: &str,
    who: &Jid,
    joined: bool,
    rooms: &[(Jid, bool)],
) {
    for (room, is_default) in rooms {
        if joined && !is_default {
            continue;
        }
        match settle(ctx, space, who, joined, room).await {
            Ok(()) => {}
            // A room that is full stays so.
            Err(Refusal::Reject(error)) => {
                tracing::info!(target: "rooms", %error, "a room did not take somebody of its space");
            }
            Err(refusal) => {
                tracing::error!(target: "rooms", %refusal, "a room does not follow its space");
            }
        }
    }
}

async fn settle(
    ctx: &Arc<Ctx>,
    space: &str,
    who: &Jid,
    joined: bool,
    room: &Jid,
) -> Result<(), Refusal> {
    if ctx.host(room.domain()).is_none() {
        return Ok(());
    }
    let rooms = ctx.state::<Rooms>();
    let Some(room) = rooms.find(ctx, room).await? else { return Ok(()) };
    let wish = {
        let state = room.state();
        let before = state.affiliation(who);
        match (state.config.space == space && !state.locked, joined, before) {
            (true, true, Affiliation::None) => Some(Affiliation::Member),
            // Owners and admins stay: the room may have no others.
            (true, false, Affiliation::Member) => Some(Affiliation::None),
            _ => None,
        }
    };
    let outcome = match wish {
        Some(affiliation) => {
            let item = Item {
                whom: Whom::Account(who.clone()),
                wish: Wish::Affiliation(affiliation),
                reason: None,
                nick: None,
            };
            admin::set_unasked(ctx, &room, vec![item]).await
        }
        None => Ok(()),
    };
    rooms.release(room, ctx.now());
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_named_as_in_the_specification() {
        let service = Jid::parse("megacorp-pubsub.example.com").expect("an address");
        assert_eq!(address(&service, "dev"), "xmpp:megacorp-pubsub.example.com?;node=dev");
        assert_eq!(address(&service, "a b"), "xmpp:megacorp-pubsub.example.com?;node=a%20b");
    }
}
