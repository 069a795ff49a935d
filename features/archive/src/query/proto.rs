//! What stands on the wire: queries, results, the end of a page (XEP-0313 sections 4 and 5).

use skein_base::Timestamp;
use skein_xml::{Document, Element, Limits, Writer};
use skein_xmpp::form::{self, Form};
use skein_xmpp::rsm::{Page, PageRequest};
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, StanzaError, ns};

/// The form's field of XEP-0431.
const FULLTEXT: &str = "{urn:xmpp:fulltext:0}fulltext";
/// Skein: whispers in a room's archive.
const WHISPERS: &str = "{urn:skein:whisper:0}whispers";
/// Skein: the messages of one conversation whose sender gave them this id.
pub(crate) const MESSAGE_ID: &str = "{urn:skein:archive:0}message-id";
/// XEP-0122: how a field's values are checked.
const VALIDATE: &str = "http://jabber.org/protocol/xdata-validate";
/// Bytes of a `queryid`, which every result repeats. Clients use a UUID or a counter.
const QUERY_ID_BYTES: usize = 256;
/// Ids that one form may name: each is looked up.
const IDS: usize = 1_000;

/// What a form asks for; fields left out or left empty filter nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    pub(crate) with: Option<Jid>,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    pub(crate) before_id: Option<String>,
    pub(crate) after_id: Option<String>,
    pub(crate) ids: Option<Vec<String>>,
    pub(crate) fulltext: Option<String>,
    /// What others call a message of this conversation: its sender's own id.
    pub(crate) message_id: Option<String>,
    /// In a room: the reader's own whispers too.
    pub(crate) whispers: bool,
}

/// A `<query/>` of type set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Query {
    /// Repeated in each result.
    pub(crate) queryid: Option<String>,
    pub(crate) filter: Filter,
    pub(crate) page: PageRequest,
    /// The page's results come newest first.
    pub(crate) flip: bool,
}

impl Query {
    /// Reads a query.
    pub(crate) fn read(query: Element<'_>) -> Result<Self, StanzaError> {
        // A node is the archive of a publish-subscribe node (XEP-0442); accounts have none.
        if query.attr("node").is_some() {
            return Err(Condition::ItemNotFound.into());
        }
        let queryid = query.attr("queryid").map(std::borrow::Cow::into_owned);
        if queryid.as_ref().is_some_and(|id| id.len() > QUERY_ID_BYTES) {
            return Err(bad("the queryid is too long"));
        }
        Ok(Self {
            queryid,
            filter: Form::read(query)
                .map_or_else(|| Ok(Filter::default()), |form| Filter::read(&form))?,
            page: PageRequest::read(query)?,
            flip: query.child("flip-page", ns::MAM).is_some(),
        })
    }
}

impl Filter {
    fn read(form: &Form) -> Result<Self, StanzaError> {
        if form.cancelled || form.form_type.as_deref() != Some(ns::MAM) {
            return Err(bad("the form must be submitted with FORM_TYPE urn:xmpp:mam:2"));
        }
        let mut filter = Self::default();
        for field in &form.fields {
            if field.var == "ids" {
                filter.ids = Some(field.values.clone()).filter(|ids| !ids.is_empty());
                continue;
            }
            let Some(value) = field.values.first() else { continue };
            match field.var.as_str() {
                "with" => {
                    filter.with = Some(Jid::parse(value).map_err(|_| Condition::JidMalformed)?)
                }
                "start" => filter.start = Some(time(value)?),
                "end" => filter.end = Some(time(value)?),
                "before-id" => filter.before_id = Some(value.clone()),
                "after-id" => filter.after_id = Some(value.clone()),
                FULLTEXT => filter.fulltext = Some(value.clone()).filter(|text| !text.is_empty()),
                MESSAGE_ID => {
                    filter.message_id = Some(value.clone()).filter(|id| !id.is_empty());
                }
                WHISPERS => filter.whispers = matches!(value.as_str(), "1" | "true"),
                // Section 4.1.5: not to be passed over in silence.
                _ => return Err(Condition::FeatureNotImplemented.into()),
            }
        }
        if filter.message_id.is_some() && filter.with.is_none() {
            return Err(bad("a message is found by its sender's id in one conversation"));
        }
        if filter.ids.as_ref().is_some_and(|ids| ids.len() > IDS) {
            return Err(
                StanzaError::new(Condition::NotAcceptable).text("at most 1,000 ids at a time")
            );
        }
        Ok(filter)
    }
}

fn bad(text: &str) -> StanzaError {
    StanzaError::new(Condition::BadRequest).text(text)
}

fn time(text: &str) -> Result<Timestamp, StanzaError> {
    Timestamp::parse(text).ok_or_else(|| bad("times are written 2026-11-24T10:00:00Z"))
}

/// Writes the form of all fields (section 4.1.5).
pub(crate) fn write_form(writer: &mut Writer) {
    writer.start("query", ns::MAM);
    form::start(writer, "form", ns::MAM);
    form::field(writer, "with", "jid-single", None, &[]);
    for field in ["start", "end", "before-id", "after-id", FULLTEXT, MESSAGE_ID] {
        form::field(writer, field, "text-single", None, &[]);
    }
    writer.start("field", ns::DATA);
    writer.attr("var", "ids");
    writer.attr("type", "list-multi");
    writer.start("validate", VALIDATE);
    writer.attr("datatype", "xs:string");
    writer.leaf("open", VALIDATE, "");
    writer.end();
    writer.end();
    writer.end();
    writer.end();
}

/// Writes `<fin/>`.
pub(crate) fn write_fin(writer: &mut Writer, page: &Page, complete: bool) {
    writer.start("fin", ns::MAM);
    if complete {
        writer.attr("complete", "true");
    }
    writer.attr("stable", "true");
    page.write(writer);
    writer.end();
}

/// Writes `<forwarded/>` around a stored stanza, which declares its namespace itself.
pub(crate) fn write_forwarded(writer: &mut Writer, at: Timestamp, stanza: &str) {
    writer.start("forwarded", ns::FORWARD);
    writer.start("delay", ns::DELAY);
    writer.attr("stamp", &at.to_string());
    writer.end();
    writer.raw(stanza);
    writer.end();
}

/// A message as the client shall see it, if not as it is.
pub(crate) type Hint = Box<dyn Fn(&Stanza) -> Option<Stanza> + Send>;

/// Makes the messages that carry results (section 4.2).
pub(crate) struct Results {
    head: Stanza,
    queryid: Option<String>,
    /// What is said beside messages that the client does not understand.
    hint: Option<Hint>,
    /// Used again for each, so that a result costs one allocation of its exact size.
    scratch: Vec<u8>,
}

impl Results {
    /// From the archive of the account `owner` to the client that asked.
    pub(crate) fn new(owner: Jid, client: Jid, queryid: Option<String>) -> Self {
        let mut head = Stanza::new(Kind::Message(MessageType::Normal));
        head.from = Some(owner);
        head.to = Some(client);
        Self { head, queryid, hint: None, scratch: Vec::new() }
    }

    /// With hints (kernel contract `Hints`) for messages with a timer.
    pub(crate) fn hinted(self, hint: Hint) -> Self {
        Self { hint: Some(hint), ..self }
    }

    fn hint(&self, stanza: &str) -> Option<String> {
        let hint = self.hint.as_ref().filter(|_| stanza.contains(ns::EPHEMERAL))?;
        let document = Document::parse(stanza, &Limits::kept()).ok()?;
        Some(hint(&Stanza::read(document.root()).ok()?)?.to_xml())
    }

    /// The message for one entry, and the bytes of its content.
    pub(crate) fn message(&mut self, id: &str, at: Timestamp, stanza: &str) -> (Stanza, usize) {
        let hinted = self.hint(stanza);
        let stanza = hinted.as_deref().unwrap_or(stanza);
        self.scratch.clear();
        let mut writer = Writer::append(std::mem::take(&mut self.scratch), ns::CLIENT);
        writer.start("result", ns::MAM);
        if let Some(queryid) = &self.queryid {
            writer.attr("queryid", queryid);
        }
        writer.attr("id", id);
        write_forwarded(&mut writer, at, stanza);
        writer.end();
        self.scratch = writer.finish();
        let element: Box<str> = String::from_utf8_lossy(&self.scratch).into();
        let bytes = element.len();
        (self.head.clone().with_element(element), bytes)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn parse(xml: &str) -> Result<Query, StanzaError> {
        let document = Document::parse(xml, &Limits::after_login()).expect("well-formed");
        Query::read(document.root())
    }

    fn field((var, value): (&str, String)) -> String {
        format!("<field var='{var}'><value>{value}</value></field>")
    }

    /// A query with form fields and the inside of `<set/>`.
    pub(crate) fn query(fields: &[(&str, String)], set: &str) -> Query {
        let fields: String = fields.iter().cloned().map(field).collect();
        let xml = format!(
            "<query xmlns='urn:xmpp:mam:2' queryid='q1'><x xmlns='jabber:x:data' type='submit'>\
             <field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>{fields}</x>\
             <set xmlns='http://jabber.org/protocol/rsm'>{set}</set></query>"
        );
        parse(&xml).expect("a query")
    }

    #[test]
    fn forms_are_read_and_what_they_should_not_hold_is_refused() {
        let all = query(
            &[
                ("with", "A@b".into()),
                ("start", "2026-01-01T00:00:00Z".into()),
                ("end", "2026-01-02T00:00:00Z".into()),
                ("before-id", "x".into()),
                ("after-id", "y".into()),
                ("ids", "z".into()),
                ("{urn:xmpp:fulltext:0}fulltext", "fox".into()),
            ],
            "<max>5</max>",
        );
        assert_eq!(all.filter.with.as_ref().map(skein_xmpp::Jid::as_str), Some("a@b"));
        assert_eq!(all.filter.ids.as_deref(), Some(&["z".to_owned()][..]));
        assert_eq!(all.filter.fulltext.as_deref(), Some("fox"));
        assert_eq!((all.page.max, all.queryid.as_deref()), (Some(5), Some("q1")));
        let form = |kind: &str, form_type: &str, fields: &str| {
            parse(&format!(
                "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='{kind}'>\
                 <field var='FORM_TYPE'><value>{form_type}</value></field>{fields}</x></query>"
            ))
            .map_err(|error| error.condition)
        };
        for (kind, form_type, fields, expected) in [
            ("submit", "urn:x", String::new(), Condition::BadRequest),
            ("cancel", ns::MAM, String::new(), Condition::BadRequest),
            ("submit", ns::MAM, field(("start", "yesterday".into())), Condition::BadRequest),
            ("submit", ns::MAM, field(("with", "@".into())), Condition::JidMalformed),
            ("submit", ns::MAM, field((MESSAGE_ID, "m1".into())), Condition::BadRequest),
            ("submit", ns::MAM, field(("unknown", "x".into())), Condition::FeatureNotImplemented),
        ] {
            assert_eq!(form(kind, form_type, &fields), Err(expected), "{fields}");
        }
        let long = "q".repeat(300);
        assert!(parse(&format!("<query xmlns='urn:xmpp:mam:2' queryid='{long}'/>")).is_err());
        assert_eq!(parse("<query xmlns='urn:xmpp:mam:2'/>"), Ok(Query::default()));
    }
}
