//! Reading requests.

use skein_xml::{Element, Writer};
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, StanzaError, ns};

use crate::rules::{ITEM_BYTES, NAME_BYTES, error};
use crate::store::Item;

/// A publication (section 7.1). The item's id is empty if the server shall choose one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publish {
    pub(crate) node: String,
    pub(crate) item: Item,
    pub(crate) preconditions: Option<Form>,
}

/// What a set in the namespace of XEP-0060 asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SetRequest {
    Publish(Publish),
    Retract { node: String, id: String, notify: bool },
    Create { node: String, config: Option<Form> },
}

/// A retrieval (section 6.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Items {
    pub(crate) node: String,
    /// The newest so many.
    pub(crate) max: Option<u32>,
    /// These alone, if any are named.
    pub(crate) ids: Vec<String>,
}

/// What a request in the owner's namespace asks for (section 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnerRequest {
    Config(String),
    Default,
    Configure(String, Form),
    Delete(String),
    Purge(String),
}

/// Ids that one retrieval may name.
const IDS: usize = 256;

fn name_of(element: Element<'_>, attribute: &str) -> Result<Option<String>, StanzaError> {
    match element.attr(attribute).filter(|name| !name.is_empty()) {
        Some(name) if name.len() > NAME_BYTES => Err(Condition::NotAcceptable.into()),
        name => Ok(name.map(std::borrow::Cow::into_owned)),
    }
}

fn node_of(element: Element<'_>) -> Result<String, StanzaError> {
    name_of(element, "node")?.ok_or_else(|| error(Condition::BadRequest, "nodeid-required"))
}

fn id_of(element: Element<'_>) -> Result<Option<String>, StanzaError> {
    name_of(element, "id")
}

fn items_in<'a>(element: Element<'a>) -> impl Iterator<Item = Element<'a>> {
    element.children().filter(|child| child.is("item", ns::PUBSUB))
}

const fn not_implemented() -> StanzaError {
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
                let id = item.map(id_of).transpose()?.flatten();
                Ok(Self::Retract {
                    node: node_of(action)?,
                    id: id.ok_or_else(|| error(Condition::BadRequest, "item-required"))?,
                    notify: matches!(action.attr("notify").as_deref(), Some("1" | "true")),
                })
            }
            "create" => {
                // Personal nodes have well-known names; none is made up.
                let node = node_of(action)
                    .map_err(|_| error(Condition::NotAcceptable, "nodeid-required"))?;
                Ok(Self::Create { node, config: form_in(pubsub, "configure", None)? })
            }
            _ => Err(not_implemented()),
        }
    }
}

/// The one item of a publication, with its one payload.
fn item(publish: Element<'_>) -> Result<Item, StanzaError> {
    let mut items = items_in(publish);
    let item = items.next().ok_or_else(|| error(Condition::BadRequest, "item-required"))?;
    if items.next().is_some() {
        return Err(error(Condition::NotAllowed, "max-items-exceeded"));
    }
    let mut payloads = item.children();
    let payload =
        payloads.next().ok_or_else(|| error(Condition::BadRequest, "payload-required"))?;
    if payloads.next().is_some() {
        return Err(error(Condition::BadRequest, "invalid-payload"));
    }
    let payload = standing_alone(payload);
    if payload.len() > ITEM_BYTES {
        return Err(error(Condition::NotAcceptable, "payload-too-big"));
    }
    Ok(Item { id: id_of(item)?.unwrap_or_default(), payload })
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
    /// Reads `<pubsub/>` of a get.
    pub(crate) fn read(pubsub: Element<'_>) -> Result<Self, StanzaError> {
        let items = pubsub.child("items", ns::PUBSUB).ok_or_else(not_implemented)?;
        let max = match items.attr("max_items") {
            Some(max) => Some(max.parse().map_err(|_| Condition::BadRequest)?),
            None => None,
        };
        let mut ids = Vec::new();
        for item in items_in(items).take(IDS) {
            ids.extend(id_of(item)?);
        }
        Ok(Self { node: node_of(items)?, max, ids })
    }
}

impl OwnerRequest {
    /// Reads `<pubsub/>` in the owner's namespace.
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
            ("delete", true) => node_of(action).map(Self::Delete),
            ("purge", true) => node_of(action).map(Self::Purge),
            _ => Err(not_implemented()),
        }
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
        assert_eq!(
            (publish.node.as_str(), publish.item.id.as_str()),
            ("urn:xmpp:mds:displayed:0", "romeo@montegue.lit")
        );
        assert_eq!(
            publish.item.payload,
            "<displayed xmlns='urn:xmpp:mds:displayed:0'><stanza-id xmlns='urn:xmpp:sid:0' by='juliet@capulet.lit' id='0f7'/></displayed>"
        );
        assert_eq!(
            publish
                .preconditions
                .and_then(|form| form.value("pubsub#access_model").map(str::to_owned))
                .as_deref(),
            Some("whitelist")
        );
    }

    #[test]
    fn faulty_requests_get_the_conditions_of_xep_0060() {
        let big =
            format!("<publish node='n'><item><a>{}</a></item></publish>", "x".repeat(ITEM_BYTES));
        for (inner, specific) in [
            ("<publish><item><a/></item></publish>", "nodeid-required"),
            ("<publish node='n'/>", "item-required"),
            ("<publish node='n'><item/></publish>", "payload-required"),
            ("<publish node='n'><item><a/><b/></item></publish>", "invalid-payload"),
            (
                "<publish node='n'><item><a/></item><item><a/></item></publish>",
                "max-items-exceeded",
            ),
            (big.as_str(), "payload-too-big"),
            ("<retract node='n'/>", "item-required"),
            ("<retract node='n'><item/></retract>", "item-required"),
            ("<create/>", "nodeid-required"),
            ("<subscribe node='n' jid='a@b'/>", "unsupported"),
        ] {
            let found = set(inner).map_err(|error| error.specific.map(|(name, _)| name));
            assert_eq!(found, Err(Some(specific)), "{inner:.60}");
        }
    }

    #[test]
    fn a_retrieval_names_a_number_or_ids() {
        let read = |inner: &str| {
            let text =
                format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{inner}</pubsub>");
            Items::read(document(&text).root())
        };
        let items = |max, ids: &[&str]| {
            Ok(Items {
                node: "n".into(),
                max,
                ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            })
        };
        assert_eq!(read("<items node='n'/>"), items(None, &[]));
        assert_eq!(read("<items node='n' max_items='2'/>"), items(Some(2), &[]));
        assert_eq!(
            read("<items node='n'><item id='a'/><item id='b'/></items>"),
            items(None, &["a", "b"])
        );
        assert!(read("<items node='n' max_items='-1'/>").is_err());
    }
}
