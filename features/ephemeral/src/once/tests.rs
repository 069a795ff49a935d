//! What an envelope shows, and that a right to open is used once.

use skein_base::{AccountId, Secret, Timestamp};
use skein_db::testing::databases;
use skein_kernel::contracts::Sealing;
use skein_xml::{Document, Limits};
use skein_xmpp::{Jid, Stanza, ns};

use super::seal::{Sealer, envelope};
use super::store;

fn message(inner: &str) -> Stanza {
    let xml = format!("<message xmlns='jabber:client' type='chat' id='m'>{inner}</message>");
    let document = Document::parse(&xml, &Limits::after_login()).expect("well-formed");
    Stanza::read(document.root()).expect("a message")
}

#[test]
fn an_envelope_shows_nothing_of_what_is_inside() {
    let sent = message(
        "<view-once xmlns='urn:skein:view-once:0'/><body>secret</body><x xmlns='jabber:x:oob'>\
         <url>secret</url></x><encrypted xmlns='urn:xmpp:omemo:2'>secret</encrypted>\
         <subject>secret</subject><thread>t</thread><request xmlns='urn:xmpp:receipts'/>\
         <ephemeral xmlns='urn:xmpp:ephemeral:0' timer='60'/>",
    );
    let shown = envelope(&sent, [0xab; 16]);
    assert!(!shown.to_xml().contains("secret"), "{}", shown.to_xml());
    let mark = shown.child("view-once", ns::VIEW_ONCE).expect("marked");
    assert_eq!(mark.attr("id").as_deref(), Some("abababababababababababababababab"));
    assert!(shown.has_body() && shown.has("fallback", ns::FALLBACK));
    assert!(shown.has("request", ns::RECEIPTS) && shown.has("ephemeral", ns::EPHEMERAL));
    assert!(shown.has("thread", ns::CLIENT) && shown.id == sent.id);
}

#[test]
fn a_name_is_the_same_for_the_same_sender_receiver_and_id_alone() {
    let sealer = Sealer::new(&Secret::new([7; 32]));
    let jid = |text: &str| Jid::parse(text).expect("valid");
    let name = |sender: &str, to: &str, id: &str| {
        let (sender, to) = (jid(sender), jid(to));
        let now = Timestamp::default();
        sealer.name(&Sealing { sender: &sender, to: &to, receivers: Vec::new(), now }, id)
    };
    let first = name("a@x", "b@x", "1");
    assert_eq!(first, name("a@x", "b@x/phone", "1"));
    for other in [name("b@x", "a@x", "1"), name("a@x", "c@x", "1"), name("a@x", "b@x", "2")] {
        assert_ne!(first, other);
    }
}

#[tokio::test]
async fn a_right_to_open_is_used_once_and_ends_with_its_time() {
    let at = Timestamp::from_secs(1_000);
    let (one, two, other) = (AccountId(1), AccountId(2), AccountId(3));
    for fresh in databases() {
        let db = fresh.open(store::MIGRATIONS).await;
        let name = [7; 16];
        let write = move |tx: &mut skein_db::Tx<'_>| {
            store::put(tx, name, one, at)?;
            store::put(tx, name, one, at)?;
            store::put(tx, name, two, at)?;
            assert!(!store::open(tx, name, other, Timestamp::default())?);
            assert!(!store::open(tx, name, one, at)?, "its time is over");
            assert!(store::open(tx, name, one, Timestamp::default())?);
            assert!(!store::open(tx, name, one, Timestamp::default())?, "a second time");
            assert_eq!(store::opened(tx, name, one)?, Some(true));
            assert_eq!(store::opened(tx, name, two)?, Some(false));
            assert_eq!(store::opened(tx, name, other)?, None);
            assert!(store::is_awaited(tx, name)?);
            assert!(store::take_back(tx, name)?);
            assert!(!store::open(tx, name, two, Timestamp::default())?, "taken back");
            store::forget(tx, Timestamp::from_secs(1_001))?;
            store::opened(tx, name, one)
        };
        assert_eq!(db.write(write).await.expect("written"), None, "{}", fresh.engine());
    }
}
