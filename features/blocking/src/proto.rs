//! `<blocklist/>`, `<block/>`, `<unblock/>` (XEP-0191) and `<report/>` (XEP-0377).

use skein_base::{Timestamp, limits};
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, Jid, Stanza, StanzaError, ns};

/// Reasons of XEP-0377 section 3: unwanted advertising, and anything else that harms.
const REASONS: [&str; 2] = ["urn:xmpp:reporting:spam", "urn:xmpp:reporting:abuse"];

/// A report that came with an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) reported: Jid,
    pub(crate) reason: &'static str,
    /// The ids of messages in the reporter's archive; at first the reporter's word alone.
    pub(crate) ids: Vec<String>,
    pub(crate) text: String,
    /// The messages of those ids, as the reporter's archive has them.
    pub(crate) evidence: Vec<(Timestamp, Stanza)>,
}

/// What a client blocks or unblocks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Items {
    pub(crate) addresses: Vec<Jid>,
    pub(crate) reports: Vec<Report>,
}

impl Items {
    /// Reads the items of `<block/>` or `<unblock/>`.
    ///
    /// # Errors
    /// `jid-malformed`, or `bad-request` for an item or a report without what it needs.
    pub(crate) fn read(command: Element<'_>, own: &Jid) -> Result<Self, StanzaError> {
        let mut items = Self::default();
        for item in command.children().filter(|child| child.is("item", ns::BLOCKING)) {
            let jid = item.attr("jid").ok_or(Condition::BadRequest)?;
            let jid = Jid::parse(&jid).map_err(|_| Condition::JidMalformed)?;
            if let Some(report) = item.child("report", ns::REPORTING) {
                items.reports.push(Report::read(report, &jid, own)?);
            }
            items.addresses.push(jid);
        }
        Ok(items)
    }
}

impl Report {
    fn read(report: Element<'_>, reported: &Jid, own: &Jid) -> Result<Self, StanzaError> {
        let given = report.attr("reason").unwrap_or_default();
        let reason = REASONS.into_iter().find(|reason| *reason == given).ok_or_else(|| {
            StanzaError::new(Condition::BadRequest)
                .text("a report gives spam or abuse as its reason")
        })?;
        let is_own = |id: &Element<'_>| id.attr("by").is_some_and(|by| by == own.as_str());
        let ids = report.children().filter(|child| child.is("stanza-id", ns::STANZA_ID));
        let ids = ids.filter(is_own).filter_map(|id| Some(id.attr("id")?.into_owned()));
        let ids: Vec<String> = ids.filter(|id| !id.contains('\n')).take(limits::REPORTED).collect();
        let text = report.child("text", ns::REPORTING).map(|text| text.text().into_owned());
        let text = text.unwrap_or_default();
        if text.len() > limits::REPORT_BYTES || ids.iter().any(|id| id.len() > 256) {
            return Err(StanzaError::new(Condition::NotAcceptable).text("the report is too long"));
        }
        let evidence = Vec::new();
        Ok(Self { reported: reported.clone(), reason, ids, text, evidence })
    }

    /// Writes `<report/>` for an administrator's client.
    pub(crate) fn write(&self, writer: &mut Writer, reporter: &Jid) {
        writer.start("report", ns::REPORTING);
        writer.attr("reason", self.reason);
        for id in &self.ids {
            writer.start("stanza-id", ns::STANZA_ID);
            writer.attr("by", reporter.as_str());
            writer.attr("id", id);
            writer.end();
        }
        if !self.text.is_empty() {
            writer.leaf("text", ns::REPORTING, &self.text);
        }
        writer.end();
    }
}

/// Writes `element` with an item for each address, sorted.
pub(crate) fn write_items<'a>(
    writer: &mut Writer,
    element: &str,
    addresses: impl Iterator<Item = &'a Jid>,
) {
    let mut addresses: Vec<&str> = addresses.map(Jid::as_str).collect();
    addresses.sort_unstable();
    writer.start(element, ns::BLOCKING);
    for address in addresses {
        writer.start("item", ns::BLOCKING);
        writer.attr("jid", address);
        writer.end();
    }
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn read(xml: &str) -> Result<Items, StanzaError> {
        let document = Document::parse(xml, &Limits::after_login()).expect("well-formed");
        Items::read(document.root(), &Jid::parse("juliet@example.com").expect("an address"))
    }

    #[test]
    fn a_block_is_that_of_xep_0191_and_its_report_that_of_xep_0377() {
        let items = read(
            "<block xmlns='urn:xmpp:blocking'><item jid='romeo@example.net'>\
             <report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='juliet@example.com' id='28482-98726-73623'/>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='romeo@example.net' id='forged'/>\
             <text xml:lang='en'>Never came trouble to my house like this.</text></report></item></block>",
        )
        .expect("a block");
        assert_eq!(items.addresses.len(), 1);
        let report = &items.reports[0];
        assert_eq!(report.reason, REASONS[0]);
        assert_eq!(report.ids, ["28482-98726-73623"]);
        assert_eq!(report.text, "Never came trouble to my house like this.");
    }

    #[test]
    fn items_without_an_address_and_reports_without_a_reason_are_refused() {
        for (item, condition) in [
            ("<item/>", Condition::BadRequest),
            ("<item jid='@'/>", Condition::JidMalformed),
            (
                "<item jid='a@b'><report xmlns='urn:xmpp:reporting:1' reason='x'/></item>",
                Condition::BadRequest,
            ),
        ] {
            let error = read(&format!("<block xmlns='urn:xmpp:blocking'>{item}</block>"));
            assert_eq!(error.expect_err(item).condition, condition, "{item}");
        }
    }
}
