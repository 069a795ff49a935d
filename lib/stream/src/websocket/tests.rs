//! Frames against RFC 6455, and row W02 of the trust table.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::frame::{self, Opcode};
use super::*;

const LIMIT: usize = 262_144;
const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// One client frame with any first byte.
fn raw(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write(Opcode::Text, Some(KEY), payload, &mut out);
    out[0] = first;
    out
}

fn client() -> WebSocket {
    WebSocket::client(NonZeroU32::new(7).unwrap())
}

/// Feeds `input` in pieces of the given sizes, as a transport would.
fn feed(
    socket: &mut WebSocket,
    input: &[u8],
    cuts: &[usize],
    out: &mut Vec<u8>,
) -> Result<Vec<String>, Violation> {
    let mut messages = Vec::new();
    let mut kept: Vec<u8> = Vec::new();
    let mut rest = input;
    let mut cuts = cuts.iter().copied().cycle();
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(cuts.next().unwrap_or(rest.len()).min(rest.len()));
        kept.extend_from_slice(piece);
        rest = later;
        loop {
            match socket.decode(&mut kept, LIMIT, out)? {
                Step::More { used } => {
                    kept.drain(..used);
                    break;
                }
                Step::Message { text, used } => {
                    messages.push(String::from_utf8(kept[text].to_vec()).unwrap());
                    kept.drain(..used);
                }
                Step::Closed { code } => {
                    messages.push(format!("closed {code:?}"));
                    return Ok(messages);
                }
            }
        }
    }
    Ok(messages)
}

fn all(input: &[u8]) -> Result<Vec<String>, Violation> {
    feed(&mut WebSocket::server(), input, &[usize::MAX], &mut Vec::new())
}

#[test]
fn an_idle_endpoint_is_tiny() {
    assert!(size_of::<WebSocket>() <= 12);
}

#[test]
fn the_masked_example_of_the_rfc_is_read() {
    let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(all(&hello), Ok(vec!["Hello".into()]));
}

#[test]
fn pings_are_answered_even_inside_a_message_and_only_the_last() {
    let mut input = raw(0x01, b"<a");
    input.extend(raw(0x89, b"one"));
    input.extend(raw(0x89, b"two"));
    input.extend(raw(0x80, b"/>"));
    let mut out = Vec::new();
    let messages = feed(&mut WebSocket::server(), &input, &[usize::MAX], &mut out);
    assert_eq!(messages, Ok(vec!["<a/>".into()]));
    assert_eq!(out, b"\x8a\x03two");
}

#[test]
fn a_close_is_answered_with_its_code_once() {
    let mut out = Vec::new();
    let mut input = raw(0x88, b"\x03\xe8bye");
    input.extend(raw(0x81, b"<late/>"));
    let mut socket = WebSocket::server();
    assert_eq!(feed(&mut socket, &input, &[1], &mut out), Ok(vec!["closed Some(1000)".into()]));
    assert_eq!(out, b"\x88\x02\x03\xe8");
    socket.close(close_code::NORMAL, &mut out);
    assert_eq!(out.len(), 4);
}

#[test]
fn after_our_close_messages_are_dropped_until_the_peer_closes() {
    let mut socket = WebSocket::server();
    let mut out = Vec::new();
    socket.close(close_code::GOING_AWAY, &mut out);
    assert_eq!(out, b"\x88\x02\x03\xe9");
    let mut input = raw(0x81, b"<late/>");
    input.extend(raw(0x89, b""));
    input.extend(raw(0x88, b""));
    assert_eq!(feed(&mut socket, &input, &[3], &mut out), Ok(vec!["closed None".into()]));
    assert_eq!(out.len(), 4);
}

#[test]
fn both_ends_understand_each_other_at_every_length_form() {
    for len in [0, 1, 125, 126, 127, 65_535, 65_536, 200_000] {
        let text = "x".repeat(len);
        let (mut ours, mut theirs) = (WebSocket::server(), client());
        let (mut up, mut down, mut none) = (Vec::new(), Vec::new(), Vec::new());
        theirs.text(text.as_bytes(), &mut up);
        assert_eq!(feed(&mut ours, &up, &[4096], &mut none), Ok(vec![text.clone()]));
        ours.text(text.as_bytes(), &mut down);
        assert_eq!(feed(&mut theirs, &down, &[4096], &mut none), Ok(vec![text]));
        assert!(none.is_empty());
    }
}

#[test]
fn a_client_refuses_masked_frames() {
    let masked = raw(0x81, b"<a/>");
    let refused = feed(&mut client(), &masked, &[usize::MAX], &mut Vec::new());
    assert_eq!(refused, Err(Violation::Masked));
}

#[test]
fn w02_a_length_of_one_gibibyte_is_refused_by_its_header() {
    let mut header = vec![0x81, 0xFF];
    header.extend_from_slice(&(1u64 << 30).to_be_bytes());
    assert_eq!(all(&header), Err(Violation::TooBig));
    assert_eq!(Violation::TooBig.code(), 1009);
    header[2] = 0x80;
    assert_eq!(all(&header), Err(Violation::Length));
}

#[test]
fn w02_the_limit_counts_the_whole_message_and_not_one_fragment() {
    let half = vec![b'x'; LIMIT / 2 + 1];
    let mut input = raw(0x01, &half);
    input.extend(raw(0x80, &half));
    assert_eq!(all(&input), Err(Violation::TooBig));
}

#[test]
fn w02_continuations_without_end_are_refused_after_eight_fragments() {
    let mut input = raw(0x01, b"");
    for _ in 0..7 {
        input.extend(raw(0x00, b""));
    }
    assert_eq!(all(&input), Ok(vec![]));
    input.extend(raw(0x00, b""));
    assert_eq!(all(&input), Err(Violation::Fragments));
    assert_eq!(Violation::Fragments.code(), 1009);
}

#[test]
fn w02_a_flood_of_pings_grows_nothing_and_inside_a_message_it_ends() {
    let flood: Vec<u8> = std::iter::repeat_n(raw(0x89, b"x"), 10_000).flatten().collect();
    let mut out = Vec::new();
    assert_eq!(feed(&mut WebSocket::server(), &flood, &[usize::MAX], &mut out), Ok(vec![]));
    assert_eq!(out, b"\x8a\x01x");
    let mut inside = raw(0x01, b"<a");
    inside.extend(flood);
    assert_eq!(all(&inside), Err(Violation::Controls));
    assert_eq!(Violation::Controls.code(), 1008);
}

#[test]
fn w02_broken_frames_end_with_the_code_the_rfc_names() {
    let unmasked = {
        let mut out = Vec::new();
        frame::write(Opcode::Text, None, b"<a/>", &mut out);
        out
    };
    let cases: [(&str, Vec<u8>, u16); 17] = [
        ("binary", raw(0x82, b"<a/>"), 1003),
        ("bad utf-8", raw(0x81, b"<a>\xff</a>"), 1007),
        ("half a character", raw(0x81, b"\xc3"), 1007),
        ("bad utf-8 in a close reason", raw(0x88, b"\x03\xe8\xff"), 1007),
        ("long ping", raw(0x89, &[0; 126]), 1002),
        ("fragmented ping", raw(0x09, b""), 1002),
        ("fragmented close", raw(0x08, b""), 1002),
        ("unmasked", unmasked, 1002),
        ("rsv1, as deflate would set", raw(0xC1, b"<a/>"), 1002),
        ("rsv2", raw(0xA1, b"<a/>"), 1002),
        ("rsv3", raw(0x91, b"<a/>"), 1002),
        ("opcode 3", raw(0x83, b""), 1002),
        ("opcode 11", raw(0x8B, b""), 1002),
        ("continuation of nothing", raw(0x80, b"<a/>"), 1002),
        ("text inside text", [raw(0x01, b"<a"), raw(0x81, b"/>")].concat(), 1002),
        ("close with one byte", raw(0x88, b"\x03"), 1002),
        ("close with a reserved code", raw(0x88, b"\x03\xed"), 1002),
    ];
    for (name, input, code) in cases {
        assert_eq!(all(&input).map_err(Violation::code), Err(code), "{name}");
    }
    let long_form = [0x81, 0xFE, 0, 5, 0, 0, 0, 0, b'h', b'e', b'l', b'l', b'o'];
    assert_eq!(all(&long_form), Err(Violation::Length));
}

#[test]
fn a_character_may_be_split_between_fragments() {
    let input = [raw(0x01, b"\xe6\xbc"), raw(0x80, b"\xa2")].concat();
    assert_eq!(all(&input), Ok(vec!["漢".into()]));
}

#[derive(Debug, Clone)]
struct Sent {
    text: String,
    pieces: u8,
    ping: bool,
}

fn sent() -> impl Strategy<Value = Sent> {
    ("\\PC{0,300}", 1u8..=FRAGMENTS, any::<bool>()).prop_map(|(text, pieces, ping)| Sent {
        text,
        pieces,
        ping,
    })
}

fn wire(messages: &[Sent]) -> Vec<u8> {
    let mut out = Vec::new();
    for message in messages {
        let bytes = message.text.as_bytes();
        let size = bytes.len().div_ceil(usize::from(message.pieces)).max(1);
        let mut pieces: Vec<&[u8]> = bytes.chunks(size).collect();
        if pieces.is_empty() {
            pieces.push(b"");
        }
        let last = pieces.len() - 1;
        for (n, piece) in pieces.into_iter().enumerate() {
            let opcode = u8::from(n == 0);
            out.extend(raw(if n == last { 0x80 | opcode } else { opcode }, piece));
            if message.ping {
                out.extend(raw(0x89, b"p"));
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn any_split_of_frames_and_reads_gives_the_same_messages(
        messages in prop::collection::vec(sent(), 0..6),
        cuts in prop::collection::vec(1usize..200, 1..8),
    ) {
        let expected: Vec<String> = messages.iter().map(|m| m.text.clone()).collect();
        let got = feed(&mut WebSocket::server(), &wire(&messages), &cuts, &mut Vec::new());
        prop_assert_eq!(got, Ok(expected));
    }

    #[test]
    fn no_input_makes_it_panic_or_hold_more_than_the_limit(
        input in prop::collection::vec(any::<u8>(), 0..400),
        cuts in prop::collection::vec(1usize..50, 1..4),
    ) {
        let _ = feed(&mut WebSocket::server(), &input, &cuts, &mut Vec::new());
        let _ = feed(&mut client(), &input, &cuts, &mut Vec::new());
    }
}
