//! Reading what is asked in the namespace of XEP-0060.

use skein_kernel::contracts::Item;
use skein_xml::{Element, Writer};
use skein_xmpp::form::Form;
use skein_xmpp::rsm::PageRequest;
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::rules::{NAME_BYTES, error};

/// A publication (section 7.1). The item's id is empty if the server shall choose one; its
/// payload is empty if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publish {
    pub(crate) node: String,
    pub(crate) item: Option<Item>,
    pub(crate) preconditions: Option<Form>,
}

/// What a set asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SetRequest {
    Publish(Publish),
    Retract {
        node: String,
        id: String,
        notify: bool,
    },
    /// Without a name the server makes one up.
    Create {
        node: Option<String>,
        config: Option<Form>,
    },
    Subscribe {
        node: String,
        jid: Jid,
        options: Option<Form>,
    },
    Unsubscribe {
        node: String,
        jid: Jid,
    },
    Options {
        node: String,
        jid: Jid,
        options: Form,
    },
}

/// What a get asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GetRequest {
    Items(Items),
    Subscriptions(Option<String>),
    Affiliations(Option<String>),
    Options { node: String, jid: Jid },
    DefaultOptions,
}

/// A retrieval (section 6.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Items {
    pub(crate) node: String,
    /// The newest so many.
    pub(crate) max: Option<u32>,
    /// These alone, if any are named.
    pub(crate) ids: Vec<String>,
    /// A page of them (XEP-0059).
    pub(crate) page: Option<PageRequest>,
}

/// Ids that one retrieval may name.
const IDS: usize = 256;

fn name_of(element: Element<'_>, attribute: &str) -> Result<Option<String>, StanzaError> {
    match element.attr(attribute).filter(|name| !name.is_empty()) {
        Some(name) if name.len() > NAME_BYTES => Err(Condition::NotAcceptable.into()),
        name => Ok(name.map(std::borrow::Cow::into_owned)),
    }
}

/// The node that an element names.
pub(super) fn node_of(element: Element<'_>) -> Result<String, StanzaError> {
    name_of(element, "node")?.ok_or_else(|| error(Condition::BadRequest, "nodeid-required"))
}

/// The address that an element names.
pub(super) fn jid_of(element: Element<'_>) -> Result<Jid, StanzaError> {
    let text = element.attr("jid").ok_or_else(|| error(Condition::BadRequest, "jid-required"))?;
    Jid::parse(&text).map_err(|_| error(Condition::BadRequest, "invalid-jid"))
}

fn items_in<'a>(element: Element<'a>) -> impl Iterator<Item = Element<'a>> {
    element.children().filter(|child| child.is("item", ns::PUBSUB))
}

pub(super) const fn not_implemented() -> StanzaError {
    error(Condition::FeatureNotImplemented, "unsupported")
}

impl SetRequest {
    /// Reads `<pubsub/>` of a set.
    pub(crate) fn read(pubsub: Element<'_>) -> Result<Self, StanzaError> {
        let action = pubsub.children().find(|child| child.ns() == ns::PUBSUB);
        let action = action.ok_or(Condition::BadRequest)?;
        match action.name() {
            "publish" => Ok(Self::Publish(Publish {
                node: node_of(action)?,
                item: item(action)?,
                preconditions: form_in(pubsub, "publish-options", Some(ns::PUBSUB_OPTIONS))?,
            })),
            "retract" => {
                let item = items_in(action).next();
                let id = item.map(|item| name_of(item, "id")).transpose()?.flatten();
                Ok(Self::Retract {
                    node: node_of(action)?,
                    id: id.ok_or_else(|| error(Condition::BadRequest, "item-required"))?,
                    notify: matches!(action.attr("notify").as_deref(), Some("1" | "true")),
                })
            }
            "create" => Ok(Self::Create {
                node: name_of(action, "node")?,
                config: form_in(pubsub, "configure", None)?,
            }),
            "subscribe" => Ok(Self::Subscribe {
                node: node_of(action)?,
                jid: jid_of(action)?,
                options: form_in(pubsub, "options", None)?,
            }),
            "unsubscribe" => Ok(Self::Unsubscribe { node: node_of(action)?, jid: jid_of(action)? }),
            "options" => {
                let options = Form::read(action).ok_or(Condition::BadRequest)?;
                Ok(Self::Options { node: node_of(action)?, jid: jid_of(action)?, options })
            }
            _ => Err(not_implemented()),
        }
    }
}

impl GetRequest {
    /// Reads `<pubsub/>` of a get.
    pub(crate) fn read(pubsub: Element<'_>) -> Result<Self, StanzaError> {
        let action = pubsub.children().find(|child| child.ns() == ns::PUBSUB);
        let action = action.ok_or(Condition::BadRequest)?;
        match action.name() {
            "items" => Items::read(action, pubsub).map(Self::Items),
            "subscriptions" => name_of(action, "node").map(Self::Subscriptions),
            "affiliations" => name_of(action, "node").map(Self::Affiliations),
            "options" => Ok(Self::Options { node: node_of(action)?, jid: jid_of(action)? }),
            "default" => Ok(Self::DefaultOptions),
            _ => Err(not_implemented()),
        }
    }
}

/// The one item of a publication, with its one payload, if it has any.
fn item(publish: Element<'_>) -> Result<Option<Item>, StanzaError> {
    let mut items = items_in(publish);
    let Some(item) = items.next() else { return Ok(None) };
    if items.next().is_some() {
        return Err(error(Condition::NotAllowed, "max-items-exceeded"));
    }
    let mut payloads = item.children();
    let payload = payloads.next().map(standing_alone).unwrap_or_default();
    if payloads.next().is_some() {
        return Err(error(Condition::BadRequest, "invalid-payload"));
    }
    Ok(Some(Item { id: name_of(item, "id")?.unwrap_or_default(), payload }))
}

/// An element's text with its namespace declared.
pub(crate) fn standing_alone(element: Element<'_>) -> String {
    let mut writer = Writer::new();
    writer.element(element);
    writer.finish_text()
}

fn form_in(
    pubsub: Element<'_>,
    name: &str,
    form_type: Option<&str>,
) -> Result<Option<Form>, StanzaError> {
    let form = pubsub.child(name, pubsub.ns()).and_then(Form::read);
    match (&form, form_type) {
        (Some(form), Some(form_type)) if form.form_type.as_deref() != Some(form_type) => {
            Err(Condition::BadRequest.into())
        }
        _ => Ok(form.filter(|form| !form.cancelled)),
    }
}

impl Items {
    fn read(items: Element<'_>, pubsub: Element<'_>) -> Result<Self, StanzaError> {
        let max = match items.attr("max_items") {
            Some(max) => Some(max.parse().map_err(|_| Condition::BadRequest)?),
            None => None,
        };
        let mut ids = Vec::new();
        for item in items_in(items).take(IDS) {
            ids.extend(name_of(item, "id")?);
        }
        let page = match pubsub.child("set", ns::RSM) {
            Some(_) => Some(PageRequest::read(pubsub)?),
            None => None,
        };
        Ok(Self { node: node_of(items)?, max, ids, page })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn document(xml: &str) -> Document {
        Document::parse(xml, &Limits::after_login()).expect("well-formed")
    }

    fn set(inner: &str) -> Result<SetRequest, StanzaError> {
        let text = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{inner}</pubsub>");
        SetRequest::read(document(&text).root())
    }

    /// XEP-0490, the first example.
    #[test]
    fn a_publication_is_read_with_its_preconditions() {
        let read = set(
            "<publish node='urn:xmpp:mds:displayed:0'><item id='romeo@montegue.lit'><displayed xmlns='urn:xmpp:mds:displayed:0'>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='juliet@capulet.lit' id='0f7'/></displayed></item></publish>\
             <publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
             <value>http://jabber.org/protocol/pubsub#publish-options</value></field>\
             <field var='pubsub#access_model'><value>whitelist</value></field></x></publish-options>",
        );
        let Ok(SetRequest::Publish(publish)) = read else { panic!("{read:?}") };
        let item = publish.item.expect("an item");
        assert_eq!(
            (publish.node.as_str(), item.id.as_str()),
            ("urn:xmpp:mds:displayed:0", "romeo@montegue.lit")
        );
        assert_eq!(
            item.payload,
            "<displayed xmlns='urn:xmpp:mds:displayed:0'><stanza-id xmlns='urn:xmpp:sid:0' by='juliet@capulet.lit' id='0f7'/></displayed>"
        );
        let options = publish.preconditions.expect("preconditions");
        assert_eq!(options.value("pubsub#access_model"), Some("whitelist"));
    }

    #[test]
    fn faulty_requests_get_the_conditions_of_xep_0060() {
        for (inner, specific) in [
            ("<publish><item><a/></item></publish>", "nodeid-required"),
            ("<publish node='n'><item><a/><b/></item></publish>", "invalid-payload"),
            (
                "<publish node='n'><item><a/></item><item><a/></item></publish>",
                "max-items-exceeded",
            ),
            ("<retract node='n'/>", "item-required"),
            ("<retract node='n'><item/></retract>", "item-required"),
            ("<subscribe node='n'/>", "jid-required"),
            ("<subscribe node='n' jid='@@'/>", "invalid-jid"),
            ("<subscribe jid='a@b'/>", "nodeid-required"),
            ("<promote node='n'/>", "unsupported"),
        ] {
            let found = set(inner).map_err(|error| error.specific.map(|(name, _)| name));
            assert_eq!(found, Err(Some(specific)), "{inner:.60}");
        }
    }

    #[test]
    fn a_retrieval_names_a_number_or_ids_or_a_page() {
        let read = |inner: &str| {
            let text =
                format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{inner}</pubsub>");
            GetRequest::read(document(&text).root())
        };
        let items = |max, ids: &[&str], page| {
            let ids = ids.iter().map(|id| (*id).to_owned()).collect();
            Ok(GetRequest::Items(Items { node: "n".into(), max, ids, page }))
        };
        assert_eq!(read("<items node='n'/>"), items(None, &[], None));
        assert_eq!(read("<items node='n' max_items='2'/>"), items(Some(2), &[], None));
        assert_eq!(
            read("<items node='n'><item id='a'/><item id='b'/></items>"),
            items(None, &["a", "b"], None)
        );
        let page = PageRequest { max: Some(3), ..PageRequest::default() };
        assert_eq!(
            read("<items node='n'/><set xmlns='http://jabber.org/protocol/rsm'><max>3</max></set>"),
            items(None, &[], Some(page))
        );
        assert!(read("<items node='n' max_items='-1'/>").is_err());
    }
}
