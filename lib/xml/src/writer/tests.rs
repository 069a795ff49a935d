use super::*;
use crate::{Document, Limits};

#[test]
fn namespaces_are_declared_where_they_change() {
    let mut writer = Writer::within("jabber:client");
    writer.start("message", "jabber:client");
    writer.attr("to", "bob@h");
    writer.leaf("body", "jabber:client", "hi");
    writer.start("x", "urn:x");
    writer.start("y", "urn:x");
    writer.end();
    writer.leaf("z", "", "");
    writer.start("back", "jabber:client");
    writer.end();
    writer.end();
    writer.end();
    assert_eq!(
        writer.finish_text(),
        "<message to='bob@h'><body>hi</body><x xmlns='urn:x'><y/><z xmlns=''/>\
         <back xmlns='jabber:client'/></x></message>"
    );
}

#[test]
fn what_stands_alone_declares_its_namespace() {
    let mut writer = Writer::new();
    writer.start("open", "urn:ietf:params:xml:ns:xmpp-framing");
    assert_eq!(writer.finish(), b"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");
    let mut writer = Writer::append(b"<before/>".to_vec(), "jabber:client");
    writer.start("a", "it's");
    writer.start("b", "it's");
    assert_eq!(writer.finish_text(), "<before/><a xmlns=\"it's\"><b/></a>");
}

#[test]
fn a_prefixed_name_keeps_the_default_namespace() {
    let mut writer = Writer::within("jabber:client");
    writer.start("stream:features", "http://etherx.jabber.org/streams");
    writer.start("a", "jabber:client");
    assert_eq!(writer.finish_text(), "<stream:features><a/></stream:features>");
}

#[test]
fn everything_that_could_mean_markup_is_escaped() {
    let mut writer = Writer::new();
    writer.start("a", "");
    writer.attr("b", "<>&'\"\t\r\n\u{1}é");
    writer.text("<>&'\"\t\r\n]]>\0\u{1f}\u{fffe}\u{ffff}\u{feff}\u{10ffff}é");
    assert_eq!(
        writer.finish_text(),
        "<a b='&lt;&gt;&amp;&apos;&quot;&#9;&#13;&#10;\u{fffd}é'>\
         &lt;&gt;&amp;'\"\t&#13;\n]]&gt;\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{feff}\u{10ffff}é</a>"
    );
}

#[test]
fn copied_elements_keep_their_namespace() {
    let document = Document::parse(
        "<m xmlns='urn:m'><a/><b xmlns='urn:b'/><c x='1'>t</c></m>",
        &Limits::after_login(),
    )
    .unwrap();
    let mut writer = Writer::within("urn:around");
    writer.start("top", "urn:m");
    document.root().children().for_each(|child| writer.element(child));
    writer.end();
    document.root().children().for_each(|child| child.write_into(&mut writer));
    writer.raw("<d/>");
    assert_eq!(
        writer.finish_text(),
        "<top xmlns='urn:m'><a/><b xmlns='urn:b'/><c x='1'>t</c></top>\
         <a xmlns='urn:m'/><b xmlns='urn:b'/><c xmlns='urn:m' x='1'>t</c><d/>"
    );
}
