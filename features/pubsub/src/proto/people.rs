//! Subscriptions, affiliations, and the forms about them.

use skein_xml::Writer;
use skein_xmpp::form::{self, Form};
use skein_xmpp::{Jid, Stanza, ns};

use super::write::start_node;
use crate::rules::Affiliation;
use crate::store::Subscriber;

fn subscription(writer: &mut Writer, namespace: &str, node: Option<&str>, of: &Subscriber) {
    writer.start("subscription", namespace);
    if let Some(node) = node {
        writer.attr("node", node);
    }
    writer.attr("jid", of.jid.as_str());
    writer.attr("subscription", of.state.name());
    writer.end();
}

/// The answer to a subscription (section 6.1.2).
pub(crate) fn write_subscribed(writer: &mut Writer, node: &str, subscriber: &Subscriber) {
    writer.start("pubsub", ns::PUBSUB);
    subscription(writer, ns::PUBSUB, Some(node), subscriber);
    writer.end();
}

/// A list of subscriptions: one's own by node (section 5.6), or all of `node` for its owner
/// (section 8.8.1).
pub(crate) fn write_subscriptions(
    writer: &mut Writer,
    namespace: &str,
    node: Option<&str>,
    list: &[(String, Subscriber)],
) {
    writer.start("pubsub", namespace);
    writer.start("subscriptions", namespace);
    if let Some(node) = node {
        writer.attr("node", node);
    }
    for (of, subscriber) in list {
        let named = (namespace == ns::PUBSUB).then_some(of.as_str());
        subscription(writer, namespace, named, subscriber);
    }
    writer.end();
    writer.end();
}

/// A list of affiliations: one's own by node (section 5.7), or all of `node` for its owner
/// (section 8.9.1), by address. `list` names the one or the other.
pub(crate) fn write_affiliations(
    writer: &mut Writer,
    namespace: &str,
    node: Option<&str>,
    list: &[(String, Affiliation)],
) {
    let key = if namespace == ns::PUBSUB { "node" } else { "jid" };
    writer.start("pubsub", namespace);
    writer.start("affiliations", namespace);
    if let Some(node) = node {
        writer.attr("node", node);
    }
    for (of, affiliation) in list {
        writer.start("affiliation", namespace);
        writer.attr(key, of);
        writer.attr("affiliation", affiliation.name());
        writer.end();
    }
    writer.end();
    writer.end();
}

/// The options of a subscription (section 6.3.2), or those of any if there is none.
pub(crate) fn write_options(writer: &mut Writer, of: Option<(&str, &Subscriber)>) {
    writer.start("pubsub", ns::PUBSUB);
    match of {
        Some((node, subscriber)) => {
            start_node(writer, "options", ns::PUBSUB, node);
            writer.attr("jid", subscriber.jid.as_str());
        }
        None => writer.start("default", ns::PUBSUB),
    }
    let deliver = of.is_none_or(|(_, subscriber)| subscriber.deliver);
    form::start(writer, "form", ns::PUBSUB_SUBSCRIBE_OPTIONS);
    let value = if deliver { "1" } else { "0" };
    form::field(writer, "pubsub#deliver", "boolean", Some("Tell me of new items"), &[value]);
    writer.end();
    writer.end();
    writer.end();
}

/// The form that asks an owner to let `subscriber` in (section 8.6). It waits for who is away,
/// and is no part of a history: what is still to be answered is asked for (section 8.7).
pub(crate) fn write_authorization(writer: &mut Writer, node: &str, subscriber: &Jid) {
    writer.leaf(
        "body",
        ns::CLIENT,
        "Somebody asks to subscribe to a node of yours. Your client can answer if it shows this form.",
    );
    form::start(writer, "form", ns::PUBSUB_AUTHORIZATION);
    let field = form::field;
    field(writer, "pubsub#node", "text-single", Some("Node"), &[node]);
    let jid = subscriber.as_str();
    field(writer, "pubsub#subscriber_jid", "jid-single", Some("Who asks"), &[jid]);
    field(writer, "pubsub#allow", "boolean", Some("Let them subscribe"), &["false"]);
    writer.end();
    writer.start("no-permanent-store", ns::HINTS);
    writer.end();
}

/// An owner's answer to that form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) node: String,
    pub(crate) subscriber: Jid,
    pub(crate) allow: bool,
}

impl Authorization {
    /// Reads it; `None` if the message holds none, or one that was cancelled.
    pub(crate) fn read(message: &Stanza) -> Option<Self> {
        let form = Form::of(message.child("x", ns::DATA)?);
        if form.cancelled || form.form_type.as_deref() != Some(ns::PUBSUB_AUTHORIZATION) {
            return None;
        }
        Some(Self {
            node: form.value("pubsub#node")?.to_owned(),
            subscriber: Jid::parse(form.value("pubsub#subscriber_jid")?).ok()?,
            allow: matches!(form.value("pubsub#allow")?, "1" | "true"),
        })
    }
}
