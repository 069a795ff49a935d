//! The payloads of XEP-0363: a request for a slot, the slot, and the errors.

use skein_base::Timestamp;
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, IqType, Kind, Stanza, StanzaError, ns};

use crate::rules::{Purpose, Refused};

/// XEP-0363.
pub(crate) const UPLOAD: &str = "urn:xmpp:http:upload:0";
/// XEP-0363 section 4.
pub(crate) const PURPOSE: &str = "urn:xmpp:http:upload:purpose:0";
/// What of section 4 there is.
pub(crate) const PURPOSES: [&str; 4] = [
    "urn:xmpp:http:upload:purpose:0#message",
    "urn:xmpp:http:upload:purpose:0#profile",
    "urn:xmpp:http:upload:purpose:0#ephemeral",
    "urn:xmpp:http:upload:purpose:0#permanent",
];

/// A request for a slot (section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotRequest {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) kind: String,
    pub(crate) purpose: Purpose,
    /// When it must be gone (section 4.3).
    pub(crate) before: Option<Timestamp>,
}

impl SlotRequest {
    /// Reads `<request/>`.
    ///
    /// # Errors
    /// `bad-request` if a name or a size is missing, or something is ill-formed.
    pub(crate) fn read(request: Element<'_>) -> Result<Self, StanzaError> {
        let wrong = |why: &str| StanzaError::new(Condition::BadRequest).text(why);
        let name = request.attr("filename").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| wrong("a file name is missing"))?.into_owned();
        let size = request.attr("size").and_then(|size| size.trim().parse().ok());
        let size = size.filter(|size| *size > 0);
        let size = size.ok_or_else(|| wrong("the size must be a positive number of bytes"))?;
        let kind = request.attr("content-type").unwrap_or_default().into_owned();
        let (mut purpose, mut before) = (Purpose::Message, None);
        for child in request.children().filter(|child| child.ns() == PURPOSE) {
            purpose = match child.name() {
                "message" => Purpose::Message,
                "profile" => Purpose::Profile,
                "permanent" => Purpose::Permanent,
                "ephemeral" => {
                    let at = child.attr("expire-before").and_then(|at| Timestamp::parse(&at));
                    before = Some(at.ok_or_else(|| wrong("expire-before must be a time"))?);
                    Purpose::Ephemeral
                }
                _ => {
                    return Err(StanzaError::new(Condition::FeatureNotImplemented)
                        .text("this purpose is not known here"));
                }
            };
        }
        Ok(Self { name, size, kind, purpose, before })
    }
}

/// The slot: where to put the file, and where it will be.
pub(crate) fn slot(request: &Stanza, put: &str, get: &str) -> Stanza {
    request.answer(Kind::Iq(IqType::Result)).with_content(|writer| {
        writer.start("slot", UPLOAD);
        for (name, url) in [("put", put), ("get", get)] {
            writer.start(name, UPLOAD);
            writer.attr("url", url);
            writer.end();
        }
        writer.end();
    })
}

/// The answer to who may not announce a file (section 5).
pub(crate) fn refusal(request: &Stanza, refused: Refused) -> Stanza {
    request.answer(Kind::Iq(IqType::Error)).with_content(|writer| {
        let (class, condition, text) = match refused {
            Refused::TooLarge(most) => {
                let text =
                    format!("The file is too large. No file may have more than {most} bytes.");
                ("modify", Condition::NotAcceptable, text)
            }
            Refused::Until(at) => {
                ("wait", Condition::ResourceConstraint, format!("No more uploads until {at}."))
            }
            Refused::Full => {
                let text = "There is no room for more files of yours. Remove some.";
                ("cancel", Condition::ResourceConstraint, text.to_owned())
            }
        };
        writer.start("error", ns::CLIENT);
        writer.attr("type", class);
        writer.leaf(condition.name(), ns::STANZA_ERRORS, "");
        writer.leaf("text", ns::STANZA_ERRORS, &text);
        match refused {
            Refused::TooLarge(most) => {
                writer.start("file-too-large", UPLOAD);
                writer.leaf("max-file-size", UPLOAD, &most.to_string());
                writer.end();
            }
            Refused::Until(at) => write_retry(writer, at),
            Refused::Full => {}
        }
        writer.end();
    })
}

fn write_retry(writer: &mut Writer, at: Timestamp) {
    writer.start("retry", UPLOAD);
    writer.attr("stamp", &at.to_string());
    writer.end();
}

#[cfg(test)]
mod tests {
    use skein_xml::{Document, Limits};

    use super::*;

    fn read(request: &str) -> Result<SlotRequest, StanzaError> {
        let document = Document::parse(request, &Limits::after_login()).expect("well-formed");
        SlotRequest::read(document.root())
    }

    /// XEP-0363 sections 3 and 4.
    #[test]
    fn the_examples_of_the_specification_are_read() {
        let plain = read("<request xmlns='urn:xmpp:http:upload:0' filename='très cool.jpg' size='23456' content-type='image/jpeg' />").expect("a request");
        assert_eq!(
            (&*plain.name, plain.size, &*plain.kind),
            ("très cool.jpg", 23456, "image/jpeg")
        );
        assert_eq!((plain.purpose, plain.before), (Purpose::Message, None));
        let story = read("<request xmlns='urn:xmpp:http:upload:0' filename='eiffel-tower-status-picture.jpg' size='100' content-type='image/jpeg'>
            <ephemeral xmlns='urn:xmpp:http:upload:purpose:0' expire-before='2025-09-10T23:08:25Z' /></request>").expect("a request");
        assert_eq!(
            (story.purpose, story.before),
            (Purpose::Ephemeral, Timestamp::parse("2025-09-10T23:08:25Z"))
        );
        for (name, purpose) in [
            ("message", Purpose::Message),
            ("profile", Purpose::Profile),
            ("permanent", Purpose::Permanent),
        ] {
            let request = format!(
                "<request xmlns='urn:xmpp:http:upload:0' filename='a' size='1'><{name} xmlns='urn:xmpp:http:upload:purpose:0'/></request>"
            );
            assert_eq!(read(&request).expect("a request").purpose, purpose);
        }
    }

    #[test]
    fn what_is_incomplete_is_refused() {
        for wrong in [
            "filename='a'",
            "size='1'",
            "filename='' size='1'",
            "filename='a' size='0'",
            "filename='a' size='-1'",
            "filename='a' size='1e9'",
            "filename='a' size='99999999999999999999'",
        ] {
            let error = read(&format!("<request xmlns='urn:xmpp:http:upload:0' {wrong}/>"))
                .expect_err(wrong);
            assert_eq!(error.condition, Condition::BadRequest);
        }
        let late = "<request xmlns='urn:xmpp:http:upload:0' filename='a' size='1'><ephemeral xmlns='urn:xmpp:http:upload:purpose:0'/></request>";
        assert_eq!(read(late).expect_err("no time").condition, Condition::BadRequest);
        let other = "<request xmlns='urn:xmpp:http:upload:0' filename='a' size='1'><x xmlns='urn:xmpp:http:upload:purpose:0'/></request>";
        assert_eq!(read(other).expect_err("unknown").condition, Condition::FeatureNotImplemented);
    }
}
