use crate::{Document, Element, Limits};

fn document(text: &str) -> Document {
    Document::parse(text, &Limits::after_login()).expect(text)
}

#[test]
fn names_namespaces_and_attributes_are_read() {
    let document = document(
        "<iq xmlns='jabber:client' type = \"get\" id='a&lt;&#x1F600;&apos;' xml:lang='de'>\
         <query xmlns='urn:q' node='x\n\ty\r\nz'/><other/></iq>",
    );
    let iq = document.root();
    assert_eq!((iq.name(), iq.ns()), ("iq", "jabber:client"));
    assert_eq!(iq.attr("type").as_deref(), Some("get"));
    assert_eq!(iq.attr("id").as_deref(), Some("a<\u{1f600}'"));
    assert_eq!(iq.attr("xml:lang").as_deref(), Some("de"));
    assert_eq!(iq.attr("to"), None);
    let query = iq.child("query", "urn:q").unwrap();
    assert_eq!(query.attr("node").as_deref(), Some("x  y z"));
    assert!(iq.child("query", "jabber:client").is_none());
    assert!(iq.child("other", "jabber:client").is_some());
}

#[test]
fn an_attribute_with_a_prefix_is_found_by_its_namespace() {
    let document = document("<body xmlns:x='urn:xmpp:xbosh' x:version='1.0' version='2'/>");
    let body = document.root();
    assert_eq!(body.attr_ns("version", "urn:xmpp:xbosh").as_deref(), Some("1.0"));
    assert_eq!(body.attr_ns("version", "urn:other"), None);
    assert_eq!(body.attr("version").as_deref(), Some("2"));
}

#[test]
fn text_is_decoded_and_that_of_children_left_out() {
    for (text, expected) in [
        ("<a/>", ""),
        ("<a></a>", ""),
        ("<a>x</a >", "x"),
        ("<a>x<b>no<c/></b>y<b/>z</a>", "xyz"),
        ("<a>&lt;b&gt;&#65;&amp;amp;</a>", "<b>A&amp;"),
        ("<a>1\r\n2\r3&#13;\n4</a>", "1\n2\n3\r\n4"),
        ("<a><![CDATA[<b>&amp;\r\n]]]]><![CDATA[>]]></a>", "<b>&amp;\n]]>"),
        ("<a><b><![CDATA[</b></a>]]></b>y</a>", "y"),
        ("<a b='>/>' c=\"'\">x</a>", "x"),
    ] {
        assert_eq!(document(text).root().text(), expected, "{text}");
    }
}

#[test]
fn children_come_in_order_and_know_their_bytes() {
    let document = document("<a> <b x='>'><b/></b>t<c xmlns='urn:c'/><![CDATA[<d/>]]><e/></a>");
    let children: Vec<_> = document.root().children().map(|c| (c.raw(), c.ns())).collect();
    assert_eq!(
        children,
        [("<b x='>'><b/></b>", ""), ("<c xmlns='urn:c'/>", "urn:c"), ("<e/>", "")]
    );
    let inner = document.root().inner();
    assert_eq!(Element::siblings(inner, "urn:x").next().map(|child| child.ns()), Some("urn:x"));
}

#[test]
fn damaged_text_yields_nothing_and_never_panics() {
    let whole = "<a b='c' xmlns:p=\"q\" p:d=''>é<![CDATA[<x>]]><e f='&lt;'>&#x41;</e><g/></a>";
    for start in 0..whole.len() {
        for end in start..=whole.len() {
            let Some(text) = whole.get(start..end) else { continue };
            let element = Element::new(text, "urn:x");
            let _ = (element.name(), element.ns(), element.text(), element.inner());
            let _ = (element.attr("b"), element.attr_ns("d", "q"));
            assert!(element.children().count() < 10);
            assert!(Element::siblings(text, "").count() < 10);
            let mut writer = crate::Writer::new();
            writer.element(element);
        }
    }
    assert_eq!(Element::new("", "").name(), "");
    assert_eq!(Element::new("</a>", "").name(), "");
}
