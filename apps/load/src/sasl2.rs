//! Login in one go: SASL2 (XEP-0388) with Bind 2 (XEP-0386) and stream management, a token
//! for the next time (FAST, XEP-0484), and by it the same session again (XEP-0198).

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::frame;
use crate::link::Link;
use crate::login::{Login, LoginError, Stage, content};
use crate::scram::Scram;
use crate::xml;

/// The token's mechanism without channel binding, which works over every kind of connection.
const TOKEN: &str = "HT-SHA-256-NONE";

/// What a session may come back by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ticket {
    token: String,
    previd: String,
    /// Stanzas that came since stream management began.
    pub(crate) handled: u32,
}

impl Ticket {
    /// Counts a stanza of the server; answers a request for the count.
    pub(crate) fn hear(&mut self, element: &[u8], link: &mut Link) {
        match frame::head(element).kind {
            frame::Kind::Other if element.starts_with(b"<r ") || element.starts_with(b"<r/") => {
                let handled = self.handled.to_string();
                xml::write(link.out(), ["<a xmlns='urn:xmpp:sm:3' h='", &handled, "'/>"]);
            }
            frame::Kind::Other => {}
            _ => self.handled = self.handled.wrapping_add(1),
        }
    }
}

/// How a login in one go ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// With a session that is new.
    Bound,
    /// With the session of before.
    Resumed,
}

impl Login<'_> {
    /// Sends everything that a login takes, by the ticket if there is one.
    pub(crate) fn authenticate(
        &self,
        link: &mut Link,
        features: &[u8],
        ticket: Option<&Ticket>,
    ) -> Result<Stage, LoginError> {
        if !frame::holds(features, "urn:xmpp:sasl:2") || !frame::holds(features, TOKEN) {
            return Err(LoginError::NotOffered("SASL2 with FAST"));
        }
        let name = self.target.name(self.user);
        let (scram, mechanism, first) = match ticket {
            Some(ticket) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, ticket.token.as_bytes());
                let mut first = name.into_bytes();
                first.push(0);
                first.extend_from_slice(hmac::sign(&key, b"Initiator").as_ref());
                (None, TOKEN, first)
            }
            None => {
                let (scram, first) = Scram::start(self.target.sasl, &name);
                (Some(Box::new(scram)), self.target.sasl.name(), first.into_bytes())
            }
        };
        let first = BASE64_STANDARD.encode(first);
        let agent = format!("00000000-0000-4000-8000-{:012x}", self.user);
        let open = "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='";
        let out = link.out();
        xml::write(out, [open, mechanism, "'><initial-response>", &first, "</initial-response>"]);
        xml::write(out, ["<user-agent id='", &agent, "'/>"]);
        match ticket {
            Some(ticket) => {
                let handled = ticket.handled.to_string();
                let resume = "<fast xmlns='urn:xmpp:fast:0'/><resume xmlns='urn:xmpp:sm:3' previd='";
                xml::write(out, [resume, &ticket.previd, "' h='", &handled, "'/></authenticate>"]);
            }
            None => out.extend_from_slice(
                b"<bind xmlns='urn:xmpp:bind:0'><tag>load</tag>\
                <enable xmlns='urn:xmpp:sm:3' resume='true'/></bind>\
                <request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/></authenticate>",
            ),
        }
        Ok(Stage::Authenticating(scram))
    }

    /// Answers a challenge.
    pub(crate) fn respond(
        &self,
        link: &mut Link,
        mut scram: Box<Scram>,
        challenge: &[u8],
    ) -> Result<Stage, LoginError> {
        let answer = scram.answer(&content(challenge), &self.target.password, self.salted)?;
        let answer = BASE64_STANDARD.encode(answer);
        let open = "<response xmlns='urn:xmpp:sasl:2'>";
        xml::write(link.out(), [open, &answer, "</response>"]);
        Ok(Stage::Authenticating(Some(scram)))
    }
}

/// Reads `<success/>`: keeps what the next login needs in `ticket`.
pub(crate) fn succeed(element: &[u8], ticket: &mut Ticket) -> Option<Entry> {
    if let Some(token) = attribute(element, "<token ", "token") {
        ticket.token = token;
    }
    if frame::holds(element, "<resumed ") {
        return Some(Entry::Resumed);
    }
    ticket.previd = attribute(element, "<enabled ", "id")?;
    ticket.handled = 0;
    Some(Entry::Bound)
}

/// The value of an attribute of the first element that opens with `open`.
fn attribute(element: &[u8], open: &str, name: &str) -> Option<String> {
    let text = std::str::from_utf8(element).ok()?;
    let (_, rest) = text.split_once(open)?;
    let (tag, _) = rest.split_once('>')?;
    let tag = format!(" {tag}");
    let (_, value) = tag.split_once(&format!(" {name}="))?;
    let quote = value.chars().next()?;
    Some(value[1..].split_once(quote)?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_from_success_and_kept_over_a_resumption() {
        let mut ticket = Ticket::default();
        let bound = b"<success xmlns='urn:xmpp:sasl:2'><token xmlns='urn:xmpp:fast:0' token='t1' \
            expiry='x'/><bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:sm:3' id='p1' \
            resume='true' max='600'/></bound></success>";
        assert_eq!(succeed(bound, &mut ticket), Some(Entry::Bound));
        ticket.handled = 7;
        let resumed = b"<success xmlns='urn:xmpp:sasl:2'><resumed xmlns='urn:xmpp:sm:3' \
            previd='p1' h='2'/></success>";
        assert_eq!(succeed(resumed, &mut ticket), Some(Entry::Resumed));
        assert_eq!((&*ticket.token, &*ticket.previd, ticket.handled), ("t1", "p1", 7));
        assert_eq!(succeed(b"<success/>", &mut ticket), None);
    }
}
