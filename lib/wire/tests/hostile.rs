//! Bytes that nobody's encoder made: decoding never panics, takes no more than its bounds
//! and lets nothing through that the framer would not.
//!
//! A moment in the normal test; `SKEIN_FUZZ_SECONDS` for more, with a fresh seed.

mod day;

use std::time::{Duration, Instant, SystemTime};

use day::{Cast, Chance};
use skein_wire::{Address, Decoded, Draft, WireError};
use skein_xml::{Framer, Limits, Scope, Step, Writer, XmlError};

fn decode(message: &[u8], own: Option<&Address>) -> Result<String, WireError> {
    decode_within(message, own, Limits::after_login())
}

fn decode_within(
    message: &[u8],
    own: Option<&Address>,
    limits: Limits,
) -> Result<String, WireError> {
    let mut out = Vec::new();
    match skein_wire::decode(message, own, &limits, &mut out)? {
        Decoded::Address(_) => Ok(String::new()),
        Decoded::Element(shape, _) => {
            let again = Framer::new().frame(&out, &Scope::none(), &limits);
            assert_eq!(again, Ok(Step::Element(*shape)), "{message:?}");
            assert!(out.len() <= limits.bytes.min(message.len() * 48 + 2048 + out.len() / 2));
            Ok(String::from_utf8(out).expect("the framer saw that it is UTF-8"))
        }
    }
}

#[test]
fn damaged_messages_are_refused_or_mean_something() {
    let wanted = std::env::var("SKEIN_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seed = wanted.map_or(4242, |_| time.as_nanos() as u64);
    let mut chance = Chance::new(seed);
    let mut messages = Vec::new();
    let day = day::day(&Cast::unseen(), seed);
    let own = Address::new(&day.own);
    for line in &day.lines {
        let mut message = Vec::new();
        skein_wire::encode_element(&line.xml, own.as_ref(), true, &mut message);
        messages.push(message);
    }
    let readers = [Address::new("zoe@elsewhere.example/x"), other(own.as_ref()), None];
    let passed = |message: &[u8], own: Option<&Address>| {
        readers.iter().filter(|reader| passes_on(message, own, reader.as_ref())).count()
    };
    let kept = messages.iter().map(|message| passed(message, own.as_ref())).sum::<usize>();
    assert!(kept > messages.len() / 10, "{kept} of {} kept their content", messages.len());
    let (mut inputs, mut accepted) = (0_u64, 0_u64);
    let end = Instant::now() + Duration::from_secs(wanted.unwrap_or(1));
    while Instant::now() < end {
        for _ in 0..64 {
            let message = damaged(&mut chance, &messages);
            let own = own.as_ref().filter(|_| !chance.one_in(8));
            let result = std::panic::catch_unwind(|| decode(&message, own));
            let Ok(result) = result else { panic!("seed {seed}: {message:?}") };
            inputs += 1;
            let Ok(xml) = result else { continue };
            accepted += 1;
            passed(&message, own);
            if xml.contains("xmlns:") || xml.is_empty() || message[0] == 0 {
                continue;
            }
            let mut again = Vec::new();
            skein_wire::encode_element(&xml, own, true, &mut again);
            assert_eq!(decode(&again, own).as_deref(), Ok(&*xml), "seed {seed}: {message:?}");
        }
    }
    println!("seed {seed}: {inputs} inputs, {accepted} accepted");
    assert!(accepted > inputs / 100, "the mutations no longer reach accepted inputs");
}

#[test]
fn what_came_before_makes_no_difference() {
    let limits = Limits::after_login();
    let day = day::day(&Cast::unseen(), 77);
    let own = Address::new(&day.own);
    let encoded = |line: &day::Line| {
        let mut message = Vec::new();
        skein_wire::encode_element(&line.xml, own.as_ref(), true, &mut message);
        message
    };
    let mut messages: Vec<Vec<u8>> = day.lines.iter().map(encoded).collect();
    let mut chance = Chance::new(77);
    let damaged: Vec<_> = (0..2_000).map(|_| damaged(&mut chance, &messages)).collect();
    messages.extend(damaged);
    let decode = |message: &[u8]| {
        let mut out = Vec::new();
        (skein_wire::decode(message, own.as_ref(), &limits, &mut out), out)
    };
    for message in &messages {
        let known = decode(message);
        let Ok(new) = std::thread::scope(|scope| scope.spawn(|| decode(message)).join()) else {
            panic!("{message:?}");
        };
        assert_eq!(known.0, new.0, "{message:?}");
        assert!(known.0.is_err() || known.1 == new.1, "{message:?}");
    }
}

/// Somebody else of the same domain.
fn other(own: Option<&Address>) -> Option<Address> {
    Address::new(&format!("romeo@{}/orchard", own?.domain()))
}

/// Whether a message keeps its content when it goes on to `reader`, who must get the same XML.
fn passes_on(message: &[u8], own: Option<&Address>, reader: Option<&Address>) -> bool {
    let limits = Limits { bytes: 1 << 20, ..Limits::after_login() };
    let mut xml = Vec::new();
    let decoded = skein_wire::decode(message, own, &limits, &mut xml);
    let Ok(Decoded::Element(shape, Some(coded))) = decoded else { return false };
    let xml = String::from_utf8(xml).expect("the framer saw that it is UTF-8");
    let id = shape.attrs(&xml).find_map(|(name, value)| (name == "id").then_some(value));
    let draft = Draft {
        name: "message",
        from: "tybalt@capulet.example/hall",
        to: reader.map_or("", Address::bare),
        named_type: "chat",
        id: id.as_deref().unwrap_or_default(),
        lang: "",
        content: shape.inner(&xml),
        coded: Some(&coded),
        added: "<added xmlns='urn:x' by='nurse@capulet.example/hall' like='nurse@capulet.example'/>",
        is_searched: false,
    };
    let mut writer = Writer::new();
    writer.start(draft.name, "jabber:client");
    for (name, value) in
        [("from", draft.from), ("to", draft.to), ("type", "chat"), ("id", draft.id)]
    {
        if !value.is_empty() {
            writer.attr(name, value);
        }
    }
    writer.raw(draft.content);
    writer.raw(draft.added);
    writer.end();
    let expected = writer.finish_text();
    let sent = |draft: &Draft<'_>| {
        let mut sent = Vec::new();
        skein_wire::encode(draft, reader, &mut sent);
        sent
    };
    let passed = sent(&draft);
    assert_eq!(decode_within(&passed, reader, limits).as_deref(), Ok(&*expected), "{message:?}");
    passed != sent(&Draft { coded: None, ..draft })
}

#[test]
fn content_that_means_something_else_elsewhere_is_read_again() {
    let own = Address::new("juliet@capulet.example/balcony").unwrap();
    let reader = other(Some(&own)).unwrap();
    let passed = |id: &str, content: &str, reader: &Address| {
        let xml = format!(
            "<message xmlns='jabber:client' to='nurse@capulet.example' id='{id}'>\
             <body>See you tomorrow at the station</body>{content}</message>"
        );
        let mut message = Vec::new();
        skein_wire::encode_element(&xml, Some(&own), true, &mut message);
        passes_on(&message, Some(&own), Some(reader))
    };
    let x = |jid: &str| format!("<x xmlns='jabber:x:conference' jid='{jid}'/>");
    let near = format!("romeo@{}", own.domain());
    let far = Address::new("romeo@elsewhere.example/orchard").unwrap();
    let origin = |id: &str| format!("<origin-id xmlns='urn:xmpp:sid:0' id='{id}'/>");
    // What it refers to goes with it, or is the head's `id`.
    assert!(passed("4711-ab", "", &reader));
    assert!(passed("4711-ab", &origin("4711-ab"), &reader));
    assert!(passed("4711-ab", &(origin("0815-xy") + &origin("0815-xy")), &reader));
    assert!(passed("4711-ab", &x(&near), &reader));
    // Whose domain is another, who is named by the stream, and what else stands in the head.
    assert!(!passed("4711-ab", &x(&near), &far));
    assert!(!passed("4711-ab", &x(own.bare()), &reader));
    assert!(!passed("4711-ab", &x("nurse@capulet.example"), &reader));
    // One value more before it, and the last that it refers to would have no number.
    let many = |count: usize| -> String {
        (0..count).map(|at| origin(&format!("{at}-abcd"))).collect::<String>()
            + &origin(&format!("{}-abcd", count - 1))
    };
    for count in 1..20 {
        passed("4711-ab", &many(count), &reader);
    }
}

fn damaged(chance: &mut Chance, messages: &[Vec<u8>]) -> Vec<u8> {
    let mut message = chance.pick(messages).clone();
    for _ in 0..1 + chance.below(3) {
        let at = chance.below(message.len());
        match chance.below(6) {
            0 => message[at] = chance.word() as u8,
            1 => message[at] ^= 1 << chance.below(8),
            2 => message.insert(at, chance.word() as u8),
            3 => drop(message.remove(at)),
            4 => message.truncate(at),
            _ => {
                let other = chance.pick(messages);
                let from = chance.below(other.len());
                message.splice(at.., other[from..].iter().copied());
            }
        }
        if message.is_empty() {
            message.push(chance.word() as u8);
        }
    }
    message
}

/// A message of single symbols and the values behind them.
fn message(symbols: &[u16], values: &[u8]) -> Vec<u8> {
    let mut message = vec![(symbols.len() * 2) as u8];
    for symbol in symbols {
        message.extend_from_slice(&(192 * 256 + 8192 + symbol).to_be_bytes());
    }
    message.extend_from_slice(values);
    message
}

const END: u16 = 0;
const ELEMENT: u16 = 1;
const CHILD: u16 = 2;
const ATTRIBUTE: u16 = 3;
const TEXT: u16 = 4;
const SAME: u16 = 20;
/// The first name of the table: `message`.
const MESSAGE: u16 = 64;

/// A string as it is.
fn string(text: &str) -> Vec<u8> {
    let mut bytes = vec![(text.len() * 4) as u8];
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

#[test]
fn markup_does_not_get_in_through_names() {
    let element = |name: &str, ns: &str| {
        decode(&message(&[ELEMENT, END], &[string(name), string(ns)].concat()), None)
    };
    assert_eq!(element("a", "urn:x").as_deref(), Ok("<a xmlns='urn:x'/>"));
    for name in ["", "a b", "a/", "a><b", "a='1'", "a\"", "a&b", "p:a", "a\n"] {
        assert_eq!(element(name, "urn:x"), Err(WireError::Value), "{name}");
    }
    assert_eq!(element("1a", "urn:x"), Err(WireError::Xml(XmlError::NotWellFormed)));
    for ns in ["urn:<", "urn:\"'", "a b", "a&b"] {
        assert_eq!(element("a", ns), Err(WireError::Value), "{ns}");
    }
    assert_eq!(element("a", "urn:it's").as_deref(), Ok("<a xmlns=\"urn:it's\"/>"));
    assert!(matches!(element("a", "urn:\\"), Err(WireError::Xml(_))));
}

#[test]
fn attributes_are_checked_as_in_xml() {
    let attributes = |names: &[&str]| {
        let mut symbols = vec![MESSAGE];
        let mut values = Vec::new();
        for name in names {
            symbols.extend([ATTRIBUTE, TEXT]);
            values.extend([string(name), string("v")].concat());
        }
        symbols.push(END);
        decode(&message(&symbols, &values), None)
    };
    assert_eq!(
        attributes(&["a", "b"]).as_deref(),
        Ok("<message xmlns='jabber:client' a='v' b='v'/>")
    );
    assert_eq!(attributes(&["xmlns"]), Err(WireError::Value));
    assert_eq!(attributes(&["a", "a"]), Err(WireError::Xml(XmlError::NotWellFormed)));
    assert_eq!(attributes(&["p:a"]), Err(WireError::Xml(XmlError::BadNamespacePrefix)));
    assert!(attributes(&["xmlns:p", "p:a"]).is_ok());
}

#[test]
fn what_every_name_of_the_table_makes_is_what_the_framer_sees() {
    let mut seen = 0;
    for symbol in MESSAGE..8192 {
        let nested = [MESSAGE, symbol, MESSAGE, TEXT, END, symbol, TEXT, END, END];
        for symbols in [
            &[symbol, END][..],
            &[symbol, TEXT, END],
            &nested,
            &[MESSAGE, symbol, TEXT, END],
            &[MESSAGE, MESSAGE, symbol, TEXT, END, END],
            &[MESSAGE, symbol, TEXT, symbol, TEXT, END],
        ] {
            for text in ["", "v", "it's <markup>\t", "你好!"] {
                let values = [string(text), string(text)].concat();
                for length in [values.len(), values.len() / 2, 0] {
                    // Compared with the framer where it is accepted.
                    let decoded = decode(&message(symbols, &values[..length]), None);
                    seen += usize::from(decoded.is_ok());
                }
            }
        }
    }
    assert!(seen > 1000, "only {seen}");
}

#[test]
fn the_bounds_on_elements_and_attributes_are_those_of_xml() {
    let own = Address::new("a@example.org/b");
    // Three attributes, four elements, three of them inside of each other.
    let xml = "<message xmlns='jabber:client' type='chat' id='1'><body>x</body><x xmlns='jabber:x:data'>\
               <field var='it&apos;s long'/></x></message>";
    let mut coded = Vec::new();
    skein_wire::encode_element(xml, own.as_ref(), true, &mut coded);
    let most = Limits::after_login();
    let exact =
        Limits { elements: 4, depth: 3, attributes: 3, attribute_bytes: 14, bytes: xml.len() };
    let refused = |limits: Limits| decode_within(&coded, own.as_ref(), limits).unwrap_err();
    assert_eq!(decode_within(&coded, own.as_ref(), exact).as_deref(), Ok(xml));
    assert_eq!(refused(Limits { elements: 3, ..most }), XmlError::TooManyElements.into());
    assert_eq!(refused(Limits { depth: 2, ..most }), XmlError::TooDeep.into());
    assert_eq!(refused(Limits { attributes: 2, ..most }), XmlError::TooManyAttributes.into());
    assert_eq!(refused(Limits { attribute_bytes: 13, ..most }), XmlError::AttributeTooLong.into());
    assert_eq!(refused(Limits { bytes: xml.len() - 1, ..most }), WireError::TooLong);
}

#[test]
fn forbidden_characters_are_refused() {
    for text in ["\u{0}", "\u{1}", "\u{ffff}", "\u{fffe}"] {
        let refused = decode(&message(&[MESSAGE, TEXT, END], &string(text)), None);
        assert_eq!(refused, Err(WireError::Xml(XmlError::Encoding)), "{text:?}");
    }
    let not_utf8 = decode(&message(&[MESSAGE, TEXT, END], &[8, 0xC0, 0x80]), None);
    assert_eq!(not_utf8, Err(WireError::Xml(XmlError::Encoding)));
}

#[test]
fn symbols_out_of_place_are_refused() {
    let refused =
        |symbols: &[u16], values: &[u8]| decode(&message(symbols, values), None).unwrap_err();
    assert_eq!(refused(&[END], &[]), WireError::Symbol);
    assert_eq!(refused(&[CHILD, END], &string("a")), WireError::Symbol);
    assert_eq!(refused(&[TEXT], &string("a")), WireError::Symbol);
    assert_eq!(refused(&[MESSAGE], &[]), WireError::Length);
    assert_eq!(refused(&[MESSAGE, END, MESSAGE, END], &[]), WireError::Length);
    assert_eq!(refused(&[MESSAGE, END], &[1]), WireError::Length);
    assert_eq!(refused(&[MESSAGE, ATTRIBUTE], &string("a")), WireError::Length);
    assert_eq!(refused(&[MESSAGE, ATTRIBUTE, END], &string("a")), WireError::Symbol);
    assert_eq!(
        refused(&[MESSAGE, TEXT, ATTRIBUTE, TEXT, END], &[0, 4, b'a', 0]),
        WireError::Symbol
    );
    // An empty text is content too.
    let hidden = [MESSAGE, TEXT, ATTRIBUTE, TEXT, END];
    assert_eq!(refused(&hidden, &[&[0][..], &string("a"), &[0]].concat()), WireError::Symbol);
    assert_eq!(refused(&[MESSAGE, SAME, END], &[]), WireError::Reference);
    assert_eq!(refused(&[MESSAGE, 17, END], &[]), WireError::NoAddress);
    assert_eq!(refused(&[MESSAGE, 12, END], &string("a")), WireError::NoAddress);
    assert_eq!(refused(&[MESSAGE, 8000, END], &[]), WireError::Symbol);
    assert_eq!(decode(&[0, 7], None), Err(WireError::Symbol));
    assert_eq!(decode(&[], None), Err(WireError::Length));
}

#[test]
fn few_bytes_do_not_become_many() {
    // One value of 4 KiB and many references to it.
    let mut values = vec![0x80, 0x80, 1];
    values.extend(std::iter::repeat_n(b'x', 4096));
    let mut symbols = vec![MESSAGE, TEXT];
    symbols.extend([SAME; 20]);
    symbols.push(END);
    assert!(decode(&message(&symbols, &values), None).is_ok(), "honest messages may have it");
    symbols.splice(2..2, [SAME; 35]);
    assert_eq!(decode(&message(&symbols, &values), None), Err(WireError::TooLong));
    let own = Address::new(&format!("a@example.org/{}", "r".repeat(1000)));
    let own_address = message(&[[MESSAGE].as_slice(), &[17; 60], &[END]].concat(), &[]);
    assert_eq!(decode(&own_address, own.as_ref()), Err(WireError::TooLong));
    let mut deep = vec![MESSAGE; 63];
    deep.push(TEXT);
    assert!(decode(&message(&deep, &[0]), None).is_err());
}

#[test]
fn xml_as_it_is_passes_the_same_framer() {
    let plainly = |xml: &str| {
        let mut message = Vec::new();
        skein_wire::encode_plainly(xml, &mut message);
        decode(&message, None)
    };
    assert!(plainly("<a xmlns='urn:x'/>").is_ok());
    for bad in ["", " <a/>", "<a/><b/>", "<a/> ", "<!DOCTYPE a><a/>", "<a>", "x"] {
        assert!(plainly(bad).is_err(), "{bad}");
    }
}
