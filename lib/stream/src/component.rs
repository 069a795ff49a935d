//! The stream of a component (XEP-0114): a header, a handshake, then stanzas in
//! `jabber:component:accept`, which are read and written as if it were `jabber:client`.

use sha1::{Digest, Sha1};
use skein_xml::{Framer, Header, Limits, Scope, Step, Writer};
use skein_xmpp::stanza::NotAStanza;
use skein_xmpp::{Stanza, StanzaError, StreamError, ns};

use crate::intake::{Piece, plain};

/// One step of input.
#[derive(Debug)]
pub enum Said {
    /// Nothing complete yet.
    More,
    /// White space.
    Space,
    /// The header: the domain that the component answers for.
    Header(String),
    /// `<handshake/>` with its digest.
    Handshake(String),
    /// A stanza; its addresses are the component's word.
    Stanza(Stanza),
    /// Something like a stanza; the component gets the error.
    Refused(Stanza, StanzaError),
    /// The end of the stream.
    Close,
}

/// State between two reads. Holds no buffer.
#[derive(Debug)]
pub struct Intake {
    framer: Framer,
    scope: Scope,
    is_open: bool,
    knows: bool,
}

impl Default for Intake {
    fn default() -> Self {
        Self { framer: Framer::new(), scope: Scope::none(), is_open: false, knows: false }
    }
}

impl Intake {
    /// The component showed that it knows the secret: from here on stanzas come.
    pub fn let_in(&mut self) {
        self.knows = true;
    }

    /// Whether the header is still to come.
    pub const fn expects_header(&self) -> bool {
        !self.is_open
    }

    /// Takes the next unit from the front of `buf`; so many bytes are used up.
    ///
    /// # Errors
    /// The stream must end with this error.
    pub fn next(&mut self, buf: &[u8], limits: &Limits) -> Result<(usize, Said), StreamError> {
        let step = if self.is_open {
            self.framer.frame(buf, &self.scope, limits)?
        } else {
            self.framer.header(buf, limits)?
        };
        Ok(match step {
            Step::More => (0, Said::More),
            Step::Space(used) => (used, Said::Space),
            Step::Close(used) => (used, Said::Close),
            Step::Header(used) => {
                let header = Header::new(&buf[..used]);
                let domain = opening(&header)?;
                self.scope = header.scope().with_namespace(ns::CLIENT);
                self.is_open = true;
                (used, Said::Header(domain))
            }
            Step::Element(shape) => {
                let used = shape.len;
                let piece = plain(&buf[..used], shape, &self.scope, limits)?;
                (used, self.said(&piece, limits)?)
            }
        })
    }

    fn said(&self, piece: &Piece<'_>, limits: &Limits) -> Result<Said, StreamError> {
        let root = piece.root();
        if !self.knows {
            return match root.name() {
                "handshake" => Ok(Said::Handshake(root.text().trim().to_owned())),
                _ => Err(StreamError::new("not-authorized").text("<handshake/> is due first")),
            };
        }
        let read = if root.ns() == ns::COMPONENT {
            // Some declare the namespace on each stanza; what is inside inherits it.
            let declared = root.raw().replacen(ns::COMPONENT, ns::CLIENT, 1);
            let document = skein_xml::Document::parse(&declared, limits)?;
            Stanza::read(document.root())
        } else {
            Stanza::read_shaped(root, piece.shape())
        };
        match read {
            Ok(stanza) => Ok(Said::Stanza(stanza)),
            Err(NotAStanza::Stanza(refused)) => Ok(Said::Refused(refused.0, refused.1)),
            Err(NotAStanza::Stream(error)) => Err(error),
        }
    }
}

fn opening(header: &Header<'_>) -> Result<String, StreamError> {
    if header.name() != "stream" {
        return Err(StreamError::new("bad-format"));
    }
    if header.ns() != ns::STREAM || header.scope().namespace() != ns::COMPONENT {
        return Err(StreamError::new("invalid-namespace"));
    }
    let to = header.attr("to").ok_or_else(|| StreamError::new("host-unknown"))?;
    Ok(to.into_owned())
}

/// Our header, with the id that the handshake is about.
pub fn header(domain: &str, id: &str) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.start("stream:stream", ns::CLIENT);
    writer.attr("xmlns", ns::COMPONENT);
    writer.attr("xmlns:stream", ns::STREAM);
    writer.attr("from", domain);
    writer.attr("id", id);
    let mut header = b"<?xml version='1.0'?>".to_vec();
    header.append(&mut writer.finish());
    // The document stays open as long as the stream does.
    header.truncate(header.len() - b"/>".len());
    header.push(b'>');
    header
}

/// What `<handshake/>` has to hold (section 3, step 3): SHA-1 in lower-case hexadecimal.
pub fn digest(id: &str, secret: &str) -> String {
    let digest = Sha1::new().chain_update(id).chain_update(secret).finalize();
    skein_base::rng::to_hex(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "<stream:stream xmlns='jabber:component:accept' \
        xmlns:stream='http://etherx.jabber.org/streams' to='plays.shakespeare.lit'>";

    fn all(text: &str) -> Result<Vec<Said>, StreamError> {
        let (mut intake, mut at, mut said) = (Intake::default(), 0, Vec::new());
        loop {
            let (used, unit) = intake.next(&text.as_bytes()[at..], &Limits::after_login())?;
            if matches!(unit, Said::Handshake(_)) {
                intake.let_in();
            }
            if matches!(unit, Said::More) {
                return Ok(said);
            }
            said.push(unit);
            at += used;
        }
    }

    #[test]
    fn a_stream_is_that_of_the_specification() {
        let text = format!(
            "{HEADER}<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>\
             <message from='a@plays.shakespeare.lit' to='b@c'><body>inherits</body></message>\
             <message xmlns='jabber:component:accept' from='a@plays.shakespeare.lit' to='b@c'><body>declares</body></message>\
             <message xmlns='jabber:client' from='a@plays.shakespeare.lit' to='b@c'><body>client</body></message>\
             </stream:stream>"
        );
        let said = all(&text).expect("well-formed");
        assert!(matches!(&said[0], Said::Header(to) if to == "plays.shakespeare.lit"));
        assert!(matches!(&said[1], Said::Handshake(digest) if digest.starts_with("aaee83c2")));
        for stanza in &said[2..5] {
            assert!(matches!(stanza, Said::Stanza(stanza) if stanza.has_body()), "{stanza:?}");
        }
        assert!(matches!(said[5], Said::Close));
    }

    #[test]
    fn nothing_is_heard_before_the_handshake_and_nothing_of_other_streams() {
        let error = all(&format!("{HEADER}<message to='b@c'/>")).expect_err("too early");
        assert_eq!(error.condition, "not-authorized");
        let client = HEADER.replace(ns::COMPONENT, ns::CLIENT);
        assert_eq!(all(&client).expect_err("a client").condition, "invalid-namespace");
        let nobody = HEADER.replace(" to='plays.shakespeare.lit'", "");
        assert_eq!(all(&nobody).expect_err("no domain").condition, "host-unknown");
    }

    #[test]
    fn the_digest_is_sha_1_of_id_and_secret() {
        assert_eq!(digest("abc", ""), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(digest("a", "bc"), digest("abc", ""));
    }
}
