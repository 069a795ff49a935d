use super::*;
use skein_xml::{Document, Limits};

fn read(xml: &str) -> Result<Stanza, NotAStanza> {
    let document = Document::parse(xml, &Limits::after_login()).expect("well-formed");
    Stanza::read(document.root())
}

fn stanza(xml: &str) -> Stanza {
    read(xml).expect("a stanza")
}

const CHAT: &str = "<message xmlns='jabber:client' from='romeo@montague.example/orchard' \
    to='juliet@capulet.example' type='chat' id='m1' xml:lang='en'><body>Art thou &lt;not&gt; Romeo?</body>\
    <active xmlns='http://jabber.org/protocol/chatstates'/></message>";

#[test]
fn a_stanza_is_written_as_it_was_read() {
    let chat = stanza(CHAT);
    assert_eq!(chat.kind, Kind::Message(MessageType::Chat));
    assert_eq!(
        chat.child("body", ns::CLIENT).map(|body| body.text().into_owned()).as_deref(),
        Some("Art thou <not> Romeo?")
    );
    assert!(chat.has("active", ns::CHAT_STATES));
    assert_eq!(chat.to_xml(), CHAT);
    assert_eq!(stanza(&chat.to_xml()), chat);
}

#[test]
fn addresses_and_ids_are_escaped_on_output() {
    let chat = stanza(
        "<message xmlns='jabber:client' to='juliet@capulet.example' id='&lt;&apos;&#10;&quot;&amp;'/>",
    );
    assert_eq!(chat.id.as_deref(), Some("<'\n\"&"));
    assert_eq!(stanza(&chat.to_xml()), chat);
}

#[test]
fn unwanted_children_are_stripped_and_others_stay() {
    let mut chat = stanza(CHAT);
    chat.strip(|child| child.ns() == ns::CHAT_STATES);
    assert_eq!(chat.content(), "<body>Art thou &lt;not&gt; Romeo?</body>");
    assert!(chat.has_body());
}

#[test]
fn what_the_server_adds_comes_behind_the_content() {
    let stamped = stanza(CHAT).with_added(|writer| {
        writer.start("stanza-id", ns::STANZA_ID);
        writer.attr("id", "1");
        writer.end();
    });
    let text = stamped.to_xml();
    assert!(text.ends_with("<stanza-id xmlns='urn:xmpp:sid:0' id='1'/></message>"), "{text}");
    assert!(stanza(&text).has("stanza-id", ns::STANZA_ID));
}

#[test]
fn s08_errors_are_never_answered_with_errors() {
    let failed = stanza("<message xmlns='jabber:client' type='error' id='x'/>");
    assert_eq!(failed.error(&Condition::ServiceUnavailable.into()), None);
    let answered = stanza("<iq xmlns='jabber:client' type='result' id='x'/>");
    assert_eq!(answered.error(&Condition::ServiceUnavailable.into()), None);
    let bounced = stanza(CHAT).error(&Condition::ServiceUnavailable.into()).expect("an answer");
    assert_eq!(bounced.to.as_ref().map(Jid::as_str), Some("romeo@montague.example/orchard"));
    assert!(bounced.has("error", ns::CLIENT));
}

#[test]
fn what_is_no_stanza_ends_the_stream_and_bad_addresses_do_not() {
    let condition = |xml: &str| match read(xml) {
        Err(NotAStanza::Stream(error)) => error.condition,
        Err(NotAStanza::Stanza(refused)) => refused.1.condition.name(),
        Ok(_) => "taken",
    };
    for (xml, expected) in [
        ("<message xmlns='urn:x'/>", "invalid-namespace"),
        ("<message xmlns=''/>", "invalid-namespace"),
        ("<tell xmlns='jabber:client'/>", "unsupported-stanza-type"),
        ("<message xmlns='jabber:client' to='a&#13;b'/>", "jid-malformed"),
        ("<message xmlns='jabber:client' to='@'/>", "jid-malformed"),
        ("<presence xmlns='jabber:client' type='dance'/>", "bad-request"),
        ("<iq xmlns='jabber:client' id='1'/>", "bad-request"),
        ("<iq xmlns='jabber:client' type='get'><ping xmlns='urn:xmpp:ping'/></iq>", "bad-request"),
        (
            "<iq xmlns='jabber:client' type='get' id='1'><a xmlns='a'/><b xmlns='b'/></iq>",
            "bad-request",
        ),
        ("<message xmlns='jabber:client' type='dance'/>", "taken"),
    ] {
        assert_eq!(condition(xml), expected, "{xml}");
    }
}

#[test]
fn a_known_shape_gives_the_same_stanza() {
    for xml in [
        CHAT,
        "<presence xmlns='jabber:client'/>",
        "<message xmlns='jabber:client'></message>",
        "<message xmlns='jabber:client'> <body/> text <x xmlns='x'><y/></x></message>",
    ] {
        let limits = Limits::after_login();
        let framed =
            skein_xml::Framer::new().frame(xml.as_bytes(), &skein_xml::Scope::none(), &limits);
        let Ok(skein_xml::Step::Element(shape)) = framed else { panic!("not framed") };
        let shaped = Stanza::read_shaped(shape.root(xml, ""), &shape).expect("a stanza");
        assert_eq!(shaped, stanza(xml));
        assert_eq!(
            shaped.children().map(|c| c.raw().to_owned()).collect::<Vec<_>>(),
            stanza(xml).children().map(|c| c.raw().to_owned()).collect::<Vec<_>>()
        );
    }
}
