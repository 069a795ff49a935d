//! Communities (XEP-0503): whoever is in a space is a member of its rooms, those that it has
//! for everybody; whoever leaves it is in none of them.
//!
//! The space names the room as one of its items, the room names the space in its
//! configuration: so neither draws the other's people in against its owner's will.

use std::sync::Arc;

use skein_kernel::{Ctx, Refusal};
use skein_xmpp::Jid;

use crate::handle::admin;
use crate::handle::page::escaped;
use crate::proto::admin::Item;
use crate::room::state::State;
use crate::room::table::Rooms;
use crate::rules::affiliation::Affiliation;

/// The address of a space, as configurations name it (section 5.5).
pub(crate) fn address(service: &Jid, node: &str) -> String {
    format!("xmpp:{}?;node={}", service.as_str(), escaped(node))
}

/// People whose affiliations are set together.
const AT_ONCE: usize = 100;

/// People joined a space or left it, or it got a room.
pub(crate) async fn changed(
    ctx: &Arc<Ctx>,
    space: &str,
    who: &[Jid],
    joined: bool,
    rooms: &[(Jid, bool)],
) {
    for (room, is_default) in rooms {
        if joined && !is_default {
            continue;
        }
        for who in who.chunks(AT_ONCE) {
            match settle(ctx, space, who, joined, room).await {
                Ok(()) => {}
                // A room that is full stays so.
                Err(Refusal::Reject(error)) => {
                    tracing::info!(target: "rooms", %error, "a room did not take people of its space");
                }
                Err(refusal) => {
                    tracing::error!(target: "rooms", %refusal, "a room does not follow its space");
                }
            }
        }
    }
}

async fn settle(
    ctx: &Arc<Ctx>,
    space: &str,
    who: &[Jid],
    joined: bool,
    room: &Jid,
) -> Result<(), Refusal> {
    if ctx.host(room.domain()).is_none() {
        return Ok(());
    }
    let rooms = ctx.state::<Rooms>();
    let Some(room) = rooms.find(ctx, room).await? else { return Ok(()) };
    let items = wishes(&room.state(), space, who, joined);
    let outcome = match items.is_empty() {
        true => Ok(()),
        false => admin::set_unasked(ctx, &room, items).await,
    };
    rooms.release(room, ctx.now());
    outcome
}

/// What is to be changed, if the room is one of the space's.
fn wishes(state: &State, space: &str, who: &[Jid], joined: bool) -> Vec<Item> {
    if state.config.space != space || state.locked {
        return Vec::new();
    }
    // Owners and admins stay: the room may have no others.
    let (before, after) = match joined {
        true => (Affiliation::None, Affiliation::Member),
        false => (Affiliation::Member, Affiliation::None),
    };
    let concerned = who.iter().filter(|who| state.affiliation(who) == before);
    concerned.map(|who| Item::of_account(who, after)).collect()
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
