//! Nanoseconds for a day's stanzas: XML framed and written, and the compact binding.
//!
//! `cargo run --release -p skein-wire --example speed`

// It prints what it measures.
#![allow(clippy::print_stdout)]

#[path = "../tests/day/mod.rs"]
mod day;

use std::hint::black_box;
use std::time::Instant;

use skein_wire::Address;
use skein_xml::{Framer, Limits, Scope};

const ROUNDS: u32 = 40;

fn main() {
    let day = day::day(&day::Cast::unseen(), 1001);
    let own = Address::new(&day.own);
    let limits = Limits::after_login();
    for kind in [
        "message",
        "receipt",
        "typing",
        "room message",
        "carbon",
        "archived message",
        "presence",
        "encrypted (3 devices)",
        "all",
    ] {
        let texts: Vec<&str> = day
            .lines
            .iter()
            .filter(|line| line.kind == kind || kind == "all")
            .map(|line| line.xml.as_str())
            .collect();
        let messages: Vec<Vec<u8>> = texts
            .iter()
            .map(|xml| {
                let mut message = Vec::new();
                skein_wire::encode_element(xml, own.as_ref(), true, &mut message);
                message
            })
            .collect();
        let mut out = Vec::new();
        let frame = best(texts.len(), || {
            for xml in &texts {
                let _ = black_box(Framer::new().frame(
                    black_box(xml.as_bytes()),
                    &Scope::none(),
                    &limits,
                ));
            }
        });
        let copy = best(texts.len(), || {
            for xml in &texts {
                out.clear();
                out.extend_from_slice(black_box(xml.as_bytes()));
                black_box(&out);
            }
        });
        let encode = best(texts.len(), || {
            for xml in &texts {
                out.clear();
                skein_wire::encode_element(black_box(xml), own.as_ref(), true, &mut out);
                black_box(&out);
            }
        });
        let decode = best(texts.len(), || {
            for message in &messages {
                out.clear();
                let _ = black_box(skein_wire::decode(
                    black_box(message),
                    own.as_ref(),
                    &limits,
                    &mut out,
                ));
            }
        });
        println!(
            "{kind:24} {:5} lines: frame {frame:6} ns, copy {copy:4} ns; encode {encode:6} ns, decode {decode:6} ns",
            texts.len()
        );
    }
}

/// The best of five, for each of `count`.
fn best(count: usize, mut work: impl FnMut()) -> u128 {
    let rounds = (0..5).map(|_| {
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| work());
        start.elapsed().as_nanos() / u128::from(ROUNDS) / count.max(1) as u128
    });
    rounds.min().unwrap_or_default()
}
