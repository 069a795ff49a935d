//! Writing answers about nodes and items.

use skein_kernel::contracts::Item;
use skein_xml::{Document, Limits, Writer};
use skein_xmpp::rsm::Page;
use skein_xmpp::{form, ns};

use crate::rules::{Base, Config, Shown};
use crate::store::Stored;

/// Writes `<item/>`, with its payload if wanted.
pub(crate) fn write_item(
    writer: &mut Writer,
    namespace: &str,
    Stored { item: Item { id, payload }, publisher }: &Stored,
    with_payload: bool,
) {
    writer.start("item", namespace);
    writer.attr("id", id);
    if !publisher.is_empty() {
        writer.attr("publisher", publisher);
    }
    // What was stored was accepted once; one that cannot be read goes without.
    if with_payload && let Ok(payload) = Document::parse(payload, &Limits::kept()) {
        writer.element(payload.root());
    }
    writer.end();
}

pub(super) fn start_node(writer: &mut Writer, element: &str, namespace: &str, node: &str) {
    writer.start(element, namespace);
    writer.attr("node", node);
}

/// The answer to a retrieval; `items` oldest first.
pub(crate) fn write_items<'a>(
    writer: &mut Writer,
    of: &str,
    items: impl Iterator<Item = &'a Stored>,
    page: Option<&Page>,
) {
    writer.start("pubsub", ns::PUBSUB);
    start_node(writer, "items", ns::PUBSUB, of);
    for item in items {
        write_item(writer, ns::PUBSUB, item, true);
    }
    writer.end();
    if let Some(page) = page {
        page.write(writer);
    }
    writer.end();
}

/// The answer to a publication; without an id if there is no item.
pub(crate) fn write_published(writer: &mut Writer, of: &str, id: Option<&str>) {
    writer.start("pubsub", ns::PUBSUB);
    start_node(writer, "publish", ns::PUBSUB, of);
    if let Some(id) = id {
        writer.start("item", ns::PUBSUB);
        writer.attr("id", id);
        writer.end();
    }
    writer.end();
    writer.end();
}

/// The answer to the making of a node.
pub(crate) fn write_created(writer: &mut Writer, of: &str) {
    writer.start("pubsub", ns::PUBSUB);
    start_node(writer, "create", ns::PUBSUB, of);
    writer.end();
    writer.end();
}

/// A configuration as a form.
pub(super) fn write_form(writer: &mut Writer, kind: &str, config: &Config) {
    form::start(writer, kind, ns::PUBSUB_CONFIG);
    for Shown { name, kind, values, choices } in config.options() {
        writer.start("field", ns::DATA);
        writer.attr("var", &format!("pubsub#{name}"));
        writer.attr("type", kind);
        for value in values {
            writer.leaf("value", ns::DATA, &value);
        }
        for choice in choices {
            writer.start("option", ns::DATA);
            writer.leaf("value", ns::DATA, choice);
            writer.end();
        }
        writer.end();
    }
    writer.end();
}

/// A node's configuration as a form.
pub(crate) fn write_config(writer: &mut Writer, of: &str, config: &Config) {
    writer.start("pubsub", ns::PUBSUB_OWNER);
    start_node(writer, "configure", ns::PUBSUB_OWNER, of);
    write_form(writer, "form", config);
    writer.end();
    writer.end();
}

/// The configuration of a node that nobody configured.
pub(crate) fn write_default(writer: &mut Writer, base: Base) {
    writer.start("pubsub", ns::PUBSUB_OWNER);
    writer.start("default", ns::PUBSUB_OWNER);
    write_form(writer, "form", &Config::new(base));
    writer.end();
    writer.end();
}
