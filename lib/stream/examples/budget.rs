//! Does one thing a given number of times, for `benches/budgets` to count the instructions of:
//! `cargo run --release -p skein-stream --example budget -- framing 1000`.

use std::hint::black_box;
use std::process::ExitCode;

use skein_stream::framing::Framing;
use skein_stream::intake::{Intake, Unit};
use skein_stream::live::{self, Heard};
use skein_xml::Limits;
use skein_xmpp::{Jid, Stanza};

const HEADER: &[u8] = b"<stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='capulet.example'>";

/// 300 bytes, as a client sends it.
const MESSAGE: &[u8] = b"<message type='chat' to='juliet@capulet.example' id='3a5c1d90-7be2-4f0e'>\
    <body>O, speak again, bright angel! for thou art as glorious to this</body>\
    <active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/>\
    <origin-id xmlns='urn:xmpp:sid:0' id='3a5c1d90-7be2-4f0e-9a4b'/></message>";

const JULIET: &str = "juliet@capulet.example/balcony";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, what, count] = arguments.as_slice() else { return ExitCode::FAILURE };
    let Ok(count) = count.parse() else { return ExitCode::FAILURE };
    let done = match what.as_str() {
        "framing" => framing(count),
        "encoding" => encoding(Framing::Tcp, count),
        "compact_framing" => compact_framing(count),
        "compact_encoding" => encoding(Framing::Wire, count),
        _ => None,
    };
    if done.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Takes the message from a stream, checks and reads it.
fn framing(count: u32) -> Option<()> {
    let mut intake = Intake::new(Framing::Tcp);
    let mut header = HEADER.to_vec();
    intake.next(&mut header, &Limits::after_login(), &mut Vec::new()).ok()?;
    repeat(&mut intake, MESSAGE, count)
}

/// The same in the compact binding.
fn compact_framing(count: u32) -> Option<()> {
    let mut intake = Intake::new(Framing::Wire);
    let mut header = Vec::new();
    let open =
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0' to='capulet.example'/>";
    Framing::Wire.write_element(open.as_bytes(), &mut header);
    intake.next(&mut header, &Limits::after_login(), &mut Vec::new()).ok()?;
    let jid = Jid::parse(JULIET).ok()?;
    intake.set_address(&jid);
    let mut message = Vec::new();
    Framing::Wire.write_stanza_for(Framing::Wire.address(&jid).as_ref(), &stanza()?, &mut message);
    repeat(&mut intake, &message, count)
}

/// Writes the message to one receiver.
fn encoding(framing: Framing, count: u32) -> Option<()> {
    let own = framing.address(&Jid::parse(JULIET).ok()?);
    let stanza = stanza()?;
    let mut out = Vec::with_capacity(1024);
    for _ in 0..count {
        out.clear();
        framing.write_stanza_for(own.as_ref(), black_box(&stanza), &mut out);
        black_box(&out);
    }
    Some(())
}

fn repeat(intake: &mut Intake, message: &[u8], count: u32) -> Option<()> {
    let mut bytes = message.to_vec();
    for _ in 0..count {
        black_box(read(intake, &mut bytes)?);
    }
    Some(())
}

fn stanza() -> Option<Stanza> {
    let mut intake = Intake::new(Framing::Tcp);
    let mut header = HEADER.to_vec();
    intake.next(&mut header, &Limits::after_login(), &mut Vec::new()).ok()?;
    read(&mut intake, &mut MESSAGE.to_vec())
}

fn read(intake: &mut Intake, bytes: &mut [u8]) -> Option<Stanza> {
    let next = intake.next(bytes, &Limits::after_login(), &mut Vec::new());
    let (_, Unit::Element(piece)) = next.ok()? else { return None };
    match live::hear(&piece) {
        Ok(Heard::Stanza(stanza)) => Some(stanza),
        _ => None,
    }
}
