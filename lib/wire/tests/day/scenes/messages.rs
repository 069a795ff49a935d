//! Messages: with people, in rooms, from the archive and from the own other devices.

use skein_xml::Writer;

use super::{
    AXOLOTL, CLIENT, FORWARD, HINTS, MAM, MARKERS, RECEIPTS, RSM, STATES, Scenes, empty, head,
    own_head, parts, stanza_id,
};

impl Scenes<'_> {
    /// Some turns with one person.
    pub(in super::super) fn chat(&mut self) {
        let person = self.chance.below(self.people.len());
        for _ in 0..2 + self.chance.below(6) {
            match self.chance.below(14) {
                0 => self.reaction(person),
                1 => self.file(person),
                2 | 3 => self.encrypted(person),
                4 | 5 => self.carbon(person),
                _ if self.chance.one_in(2) => self.hear(person),
                _ => self.say(person),
            }
        }
    }

    fn typing(&mut self, person: usize, state: &'static str, is_sent: bool) {
        self.add("typing", is_sent, |day, w| {
            let person = &day.people[person];
            if is_sent {
                own_head(w, "message", &person.bare, "chat", "");
            } else {
                head(w, "message", &person.full, &day.own, "chat", "");
            }
            empty(w, state, STATES, &[]);
            empty(w, "no-store", HINTS, &[]);
        });
    }

    fn hear(&mut self, person: usize) {
        self.typing(person, "composing", false);
        let id = self.people[person].client.id(&mut self.chance);
        let archived = self.chance.hex(32);
        let body = self.words(self.people[person].speaks_chinese);
        self.add("message", false, |day, w| {
            let thread = day.chance.uuid();
            let person = &day.people[person];
            head(w, "message", &person.full, &day.own, "chat", &id);
            parts(w, person.client.chat, &id, body, &thread);
            stanza_id(w, &day.bare, &archived);
        });
        self.receipt(person, &id, true);
        self.marker(person, &id, true);
        self.displayed(person, &archived);
    }

    fn say(&mut self, person: usize) {
        self.typing(person, "composing", true);
        let id = self.me.id(&mut self.chance);
        let body = self.words(self.people[person].speaks_chinese);
        self.add("message", true, |day, w| {
            let thread = day.chance.uuid();
            own_head(w, "message", &day.people[person].bare, "chat", &id);
            parts(w, day.me.chat, &id, body, &thread);
        });
        self.acknowledge();
        self.receipt(person, &id, false);
        self.marker(person, &id, false);
    }

    fn receipt(&mut self, person: usize, of: &str, is_sent: bool) {
        self.notice("receipt", ("received", RECEIPTS), person, of, is_sent);
    }

    fn marker(&mut self, person: usize, of: &str, is_sent: bool) {
        self.notice("marker", ("displayed", MARKERS), person, of, is_sent);
    }

    /// Says of a message what became of it.
    fn notice(
        &mut self,
        kind: &'static str,
        (name, ns): (&'static str, &'static str),
        person: usize,
        of: &str,
        is_sent: bool,
    ) {
        self.add(kind, is_sent, |day, w| {
            let client = if is_sent { day.me } else { day.people[person].client };
            let id = client.id(&mut day.chance);
            let archived = day.chance.hex(32);
            let person = &day.people[person];
            if is_sent {
                own_head(w, "message", &person.bare, "chat", &id);
            } else {
                head(w, "message", &person.full, &day.own, "chat", &id);
            }
            empty(w, name, ns, &[("id", of)]);
            if client.stores {
                empty(w, "store", HINTS, &[]);
            }
            if !is_sent {
                stanza_id(w, &day.bare, &archived);
            }
        });
    }

    fn reaction(&mut self, person: usize) {
        let is_sent = self.chance.one_in(2);
        self.add("reaction", is_sent, |day, w| {
            let client = if is_sent { day.me } else { day.people[person].client };
            let (id, of, archived) =
                (client.id(&mut day.chance), client.id(&mut day.chance), day.chance.hex(32));
            let smile = *day.chance.pick(&["👍", "❤️", "😂", "🎉"]);
            let person = &day.people[person];
            if is_sent {
                own_head(w, "message", &person.bare, "chat", &id);
            } else {
                head(w, "message", &person.full, &day.own, "chat", &id);
            }
            w.start("reactions", "urn:xmpp:reactions:0");
            w.attr("id", &of);
            w.leaf("reaction", "urn:xmpp:reactions:0", smile);
            w.end();
            empty(w, "store", HINTS, &[]);
            if !is_sent {
                stanza_id(w, &day.bare, &archived);
            }
        });
    }

    fn file(&mut self, person: usize) {
        self.add("file", false, |day, w| {
            const SFS: &str = "urn:xmpp:sfs:0";
            const META: &str = "urn:xmpp:file:metadata:0";
            let (id, archived) =
                (day.people[person].client.id(&mut day.chance), day.chance.hex(32));
            let (name, size, hash) =
                (day.chance.hex(8), day.chance.below(3_000_000).to_string(), day.chance.base64(32));
            let url =
                format!("https://{}/files/{}/IMG_{name}.jpg", day.server, day.chance.token(22));
            let name = format!("IMG_{name}.jpg");
            head(w, "message", &day.people[person].full, &day.own, "chat", &id);
            w.leaf("body", CLIENT, &url);
            w.start("x", "jabber:x:oob");
            w.leaf("url", "jabber:x:oob", &url);
            w.end();
            w.start("file-sharing", SFS);
            w.attr("disposition", "inline");
            w.start("file", META);
            w.leaf("media-type", META, "image/jpeg");
            w.leaf("name", META, &name);
            w.leaf("size", META, &size);
            w.leaf("width", META, "1920");
            w.leaf("height", META, "1080");
            w.start("hash", "urn:xmpp:hashes:2");
            w.attr("algo", "sha-256");
            w.text(&hash);
            w.end();
            w.end();
            w.start("sources", SFS);
            empty(w, "url-data", "http://jabber.org/protocol/url-data", &[("target", &url)]);
            w.end();
            w.end();
            empty(w, "origin-id", super::SID, &[("id", &id)]);
            stanza_id(w, &day.bare, &archived);
        });
    }

    fn encrypted(&mut self, person: usize) {
        let is_sent = self.chance.one_in(2);
        self.add("encrypted (3 devices)", is_sent, |day, w| {
            let client = if is_sent { day.me } else { day.people[person].client };
            let (id, archived) = (client.id(&mut day.chance), day.chance.hex(32));
            if is_sent {
                own_head(w, "message", &day.people[person].bare, "chat", &id);
            } else {
                head(w, "message", &day.people[person].full, &day.own, "chat", &id);
            }
            w.start("encrypted", AXOLOTL);
            w.start("header", AXOLOTL);
            w.attr("sid", &(day.chance.word() as u32 >> 1).to_string());
            for _ in 0..3 {
                w.start("key", AXOLOTL);
                w.attr("rid", &(day.chance.word() as u32 >> 1).to_string());
                w.text(&day.chance.base64(76));
                w.end();
            }
            w.leaf("iv", AXOLOTL, &day.chance.base64(12));
            w.end();
            let length = 20 + day.chance.below(60);
            w.leaf("payload", AXOLOTL, &day.chance.base64(length));
            w.end();
            let encryption = [("namespace", AXOLOTL), ("name", "OMEMO")];
            empty(w, "encryption", "urn:xmpp:eme:0", &encryption);
            w.leaf("body", CLIENT, "I sent you an OMEMO encrypted message but your client doesn’t seem to support that.");
            empty(w, "store", HINTS, &[]);
            empty(w, "markable", MARKERS, &[]);
            empty(w, "origin-id", super::SID, &[("id", &id)]);
            if !is_sent {
                stanza_id(w, &day.bare, &archived);
            }
        });
    }

    fn stored(&mut self, w: &mut Writer, from: &str, to: &str, person: usize, is_mine: bool) {
        let client = if is_mine { self.me } else { self.people[person].client };
        let (id, archived, thread) =
            (client.id(&mut self.chance), self.chance.hex(32), self.chance.uuid());
        let body = self.words(self.people[person].speaks_chinese);
        w.start("message", CLIENT);
        for (name, value) in [("from", from), ("to", to), ("type", "chat"), ("id", &id)] {
            w.attr(name, value);
        }
        parts(w, client.chat, &id, body, &thread);
        stanza_id(w, &self.bare, &archived);
        w.end();
    }

    fn carbon(&mut self, person: usize) {
        self.add("carbon", false, |day, w| {
            let is_mine = day.chance.one_in(2);
            let other = format!("{}/{}", day.bare, (day.me.resource)(&mut day.chance));
            let peer = day.people[person].full.clone();
            let peer_bare = day.people[person].bare.clone();
            head(w, "message", &day.bare, &day.own, "chat", "");
            w.start(if is_mine { "sent" } else { "received" }, "urn:xmpp:carbons:2");
            w.start("forwarded", FORWARD);
            match is_mine {
                true => day.stored(w, &other, &peer_bare, person, true),
                false => day.stored(w, &peer, &other, person, false),
            }
        });
    }

    /// Pages of the archive.
    pub(in super::super) fn catch_up(&mut self) {
        for _ in 0..2 {
            let query = self.me.id(&mut self.chance);
            self.add("archive query", true, |day, w| {
                own_head(w, "iq", "", "set", &query);
                w.start("query", MAM);
                w.attr("queryid", &query);
                w.start("x", "jabber:x:data");
                w.attr("type", "submit");
                let since = day.stamp();
                for (name, value) in [("FORM_TYPE", MAM), ("start", &since)] {
                    w.start("field", "jabber:x:data");
                    w.attr("var", name);
                    if name == "FORM_TYPE" {
                        w.attr("type", "hidden");
                    }
                    w.leaf("value", "jabber:x:data", value);
                    w.end();
                }
                w.end();
                w.start("set", RSM);
                w.leaf("max", RSM, "50");
                w.end();
            });
            let count = 20;
            let mut ends = (String::new(), String::new());
            for nth in 0..count {
                let person = self.chance.below(self.people.len());
                let id = self.chance.hex(32);
                self.add("archived message", false, |day, w| {
                    let is_mine = day.chance.one_in(2);
                    let stamp = day.stamp();
                    let (peer, own) = (day.people[person].full.clone(), day.own.clone());
                    let (peer_bare, bare) = (day.people[person].bare.clone(), day.bare.clone());
                    head(w, "message", &bare, &own, "", "");
                    w.start("result", MAM);
                    w.attr("queryid", &query);
                    w.attr("id", &id);
                    w.start("forwarded", FORWARD);
                    empty(w, "delay", "urn:xmpp:delay", &[("stamp", &stamp)]);
                    match is_mine {
                        true => day.stored(w, &own, &peer_bare, person, true),
                        false => day.stored(w, &peer, &bare, person, false),
                    }
                });
                if nth == 0 {
                    ends.0.clone_from(&id);
                }
                ends.1 = id;
            }
            self.add("archive end", false, |day, w| {
                head(w, "iq", &day.bare, &day.own, "result", &query);
                w.start("fin", MAM);
                w.attr("complete", "true");
                w.start("set", RSM);
                w.start("first", RSM);
                w.attr("index", "0");
                w.text(&ends.0);
                w.end();
                w.leaf("last", RSM, &ends.1);
                w.leaf("count", RSM, "20");
            });
        }
    }

    /// Talk in a room.
    pub(in super::super) fn room(&mut self) {
        let room = self.chance.below(self.rooms.len());
        for _ in 0..6 {
            let who = self.chance.below(self.rooms[room].nicks.len());
            let chinese = self.chance.one_in(2);
            let body = self.words(chinese);
            self.add("room message", false, |day, w| {
                let archived = day.chance.hex(32);
                let id = day.rooms[room].nicks[who].1.id(&mut day.chance);
                let room = &day.rooms[room];
                let (nick, client, occupant) = &room.nicks[who];
                let from = format!("{}/{nick}", room.bare);
                head(w, "message", &from, &day.own, "groupchat", &id);
                parts(w, client.room, &id, body, "");
                empty(w, "occupant-id", "urn:xmpp:occupant-id:0", &[("id", occupant)]);
                stanza_id(w, &room.bare, &archived);
            });
        }
        let body = self.words(false);
        self.add("room message", true, |day, w| {
            let id = day.me.id(&mut day.chance);
            own_head(w, "message", &day.rooms[room].bare, "groupchat", &id);
            parts(w, day.me.room, &id, body, "");
        });
        self.acknowledge();
    }
}
