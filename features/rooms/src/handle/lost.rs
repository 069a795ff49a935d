//! Sessions that end with messages of rooms that their clients never acknowledged: a member
//! gets them again on entering, because their place in the log goes back.

use std::collections::HashMap;
use std::sync::Arc;

use skein_base::Fault;
use skein_kernel::Ctx;
use skein_session::{Flag, Owed, Session};
use skein_xml::{Document, Limits};
use skein_xmpp::{Jid, Kind, MessageType, Stanza, ns};

use crate::domains;
use crate::handle::away;
use crate::room::table::Rooms;
use crate::store;

/// The session is over, and out of all rooms.
pub(crate) async fn give_back(ctx: &Arc<Ctx>, session: &Session, owed: &[Owed]) {
    if owed.is_empty() {
        return;
    }
    let hosts = domains(&ctx.config);
    let mut lost: HashMap<Jid, Vec<(String, Stanza)>> = HashMap::new();
    for stanza in owed.iter().map(|owed| &owed.stanza) {
        if let Some((room, id)) = said(stanza).filter(|(room, _)| is_ours(room, &hosts)) {
            lost.entry(room).or_default().push((id, stanza.clone()));
        }
    }
    for (room, lost) in lost {
        if let Err(fault) = go_back(ctx, session, &room, &lost).await {
            tracing::error!(target: "rooms", %fault, "what a client never got stays with the room");
        }
    }
}

fn is_ours(room: &Jid, hosts: &[String]) -> bool {
    hosts.iter().any(|host| host == room.domain())
}

/// The room of a message to all, and its id there.
fn said(stanza: &Stanza) -> Option<(Jid, String)> {
    if stanza.kind != Kind::Message(MessageType::Groupchat) {
        return None;
    }
    let room = stanza.from.as_ref()?.bare();
    let is_its = |by: &str| by == room.as_str();
    // The id was added on the way: it is seen in what was sent.
    let sent = stanza.to_xml();
    let sent = Document::parse(&sent, &Limits::kept()).ok()?;
    let mut ids = sent.root().children().filter(|child| child.is("stanza-id", ns::STANZA_ID));
    let own = ids.find(|id| id.attr("by").is_some_and(|by| is_its(&by)))?;
    let id = own.attr("id")?.into_owned();
    Some((room, id))
}

async fn go_back(
    ctx: &Arc<Ctx>,
    session: &Session,
    room: &Jid,
    lost: &[(String, Stanza)],
) -> Result<(), Fault> {
    let rooms = ctx.state::<Rooms>();
    let Some(room) = rooms.find(ctx, room).await? else { return Ok(()) };
    let who = session.user.jid.clone();
    let first = lost.first().map_or("", |(id, _)| id);
    let place = ctx.contracts.log.shared().and_then(|logs| logs.place(&room.log, first));
    // Another device of the account inside has it.
    let is_alone = room.state().of(&who).next().is_none();
    let place = place.filter(|_| is_alone);
    // Who reads the archive finds them there.
    if let Some(place) = place.filter(|_| !session.is(Flag::ReadsArchive)) {
        let before = place - 1;
        let (id, member) = (room.id(), who.clone());
        ctx.db.write(move |tx| store::take_back_delivered(tx, id, &member, before)).await?;
        if let Some(kept) = room.state().affiliations.get_mut(&who) {
            kept.delivered = kept.delivered.min(before);
        }
    }
    if place.is_some() {
        away::tell_of_lost(ctx, &room, &who, lost).await;
    }
    rooms.release(room, ctx.now());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_to_all_says_its_room_and_its_place() {
        let room = Jid::parse("verona@rooms.example.org").expect("an address");
        let stanza = |kind, by: &str| {
            let mut stanza = Stanza::new(Kind::Message(kind));
            stanza.from = room.with_resource("romeo").ok();
            stanza.with_added(|writer| {
                writer.start("stanza-id", ns::STANZA_ID);
                writer.attr("by", by);
                writer.attr("id", "7");
                writer.end();
            })
        };
        let found = said(&stanza(MessageType::Groupchat, room.as_str()));
        assert_eq!(found, Some((room.clone(), "7".to_owned())));
        assert!(is_ours(&room, &["rooms.example.org".to_owned()]));
        assert_eq!(said(&stanza(MessageType::Groupchat, "romeo@example.org")), None);
        assert_eq!(said(&stanza(MessageType::Chat, room.as_str())), None);
    }
}
