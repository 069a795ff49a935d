//! Nanoseconds to frame and index a chat message, and to read it.
//!
//! `cargo run --release -p skein-xml --example speed`

// It prints what it measures.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use skein_xml::{Framer, Header, Limits, Step, Writer};

const HEADER: &[u8] =
    b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

/// 337 bytes: body, chat state, receipt request, origin-id.
const MESSAGE: &str = "<message xmlns='jabber:client' type='chat' to='juliet@capulet.example' \
    id='3a5c1d90-7be2-4f0e'><body>O, speak again, bright angel! for thou art as glorious to this</body>\
    <active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/>\
    <origin-id xmlns='urn:xmpp:sid:0' id='3a5c1d90-7be2-4f0e-9a4b'/></message>";

const ROUNDS: u32 = 40_000;

fn main() {
    let scope = Header::new(HEADER).scope();
    let limits = Limits::after_login();
    let frame = |text: &str| Framer::new().frame(black_box(text.as_bytes()), &scope, &limits);
    println!("message of {} bytes", MESSAGE.len());
    report("frame and index", || drop(black_box(frame(MESSAGE))));
    let Ok(Step::Element(shape)) = frame(MESSAGE) else { return };
    report("read to, type, id and four children", || {
        let text = black_box(MESSAGE);
        let root = shape.root(text, scope.namespace());
        black_box((root.name(), root.attr("to"), root.attr("type"), root.attr("id")));
        shape.children(text, scope.namespace()).for_each(|child| {
            black_box((child.name(), child.ns()));
        });
    });
    report("check that it is UTF-8", || {
        let _ = black_box(std::str::from_utf8(black_box(MESSAGE.as_bytes())));
    });
    let mut out = Vec::new();
    report("write", || {
        out.clear();
        let mut writer = Writer::append(std::mem::take(&mut out), "jabber:client");
        writer.start("message", "jabber:client");
        writer.attr("to", "juliet@capulet.example");
        writer.leaf("body", "jabber:client", "O, speak again, bright angel! for thou art");
        writer.start("active", "http://jabber.org/protocol/chatstates");
        writer.end();
        out = black_box(writer.finish());
    });
    for (name, text) in [("ASCII", "x".repeat(4_096)), ("Chinese", "中".repeat(1_365))] {
        let text = format!("<message><body>{text}</body></message>");
        report(&format!("frame 4 KiB of {name}"), || drop(black_box(frame(&text))));
    }
}

/// The best of five.
fn report(what: &str, mut work: impl FnMut()) {
    let best = (0..5)
        .map(|_| {
            let start = Instant::now();
            (0..ROUNDS).for_each(|_| work());
            start.elapsed().as_nanos() / u128::from(ROUNDS)
        })
        .min();
    println!("{:>8} ns  {what}", best.unwrap_or_default());
}
