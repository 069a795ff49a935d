//! Channel search (XEP-0433).

use skein_xml::{Element, Writer};
use skein_xmpp::form::{self, Form};
use skein_xmpp::{Condition, ErrorType, Jid, StanzaError, ns};

use crate::rules::config::Config;
use crate::rules::directory::{Places, terms};

const PARAMS: &str = "urn:xmpp:channel-search:0:search-params";
const ERRORS: &str = "urn:xmpp:channel-search:0:error";
const BY_ADDRESS: &str = "{urn:xmpp:channel-search:0:order}address";
const BY_USERS: &str = "{urn:xmpp:channel-search:0:order}nusers";
const LANG: &str = "{urn:skein:rooms:0}lang";
const ANONYMITY_NONE: &str = "{urn:xmpp:channel-search:0:anonymity-mode}none";

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Address,
    Users,
}

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// As they are compared; empty for all rooms.
    pub(crate) terms: Vec<String>,
    pub(crate) places: Places,
    pub(crate) least_users: usize,
    pub(crate) lang: Option<String>,
    pub(crate) order: Order,
}

impl Asked {
    /// What `<search/>` asks for; `None` asks for the form.
    pub(crate) fn read(search: Element<'_>) -> Result<Option<Self>, StanzaError> {
        let Some(form) = Form::read(search) else { return Ok(None) };
        let is_typed = form.form_type.as_deref().is_none_or(|name| name == PARAMS);
        if !is_typed {
            return Err(StanzaError::new(Condition::BadRequest).text("not the form of a search"));
        }
        let switch = |var: &str, normally: bool| match form.value(var) {
            Some(value) => matches!(value, "1" | "true"),
            None => normally,
        };
        let order = match form.value("key") {
            Some(BY_ADDRESS) => Order::Address,
            None | Some(BY_USERS) => Order::Users,
            Some(_) => {
                return Err(refused(Condition::FeatureNotImplemented, "invalid-sort-key"));
            }
        };
        let terms = form.value("q").map(terms);
        match (&terms, switch("all", false)) {
            (Some(terms), true) if !terms.is_empty() => {
                return Err(refused(Condition::BadRequest, "conflicting-fields")
                    .text("all rooms and a search for words exclude each other"));
            }
            (Some(terms), false) if terms.is_empty() => {
                return Err(refused(Condition::BadRequest, "invalid-search-terms")
                    .text("at least one word is needed"));
            }
            (None, false) => {
                let nothing = refused(Condition::BadRequest, "no-search-conditions");
                return Err(nothing.class(ErrorType::Cancel));
            }
            _ => {}
        }
        let types = form.values("types");
        let has_rooms = types.is_empty() || types.iter().any(|kind| kind == "xep-0045");
        let least_users = form.value("min_users").and_then(|n| n.parse().ok()).unwrap_or(0);
        Ok(Some(Self {
            terms: terms.unwrap_or_default(),
            places: Places {
                name: switch("sinname", true),
                description: switch("sindescription", true),
                address: switch("sinaddress", switch("sinaddr", true)),
            },
            // Nothing but rooms is to be found here.
            least_users: if has_rooms { least_users } else { usize::MAX },
            lang: form.value(LANG).filter(|lang| !lang.is_empty()).map(str::to_owned),
            order,
        }))
    }
}

fn refused(condition: Condition, specific: &'static str) -> StanzaError {
    StanzaError::new(condition).class(ErrorType::Modify).specific(specific, ERRORS)
}

/// A room that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) jid: Jid,
    pub(crate) config: Config,
    pub(crate) users: usize,
    pub(crate) members: i64,
}

/// Writes `<item/>`.
pub(crate) fn write_found(writer: &mut Writer, found: &Found) {
    let config = &found.config;
    writer.start("item", ns::CHANNEL_SEARCH);
    writer.attr("address", found.jid.as_str());
    let mut leaf = |name, text: &str| writer.leaf(name, ns::CHANNEL_SEARCH, text);
    leaf("name", config.title(&found.jid));
    if !config.description.is_empty() {
        leaf("description", &config.description);
    }
    if !config.lang.is_empty() {
        leaf("language", &config.lang);
    }
    leaf("nusers", &found.users.to_string());
    leaf("service-type", "xep-0045");
    let is_open = !config.members_only && !config.password_protected;
    leaf("is-open", if is_open { "true" } else { "false" });
    let anonymity = if config.non_anonymous { ANONYMITY_NONE } else { "muc_semianonymous" };
    leaf("anonymity-mode", anonymity);
    writer.leaf("members", ns::ROOMS, &found.members.to_string());
    config.tags.iter().for_each(|tag| writer.leaf("tag", ns::ROOMS, tag));
    if config.members_only && config.requests {
        writer.leaf("requests", ns::ROOMS, "");
    }
    writer.end();
}

/// Writes the form (section 4.2.1).
pub(crate) fn write_search_form(writer: &mut Writer) {
    writer.start("search", ns::CHANNEL_SEARCH);
    form::start(writer, "form", PARAMS);
    form::field(writer, "q", "text-single", Some("Search for"), &[]);
    form::field(writer, "all", "boolean", Some("Return all rooms"), &["false"]);
    form::field(writer, "sinname", "boolean", Some("Search in names"), &["true"]);
    form::field(writer, "sindescription", "boolean", Some("Search in descriptions"), &["true"]);
    form::field(writer, "sinaddress", "boolean", Some("Search in addresses"), &["true"]);
    form::field(writer, "min_users", "text-single", Some("People inside at least"), &["0"]);
    form::field(writer, LANG, "text-single", Some("Language"), &[]);
    write_list(writer, ("types", "list-multi", "Kinds of rooms"), &[("xep-0045", "Rooms")]);
    let orders = [(BY_USERS, "Number of people inside"), (BY_ADDRESS, "Address")];
    write_list(writer, ("key", "list-single", "Sort by"), &orders);
    writer.end();
    writer.end();
}

/// A field with options, of which the first is set.
fn write_list(
    writer: &mut Writer,
    (var, kind, label): (&str, &str, &str),
    options: &[(&str, &str)],
) {
    writer.start("field", ns::DATA);
    writer.attr("var", var);
    writer.attr("type", kind);
    writer.attr("label", label);
    if let Some((value, _)) = options.first() {
        writer.leaf("value", ns::DATA, value);
    }
    for (value, label) in options {
        writer.start("option", ns::DATA);
        writer.attr("label", label);
        writer.leaf("value", ns::DATA, value);
        writer.end();
    }
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn read(fields: &[(&str, &str)]) -> Result<Option<Asked>, (Condition, Option<&'static str>)> {
        let mut writer = Writer::new();
        writer.start("search", ns::CHANNEL_SEARCH);
        form::start(&mut writer, "submit", PARAMS);
        for (var, value) in fields {
            form::field(&mut writer, var, "text-single", None, &[value]);
        }
        writer.end();
        writer.end();
        let text = writer.finish_text();
        let document = Document::parse(&text, &Limits::after_login()).expect("well-formed");
        Asked::read(document.root())
            .map_err(|error| (error.condition, error.specific.map(|(name, _)| name)))
    }

    #[test]
    fn a_search_is_read_and_nonsense_has_the_errors_of_the_specification() {
        let asked = read(&[("q", "XMPP org"), ("key", BY_ADDRESS), ("sinname", "0")]);
        let asked = asked.expect("a search").expect("no form");
        assert_eq!((asked.terms.len(), asked.order), (2, Order::Address));
        assert!(!asked.places.name && asked.places.description && asked.places.address);
        for (fields, error) in [
            (&[("q", " ")][..], (Condition::BadRequest, Some("invalid-search-terms"))),
            (&[("q", "a"), ("all", "true")], (Condition::BadRequest, Some("conflicting-fields"))),
            (&[("sinname", "1")], (Condition::BadRequest, Some("no-search-conditions"))),
            (
                &[("q", "a"), ("key", "beauty")],
                (Condition::FeatureNotImplemented, Some("invalid-sort-key")),
            ),
        ] {
            assert_eq!(read(fields), Err(error), "{fields:?}");
        }
        let other_kind = read(&[("all", "1"), ("types", "xep-0369")]);
        assert_eq!(other_kind.expect("a search").expect("no form").least_users, usize::MAX);
    }
}
