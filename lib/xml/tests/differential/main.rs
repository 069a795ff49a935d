//! The framer against an independent parser, on inputs made to confuse.
//!
//! What the framer accepts, rxml must accept too, up to the same byte and with the
//! same tree; what the framer calls malformed, rxml must refuse. Besides, for every
//! accepted input: any cut of the bytes gives the same step, the canonical form is
//! plain and has the same tree, and so has a copy through the writer.
//!
//! Two seconds in the normal test; `SKEIN_FUZZ_SECONDS` for more, with a fresh seed.

mod mutate;
mod oracle;

use std::time::{Duration, Instant, SystemTime};

use mutate::Mutator;
use oracle::Tree;
use skein_xml::{
    Document, Element, Framer, Header, Limits, Scope, Shape, Step, Writer, XmlError, canonical,
};

const HEADER: &str =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

#[test]
fn the_framer_agrees_with_an_independent_parser() {
    let wanted = std::env::var("SKEIN_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seed = wanted.map_or(4242, |_| time.as_nanos() as u64);
    let scope = Header::new(HEADER.as_bytes()).scope();
    let mut mutator = Mutator::new(seed);
    let (mut inputs, mut accepted) = (0_u64, 0_u64);
    let end = Instant::now() + Duration::from_secs(wanted.unwrap_or(2));
    while Instant::now() < end {
        for _ in 0..64 {
            let input = mutator.next_input();
            let result = std::panic::catch_unwind(|| check(&input, &scope, inputs));
            match result {
                Ok(Ok(was_accepted)) => accepted += u64::from(was_accepted),
                Ok(Err(why)) => panic!("seed {seed}: {why}: {}", input.escape_ascii()),
                Err(_) => panic!("seed {seed}: panic at: {}", input.escape_ascii()),
            }
            inputs += 1;
        }
    }
    println!("seed {seed}: {inputs} inputs, {accepted} accepted");
    assert!(accepted > inputs / 100, "the mutations no longer reach accepted inputs");
}

/// Whether the framer accepts the input, or what is wrong.
fn check(input: &[u8], scope: &Scope, number: u64) -> Result<bool, String> {
    let limits = Limits::after_login();
    let whole = Framer::new().frame(input, scope, &limits);
    if in_pieces(input, scope, &limits, number) != whole {
        return Err(format!("in pieces it is not {whole:?}"));
    }
    match whole {
        Ok(Step::Element(shape)) => {
            check_element(&input[..shape.len], &shape, scope).map(|()| true)
        }
        Ok(_) => Ok(false),
        Err(error) => {
            // The other parser is slow: a sample of the refused will do.
            let strict = number.is_multiple_of(8) && must_agree(error, input);
            if strict && oracle::element(HEADER, input).is_some() {
                return Err(format!("refused as {error:?} without need"));
            }
            Ok(false)
        }
    }
}

/// Whether a refusal has to be shared by a parser that follows XML 1.0. It need not
/// where the framer is stricter, see the documentation of the crate.
fn must_agree(error: XmlError, input: &[u8]) -> bool {
    let shared = matches!(
        error,
        XmlError::NotWellFormed
            | XmlError::BadNamespacePrefix
            | XmlError::Encoding
            | XmlError::Restricted
    );
    let count = |word: &[u8]| input.windows(word.len()).filter(|window| *window == word).count();
    let lone_return = count(b"\r") != count(b"\r\n");
    // rxml takes a second `xmlns`, names of the fifth edition, a declaration of `xml`, and
    // at times a lone carriage return in an attribute.
    shared
        && !lone_return
        && input.is_ascii()
        && count(b"xmlns") < 2
        && count(b"xml:") == 0
        && count(b":xml") == 0
}

fn check_element(input: &[u8], shape: &Shape, scope: &Scope) -> Result<(), String> {
    let Some((tree, len)) = oracle::element(HEADER, input) else {
        return Err("only we accept it".into());
    };
    if len != input.len() {
        return Err(format!("ends at {len} for the other, at {} for us", input.len()));
    }
    let mut plain = Vec::new();
    let limits = Limits { bytes: 1 << 20, ..Limits::after_login() };
    let rewritten = canonical(input, shape, scope, &limits, &mut plain);
    if let Err(error) = rewritten {
        // Declarations that were on the parent may be too many for one element.
        return if error == XmlError::TooManyAttributes {
            Ok(())
        } else {
            Err(format!("canonical: {error:?}"))
        };
    }
    same_tree(&plain, rewritten.as_ref().unwrap_or(shape), &tree)
        .map_err(|why| format!("canonical {why}"))?;
    if shape.plain {
        same_tree(input, shape, &tree)?;
    }
    let text = std::str::from_utf8(&plain).map_err(|error| error.to_string())?;
    let mut writer = Writer::within("urn:elsewhere");
    writer.start("around", "urn:elsewhere");
    writer.element(Element::new(text, scope.namespace()));
    let copy = Document::parse_in(&writer.finish_text(), &Scope::within("urn:elsewhere"), &limits)
        .map_err(|error| format!("copy: {error:?}"))?;
    let inner = copy.root().children().next().ok_or("copy: nothing there")?;
    if oracle::of_element(inner, &tree) { Ok(()) } else { Err("copy: another tree".into()) }
}

fn same_tree(bytes: &[u8], shape: &Shape, tree: &Tree) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let root = shape.root(text, "jabber:client");
    let indexed: Vec<_> =
        shape.children(text, "jabber:client").map(|c| (c.raw(), c.ns())).collect();
    let scanned: Vec<_> = root.children().map(|c| (c.raw(), c.ns())).collect();
    if indexed != scanned {
        return Err(format!("the index says {indexed:?}, the text {scanned:?}"));
    }
    if oracle::of_element(root, tree) { Ok(()) } else { Err(format!("another tree than {tree:?}")) }
}

/// Fed in up to four pieces, cut by a number.
fn in_pieces(input: &[u8], scope: &Scope, limits: &Limits, number: u64) -> Result<Step, XmlError> {
    let mut framer = Framer::new();
    let mut cuts =
        [0, 1, 2].map(|n| (mutate::mixed(number + n) % (input.len() as u64 + 1)) as usize);
    cuts.sort_unstable();
    for cut in cuts {
        match framer.frame(&input[..cut], scope, limits) {
            // White space is given out as far as it is there.
            Ok(Step::More | Step::Space(_)) => {}
            done => return done,
        }
    }
    framer.frame(input, scope, limits)
}
