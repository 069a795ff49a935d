//! Reading what is asked in the owner's namespace (XEP-0060 section 8).

use skein_xml::Element;
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use super::request::{jid_of, node_of, not_implemented};
use crate::rules::{Affiliation, State, error};

/// People that one request may change.
const PEOPLE: usize = 256;

/// What an owner asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnerRequest {
    Config(String),
    Default,
    Configure(String, Form),
    /// With the address that follows it, if there is one.
    Delete(String, Option<String>),
    Purge(String),
    Affiliations(String),
    SetAffiliations(String, Vec<(Jid, Affiliation)>),
    Subscriptions(String),
    SetSubscriptions(String, Vec<(Jid, State)>),
}

impl OwnerRequest {
    /// Reads `<pubsub/>`.
    pub(crate) fn read(pubsub: Element<'_>, is_set: bool) -> Result<Self, StanzaError> {
        let action = pubsub.children().find(|child| child.ns() == ns::PUBSUB_OWNER);
        let action = action.ok_or(Condition::BadRequest)?;
        match (action.name(), is_set) {
            ("configure", false) => node_of(action).map(Self::Config),
            ("default", false) => Ok(Self::Default),
            ("configure", true) => {
                let form = Form::read(action).ok_or(Condition::BadRequest)?;
                Ok(Self::Configure(node_of(action)?, form))
            }
            ("delete", true) => {
                let redirect = action.child("redirect", ns::PUBSUB_OWNER);
                let uri = redirect.and_then(|to| to.attr("uri")).map(|uri| uri.into_owned());
                Ok(Self::Delete(node_of(action)?, uri))
            }
            ("purge", true) => node_of(action).map(Self::Purge),
            ("affiliations", false) => node_of(action).map(Self::Affiliations),
            ("subscriptions", false) => node_of(action).map(Self::Subscriptions),
            ("affiliations", true) => {
                let people = people(action, "affiliation", Affiliation::named)?;
                Ok(Self::SetAffiliations(node_of(action)?, people))
            }
            ("subscriptions", true) => {
                let people = people(action, "subscription", State::named)?;
                Ok(Self::SetSubscriptions(node_of(action)?, people))
            }
            _ => Err(not_implemented()),
        }
    }
}

/// The children `<name jid='…' name='…'/>`. One without a value changes nothing.
fn people<T>(
    action: Element<'_>,
    name: &str,
    value: fn(&str) -> Option<T>,
) -> Result<Vec<(Jid, T)>, StanzaError> {
    let mut people = Vec::new();
    for child in action.children().filter(|child| child.is(name, ns::PUBSUB_OWNER)) {
        let Some(text) = child.attr(name) else { continue };
        let value = value(&text).ok_or_else(|| error(Condition::NotAcceptable, "unsupported"))?;
        people.push((jid_of(child)?, value));
    }
    if people.len() > PEOPLE {
        return Err(StanzaError::new(Condition::NotAcceptable).text("fewer people at a time"));
    }
    Ok(people)
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn read(inner: &str, is_set: bool) -> Result<OwnerRequest, StanzaError> {
        let text =
            format!("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{inner}</pubsub>");
        let document = Document::parse(&text, &Limits::after_login()).expect("well-formed");
        OwnerRequest::read(document.root(), is_set)
    }

    /// XEP-0060 examples 202 and 195.
    #[test]
    fn people_are_changed_by_their_addresses() {
        let bard = Jid::parse("bard@shakespeare.lit").expect("an address");
        let changed = read(
            "<affiliations node='princely_musings'><affiliation jid='bard@shakespeare.lit' affiliation='publisher'/></affiliations>",
            true,
        );
        let expected = vec![(bard.clone(), Affiliation::Publisher)];
        assert_eq!(changed, Ok(OwnerRequest::SetAffiliations("princely_musings".into(), expected)));
        let changed = read(
            "<subscriptions node='n'><subscription jid='bard@shakespeare.lit' subscription='none'/><subscription jid='a@b'/></subscriptions>",
            true,
        );
        assert_eq!(
            changed,
            Ok(OwnerRequest::SetSubscriptions("n".into(), vec![(bard, State::None)]))
        );
    }

    #[test]
    fn affiliations_that_do_not_exist_are_refused() {
        let king =
            "<affiliations node='n'><affiliation jid='a@b' affiliation='king'/></affiliations>";
        assert!(read(king, true).is_err());
        assert!(read("<configure node='n'/>", true).is_err(), "a form is missing");
        assert!(read("<promote node='n'/>", true).is_err());
    }
}
