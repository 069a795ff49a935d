//! What happens on a day, as stanzas.

use skein_xml::Writer;

use super::client::{Client, Part};
use super::{Cast, Chance, Day, Line};

mod login;
mod messages;
mod state;

pub(super) const CLIENT: &str = "jabber:client";
pub(super) const SID: &str = "urn:xmpp:sid:0";
pub(super) const MARKERS: &str = "urn:xmpp:chat-markers:0";
pub(super) const RECEIPTS: &str = "urn:xmpp:receipts";
pub(super) const HINTS: &str = "urn:xmpp:hints";
pub(super) const STATES: &str = "http://jabber.org/protocol/chatstates";
pub(super) const FORWARD: &str = "urn:xmpp:forward:0";
pub(super) const MAM: &str = "urn:xmpp:mam:2";
pub(super) const RSM: &str = "http://jabber.org/protocol/rsm";
pub(super) const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
pub(super) const EVENT: &str = "http://jabber.org/protocol/pubsub#event";
pub(super) const SM: &str = "urn:xmpp:sm:3";
pub(super) const DISCO: &str = "http://jabber.org/protocol/disco#info";
pub(super) const AXOLOTL: &str = "eu.siacs.conversations.axolotl";

/// Somebody on the list.
pub(super) struct Person {
    pub(super) bare: String,
    pub(super) full: String,
    pub(super) client: &'static Client,
    pub(super) speaks_chinese: bool,
}

/// A room and its people.
pub(super) struct Room {
    pub(super) bare: String,
    pub(super) nicks: Vec<(String, &'static Client, String)>,
}

/// See the module.
pub(super) struct Scenes<'c> {
    pub(super) cast: &'c Cast,
    pub(super) chance: Chance,
    pub(super) server: &'static str,
    pub(super) bare: String,
    pub(super) own: String,
    pub(super) me: &'static Client,
    pub(super) people: Vec<Person>,
    pub(super) rooms: Vec<Room>,
    /// Seconds since 1970 and microseconds.
    pub(super) now: (i64, u32),
    pub(super) handled: u32,
    pub(super) sent: u32,
    lines: Vec<Line>,
}

impl<'c> Scenes<'c> {
    pub(super) fn new(cast: &'c Cast, mut chance: Chance) -> Self {
        let server = *chance.pick(cast.servers);
        let person = |chance: &mut Chance, name: &str| {
            let elsewhere = chance.one_in(5);
            let server = if elsewhere { *chance.pick(cast.servers) } else { server };
            let client = chance.pick(cast.clients);
            let bare = format!("{name}@{server}");
            let full = format!("{bare}/{}", (client.resource)(chance));
            Person { bare, full, client, speaks_chinese: chance.one_in(2) }
        };
        let mut names: Vec<&str> = cast.names.to_vec();
        let own_name = names.remove(chance.below(names.len()));
        let me = chance.pick(cast.clients);
        let bare = format!("{own_name}@{server}");
        let own = format!("{bare}/{}", (me.resource)(&mut chance));
        let people: Vec<Person> = names.iter().map(|name| person(&mut chance, name)).collect();
        let rooms = ["family", "climbing-club", "work"].map(|room| Room {
            bare: format!("{room}@rooms.{server}"),
            nicks: names
                .iter()
                .map(|nick| ((*nick).to_owned(), chance.pick(cast.clients), chance.hex(64)))
                .collect(),
        });
        let now = (1_764_200_000 + chance.below(40_000_000) as i64, 0);
        Self {
            cast,
            chance,
            server,
            bare,
            own,
            me,
            people,
            rooms: rooms.into(),
            now,
            handled: 0,
            sent: 0,
            lines: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Day {
        Day { own: self.own, lines: self.lines }
    }

    /// Adds what `write` writes.
    pub(super) fn add(
        &mut self,
        kind: &'static str,
        is_sent: bool,
        write: impl FnOnce(&mut Self, &mut Writer),
    ) {
        let mut writer = Writer::new();
        write(self, &mut writer);
        if is_sent {
            self.sent += 1;
        } else {
            self.handled += 1;
        }
        self.lines.push(Line { kind, is_sent, xml: writer.finish_text() });
    }

    pub(super) fn stamp(&mut self) -> String {
        self.now.0 += 1 + self.chance.below(90) as i64;
        self.now.1 = self.chance.below(1_000_000) as u32;
        skein_base::Timestamp(self.now.0 * 1_000_000 + i64::from(self.now.1)).to_string()
    }

    pub(super) fn words(&mut self, chinese: bool) -> &'static str {
        let list: &[&'static str] = if chinese { &self.cast.chinese } else { &self.cast.english };
        list[self.chance.below(list.len())]
    }
}

/// Begins a stanza as the server writes it.
pub(super) fn head(w: &mut Writer, name: &str, from: &str, to: &str, kind: &str, id: &str) {
    w.start(name, CLIENT);
    for (name, value) in [("from", from), ("to", to), ("type", kind), ("id", id)] {
        if !value.is_empty() {
            w.attr(name, value);
        }
    }
}

/// Begins a stanza as clients write it.
pub(super) fn own_head(w: &mut Writer, name: &str, to: &str, kind: &str, id: &str) {
    w.start(name, CLIENT);
    for (name, value) in [("to", to), ("type", kind), ("id", id)] {
        if !value.is_empty() {
            w.attr(name, value);
        }
    }
}

/// An element without content.
pub(super) fn empty(w: &mut Writer, name: &str, ns: &str, attributes: &[(&str, &str)]) {
    w.start(name, ns);
    attributes.iter().for_each(|(name, value)| w.attr(name, value));
    w.end();
}

/// The parts of a message with a body.
pub(super) fn parts(w: &mut Writer, parts: &[Part], id: &str, body: &str, thread: &str) {
    for part in parts {
        match part {
            Part::Body => w.leaf("body", CLIENT, body),
            Part::Origin => empty(w, "origin-id", SID, &[("id", id)]),
            Part::Markable => empty(w, "markable", MARKERS, &[]),
            Part::Request => empty(w, "request", RECEIPTS, &[]),
            Part::Active => empty(w, "active", STATES, &[]),
            Part::Thread => w.leaf("thread", CLIENT, thread),
            Part::Store => empty(w, "store", HINTS, &[]),
        }
    }
}

pub(super) fn stanza_id(w: &mut Writer, by: &str, id: &str) {
    empty(w, "stanza-id", SID, &[("by", by), ("id", id)]);
}
