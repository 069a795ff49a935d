//! The vectors that all implementations share: `vectors.txt`, three lines each (own address
//! or `-`, XML, message in hexadecimal). `SKEIN_BLESS=1` writes them anew.

use skein_wire::{Address, Decoded};
use skein_xml::Limits;

mod day;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors.txt");

/// Elements that show each type and symbol.
const CHOSEN: &[&str] = &[
    "<message xmlns='jabber:client'/>",
    "<r xmlns='urn:xmpp:sm:3'/>",
    "<a xmlns='urn:xmpp:sm:3' h='300'/>",
    "<message xmlns='jabber:client' from='romeo@example.org/orchard' to='juliet@example.org/balcony' type='chat' id='3a5c1d90-7be2-4f0e-9a4b-0123456789ab'><body>Good morning, 早上好!</body><origin-id xmlns='urn:xmpp:sid:0' id='3a5c1d90-7be2-4f0e-9a4b-0123456789ab'/><stanza-id xmlns='urn:xmpp:sid:0' by='juliet@example.org' id='00112233445566778899aabbccddeeff'/></message>",
    "<message xmlns='jabber:client' from='family@rooms.example.org/nurse' to='juliet@example.org/balcony' type='groupchat'><body>a &amp; b &lt; c\n\"quoted\"</body></message>",
    "<x xmlns='urn:example:unknown' plain='yes' n='18446744073709551615' z='007'><y>q83vEjRWeJCrze8SNFZ4kA==</y><w xmlns='urn:example:other'/></x>",
    "<delay xmlns='urn:xmpp:delay' from='rooms.example.org' stamp='2026-11-27T20:06:54.000001Z'/>",
    "<t a='2026-11-27T20:06:54Z' b='2026-11-27T20:06:54.120Z' c='2026-02-30T20:06:54Z' d='zHk_Ab-9Qw12' e='🙂 ἀρχή'/>",
    "<iq xmlns='jabber:client' type='error' id='x&apos;1' xml:lang='de'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
];

#[test]
fn the_vectors_are_what_is_encoded_and_decoded() {
    let mut text = String::new();
    let own = "juliet@example.org/balcony";
    let mut cases: Vec<(String, String)> = Vec::new();
    for xml in CHOSEN {
        cases.push((own.to_owned(), (*xml).to_owned()));
        cases.push(("-".to_owned(), (*xml).to_owned()));
    }
    let day = day::day(&day::Cast::unseen(), 77);
    let mut seen = Vec::new();
    for line in day.lines {
        if !seen.contains(&(line.kind, line.is_sent)) {
            seen.push((line.kind, line.is_sent));
            cases.push((day.own.clone(), line.xml));
        }
    }
    for (own, xml) in cases {
        let address = Address::new(&own);
        let mut message = Vec::new();
        skein_wire::encode_element(&xml, address.as_ref(), true, &mut message);
        let mut back = Vec::new();
        let decoded =
            skein_wire::decode(&message, address.as_ref(), &Limits::after_login(), &mut back);
        assert!(matches!(decoded, Ok(Decoded::Element(..))), "{xml}");
        assert_eq!(String::from_utf8_lossy(&back), xml);
        let hex: String = message.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("{own}\n{}\n{hex}\n", xml.replace('\n', "&#10;")));
    }
    if std::env::var_os("SKEIN_BLESS").is_some() {
        std::fs::write(FILE, &text).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        kept == text,
        "run with SKEIN_BLESS=1 and look at what has changed: a table is never changed once published"
    );
}
