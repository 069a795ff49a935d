use super::*;
use crate::{Element, Header, Namespace};

mod appendix;

const HEADER: &[u8] = b"<?xml version='1.0'?><stream:stream to='h' version='1.0' \
    xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

fn scope() -> Scope {
    Header::new(HEADER).scope()
}

fn frame(text: impl AsRef<[u8]>) -> Result<Step, XmlError> {
    Framer::new().frame(text.as_ref(), &scope(), &Limits::after_login())
}

fn shape(text: &str) -> Shape {
    match frame(text) {
        Ok(Step::Element(shape)) => shape,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn an_idle_framer_is_one_pointer() {
    assert_eq!(size_of::<Framer>(), size_of::<usize>());
    let mut framer = Framer::new();
    assert_eq!(framer.frame(b"", &scope(), &Limits::after_login()), Ok(Step::More));
    assert!(framer.unfinished.is_none());
    let _ = framer.frame(b"<message", &scope(), &Limits::after_login());
    assert!(framer.unfinished.is_some());
    let _ = framer.frame(b"<message/>", &scope(), &Limits::after_login());
    assert!(framer.unfinished.is_none());
}

#[test]
fn a_stream_is_cut_into_header_elements_space_and_close() {
    let mut stream = HEADER.to_vec();
    stream
        .extend_from_slice(b"\n <presence/><message><body>hi</body></message>  </stream:stream >");
    let (mut framer, limits) = (Framer::new(), Limits::after_login());
    let Ok(Step::Header(len)) = framer.header(&stream, &limits) else { panic!() };
    let (header, mut rest) = stream.split_at(len);
    assert_eq!(header, HEADER);
    let scope = Header::new(header).scope();
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let len = match framer.frame(rest, &scope, &limits).unwrap() {
            Step::Space(len) | Step::Close(len) => len,
            Step::Element(shape) => shape.len,
            other => panic!("{other:?}"),
        };
        steps.push(std::str::from_utf8(&rest[..len]).unwrap());
        rest = &rest[len..];
    }
    let message = "<message><body>hi</body></message>";
    assert_eq!(steps, ["\n ", "<presence/>", message, "  ", "</stream:stream >"]);
}

#[test]
fn a_header_is_a_start_tag_and_nothing_else() {
    let header = |text: &str| Framer::new().header(text.as_bytes(), &Limits::before_login());
    assert_eq!(header(" \n<a"), Ok(Step::Space(2)));
    assert_eq!(header("<?xml version='1.0'?> \n <a>"), Ok(Step::Header(27)));
    assert_eq!(header("<p:a xmlns:p='u'>"), Ok(Step::Header(17)));
    for (text, error) in [
        ("<a/>", XmlError::NotWellFormed),
        ("</a>", XmlError::NotWellFormed),
        ("x", XmlError::NotWellFormed),
        ("\u{feff}<a>", XmlError::NotWellFormed),
        ("<p:a>", XmlError::BadNamespacePrefix),
        ("<!DOCTYPE x>", XmlError::Restricted),
        ("<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'A'>]><a>", XmlError::Restricted),
        ("<?xml version='1.0'?><?xml version='1.0'?><a>", XmlError::Restricted),
        ("<?xml version='1.0' encoding='UTF-16'?><a>", XmlError::UnsupportedEncoding),
    ] {
        assert_eq!(header(text), Err(error), "{text}");
    }
}

#[test]
fn the_shape_knows_the_roots_attributes_and_children() {
    let text =
        "<iq id='1' to=\"h\"><query xmlns='urn:q'><item/></query> <x/><y xmlns=''></y></iq> ";
    let shape = shape(text);
    assert!(shape.plain);
    assert_eq!(shape.len, text.len() - 1);
    assert_eq!((shape.name.text(text), shape.namespace), ("iq", Namespace::Inherited));
    let attributes: Vec<_> =
        shape.attributes.iter().map(|a| (a.name.text(text), a.value.text(text))).collect();
    assert_eq!(attributes, [("id", "1"), ("to", "h")]);
    let children: Vec<_> =
        shape.children(text, "jabber:client").map(|c| (c.name(), c.ns(), c.raw())).collect();
    assert_eq!(
        children,
        [
            ("query", "urn:q", "<query xmlns='urn:q'><item/></query>"),
            ("x", "jabber:client", "<x/>"),
            ("y", "", "<y xmlns=''></y>"),
        ]
    );
    assert!(shape.root(text, "jabber:client").is("iq", "jabber:client"));
}

#[test]
fn plain_elements_can_be_cut_out_of_their_parent() {
    for (plain, text) in [
        (true, "<message/>"),
        (true, "<message xmlns='jabber:client'/>"),
        (true, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"),
        (true, "<message xml:lang='en'/>"),
        (true, "<body xmlns:x='urn:x' x:a='1'/>"),
        (true, "<body xmlns:x='urn:x'/>"),
        (true, "<message><![CDATA[<]]></message>"),
        (false, "<c:message xmlns:c='jabber:client'/>"),
        (false, "<message><c:body xmlns:c='jabber:client'/></message>"),
        (false, "<message xmlns:x='urn:x'><body x:a='1'/></message>"),
        (false, "<message stream:a='1'/>"),
        (false, "<stream:features/>"),
    ] {
        assert_eq!(shape(text).plain, plain, "{text}");
    }
}

#[test]
fn every_bound_holds_at_its_value_and_breaks_one_above() {
    let limits =
        Limits { bytes: 2_000, elements: 10, depth: 5, attributes: 4, attribute_bytes: 100 };
    let frame = |text: &str| Framer::new().frame(text.as_bytes(), &scope(), &limits);
    let nested = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
    let flat = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n - 1));
    let wide = |n: usize| {
        let attributes: String = (0..n).map(|i| format!(" a{i}=''")).collect();
        format!("<a{attributes}/>")
    };
    let value = |n: usize| format!("<a b='{}'/>", "x".repeat(n));
    let long = |n: usize| format!("<a>{}</a>", "x".repeat(n - 7));
    for (fits, breaks, error) in [
        (nested(5), nested(6), XmlError::TooDeep),
        (flat(10), flat(11), XmlError::TooManyElements),
        (wide(4), wide(5), XmlError::TooManyAttributes),
        (value(100), value(101), XmlError::AttributeTooLong),
        (long(2_000), long(2_001), XmlError::TooLong),
    ] {
        assert!(matches!(frame(&fits), Ok(Step::Element(_))), "{fits}");
        assert_eq!(frame(&breaks), Err(error), "{breaks}");
    }
    // The verdict falls on the bytes so far: the element need never end.
    assert_eq!(frame(&format!("<a>{}", "x".repeat(1_997))), Err(XmlError::TooLong));
    assert_eq!(frame(&format!("<a>{}", "x".repeat(1_996))), Ok(Step::More));
    assert_eq!(frame(&format!("<a b='{}", "x".repeat(101))), Err(XmlError::AttributeTooLong));
}

#[test]
fn x06_amplifiers_are_refused_at_the_caps() {
    for limits in [Limits::before_login(), Limits::after_login()] {
        let wide: String = (0..20_000).map(|n| format!(" a{n}='1'")).collect();
        let declared: String = (0..10_000).map(|n| format!(" xmlns:p{n}='u'")).collect();
        let per_level: String = (0..30).map(|n| format!(" xmlns:p{n}='u'")).collect();
        for (text, errors) in [
            ("<a>".repeat(60_000), &[XmlError::TooDeep][..]),
            (format!("<auth>{}", "<a/>".repeat(60_000)), &[XmlError::TooManyElements]),
            (format!("<a{wide}/>"), &[XmlError::TooManyAttributes]),
            (format!("<a{declared}/>"), &[XmlError::TooManyAttributes]),
            (format!("<a{per_level}>").repeat(3), &[XmlError::TooManyAttributes]),
            (
                format!("<a b='{}'/>", "x".repeat(262_144)),
                &[XmlError::AttributeTooLong, XmlError::TooLong],
            ),
            (format!("<{}/>", "x".repeat(2_000)), &[XmlError::TooLong]),
            (format!("<a>&#x{}41;</a>", "0".repeat(2_000)), &[XmlError::TooLong]),
            (format!("<message><body>{}", "x".repeat(300_000)), &[XmlError::TooLong]),
        ] {
            let verdict = Framer::new().frame(text.as_bytes(), &scope(), &limits);
            let error = verdict.expect_err(&text[..20]);
            assert!(errors.contains(&error), "{}: {error:?}", &text[..20]);
            assert_eq!(error.condition(), "policy-violation");
        }
    }
}

#[test]
fn x05_doctypes_are_refused_wherever_they_stand() {
    for text in [
        "<!DOCTYPE x [<!ENTITY a 'AAAA'>]><message/>",
        "<message><!DOCTYPE x></message>",
        "<message><!ENTITY x SYSTEM 'http://canary/x'></message>",
        "<message>&bomb;</message>",
        "<message to='&bomb;'/>",
        "<message><!-- c --></message>",
        "<!-- c --><message/>",
        "<message><?php x?></message>",
        "<?xml version='1.0'?><message/>",
    ] {
        assert_eq!(frame(text), Err(XmlError::Restricted), "{text}");
    }
}

#[test]
fn x11_a_second_header_is_refused_in_all_its_spellings() {
    for text in [
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
        "<stream:stream>",
        "<s:stream xmlns:s='http://etherx.jabber.org/streams'>",
        "<stream xmlns='http://etherx.jabber.org/streams'>",
    ] {
        assert_eq!(frame(text), Err(XmlError::SecondHeader), "{text}");
    }
    assert!(matches!(frame("<stream/>"), Ok(Step::Element(_))));
    assert!(matches!(frame("<message><stream:stream/></message>"), Ok(Step::Element(_))));
}

#[test]
fn what_other_parsers_read_differently_is_refused() {
    for (text, error) in [
        ("<a xmlns='urn:a' xmlns='urn:b'/>", XmlError::NotWellFormed),
        ("<a xmlns:p='urn:a' xmlns:p='urn:b'/>", XmlError::NotWellFormed),
        ("<a xmlns='urn:&amp;'/>", XmlError::InvalidNamespace),
        ("<a xmlns='urn:a b'/>", XmlError::InvalidNamespace),
        ("<a xmlns:p='urn:\u{1f}'/>", XmlError::Encoding),
        ("<a xmlns:p='urn:}x'/>", XmlError::InvalidNamespace),
        ("<a xmlns='http://www.w3.org/XML/1998/namespace'/>", XmlError::NotWellFormed),
        ("<a xmlns='http://www.w3.org/2000/xmlns/'/>", XmlError::NotWellFormed),
        ("<xml:a/>", XmlError::BadNamespacePrefix),
        ("<xmlns:a/>", XmlError::BadNamespacePrefix),
        ("<a b='x\ry'/>", XmlError::NotWellFormed),
        // Names of the fifth edition of XML 1.0 that the fourth forbids.
        ("<\u{132}/>", XmlError::NotWellFormed),
        ("<\u{10000}/>", XmlError::NotWellFormed),
        ("<a\u{feff}/>", XmlError::NotWellFormed),
        ("text", XmlError::NotWellFormed),
        ("<![CDATA[x]]>", XmlError::NotWellFormed),
    ] {
        assert_eq!(frame(text), Err(error), "{text}");
    }
    assert!(matches!(frame("<имя/>"), Ok(Step::Element(_))));
    assert!(matches!(frame("<a>]]<![CDATA[>]]></a>"), Ok(Step::Element(_))));
}

#[test]
fn x13_laundered_prefixes_come_out_plain() {
    let scope = scope();
    for (text, expected) in [
        (
            "<c:message xmlns:c='jabber:client'><c:body>x</c:body></c:message>",
            "<message><body>x</body></message>",
        ),
        (
            "<m xmlns:p='urn:p'><p:x a='1'><y/></p:x></m>",
            "<m><x xmlns='urn:p' a='1'><y xmlns='jabber:client'/></x></m>",
        ),
        (
            "<m xmlns:p='urn:p' xmlns:q='urn:q'><x p:a='\"' q:b=\"'\" p:c='' xml:lang='e'/></m>",
            "<m><x xmlns:p='urn:p' p:a='\"' xmlns:q='urn:q' q:b=\"'\" p:c='' xml:lang='e'/></m>",
        ),
        (
            "<stream:error><a/></stream:error>",
            "<error xmlns='http://etherx.jabber.org/streams'><a xmlns='jabber:client'/></error>",
        ),
        ("<m stream:a='1'/>", "<m xmlns:stream='http://etherx.jabber.org/streams' stream:a='1'/>"),
        (
            "<p:m xmlns:p='urn:p'><![CDATA[<&\r\n]]]]>>&lt;]]&gt;</p:m>",
            "<m xmlns='urn:p'>&lt;&amp;\n&#93;&#93;>&lt;]]&gt;</m>",
        ),
        ("<p:m xmlns:p='urn:p' xmlns=''><a/></p:m>", "<m xmlns='urn:p'><a xmlns=''/></m>"),
        (
            "<m xmlns:p='urn:p'><p:a xmlns:p='urn:q'/><p:b/></m>",
            "<m><a xmlns='urn:q'/><b xmlns='urn:p'/></m>",
        ),
    ] {
        let shape = shape(text);
        assert!(!shape.plain, "{text}");
        let mut out = b"before".to_vec();
        let plain =
            crate::canonical(text.as_bytes(), &shape, &scope, &Limits::after_login(), &mut out)
                .unwrap();
        assert_eq!(std::str::from_utf8(&out[6..]).unwrap(), expected);
        assert_eq!((plain.plain, plain.len), (true, expected.len()));
    }
}

#[test]
fn the_canonical_form_does_not_outgrow_the_bounds() {
    let uri = "u".repeat(1_000);
    let text = format!("<m xmlns:p='{uri}'>{}</m>", "<p:a/>".repeat(4_000));
    let mut out = Vec::new();
    let limits = Limits::after_login();
    let error = crate::canonical(text.as_bytes(), &shape(&text), &scope(), &limits, &mut out);
    assert_eq!(error, Err(XmlError::TooLong));
    assert!(out.len() < limits.bytes + 2_000);
}

#[test]
fn a_byte_at_a_time_costs_no_rescan() {
    // A quarter of a megabyte in steps of one byte: a rescan would take minutes.
    let limits = Limits { attribute_bytes: 200_000, ..Limits::after_login() };
    for text in [
        format!("<a b='{}'/>", "x".repeat(200_000)),
        format!("<a>{}</a>", "é".repeat(100_000)),
        format!("<a>{}</a>", "<b c='d'/>".repeat(4_000)),
    ] {
        let mut framer = Framer::new();
        for len in 1..text.len() {
            assert_eq!(framer.frame(&text.as_bytes()[..len], &scope(), &limits), Ok(Step::More));
        }
        let done = framer.frame(text.as_bytes(), &scope(), &limits);
        assert!(matches!(done, Ok(Step::Element(shape)) if shape.len == text.len()));
    }
}

#[test]
fn a_caller_that_forgets_bytes_gets_no_panic() {
    let mut framer = Framer::new();
    let limits = Limits::after_login();
    assert_eq!(framer.frame(b"<message to='bob'", &scope(), &limits), Ok(Step::More));
    assert_eq!(framer.frame(b"<me", &scope(), &limits), Ok(Step::More));
    assert!(Element::new("<me", "").children().next().is_none());
}
