//! Presence, acknowledgements, what is published and asked between messages.

use super::{DISCO, EVENT, PUBSUB, SID, SM, Scenes, empty, head, own_head};

impl Scenes<'_> {
    /// The server asks and the client answers, or the other way round.
    pub(super) fn acknowledge(&mut self) {
        let is_sent = self.chance.one_in(2);
        let h = if is_sent { self.handled } else { self.sent };
        self.add("ack request", !is_sent, |_, w| empty(w, "r", SM, &[]));
        self.add("ack", is_sent, |_, w| empty(w, "a", SM, &[("h", &h.to_string())]));
    }

    pub(super) fn presence(&mut self, person: usize) {
        self.add("presence", false, |day, w| {
            let goes = day.chance.one_in(4);
            let (stamp, photo, ver) = (day.stamp(), day.chance.hex(40), day.chance.base64(20));
            let is_away = day.chance.one_in(3);
            let person = &day.people[person];
            head(w, "presence", &person.full, &day.own, if goes { "unavailable" } else { "" }, "");
            if goes {
                return;
            }
            if is_away {
                w.leaf("show", super::CLIENT, "away");
                empty(w, "idle", "urn:xmpp:idle:1", &[("since", &stamp)]);
            }
            let caps = [("hash", "sha-1"), ("node", person.client.node), ("ver", &ver)];
            empty(w, "c", "http://jabber.org/protocol/caps", &caps);
            w.start("x", "vcard-temp:x:update");
            w.leaf("photo", "vcard-temp:x:update", &photo);
            w.end();
        });
    }

    pub(super) fn occupant(&mut self, room: usize, who: usize, is_self: bool) {
        self.add("room presence", false, |day, w| {
            const USER: &str = "http://jabber.org/protocol/muc#user";
            let ver = day.chance.base64(20);
            let room = &day.rooms[room];
            let (nick, client, occupant) = &room.nicks[who];
            head(w, "presence", &format!("{}/{nick}", room.bare), &day.own, "", "");
            let caps = [("hash", "sha-1"), ("node", client.node), ("ver", &ver)];
            empty(w, "c", "http://jabber.org/protocol/caps", &caps);
            empty(w, "occupant-id", "urn:xmpp:occupant-id:0", &[("id", occupant)]);
            w.start("x", USER);
            empty(w, "item", USER, &[("affiliation", "member"), ("role", "participant")]);
            if is_self {
                empty(w, "status", USER, &[("code", "110")]);
            }
        });
    }

    /// The own place in the conversation, for the other devices.
    pub(super) fn displayed(&mut self, person: usize, archived: &str) {
        let id = self.me.id(&mut self.chance);
        self.add("read mark", true, |day, w| {
            const MDS: &str = "urn:xmpp:mds:displayed:0";
            own_head(w, "iq", "", "set", &id);
            w.start("pubsub", PUBSUB);
            w.start("publish", PUBSUB);
            w.attr("node", MDS);
            w.start("item", PUBSUB);
            w.attr("id", &day.people[person].bare);
            w.start("displayed", MDS);
            empty(w, "stanza-id", SID, &[("by", &day.bare), ("id", archived)]);
            w.end();
            w.end();
            w.end();
            w.start("publish-options", PUBSUB);
            w.start("x", "jabber:x:data");
            w.attr("type", "submit");
            for (name, value) in [
                ("FORM_TYPE", "http://jabber.org/protocol/pubsub#publish-options"),
                ("pubsub#persist_items", "true"),
                ("pubsub#max_items", "max"),
                ("pubsub#send_last_published_item", "never"),
                ("pubsub#access_model", "whitelist"),
            ] {
                w.start("field", "jabber:x:data");
                w.attr("var", name);
                if name == "FORM_TYPE" {
                    w.attr("type", "hidden");
                }
                w.leaf("value", "jabber:x:data", value);
                w.end();
            }
        });
        self.add("answer", false, |day, w| {
            head(w, "iq", &day.bare, &day.own, "result", &id);
            w.start("pubsub", PUBSUB);
            w.start("publish", PUBSUB);
            w.attr("node", "urn:xmpp:mds:displayed:0");
            empty(w, "item", PUBSUB, &[("id", &day.people[person].bare)]);
        });
    }

    fn event(&mut self) {
        let person = self.chance.below(self.people.len());
        self.add("published", false, |day, w| {
            let (hash, size) = (day.chance.hex(40), 4_000 + day.chance.below(30_000));
            head(w, "message", &day.people[person].bare, &day.own, "headline", "");
            w.start("event", EVENT);
            w.start("items", EVENT);
            w.attr("node", "urn:xmpp:avatar:metadata");
            w.start("item", EVENT);
            w.attr("id", &hash);
            w.start("metadata", "urn:xmpp:avatar:metadata");
            let size = size.to_string();
            let info = [
                ("bytes", &*size),
                ("id", &hash),
                ("type", "image/png"),
                ("width", "192"),
                ("height", "192"),
            ];
            empty(w, "info", "urn:xmpp:avatar:metadata", &info);
        });
    }

    fn ping(&mut self) {
        let id = self.me.id(&mut self.chance);
        self.add("ping", true, |day, w| {
            own_head(w, "iq", day.server, "get", &id);
            empty(w, "ping", "urn:xmpp:ping", &[]);
        });
        self.add("answer", false, |day, w| head(w, "iq", day.server, &day.own, "result", &id));
    }

    fn ask(&mut self) {
        let person = self.chance.below(self.people.len());
        let id = self.me.id(&mut self.chance);
        self.add("disco query", true, |day, w| {
            own_head(w, "iq", &day.people[person].full, "get", &id);
            let node = format!("{}#{}", day.people[person].client.node, day.chance.base64(20));
            empty(w, "query", DISCO, &[("node", &node)]);
        });
        self.add("disco", false, |day, w| {
            head(w, "iq", &day.people[person].full, &day.own, "result", &id);
            w.start("query", DISCO);
            empty(
                w,
                "identity",
                DISCO,
                &[("category", "client"), ("type", "phone"), ("name", "Messenger")],
            );
            for feature in [
                "http://jabber.org/protocol/caps",
                "http://jabber.org/protocol/chatstates",
                DISCO,
                "jabber:iq:version",
                "jabber:x:conference",
                "urn:xmpp:avatar:metadata+notify",
                "urn:xmpp:chat-markers:0",
                "urn:xmpp:jingle:1",
                "urn:xmpp:jingle:apps:rtp:audio",
                "urn:xmpp:message-correct:0",
                "urn:xmpp:ping",
                "urn:xmpp:receipts",
                "urn:xmpp:reactions:0",
                "urn:xmpp:time",
            ] {
                empty(w, "feature", DISCO, &[("var", feature)]);
            }
        });
    }

    /// What comes while nobody looks.
    pub(in super::super) fn idle(&mut self) {
        self.add("client state", true, |_, w| empty(w, "inactive", "urn:xmpp:csi:0", &[]));
        for _ in 0..3 {
            let person = self.chance.below(self.people.len());
            self.presence(person);
        }
        if self.chance.one_in(2) {
            self.event();
        }
        if self.chance.one_in(3) {
            self.ask();
        }
        self.ping();
        self.acknowledge();
        self.add("client state", true, |_, w| empty(w, "active", "urn:xmpp:csi:0", &[]));
    }
}
