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

const ROMEO: &str = "romeo@capulet.example/orchard";
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
        "compact_passing" => compact_passing(count),
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
    let (mut intake, message) = compact()?;
    repeat(&mut intake, &message, count)
}

/// A stream in the compact binding and the message on it.
fn compact() -> Option<(Intake, Vec<u8>)> {
    let mut intake = Intake::new(Framing::Wire);
    let mut header = Vec::new();
    let open =
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0' to='capulet.example'/>";
    Framing::Wire.write_element(open.as_bytes(), &mut header);
    intake.next(&mut header, &Limits::after_login(), &mut Vec::new()).ok()?;
    let jid = Jid::parse(JULIET).ok()?;
    intake.set_address(&jid);
    let xml =
        String::from_utf8_lossy(MESSAGE).replacen("<message", "<message xmlns='jabber:client'", 1);
    let (mut coded, mut message) = (Vec::new(), Vec::new());
    // As a client sends it, which looks for phrases.
    skein_wire::encode_element(&xml, Framing::Wire.address(&jid).as_ref(), true, &mut coded);
    message.push(u8::try_from(coded.len()).ok().filter(|length| *length < 0x80)?);
    message.append(&mut coded);
    Some((intake, message))
}

/// Writes the message to one receiver.
fn encoding(framing: Framing, count: u32) -> Option<()> {
    write(framing, &stanza()?, count)
}

/// Writes a message that came in the compact binding to a receiver in the same.
fn compact_passing(count: u32) -> Option<()> {
    let (mut intake, mut message) = compact()?;
    let stanza = read(&mut intake, &mut message)?;
    stanza.coded()?;
    write(Framing::Wire, &stanza, count)
}

fn write(framing: Framing, stanza: &Stanza, count: u32) -> Option<()> {
    let own = framing.address(&Jid::parse(JULIET).ok()?);
    let mut stanza = stanza.clone();
    stanza.from = Some(Jid::parse(ROMEO).ok()?);
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
