//! Spaces (XEP-0503): nodes whose items are rooms. Whoever comes to one or leaves it is named
//! to the features that keep the rooms; this one knows nothing of them.

use skein_base::limits;
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
    let Place::Service(service) = &call.place else { return };
    match rooms(call, name.to_owned()).await {
        Ok(None) => {}
        Ok(Some(rooms)) => {
            let event = Event::Space {
                service: service.clone(),
                node: name.into(),
                who: subscriber.jid.bare(),
                joined,
                rooms: rooms.into(),
            };
            call.ctx.route().notify(event).await;
        }
        Err(refusal) => {
            tracing::error!(target: "pubsub", %refusal, "who joined a space was not told");
        }
    }
}

/// The rooms of a space; `None` if the node is none.
async fn rooms(call: &Call, name: String) -> Result<Option<Vec<(Jid, bool)>>, Refusal> {
    call.read(move |call, tx| {
        let node = store::node(tx, call.owner(), Base::Service, &name)?;
        if node.is_none_or(|node| node.config.kind != ns::SPACES) {
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
