//! Properties over generated text.

use proptest::prelude::*;
use skein_xml::{Document, Framer, Header, Limits, Scope, Step, Writer, XmlError};

const HEADER: &[u8] =
    b"<?xml version='1.0' encoding='UTF-8'?>\n<stream:stream to='h' xml:lang='en' \
    xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";

fn scope() -> Scope {
    Header::new(HEADER).scope()
}

/// Small bounds, so that generated text meets them.
const LIMITS: Limits =
    Limits { bytes: 160, elements: 6, depth: 4, attributes: 3, attribute_bytes: 12 };

/// Feeds a stream piece by piece as a connection does, and notes what comes out.
fn feed(stream: &[u8], cuts: &[usize]) -> (Vec<Step>, Option<XmlError>) {
    let (mut framer, mut steps) = (Framer::new(), Vec::new());
    let (mut consumed, mut open) = (0, false);
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (stream.len() + 1)).collect();
    ends.push(stream.len());
    ends.sort_unstable();
    for end in ends {
        while consumed < end {
            let rest = &stream[consumed..end];
            let step = if open {
                framer.frame(rest, &scope(), &LIMITS)
            } else {
                framer.header(rest, &Limits::before_login())
            };
            consumed += match &step {
                Err(error) => return (steps, Some(*error)),
                Ok(Step::More) => break,
                Ok(Step::Space(len) | Step::Close(len) | Step::Header(len)) => *len,
                Ok(Step::Element(shape)) => shape.len,
            };
            open |= matches!(step, Ok(Step::Header(_)));
            // White space comes as far as it is there.
            steps.extend(step.ok().filter(|step| !matches!(step, Step::Space(_))));
        }
    }
    (steps, None)
}

/// Pieces of which some make XML and some do not.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => Just("<a>".into()),
        20 => Just("</a>".into()),
        10 => Just("<a b='1' c=\"&lt;\"/>".into()),
        5 => Just("<p:a xmlns:p='u' p:b='2'>x</p:a>".into()),
        5 => Just("<stream:e xmlns='urn:e'/>".into()),
        10 => Just("é中😀".into()),
        10 => Just("&amp;&#x41;".into()),
        10 => Just("\r\n ".into()),
        5 => Just("<![CDATA[]<]]]>".into()),
        3 => Just("</stream:stream>".into()),
        1 => Just("<!-- -->".into()),
        1 => Just("<a b='0123456789abc'/>".into()),
        1 => Just("&x;".into()),
        1 => Just("]]>".into()),
        5 => "[ -~]{0,8}",
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_the_bytes_gives_the_same_steps(
        pieces in prop::collection::vec(piece(), 0..24),
        flip in prop::option::weighted(0.2, (any::<usize>(), any::<u8>())),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let mut stream = HEADER.to_vec();
        stream.extend_from_slice(pieces.concat().as_bytes());
        if let Some((at, byte)) = flip {
            let at = at % stream.len();
            stream[at] = byte;
        }
        let whole = feed(&stream, &[]);
        prop_assert_eq!(&feed(&stream, &cuts), &whole);
        let every: Vec<usize> = (0..stream.len()).collect();
        prop_assert_eq!(&feed(&stream, &every), &whole);
    }

    #[test]
    fn what_the_writer_writes_is_read_back(
        texts in prop::collection::vec(any::<String>(), 1..6),
        value in any::<String>(),
        ns in prop::sample::select(vec!["", "jabber:client", "urn:x", "it's"]),
    ) {
        let mut writer = Writer::new();
        writer.start("top", "jabber:client");
        writer.attr("value", &value);
        for text in &texts {
            writer.leaf("child", ns, text);
            writer.text(text);
        }
        let xml = writer.finish_text();
        let limits = Limits { bytes: 1 << 20, ..Limits::after_login() };
        let document = Document::parse(&xml, &limits).unwrap();
        let root = document.root();
        prop_assert_eq!(root.attr("value").unwrap(), readable(&value));
        prop_assert_eq!(root.text(), readable(&texts.concat()));
        let children: Vec<_> = root.children().map(|child| child.text().into_owned()).collect();
        prop_assert_eq!(children, texts.iter().map(|text| readable(text)).collect::<Vec<_>>());
        prop_assert!(root.children().all(|child| child.is("child", ns)));
    }
}

/// The text with what XML forbids replaced.
fn readable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => c,
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            _ => c,
        })
        .collect()
}
