//! `<whisper/>`: for whom a message is (docs/ephemeral.md).

use skein_base::limits;
use skein_xml::Writer;
use skein_xmpp::{Condition, Jid, Stanza, StanzaError, ns};

/// How a sender names a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// By occupant id (XEP-0421).
    Id(String),
    /// By the nickname of somebody inside, or one that is kept for a member.
    Nick(String),
    /// By the real address.
    Real(Jid),
}

/// Whom a message to the room names; `None` if it is no whisper.
///
/// # Errors
/// `bad-request` if nobody is named or somebody in no way that is known;
/// `not-acceptable` if they are too many.
pub(crate) fn receivers(stanza: &Stanza) -> Result<Option<Vec<Named>>, StanzaError> {
    let mut whispers = stanza.children().filter(|child| child.is("whisper", ns::WHISPER));
    let Some(whisper) = whispers.next() else { return Ok(None) };
    let bad = || StanzaError::new(Condition::BadRequest).text("a whisper names its receivers");
    let mut named = Vec::new();
    for to in whisper.children() {
        if named.len() == limits::WHISPER_RECEIVERS {
            let error = StanzaError::new(Condition::NotAcceptable);
            return Err(error.text("too many receivers; speak to the room"));
        }
        let attr = |name| to.attr(name).filter(|value| !value.is_empty());
        let one = match (attr("id"), attr("nick"), attr("jid")) {
            (Some(id), ..) => Named::Id(id.into_owned()),
            (None, Some(nick), _) => Named::Nick(nick.into_owned()),
            (None, None, Some(jid)) => {
                Named::Real(Jid::parse(&jid).map_err(|_| Condition::JidMalformed)?.bare())
            }
            (None, None, None) => return Err(bad()),
        };
        if !to.is("to", ns::WHISPER) {
            return Err(bad());
        }
        named.push(one);
    }
    if named.is_empty() || whispers.next().is_some() {
        return Err(bad());
    }
    Ok(Some(named))
}

/// Writes `<whisper/>` with the nickname, if there is one, and the occupant id of each.
pub(crate) fn write_whisper<'a>(
    writer: &mut Writer,
    receivers: impl Iterator<Item = (&'a str, &'a str)>,
) {
    writer.start("whisper", ns::WHISPER);
    for (nick, id) in receivers {
        writer.start("to", ns::WHISPER);
        if !nick.is_empty() {
            writer.attr("nick", nick);
        }
        writer.attr("id", id);
        writer.end();
    }
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn read(inner: &str) -> Result<Option<Vec<Named>>, Condition> {
        let xml = format!("<message xmlns='jabber:client' type='chat'>{inner}</message>");
        let document = Document::parse(&xml, &Limits::after_login()).expect("well-formed");
        let stanza = Stanza::read(document.root()).expect("a message");
        receivers(&stanza).map_err(|error| error.condition)
    }

    fn whisper(inner: &str) -> String {
        format!("<whisper xmlns='urn:skein:whisper:0'>{inner}</whisper>")
    }

    #[test]
    fn receivers_are_named_in_three_ways() {
        let named = read(&whisper("<to id='9b'/><to nick='Ben'/><to jid='a@x/y'/>"));
        let jid = Jid::parse("a@x").expect("valid");
        let expected = vec![Named::Id("9b".into()), Named::Nick("Ben".into()), Named::Real(jid)];
        assert_eq!(named, Ok(Some(expected)));
        assert_eq!(read("<body>x</body>"), Ok(None));
    }

    #[test]
    fn a_whisper_to_nobody_or_to_everybody_is_none() {
        for inner in ["", "<to/>", "<to nick=''/>", "<for nick='a'/>", "<to xmlns='x' nick='a'/>"] {
            assert_eq!(read(&whisper(inner)), Err(Condition::BadRequest), "{inner}");
        }
        let two = [whisper("<to nick='a'/>"), whisper("<to nick='b'/>")].concat();
        assert_eq!(read(&two), Err(Condition::BadRequest));
        let many = "<to nick='a'/>".repeat(limits::WHISPER_RECEIVERS + 1);
        assert_eq!(read(&whisper(&many)), Err(Condition::NotAcceptable));
        assert_eq!(read(&whisper("<to jid='@@'/>")), Err(Condition::JidMalformed));
    }
}
