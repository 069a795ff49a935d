//! How many bytes a day takes, by kind of stanza; and that every line of it comes back.
//! `cargo test -p skein-wire --test bytes -- --nocapture` prints the table.

mod day;

use std::collections::BTreeMap;

use day::{Cast, Line};
use skein_wire::{Address, Decoded};
use skein_xml::Limits;

/// Of the bytes of XML; more means that the encoding has become worse.
const MOST: f64 = 0.22;
const DAYS: u64 = 20;

#[derive(Default)]
struct Sum {
    count: usize,
    xml: usize,
    wire: usize,
    /// As `wire`, by an encoder that looks for no phrases.
    unsearched: usize,
}

#[test]
fn a_day_that_the_table_never_saw_takes_at_most_22_percent() {
    let cast = Cast::unseen();
    let mut kinds: BTreeMap<(&str, bool), Sum> = BTreeMap::new();
    for seed in 1001..1001 + DAYS {
        let day = day::day(&cast, seed);
        let own = Address::new(&day.own).expect("a full address");
        for line in &day.lines {
            let sum = kinds.entry((line.kind, line.is_sent)).or_default();
            sum.count += 1;
            sum.xml += line.xml.len();
            sum.wire += encoded(line, &own, true);
            sum.unsearched += encoded(line, &own, false);
        }
    }
    let total = |is_sent: Option<bool>| {
        let sums =
            kinds.iter().filter(|((_, sent), _)| is_sent.is_none_or(|is_sent| is_sent == *sent));
        sums.fold((0, 0, 0), |(xml, wire, unsearched), (_, sum)| {
            (xml + sum.xml, wire + sum.wire, unsearched + sum.unsearched)
        })
    };
    println!("| stanza | number | XML | wire | |\n|---|--:|--:|--:|--:|");
    for ((kind, is_sent), Sum { count, xml, wire, .. }) in &kinds {
        let way = if *is_sent { "to the server" } else { "to the client" };
        let percent = 100.0 * *wire as f64 / *xml as f64;
        println!(
            "| {kind}, {way} | {count} | {} | {} | {percent:.0} % |",
            xml / count,
            wire / count
        );
    }
    for (name, is_sent) in
        [("to the server", Some(true)), ("to the client", Some(false)), ("all", None)]
    {
        let (xml, wire, unsearched) = total(is_sent);
        let percent = |bytes: usize| 100.0 * bytes as f64 / xml as f64;
        println!("| {name} | | {xml} | {wire} | {:.1} % |", percent(wire));
        println!("(without phrases {unsearched}, {:.1} %)", percent(unsearched));
    }
    for is_sent in [Some(true), Some(false), None] {
        let (xml, wire, unsearched) = total(is_sent);
        assert!((wire.max(unsearched) as f64) < MOST * xml as f64, "{wire}, {unsearched} of {xml}");
    }
}

/// The bytes of the message, which must give the same element back.
fn encoded(line: &Line, own: &Address, is_searched: bool) -> usize {
    let own = Some(own).filter(|_| line.kind != "login");
    let mut message = Vec::new();
    skein_wire::encode_element(&line.xml, own, is_searched, &mut message);
    let mut xml = Vec::new();
    let decoded = skein_wire::decode(&message, own, &Limits::after_login(), &mut xml);
    assert!(matches!(decoded, Ok(Decoded::Element(..))), "{decoded:?}: {}", line.xml);
    // The generator writes as the decoder does, so texts can be compared.
    assert_eq!(String::from_utf8_lossy(&xml), line.xml);
    message.len()
}
