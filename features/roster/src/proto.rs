//! `<query xmlns='jabber:iq:roster'/>` and its items (RFC 6121 section 2.1).

use skein_kernel::contracts::Subscription;
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::rules::subscription_name;

/// A contact as a client shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) contact: Jid,
    pub(crate) name: String,
    pub(crate) groups: Vec<String>,
    pub(crate) state: Subscription,
    pub(crate) removed: bool,
    pub(crate) version: i64,
}

/// What a client asks for with a roster set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// Add the contact, or give it this name and these groups.
    Update { contact: Jid, name: String, groups: Vec<String> },
    /// Remove the contact.
    Remove(Jid),
}

impl Change {
    /// Reads the one item of a roster set.
    pub(crate) fn read(query: Element<'_>) -> Result<Self, StanzaError> {
        let mut items =
            query.children().filter(|child| child.name() == "item" && child.ns() == ns::ROSTER);
        let (Some(item), None) = (items.next(), items.next()) else {
            return Err(StanzaError::new(Condition::BadRequest).text("a roster set holds one item"));
        };
        let jid = item.attr("jid").ok_or(Condition::BadRequest)?;
        let contact = Jid::parse(&jid).map_err(|_| Condition::JidMalformed)?.bare();
        if item.attr("subscription").as_deref() == Some("remove") {
            return Ok(Self::Remove(contact));
        }
        let groups = item
            .children()
            .filter(|child| child.name() == "group")
            .map(|group| group.text().into_owned())
            .collect();
        let name = item.attr("name").unwrap_or_default().into_owned();
        Ok(Self::Update { contact, name, groups })
    }
}

impl Item {
    /// Writes `<item/>`.
    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.start("item", ns::ROSTER);
        writer.attr("jid", self.contact.as_str());
        if self.removed {
            writer.attr("subscription", "remove");
            writer.end();
            return;
        }
        if !self.name.is_empty() {
            writer.attr("name", &self.name);
        }
        writer.attr("subscription", subscription_name(self.state));
        if self.state.ask {
            writer.attr("ask", "subscribe");
        }
        if self.state.pre_approved {
            writer.attr("approved", "true");
        }
        for group in &self.groups {
            writer.start("group", ns::ROSTER);
            writer.text(group);
            writer.end();
        }
        writer.end();
    }
}

/// Writes `<query/>` with `items`.
pub(crate) fn write_query(writer: &mut Writer, version: i64, items: &[Item]) {
    writer.start("query", ns::ROSTER);
    writer.attr("ver", &version.to_string());
    for item in items {
        item.write(writer);
    }
    writer.end();
}
