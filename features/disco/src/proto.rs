//! `<query/>` of `disco#info` and `disco#items`.

use skein_kernel::Subject;
use skein_kernel::contracts::CAPS_NODE;
use skein_xml::Writer;
use skein_xmpp::disco::Info;
use skein_xmpp::{Jid, ns};

/// The only node beside the commands is the one that names the server's capabilities (XEP-0115 section 6.2).
pub(crate) fn is_known_node(subject: Subject, node: &str, ver: &str) -> bool {
    subject == Subject::Server && node.split_once('#') == Some((CAPS_NODE, ver))
}

/// Writes the answer to `disco#info`.
pub(crate) fn write_info(writer: &mut Writer, node: Option<&str>, info: &Info) {
    start(writer, ns::DISCO_INFO, node);
    info.write(writer);
    writer.end();
}

/// Writes the answer to `disco#items`: commands by node and name, services by domain and title.
pub(crate) fn write_items(
    writer: &mut Writer,
    node: Option<&str>,
    server: &Jid,
    commands: &[(&str, &str)],
    services: &[(&str, &str)],
) {
    start(writer, ns::DISCO_ITEMS, node);
    for (domain, title) in services {
        writer.start("item", ns::DISCO_ITEMS);
        writer.attr("jid", domain);
        writer.attr("name", title);
        writer.end();
    }
    for (command, name) in commands {
        writer.start("item", ns::DISCO_ITEMS);
        writer.attr("jid", server.as_str());
        writer.attr("node", command);
        writer.attr("name", name);
        writer.end();
    }
    writer.end();
}

/// Writes the nodes of an account: name and title of each.
pub(crate) fn write_nodes(writer: &mut Writer, owner: &Jid, nodes: &[(String, String)]) {
    start(writer, ns::DISCO_ITEMS, None);
    for (node, title) in nodes {
        writer.start("item", ns::DISCO_ITEMS);
        writer.attr("jid", owner.as_str());
        writer.attr("node", node);
        if !title.is_empty() {
            writer.attr("name", title);
        }
        writer.end();
    }
    writer.end();
}

/// Writes the items of a node of an account.
pub(crate) fn write_published_items(writer: &mut Writer, node: &str, owner: &Jid, ids: &[String]) {
    start(writer, ns::DISCO_ITEMS, Some(node));
    for id in ids {
        writer.start("item", ns::DISCO_ITEMS);
        writer.attr("jid", owner.as_str());
        writer.attr("name", id);
        writer.end();
    }
    writer.end();
}

/// Writes the answer to `disco#info` of a command, or of their list (XEP-0050 section 2.2).
pub(crate) fn write_command(writer: &mut Writer, node: &str, name: &str) {
    let kind = if node == ns::COMMANDS { "command-list" } else { "command-node" };
    start(writer, ns::DISCO_INFO, Some(node));
    writer.start("identity", ns::DISCO_INFO);
    writer.attr("category", "automation");
    writer.attr("type", kind);
    writer.attr("name", name);
    writer.end();
    for feature in [ns::COMMANDS, ns::DATA] {
        writer.start("feature", ns::DISCO_INFO);
        writer.attr("var", feature);
        writer.end();
    }
    writer.end();
}

fn start(writer: &mut Writer, namespace: &str, node: Option<&str>) {
    writer.start("query", namespace);
    // The answer mirrors the node (section 3.2).
    if let Some(node) = node {
        writer.attr("node", node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_kernel::contracts::Discovery;

    #[test]
    fn the_node_of_the_capabilities_is_known_and_no_other() {
        let ver = "QgayPKawpkPSDYmwT/WM94uAlu0=";
        for (subject, node, known) in [
            (Subject::Server, format!("{CAPS_NODE}#{ver}"), true),
            (Subject::Server, format!("{CAPS_NODE}#old"), false),
            (Subject::Server, CAPS_NODE.to_owned(), false),
            (Subject::Server, "http://jabber.org/protocol/commands".to_owned(), false),
            (Subject::Account, format!("{CAPS_NODE}#{ver}"), false),
        ] {
            assert_eq!(is_known_node(subject, &node, ver), known, "{node}");
        }
    }

    #[test]
    fn the_answer_holds_what_all_features_declared_once() {
        let features = vec![
            (Subject::Server, ns::DISCO_ITEMS),
            (Subject::Server, ns::DISCO_INFO),
            (Subject::Account, ns::MAM),
            (Subject::Server, ns::DISCO_INFO),
        ];
        let discovery =
            Discovery::new(features, vec![(Subject::Server, "server", "im")], Vec::new());
        let mut writer = Writer::within(ns::CLIENT);
        write_info(&mut writer, None, discovery.info(Subject::Server));
        assert_eq!(
            writer.finish_text(),
            "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im'/>\
             <feature var='http://jabber.org/protocol/disco#info'/>\
             <feature var='http://jabber.org/protocol/disco#items'/></query>"
        );
    }
}
