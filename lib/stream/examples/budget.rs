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

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, what, count] = arguments.as_slice() else { return ExitCode::FAILURE };
    let (Ok(count), Some(stanza)) = (count.parse::<u32>(), read(&mut stream())) else {
        return ExitCode::FAILURE;
    };
    match what.as_str() {
        "framing" => {
            let mut intake = stream();
            (0..count).for_each(|_| drop(black_box(read(&mut intake))));
        }
        "encoding" => {
            let Ok(to) = Jid::parse("juliet@capulet.example/balcony") else {
                return ExitCode::FAILURE;
            };
            let mut out = Vec::with_capacity(1024);
            for _ in 0..count {
                out.clear();
                Framing::Tcp.write_stanza_to(black_box(&stanza), &to, &mut out);
                black_box(&out);
            }
        }
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

/// A stream that is open.
fn stream() -> Intake {
    let mut intake = Intake::new(Framing::Tcp);
    let mut header = HEADER.to_vec();
    let _ = intake.next(&mut header, &Limits::after_login(), &mut Vec::new());
    intake
}

/// Frames, checks and reads the message.
fn read(intake: &mut Intake) -> Option<Stanza> {
    let mut bytes = MESSAGE.to_vec();
    let next = intake.next(&mut bytes, &Limits::after_login(), &mut Vec::new());
    let Ok((_, Unit::Element(piece))) = next else { return None };
    match live::hear(&piece) {
        Ok(Heard::Stanza(stanza)) => Some(stanza),
        _ => None,
    }
}
