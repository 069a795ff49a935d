//! Writing events (XEP-0060 section 15.3).

use skein_xml::Writer;
use skein_xmpp::{Jid, ns};

use super::write::{start_node, write_form, write_item};
use crate::rules::{Config, State};
use crate::store::Stored;

/// The event of a publication: of an item, or of nothing but that there was one.
pub(crate) fn write_items_event(
    writer: &mut Writer,
    of: &str,
    item: Option<&Stored>,
    with_payload: bool,
) {
    writer.start("event", ns::PUBSUB_EVENT);
    start_node(writer, "items", ns::PUBSUB_EVENT, of);
    if let Some(item) = item {
        write_item(writer, ns::PUBSUB_EVENT, item, with_payload);
    }
    writer.end();
    writer.end();
}

/// The event of a retraction.
pub(crate) fn write_retracted(writer: &mut Writer, of: &str, id: &str) {
    writer.start("event", ns::PUBSUB_EVENT);
    start_node(writer, "items", ns::PUBSUB_EVENT, of);
    writer.start("retract", ns::PUBSUB_EVENT);
    writer.attr("id", id);
    writer.end();
    writer.end();
    writer.end();
}

/// The event of a node's end; `redirect` follows it.
pub(crate) fn write_deleted(writer: &mut Writer, of: &str, redirect: Option<&str>) {
    writer.start("event", ns::PUBSUB_EVENT);
    start_node(writer, "delete", ns::PUBSUB_EVENT, of);
    if let Some(uri) = redirect {
        writer.start("redirect", ns::PUBSUB_EVENT);
        writer.attr("uri", uri);
        writer.end();
    }
    writer.end();
    writer.end();
}

/// The event of the removal of all items.
pub(crate) fn write_purged(writer: &mut Writer, of: &str) {
    writer.start("event", ns::PUBSUB_EVENT);
    start_node(writer, "purge", ns::PUBSUB_EVENT, of);
    writer.end();
    writer.end();
}

/// The event of a new configuration.
pub(crate) fn write_configured(writer: &mut Writer, of: &str, config: &Config) {
    writer.start("event", ns::PUBSUB_EVENT);
    start_node(writer, "configuration", ns::PUBSUB_EVENT, of);
    if config.deliver_payloads {
        write_form(writer, "result", config);
    }
    writer.end();
    writer.end();
}

/// What became of a subscription (section 8.6).
pub(crate) fn write_subscription_event(writer: &mut Writer, of: &str, jid: &Jid, state: State) {
    writer.start("event", ns::PUBSUB_EVENT);
    start_node(writer, "subscription", ns::PUBSUB_EVENT, of);
    writer.attr("jid", jid.as_str());
    writer.attr("subscription", state.name());
    writer.end();
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_kernel::contracts::Item;

    #[test]
    fn an_event_looks_like_the_example_of_xep_0163() {
        let item = Item {
            id: "bffe6584".into(),
            payload: "<tune xmlns='http://jabber.org/protocol/tune'><artist>Handel</artist></tune>"
                .into(),
        };
        let mut writer = Writer::within(ns::CLIENT);
        let item = Stored { item, publisher: String::new() };
        write_items_event(&mut writer, "http://jabber.org/protocol/tune", Some(&item), true);
        assert_eq!(
            writer.finish_text(),
            "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='http://jabber.org/protocol/tune'>\
             <item id='bffe6584'><tune xmlns='http://jabber.org/protocol/tune'><artist>Handel</artist></tune></item></items></event>"
        );
    }
}
