//! What follows in one dialect from a change in another: pure functions.

use skein_kernel::contracts::{Change, Item as Published};
use skein_xmpp::Jid;

use crate::proto::{Item, List, Room, changed_list, item_payload};

/// The item that holds the list (XEP-0048 section 3.1, XEP-0223).
pub(crate) const CURRENT: &str = "current";

/// What changes of single bookmarks make of the list. `None` if it says so already.
pub(crate) fn list_after(list: Option<&str>, changes: &[Change]) -> Option<String> {
    let before = list.and_then(List::parse);
    let known = before.as_ref().map(List::rooms).unwrap_or_default();
    let mut rooms: Vec<(Jid, Option<Room>)> = Vec::new();
    let mut set = |jid: Jid, room: Option<Room>| {
        rooms.retain(|(other, _)| *other != jid);
        rooms.push((jid, room));
    };
    for change in changes {
        match change {
            Change::Publish(item) => {
                if let (Ok(jid), Some(read)) = (Jid::parse(&item.id), Item::parse(&item.payload)) {
                    set(jid, Some(read.room()));
                }
            }
            Change::Retract(id) => {
                if let Ok(jid) = Jid::parse(id) {
                    set(jid, None);
                }
            }
            Change::Purge => known.iter().for_each(|(jid, _)| set(jid.clone(), None)),
        }
    }
    rooms.retain(|(jid, room)| {
        known.iter().find(|(other, _)| other == jid).map(|(_, known)| known) != room.as_ref()
    });
    (!rooms.is_empty()).then(|| changed_list(before.as_ref(), &rooms))
}

/// What a new list makes of the single bookmarks `items`: nothing for those that stay.
pub(crate) fn items_after(items: &[Published], list: &str) -> Vec<Change> {
    let Some(list) = List::parse(list) else { return Vec::new() };
    let mut rooms: Vec<(Jid, Room)> = Vec::new();
    for (jid, room) in list.rooms() {
        if !rooms.iter().any(|(other, _)| *other == jid) {
            rooms.push((jid, room));
        }
    }
    let mut changes = Vec::new();
    for known in items {
        let Ok(jid) = Jid::parse(&known.id) else { continue };
        if !rooms.iter().any(|(other, _)| *other == jid) {
            changes.push(Change::Retract(known.id.clone()));
        }
    }
    for (jid, room) in rooms {
        let known = items.iter().find(|known| Jid::parse(&known.id).is_ok_and(|id| id == jid));
        let before = known.and_then(|known| Item::parse(&known.payload));
        if before.as_ref().is_some_and(|before| before.room() == room) {
            continue;
        }
        let id = known.map_or_else(|| jid.as_str().to_owned(), |known| known.id.clone());
        let payload = item_payload(&room, before.as_ref());
        changes.push(Change::Publish(Published { id, payload }));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAY: &str = "<conference xmlns='urn:xmpp:bookmarks:1' name='The Play&apos;s the Thing' autojoin='true'><nick>JC</nick></conference>";
    const ORCHARD: &str = "<conference xmlns='urn:xmpp:bookmarks:1' name='The Orchard'><nick>JC</nick>\
        <extensions><state xmlns='http://myclient.example/bookmark/state' minimized='true'/></extensions></conference>";

    fn item(id: &str, payload: &str) -> Published {
        Published { id: id.to_owned(), payload: payload.to_owned() }
    }

    /// The bookmarks of XEP-0402's examples.
    fn items() -> [Published; 2] {
        [
            item("theplay@conference.shakespeare.lit", PLAY),
            item("orchard@conference.shakespeare.lit", ORCHARD),
        ]
    }

    #[test]
    fn both_dialects_hold_the_same_rooms() {
        let list = list_after(None, &items().map(Change::Publish)).expect("it is new");
        assert_eq!(
            list,
            "<storage xmlns='storage:bookmarks'><conference jid='theplay@conference.shakespeare.lit' name='The Play&apos;s the Thing' autojoin='true'>\
             <nick>JC</nick></conference><conference jid='orchard@conference.shakespeare.lit' name='The Orchard'><nick>JC</nick></conference></storage>"
        );
        assert_eq!(items_after(&items(), &list), [], "nothing is told of what stays");
        assert_eq!(list_after(Some(&list), &items().map(Change::Publish)), None);
        let [play, orchard] = items_after(&[], &list).try_into().expect("two");
        assert!(matches!(play, Change::Publish(new) if new == items()[0]));
        assert!(matches!(orchard, Change::Publish(new) if !new.payload.contains("extensions")));
    }

    #[test]
    fn a_list_changes_and_removes_single_bookmarks_and_keeps_their_extensions() {
        let list = "<storage xmlns='storage:bookmarks'><url name='x' url='http://x/'/>\
            <conference jid='orchard@conference.shakespeare.lit' name='Garden' autojoin='1'/><conference jid='@@'/></storage>";
        let changes = items_after(&items(), list);
        let garden = "<conference xmlns='urn:xmpp:bookmarks:1' name='Garden' autojoin='true'>\
            <extensions><state xmlns='http://myclient.example/bookmark/state' minimized='true'/></extensions></conference>";
        assert_eq!(
            changes,
            [
                Change::Retract("theplay@conference.shakespeare.lit".into()),
                Change::Publish(item("orchard@conference.shakespeare.lit", garden)),
            ]
        );
    }

    #[test]
    fn the_list_keeps_what_single_bookmarks_cannot_say() {
        let list = "<storage xmlns='storage:bookmarks'><url name='x' url='http://x/'/>\
            <conference jid='a@b' name='A'/><conference jid='c@b' name='C'/></storage>";
        let left = list_after(Some(list), &[Change::Retract("a@b".into())]).expect("changed");
        assert_eq!(
            left,
            "<storage xmlns='storage:bookmarks'><url name='x' url='http://x/'/><conference jid='c@b' name='C'/></storage>"
        );
        let left = list_after(Some(&left), &[Change::Purge]).expect("changed");
        assert_eq!(
            left,
            "<storage xmlns='storage:bookmarks'><url name='x' url='http://x/'/></storage>"
        );
        assert_eq!(list_after(Some(&left), &[Change::Retract("a@b".into())]), None);
    }
}
