//! Writing answers and events.

use skein_xml::{Document, Limits, Writer};
use skein_xmpp::{form, ns};

use crate::rules::Config;
use crate::store::Item;

/// Writes `<item/>`, with its payload if wanted.
fn write_item(writer: &mut Writer, namespace: &str, item: &Item, with_payload: bool) {
    writer.start("item", namespace);
    writer.attr("id", &item.id);
    // What was stored was accepted once; one that cannot be read goes without.
    if with_payload && let Ok(payload) = Document::parse(&item.payload, &Limits::kept()) {
        writer.element(payload.root());
    }
    writer.end();
}

fn node(writer: &mut Writer, element: &str, namespace: &str, node: &str) {
    writer.start(element, namespace);
    writer.attr("node", node);
}

/// The answer to a retrieval; `items` oldest first.
pub(crate) fn write_items<'a>(
    writer: &mut Writer,
    of: &str,
    items: impl Iterator<Item = &'a Item>,
) {
    writer.start("pubsub", ns::PUBSUB);
    node(writer, "items", ns::PUBSUB, of);
    for item in items {
        write_item(writer, ns::PUBSUB, item, true);
    }
    writer.end();
    writer.end();
}

/// The answer to a publication.
pub(crate) fn write_published(writer: &mut Writer, of: &str, id: &str) {
    writer.start("pubsub", ns::PUBSUB);
    node(writer, "publish", ns::PUBSUB, of);
    writer.start("item", ns::PUBSUB);
    writer.attr("id", id);
    writer.end();
    writer.end();
    writer.end();
}

/// The answer to the making of a node.
pub(crate) fn write_created(writer: &mut Writer, of: &str) {
    writer.start("pubsub", ns::PUBSUB);
    node(writer, "create", ns::PUBSUB, of);
    writer.end();
    writer.end();
}

fn write_form(writer: &mut Writer, config: &Config) {
    form::start(writer, "form", ns::PUBSUB_CONFIG);
    for (name, kind, value) in config.options() {
        form::field(writer, &format!("pubsub#{name}"), kind, None, &[&value]);
    }
    writer.end();
}

/// A node's configuration as a form.
pub(crate) fn write_config(writer: &mut Writer, of: &str, config: &Config) {
    writer.start("pubsub", ns::PUBSUB_OWNER);
    node(writer, "configure", ns::PUBSUB_OWNER, of);
    write_form(writer, config);
    writer.end();
    writer.end();
}

/// The configuration of a node that nobody configured.
pub(crate) fn write_default(writer: &mut Writer) {
    writer.start("pubsub", ns::PUBSUB_OWNER);
    writer.start("default", ns::PUBSUB_OWNER);
    write_form(writer, &Config::default());
    writer.end();
    writer.end();
}

/// The event of a publication.
pub(crate) fn write_items_event(writer: &mut Writer, of: &str, item: &Item, with_payload: bool) {
    writer.start("event", ns::PUBSUB_EVENT);
    node(writer, "items", ns::PUBSUB_EVENT, of);
    write_item(writer, ns::PUBSUB_EVENT, item, with_payload);
    writer.end();
    writer.end();
}

/// The event of a retraction.
pub(crate) fn write_retracted(writer: &mut Writer, of: &str, id: &str) {
    writer.start("event", ns::PUBSUB_EVENT);
    node(writer, "items", ns::PUBSUB_EVENT, of);
    writer.start("retract", ns::PUBSUB_EVENT);
    writer.attr("id", id);
    writer.end();
    writer.end();
    writer.end();
}

fn write_event(writer: &mut Writer, what: &str, of: &str) {
    writer.start("event", ns::PUBSUB_EVENT);
    node(writer, what, ns::PUBSUB_EVENT, of);
    writer.end();
    writer.end();
}

/// The event of a node's end.
pub(crate) fn write_deleted(writer: &mut Writer, of: &str) {
    write_event(writer, "delete", of);
}

/// The event of the removal of all items.
pub(crate) fn write_purged(writer: &mut Writer, of: &str) {
    write_event(writer, "purge", of);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_looks_like_the_example_of_xep_0163() {
        let item = Item {
            id: "bffe6584".into(),
            payload: "<tune xmlns='http://jabber.org/protocol/tune'><artist>Handel</artist></tune>"
                .into(),
        };
        let mut writer = Writer::within(ns::CLIENT);
        write_items_event(&mut writer, "http://jabber.org/protocol/tune", &item, true);
        assert_eq!(
            writer.finish_text(),
            "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='http://jabber.org/protocol/tune'>\
             <item id='bffe6584'><tune xmlns='http://jabber.org/protocol/tune'><artist>Handel</artist></tune></item></items></event>"
        );
    }
}
