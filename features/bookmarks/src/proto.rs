//! `<conference/>` of both namespaces, and `<storage/>`.

use skein_xml::{Document, Element, Limits, Writer};
use skein_xmpp::{Jid, ns};

/// A bookmarked room, as far as both dialects can say it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Room {
    pub(crate) name: Option<String>,
    pub(crate) autojoin: bool,
    pub(crate) nick: Option<String>,
    pub(crate) password: Option<String>,
}

impl Room {
    /// Reads `<conference/>` of either namespace.
    pub(crate) fn read(conference: Element<'_>) -> Self {
        let text = |name| {
            let child = conference.child(name, conference.ns())?;
            Some(child.text().into_owned()).filter(|text| !text.is_empty())
        };
        Self {
            name: conference.attr("name").map(std::borrow::Cow::into_owned),
            autojoin: matches!(conference.attr("autojoin").as_deref(), Some("true" | "1")),
            nick: text("nick"),
            password: text("password"),
        }
    }

    fn write(&self, writer: &mut Writer, namespace: &str, jid: Option<&str>) {
        writer.start("conference", namespace);
        if let Some(jid) = jid {
            writer.attr("jid", jid);
        }
        if let Some(name) = &self.name {
            writer.attr("name", name);
        }
        if self.autojoin {
            writer.attr("autojoin", "true");
        }
        for (name, value) in [("nick", &self.nick), ("password", &self.password)] {
            if let Some(value) = value {
                writer.leaf(name, namespace, value);
            }
        }
    }
}

/// An item of XEP-0402 as it stands alone.
pub(crate) struct Item(Document);

impl Item {
    /// Reads a payload; `None` if it is no bookmark.
    pub(crate) fn parse(payload: &str) -> Option<Self> {
        let document = Document::parse(payload, &Limits::kept()).ok()?;
        document.root().is("conference", ns::BOOKMARKS).then_some(Self(document))
    }

    /// The room.
    pub(crate) fn room(&self) -> Room {
        Room::read(self.0.root())
    }
}

/// A payload of XEP-0402 for a room, with the extensions of the item that it replaces.
pub(crate) fn item_payload(room: &Room, before: Option<&Item>) -> String {
    let mut writer = Writer::new();
    room.write(&mut writer, ns::BOOKMARKS, None);
    let extensions = before.and_then(|before| before.0.root().child("extensions", ns::BOOKMARKS));
    if let Some(extensions) = extensions {
        writer.element(extensions);
    }
    writer.end();
    writer.finish_text()
}

/// The list of XEP-0048.
pub(crate) struct List(Document);

impl List {
    /// Reads a payload; `None` if it is no list.
    pub(crate) fn parse(payload: &str) -> Option<Self> {
        let document = Document::parse(payload, &Limits::kept()).ok()?;
        document.root().is("storage", ns::OLD_BOOKMARKS).then_some(Self(document))
    }

    /// The rooms with their addresses; what has none is passed over.
    pub(crate) fn rooms(&self) -> Vec<(Jid, Room)> {
        let rooms = self.0.root().children().filter(|child| is_conference(*child));
        rooms.filter_map(|room| Some((address(room)?, Room::read(room)))).collect()
    }
}

fn is_conference(child: Element<'_>) -> bool {
    child.is("conference", ns::OLD_BOOKMARKS)
}

fn address(conference: Element<'_>) -> Option<Jid> {
    Jid::parse(&conference.attr("jid")?).ok()
}

/// `list` with each room of `changes` as it is now, or without it. What else the list holds
/// stays as it is.
pub(crate) fn changed_list(list: Option<&List>, changes: &[(Jid, Option<Room>)]) -> String {
    let mut writer = Writer::new();
    writer.start("storage", ns::OLD_BOOKMARKS);
    let mut written = Vec::new();
    for child in list.iter().flat_map(|list| list.0.root().children()) {
        let jid = Some(child).filter(|child| is_conference(*child)).and_then(address);
        let change = jid.and_then(|jid| changes.iter().find(|(changed, _)| *changed == jid));
        match change {
            None => writer.element(child),
            Some((jid, Some(room))) if !written.contains(&jid) => {
                // What says the same already stays as its client wrote it.
                if Room::read(child) == *room {
                    writer.element(child);
                } else {
                    room.write(&mut writer, ns::OLD_BOOKMARKS, Some(jid.as_str()));
                    writer.end();
                }
                written.push(jid);
            }
            Some(_) => {}
        }
    }
    for (jid, room) in changes {
        if let Some(room) = room
            && !written.contains(&jid)
        {
            room.write(&mut writer, ns::OLD_BOOKMARKS, Some(jid.as_str()));
            writer.end();
        }
    }
    writer.end();
    writer.finish_text()
}
