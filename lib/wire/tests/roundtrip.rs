//! Any element comes back as it was: made by chance, and the specifications' own examples.

use proptest::prelude::*;
use skein_wire::{Address, Decoded};
use skein_xml::{Framer, Limits, Scope, Step, Writer, canonical};

#[path = "../../xml/tests/differential/oracle.rs"]
#[allow(dead_code, reason = "only the reading is used here")]
mod oracle;

const OWN: &str = "juliet@example.org/balcony";

#[derive(Debug, Clone)]
enum Node {
    Text(String),
    Element { name: String, ns: String, attributes: Vec<(String, String)>, children: Vec<Node> },
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(
            &["message", "body", "iq", "query", "item", "x", "field", "value"][..]
        )
        .prop_map(str::to_owned),
        "[a-z_][a-z0-9_.-]{0,8}",
        "[äöü中文][a-z中]{0,3}",
    ]
}

fn namespace() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(
            &["jabber:client", "jabber:x:data", "urn:xmpp:mam:2", "urn:unknown:0", "", "urn:it's"]
                [..]
        )
        .prop_map(str::to_owned),
        "urn:[a-z:0-9/#?]{1,12}",
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(
            &[
                "",
                "chat",
                "result",
                "juliet@example.org",
                OWN,
                "example.org",
                "romeo@example.org/garden",
                "room@rooms.example.org/nick",
                "2026-11-27T20:06:54Z",
                "2026-11-27T20:06:54.123Z",
                "2026-11-27T20:06:54.000001Z",
                "2026-13-27T20:06:54Z",
                "3a5c1d90-7be2-4f0e-9a4b-0123456789ab",
                "q83vEjRWeJCrze8SNFZ4kA==",
                "q83vEjRWeJCrze8SNFZ4kB==",
                "0123456789abcdef",
                "007",
                "&<>'\"\r\n\t]]>",
                "今天下午三点见",
                "See you tomorrow at the station, okay?",
            ][..]
        )
        .prop_map(str::to_owned),
        "\\PC{0,40}",
        "[0-9]{1,25}",
        "[0-9a-f]{6,40}",
        "[A-Za-z0-9+/=_-]{8,40}",
        "[a-z]{0,6}@[a-z.]{0,6}example.org(/[a-z@/.]{0,6})?",
    ]
}

fn element() -> impl Strategy<Value = Node> {
    let attributes = || prop::collection::vec((name(), value()), 0..4);
    let leaf = prop_oneof![
        value().prop_map(Node::Text),
        (name(), namespace(), attributes()).prop_map(|(name, ns, attributes)| Node::Element {
            name,
            ns,
            attributes,
            children: vec![]
        }),
    ];
    let tree = leaf.prop_recursive(5, 40, 5, move |inner| {
        let children = prop::collection::vec(inner, 0..5);
        (name(), namespace(), attributes(), children).prop_map(
            |(name, ns, attributes, children)| Node::Element { name, ns, attributes, children },
        )
    });
    tree.prop_filter("an element is wanted", |node| matches!(node, Node::Element { .. }))
}

fn write(node: &Node, writer: &mut Writer) {
    match node {
        Node::Text(text) => writer.text(text),
        Node::Element { name, ns, attributes, children } => {
            writer.start(name, ns);
            let mut seen = Vec::new();
            for (name, value) in attributes {
                if !seen.contains(&name) {
                    writer.attr(name, value);
                    seen.push(name);
                }
            }
            children.iter().for_each(|child| write(child, writer));
            writer.end();
        }
    }
}

fn back(xml: &str, own: Option<&Address>) -> String {
    let mut message = Vec::new();
    skein_wire::encode_element(xml, own, true, &mut message);
    let mut out = Vec::new();
    let limits = Limits { attribute_bytes: 1 << 20, ..Limits::after_login() };
    let decoded = skein_wire::decode(&message, own, &limits, &mut out);
    assert!(matches!(decoded, Ok(Decoded::Element(..))), "{decoded:?}: {xml}");
    String::from_utf8(out).expect("the framer saw that it is UTF-8")
}

proptest! {
    #[test]
    fn an_element_comes_back_as_it_was_written(node in element(), has_address in any::<bool>()) {
        let mut writer = Writer::new();
        write(&node, &mut writer);
        let xml = writer.finish_text();
        let own = Address::new(OWN).filter(|_| has_address);
        // The writer's text is the canonical form; two texts side by side are one.
        prop_assert_eq!(back(&xml, own.as_ref()), xml);
    }
}

/// `SKEIN_WIRE_EXAMPLES` names a folder with the XML of the specifications (github.com/xsf/xeps),
/// of which there is no copy here. Without it the two examples below are all.
#[test]
fn the_examples_of_the_specifications_come_back() {
    let mut texts = vec![
        "<example><![CDATA[<message  to=\"a@b\" xmlns:p='urn:p'\n p:q='1'>\n  <body>x &amp; y</body>\
         <p:z/></message><iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>]]></example>"
            .to_owned(),
    ];
    if let Some(folder) = std::env::var_os("SKEIN_WIRE_EXAMPLES") {
        let entries = std::fs::read_dir(folder).expect("a folder");
        texts.extend(entries.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok()));
    }
    let mut seen = 0;
    for text in &texts {
        for example in text.split("<![CDATA[").skip(1) {
            let example = example.split("]]>").next().unwrap_or_default();
            seen += examples(example);
        }
    }
    println!("{seen} elements");
    assert!(seen >= 2);
}

/// Checks every element that stands in `text` and that a stream would accept.
fn examples(text: &str) -> usize {
    let scope = Scope::within("jabber:client");
    let limits = Limits::after_login();
    let (mut at, mut seen) = (0, 0);
    while let Some(found) = text[at..].find('<') {
        at += found;
        let Ok(Step::Element(shape)) = Framer::new().frame(&text.as_bytes()[at..], &scope, &limits)
        else {
            at += 1;
            continue;
        };
        let mut plain = Vec::new();
        // As it would stand alone, which is how messages of the binding stand.
        let mut writer = Writer::new();
        canonical(&text.as_bytes()[at..], &shape, &scope, &limits, &mut plain).expect("rewritten");
        let plain = String::from_utf8(plain).expect("text");
        writer.element(skein_xml::Element::new(&plain, "jabber:client"));
        let xml = writer.finish_text();
        let result = back(&xml, Address::new(OWN).as_ref());
        let tree = |text: &str| oracle::element("", text.as_bytes()).map(|(tree, _)| tree);
        assert_eq!(tree(&result), tree(&xml), "{xml}");
        assert_eq!(back(&result, None), result, "the form is not stable");
        at += shape.len;
        seen += 1;
    }
    seen
}
