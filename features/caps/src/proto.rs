//! `<c/>` in presence and the question that it leads to.

use skein_kernel::contracts::LOOKED_FOR;
use skein_xml::Writer;
use skein_xmpp::disco::Info;
use skein_xmpp::{Stanza, ns};

/// What notifications are wished by: `node+notify` among the features.
const NOTIFY: &str = "+notify";
/// Nodes of one client that are remembered; clients have about twenty.
const NODES: usize = 128;
/// Bytes of all nodes of one client that are remembered: thousands of made-up clients fit
/// into the memory.
const CLIENT_BYTES: usize = 8 * 1024;
/// Bytes of `ver` and of a node's name that are remembered.
const NAME_BYTES: usize = 512;

/// `<c/>` as a client sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caps {
    pub(crate) node: String,
    pub(crate) ver: String,
    /// It is a hash that can be checked.
    pub(crate) is_sha1: bool,
}

impl Caps {
    /// Reads it out of presence. Without `hash` it is the format of before 2008, whose `ver`
    /// is no hash.
    pub(crate) fn read(presence: &Stanza) -> Option<Self> {
        let c = presence.child("c", ns::CAPS)?;
        let part = |name| c.attr(name).filter(|part| !part.is_empty() && part.len() <= NAME_BYTES);
        let (node, ver) = (part("node")?.into_owned(), part("ver")?.into_owned());
        Some(Self { node, ver, is_sha1: c.attr("hash").as_deref() == Some("sha-1") })
    }

    /// Writes the question (section 6.2).
    pub(crate) fn write_question(&self, writer: &mut Writer) {
        writer.start("query", ns::DISCO_INFO);
        writer.attr("node", &format!("{}#{}", self.node, self.ver));
        writer.end();
    }

    /// Whether the answer bears out the hash and can stand for nothing else.
    pub(crate) fn is_borne_out_by(&self, info: &Info) -> bool {
        self.is_sha1 && info.ver().as_deref() == Ok(self.ver.as_str()) && info.is_unambiguous()
    }
}

/// What the line of a feature begins with; that of a node cannot.
const FEATURE: &str = "\t";

/// What is remembered of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) ver: Box<str>,
    /// Sorted.
    nodes: Box<[Box<str>]>,
    /// Which of [`LOOKED_FOR`] it has, a bit each.
    known: u8,
}

impl Client {
    pub(crate) fn new(ver: &str, info: &Info) -> Self {
        let nodes = info.features.iter().filter_map(|feature| feature.strip_suffix(NOTIFY));
        let short = nodes.filter(|node| !node.is_empty() && node.len() <= NAME_BYTES);
        let mut room = CLIENT_BYTES;
        let fits = |node: &&str| {
            room = room.saturating_sub(node.len());
            room > 0 && !node.contains(['\n', '\t'])
        };
        let has = |feature: &str| info.features.iter().any(|own| own == feature);
        Self::of(ver, short.take(NODES).take_while(fits), has)
    }

    /// As it was kept.
    pub(crate) fn restored(ver: &str, kept: &str) -> Self {
        let nodes = kept.lines().filter(|line| !line.starts_with(FEATURE));
        Self::of(ver, nodes, |feature| {
            kept.lines().any(|line| line.strip_prefix(FEATURE) == Some(feature))
        })
    }

    fn of<'a>(ver: &str, nodes: impl Iterator<Item = &'a str>, has: impl Fn(&str) -> bool) -> Self {
        let mut nodes: Vec<Box<str>> = nodes.map(Box::from).collect();
        nodes.sort_unstable();
        let bits = LOOKED_FOR.into_iter().enumerate().filter(|(_, feature)| has(feature));
        let known = bits.fold(0, |known, (at, _)| known | 1 << at);
        Self { ver: ver.into(), nodes: nodes.into(), known }
    }

    /// What is kept of it: the nodes of which it wants to be notified and the features that it
    /// has, a line each.
    pub(crate) fn kept(&self) -> String {
        let nodes = self.nodes.iter().map(|node| node.to_string());
        let features = LOOKED_FOR.into_iter().filter(|feature| self.knows(feature));
        let features = features.map(|feature| [FEATURE, feature].concat());
        nodes.chain(features).collect::<Vec<_>>().join("\n")
    }

    /// Whether it wants to be notified of `node`.
    pub(crate) fn wants(&self, node: &str) -> bool {
        self.nodes.binary_search_by(|known| (**known).cmp(node)).is_ok()
    }

    /// Whether it has a feature of [`LOOKED_FOR`].
    pub(crate) fn knows(&self, feature: &str) -> bool {
        let at = LOOKED_FOR.into_iter().position(|known| known == feature);
        at.is_some_and(|at| self.known & 1 << at != 0)
    }

    /// Whether it wants to be notified of anything.
    pub(crate) fn wants_any(&self) -> bool {
        !self.nodes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn stanza(xml: &str) -> Stanza {
        let document = Document::parse(xml, &Limits::after_login()).expect("well-formed");
        Stanza::read(document.root()).expect("a stanza")
    }

    #[test]
    fn caps_are_read_as_in_example_1() {
        let presence = stanza(
            "<presence xmlns='jabber:client' from='romeo@montague.lit/orchard'><c xmlns='http://jabber.org/protocol/caps' \
             hash='sha-1' node='http://code.google.com/p/exodus' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>",
        );
        let caps = Caps::read(&presence).expect("caps");
        assert!(caps.is_sha1);
        let mut writer = Writer::within(ns::CLIENT);
        caps.write_question(&mut writer);
        assert_eq!(
            writer.finish_text(),
            "<query xmlns='http://jabber.org/protocol/disco#info' \
             node='http://code.google.com/p/exodus#QgayPKawpkPSDYmwT/WM94uAlu0='/>"
        );
        let old = "<presence xmlns='jabber:client'><c xmlns='http://jabber.org/protocol/caps' node='n' ver='0.9'/></presence>";
        assert!(!Caps::read(&stanza(old)).expect("caps").is_sha1);
        assert_eq!(Caps::read(&stanza("<presence xmlns='jabber:client'/>")), None);
    }

    #[test]
    fn an_answer_that_does_not_fit_its_hash_is_not_borne_out() {
        let info = |features: &[&str]| Info {
            features: features.iter().map(|f| (*f).to_owned()).collect(),
            ..Info::default()
        };
        let honest = info(&["urn:xmpp:mds:displayed:0+notify"]);
        let caps = Caps { node: "n".into(), ver: honest.ver().expect("hash"), is_sha1: true };
        assert!(caps.is_borne_out_by(&honest));
        assert!(!caps.is_borne_out_by(&info(&[])));
        assert!(!Caps { is_sha1: false, ..caps.clone() }.is_borne_out_by(&honest));
    }

    #[test]
    fn wishes_are_the_features_that_end_in_notify() {
        let features =
            ["urn:b+notify", "urn:a+notify", "urn:c", "+notify"].map(str::to_owned).to_vec();
        let client = Client::new("v", &Info { features, ..Info::default() });
        assert!(!client.knows("urn:c"), "it makes no difference to us");
        assert!(!client.knows(ns::EPHEMERAL));
        let features = vec![ns::EPHEMERAL.to_owned(), ns::WHISPER.to_owned()];
        let able = Client::new("v", &Info { features, ..Info::default() });
        assert!(able.knows(ns::EPHEMERAL) && able.knows(ns::WHISPER));
        assert!(!able.knows(ns::VIEW_ONCE));
        assert!(client.wants("urn:a") && client.wants("urn:b"));
        assert!(!client.wants("urn:c") && !client.wants(""));
    }
}
