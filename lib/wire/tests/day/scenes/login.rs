//! Login, the roster, rooms entered, and coming back.

use super::{SM, Scenes, empty, head, own_head};

const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
const STREAM: &str = "http://etherx.jabber.org/streams";
const SASL2: &str = "urn:xmpp:sasl:2";
const FAST: &str = "urn:xmpp:fast:0";
const BIND: &str = "urn:xmpp:bind:0";

impl Scenes<'_> {
    fn open(&mut self) {
        self.add("login", true, |day, w| {
            empty(w, "open", FRAMING, &[("to", day.server), ("version", "1.0")]);
        });
        self.add("login", false, |day, w| {
            let id = day.chance.hex(32);
            let open = [("from", day.server), ("id", &*id), ("version", "1.0"), ("xml:lang", "en")];
            empty(w, "open", FRAMING, &open);
        });
        self.add("login", false, |_, w| {
            w.start("features", STREAM);
            w.start("authentication", SASL2);
            for name in ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"] {
                w.leaf("mechanism", SASL2, name);
            }
            w.start("inline", SASL2);
            w.start("fast", FAST);
            w.leaf("mechanism", FAST, "HT-SHA-256-NONE");
            w.end();
            w.start("bind", BIND);
            w.start("inline", BIND);
            for feature in [SM, "urn:xmpp:carbons:2", "urn:xmpp:csi:0"] {
                empty(w, "feature", BIND, &[("var", feature)]);
            }
            w.end();
            w.end();
            empty(w, "sm", SM, &[]);
            w.end();
            w.end();
            w.start("limits", "urn:xmpp:stream-limits:0");
            w.leaf("max-bytes", "urn:xmpp:stream-limits:0", "10240");
            w.end();
        });
    }

    pub(in super::super) fn log_in(&mut self) {
        self.open();
        self.add("login", true, |day, w| {
            w.start("authenticate", SASL2);
            w.attr("mechanism", "SCRAM-SHA-256");
            w.leaf("initial-response", SASL2, &day.chance.base64(48));
            w.start("user-agent", SASL2);
            w.attr("id", &day.chance.uuid());
            w.leaf("software", SASL2, "Messenger");
            w.leaf("device", SASL2, "Phone");
            w.end();
            empty(w, "request-token", FAST, &[("mechanism", "HT-SHA-256-NONE")]);
            w.start("bind", BIND);
            w.leaf("tag", BIND, "Messenger");
            empty(w, "enable", SM, &[("resume", "true")]);
            empty(w, "enable", "urn:xmpp:carbons:2", &[]);
        });
        self.add("login", false, |day, w| w.leaf("challenge", SASL2, &day.chance.base64(84)));
        self.add("login", true, |day, w| w.leaf("response", SASL2, &day.chance.base64(104)));
        self.add("login", false, |day, w| {
            w.start("success", SASL2);
            w.leaf("additional-data", SASL2, &day.chance.base64(46));
            w.leaf("authorization-identifier", SASL2, &day.own);
            let token = [("token", &*day.chance.token(43)), ("expiry", &*day.stamp())];
            empty(w, "token", FAST, &token);
            w.start("bound", BIND);
            let id = day.chance.hex(32);
            empty(w, "enabled", SM, &[("id", &id), ("resume", "true"), ("max", "3600")]);
        });
        self.roster();
        self.add("presence", true, |day, w| {
            let ver = day.chance.base64(20);
            own_head(w, "presence", "", "", "");
            let caps = [("hash", "sha-1"), ("node", day.me.node), ("ver", &ver)];
            empty(w, "c", "http://jabber.org/protocol/caps", &caps);
        });
        for person in 0..self.people.len() {
            self.presence(person);
        }
        for room in 0..self.rooms.len() {
            self.enter(room);
        }
    }

    fn roster(&mut self) {
        const ROSTER: &str = "jabber:iq:roster";
        let id = self.me.id(&mut self.chance);
        self.add("roster query", true, |_, w| {
            own_head(w, "iq", "", "get", &id);
            empty(w, "query", ROSTER, &[]);
        });
        self.add("roster", false, |day, w| {
            head(w, "iq", &day.bare, &day.own, "result", &id);
            w.start("query", ROSTER);
            w.attr("ver", &day.chance.hex(16));
            for person in &day.people {
                let name = person.bare.split(['@', '.', '-', '_']).next().unwrap_or_default();
                empty(
                    w,
                    "item",
                    ROSTER,
                    &[("jid", &person.bare), ("name", name), ("subscription", "both")],
                );
            }
        });
    }

    fn enter(&mut self, room: usize) {
        let nick = self.rooms[room].nicks[0].0.clone();
        self.add("presence", true, |day, w| {
            own_head(w, "presence", &format!("{}/{nick}", day.rooms[room].bare), "", "");
            w.start("x", "http://jabber.org/protocol/muc");
            empty(w, "history", "http://jabber.org/protocol/muc", &[("maxstanzas", "0")]);
        });
        for who in (0..self.rooms[room].nicks.len()).rev() {
            self.occupant(room, who, who == 0);
        }
    }

    /// A tunnel: the stream comes back with a token and goes on.
    pub(in super::super) fn reconnect(&mut self) {
        self.open();
        self.add("login", true, |day, w| {
            w.start("authenticate", SASL2);
            w.attr("mechanism", "HT-SHA-256-NONE");
            w.leaf("initial-response", SASL2, &day.chance.base64(42));
            w.start("user-agent", SASL2);
            w.attr("id", &day.chance.uuid());
            w.leaf("software", SASL2, "Messenger");
            w.leaf("device", SASL2, "Phone");
            w.end();
            empty(w, "fast", FAST, &[]);
            let id = day.chance.hex(32);
            empty(w, "resume", SM, &[("previd", &id), ("h", &day.handled.to_string())]);
        });
        self.add("login", false, |day, w| {
            w.start("success", SASL2);
            w.leaf("additional-data", SASL2, &day.chance.base64(32));
            w.leaf("authorization-identifier", SASL2, &day.own);
            let id = day.chance.hex(32);
            empty(w, "resumed", SM, &[("h", &day.sent.to_string()), ("previd", &id)]);
        });
    }
}
