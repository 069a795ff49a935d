//! Invitations as they stand on the wire (XEP-0045 section 7.8.2, XEP-0249).

use skein_base::limits;
use skein_xml::Element;
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, StanzaError, ns};

use crate::proto::text_of;

/// Whom somebody invites, and what they say.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) to: Jid,
    reason: Option<String>,
    /// The thread that goes on in the room.
    thread: Option<String>,
    goes_on: bool,
}

impl Invitation {
    /// One without a word.
    pub(crate) const fn to(to: Jid) -> Self {
        Self { to, reason: None, thread: None, goes_on: false }
    }

    /// `<invite/>` of somebody in the room.
    pub(crate) fn read(invite: Element<'_>) -> Result<Self, StanzaError> {
        let to = invite.attr("to").ok_or(Condition::BadRequest)?;
        let to = Jid::parse(&to).map_err(|_| Condition::JidMalformed)?;
        let reason = text_of(invite, "reason");
        if reason.as_ref().is_some_and(|reason| reason.len() > limits::ROOM_SUBJECT_BYTES) {
            return Err(Condition::NotAcceptable.into());
        }
        let goes_on = invite.child("continue", ns::MUC_USER);
        let thread = goes_on.and_then(|goes_on| Some(goes_on.attr("thread")?.into_owned()));
        Ok(Self { to, reason, thread, goes_on: goes_on.is_some() })
    }

    /// What the invited get: both forms, as clients know one or the other.
    pub(crate) fn stanza(&self, room: &Jid, from: &Jid, password: Option<&str>) -> Stanza {
        let mut stanza = Stanza::new(Kind::Message(MessageType::Normal));
        stanza.from = Some(room.clone());
        stanza.to = Some(self.to.clone());
        stanza.with_content(|writer| {
            writer.start("x", ns::MUC_USER);
            writer.start("invite", ns::MUC_USER);
            writer.attr("from", from.as_str());
            if let Some(reason) = &self.reason {
                writer.leaf("reason", ns::MUC_USER, reason);
            }
            if self.goes_on {
                writer.start("continue", ns::MUC_USER);
                if let Some(thread) = &self.thread {
                    writer.attr("thread", thread);
                }
                writer.end();
            }
            writer.end();
            if let Some(password) = password {
                writer.leaf("password", ns::MUC_USER, password);
            }
            writer.end();
            writer.start("x", ns::CONFERENCE);
            writer.attr("jid", room.as_str());
            if let Some(reason) = &self.reason {
                writer.attr("reason", reason);
            }
            if let Some(password) = password {
                writer.attr("password", password);
            }
            writer.end();
        })
    }
}
