//! Spaces (XEP-0503): nodes whose items are rooms. Whoever comes to one or leaves it, and
//! whoever is in one that gets a room, is named to the features that keep the rooms; this one
//! knows nothing of them.

use skein_base::limits;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::Item;
use skein_kernel::{Event, Refusal};
use skein_xml::{Document, Limits};
use skein_xmpp::{Jid, ns};

use crate::place::{Call, Place};
use crate::rules::{Base, State};
use crate::store::{self, Subscriber};

/// The room of an item, and whether whoever joins the space shall be in it (XEP-0402).
fn room(id: &str, payload: &str) -> Option<(Jid, bool)> {
    let document = Document::parse(payload, &Limits::kept()).ok()?;
    let conference = document.root();
    if !conference.is("conference", ns::BOOKMARKS) {
        return None;
    }
    let is_default = matches!(conference.attr("autojoin").as_deref(), Some("1" | "true"));
    Some((Jid::parse(id).ok()?.bare(), is_default))
}

/// Somebody's subscription of a node changed: if the node is a space, others hear of it.
pub(super) async fn changed(call: &Call, name: &str, subscriber: &Subscriber) {
    let joined = match subscriber.state {
        State::Subscribed => true,
        State::None => false,
        State::Pending => return,
    };
    if !matches!(call.place, Place::Service(_)) {
        return;
    }
    let found = rooms(call, name.to_owned()).await;
    let found = found.map(|rooms| rooms.map(|rooms| (vec![subscriber.jid.bare()], rooms)));
    tell(call, name, joined, found).await;
}

/// A node got an item: if it is a space and the item a room for everybody in it, they are
/// named.
pub(super) async fn grown(call: &Call, name: &str, item: &Item) {
    // What accounts publish of themselves is not even read.
    if !matches!(call.place, Place::Service(_)) {
        return;
    }
    let Some(room) = room(&item.id, &item.payload).filter(|(_, is_default)| *is_default) else {
        return;
    };
    let found = people(call, name.to_owned()).await;
    let found = found.map(|people| people.map(|people| (people, vec![room])));
    tell(call, name, true, found).await;
}

/// Who is concerned, and by which rooms.
type Concerned = (Vec<Jid>, Vec<(Jid, bool)>);

async fn tell(call: &Call, name: &str, joined: bool, found: Result<Option<Concerned>, Refusal>) {
    match found {
        Ok(None) => {}
        Ok(Some((who, rooms))) => {
            let event = Event::Space {
                service: call.place.jid().clone(),
                node: name.into(),
                who: who.into(),
                joined,
                rooms: rooms.into(),
            };
            call.ctx.route().notify(event).await;
        }
        Err(refusal) => {
            tracing::error!(target: "pubsub", %refusal, "the rooms of a space were not told");
        }
    }
}

fn is_space(call: &Call, tx: &mut Tx<'_>, name: &str) -> Result<bool, DbError> {
    let node = store::node(tx, call.owner(), Base::Service, name)?;
    Ok(node.is_some_and(|node| node.config.kind == ns::SPACES))
}

/// Who is in a space; `None` if the node is none.
async fn people(call: &Call, name: String) -> Result<Option<Vec<Jid>>, Refusal> {
    call.read(move |call, tx| {
        if !is_space(call, tx, &name)? {
            return Ok(None);
        }
        let subscribers = store::subscribers(tx, call.owner(), &name)?;
        let inside = subscribers.into_iter().filter(|one| one.state == State::Subscribed);
        Ok(Some(inside.map(|one| one.jid.bare()).collect()))
    })
    .await
}

/// The rooms of a space; `None` if the node is none.
async fn rooms(call: &Call, name: String) -> Result<Option<Vec<(Jid, bool)>>, Refusal> {
    call.read(move |call, tx| {
        if !is_space(call, tx, &name)? {
            return Ok(None);
        }
        let (owner, now) = (call.owner(), call.ctx.now());
        let items = store::items(tx, owner, &name, limits::SPACE_ROOMS, now)?;
        let rooms = items.iter().filter_map(|stored| room(&stored.item.id, &stored.item.payload));
        Ok(Some(rooms.collect()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items of XEP-0503 section 5.4.
    #[test]
    fn rooms_are_those_items_that_are_conferences() {
        let own =
            |more: &str| format!("<conference xmlns='urn:xmpp:bookmarks:1' name='ERP' {more}/>");
        let jid = Jid::parse("a@rooms.example.org").expect("an address");
        let read = |payload: &str| room("a@rooms.example.org", payload);
        assert_eq!(read(&own("autojoin='true'")), Some((jid.clone(), true)));
        assert_eq!(read(&own("")), Some((jid, false)));
        assert_eq!(read("<x xmlns='jabber:x:oob'/>"), None);
        assert_eq!(room("@", &own("")), None);
    }
}
