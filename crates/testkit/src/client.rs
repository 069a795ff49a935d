//! A session that a test speaks for.

use std::sync::Arc;

use skein_router::Router;
use skein_session::Session;
use skein_xml::{Document, Limits};
use skein_xmpp::{Condition, Stanza, StanzaError, ns};

/// See the module.
pub struct Client {
    /// The session.
    pub session: Arc<Session>,
    router: Router,
    number: u32,
}

impl Client {
    pub(crate) const fn new(router: Router, session: Arc<Session>) -> Self {
        Self { session, router, number: 0 }
    }

    /// The full address.
    pub fn full(&self) -> &str {
        self.session.jid.as_str()
    }

    /// The bare address.
    pub fn bare(&self) -> &str {
        self.session.jid.bare_str()
    }

    /// Sends stanzas in one read; when it returns, all that they bring about has happened.
    /// The namespace `jabber:client` need not be written.
    ///
    /// # Panics
    /// If that is not XML that the server's door would let in.
    pub async fn say(&self, stanzas: &str) {
        if let Some(rest) = self.router.handle(&self.session, read(stanzas)) {
            rest.await;
        }
    }

    /// Sends a request and gives the answer; what else comes meanwhile is lost.
    ///
    /// # Panics
    /// If no answer comes.
    pub async fn ask(&mut self, kind: &str, payload: &str) -> Stanza {
        self.ask_at(None, kind, payload).await
    }

    /// The same of an address.
    ///
    /// # Panics
    /// If no answer comes.
    pub async fn ask_at(&mut self, to: Option<&str>, kind: &str, payload: &str) -> Stanza {
        self.number += 1;
        let id = format!("ask{}", self.number);
        let to = to.map_or_else(String::new, |to| format!(" to='{to}'"));
        self.say(&format!("<iq type='{kind}' id='{id}'{to}>{payload}</iq>")).await;
        let mut heard = self.hear().into_iter();
        let answer = heard.find(|stanza| stanza.id.as_deref() == Some(&id));
        answer.expect("every request is answered (RFC 6120 section 8.2.3)")
    }

    /// What reached the client since it was last asked.
    ///
    /// # Panics
    /// If that is not well-formed.
    pub fn hear(&mut self) -> Vec<Stanza> {
        let bytes = self.session.take_output(0).unwrap_or_default();
        read(std::str::from_utf8(&bytes).expect("the server writes UTF-8"))
    }

    /// The same, as it stands on the wire.
    pub fn hear_xml(&mut self) -> Vec<String> {
        self.hear().iter().map(Stanza::to_xml).collect()
    }

    /// The texts of the messages that reached the client since it was last asked.
    pub fn hear_bodies(&mut self) -> Vec<String> {
        let body =
            |stanza: &Stanza| stanza.child("body", ns::CLIENT).map(|body| body.text().into_owned());
        self.hear().iter().filter_map(body).collect()
    }
}

/// The condition of the error that a stanza brings.
pub fn refusal(stanza: &Stanza) -> Option<Condition> {
    stanza.child("error", ns::CLIENT).and_then(StanzaError::condition_of)
}

/// Reads the stanzas of a piece of a stream; what else stands between them is passed over.
fn read(piece: &str) -> Vec<Stanza> {
    let stream = format!("<stream xmlns='{}'>{piece}</stream>", ns::CLIENT);
    let document = Document::parse(&stream, &Limits::kept()).expect("well-formed");
    document.root().children().filter_map(|child| Stanza::read(child).ok()).collect()
}
