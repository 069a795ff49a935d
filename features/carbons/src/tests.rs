//! Copies to the other devices of both sides (XEP-0280).

use skein_testkit::{Client, World};
use skein_xmpp::{Stanza, ns};

async fn device(world: &World, address: &str, copies: bool) -> Client {
    let mut client = world.login(address).await;
    if copies {
        client.ask("set", "<enable xmlns='urn:xmpp:carbons:2'/>").await;
    }
    client
}

/// How each message came: itself, or as which copy.
fn came(client: &mut Client) -> Vec<&'static str> {
    let how = |stanza: &Stanza| {
        if stanza.has("received", ns::CARBONS) {
            "received"
        } else if stanza.has("sent", ns::CARBONS) {
            "sent"
        } else {
            "itself"
        }
    };
    client.hear().iter().map(how).collect()
}

#[tokio::test]
async fn other_devices_of_both_sides_get_copies_and_nobody_gets_two() {
    let world = World::new(vec![crate::feature()]).await;
    let mut a1 = device(&world, "alice/1", true).await;
    let mut a2 = device(&world, "alice/2", true).await;
    let mut a3 = device(&world, "alice/3", false).await;
    let mut b1 = device(&world, "bob/1", true).await;
    let mut b2 = device(&world, "bob/2", true).await;
    a1.say("<message to='bob@localhost/1' type='chat'><body>x</body></message>").await;
    assert_eq!(came(&mut a1), [""; 0]);
    assert_eq!(came(&mut a2), ["sent"]);
    assert_eq!(came(&mut a3), [""; 0]);
    assert_eq!(came(&mut b1), ["itself"]);
    assert_eq!(came(&mut b2), ["received"]);
    // To the bare address both have it anyway.
    a1.say("<message to='bob@localhost' type='chat'><body>x</body></message>").await;
    assert_eq!((came(&mut b1), came(&mut b2)), (vec!["itself"], vec!["itself"]));
    assert_eq!(came(&mut a2), ["sent"]);
    a2.ask("set", "<disable xmlns='urn:xmpp:carbons:2'/>").await;
    a1.say("<message to='bob@localhost/1' type='chat'><body>x</body></message>").await;
    assert_eq!(came(&mut a2), [""; 0]);
}

/// A copy names the whole conversation and is the owner's alone (section 11).
#[tokio::test]
async fn a_copy_comes_from_the_own_account_and_holds_the_message_as_it_was() {
    let world = World::new(vec![crate::feature()]).await;
    let a1 = device(&world, "alice/1", true).await;
    let mut a2 = device(&world, "alice/2", true).await;
    world.login("bob/1").await;
    a1.say("<message to='bob@localhost/1' type='chat' id='m1'><body>x</body><thread>t</thread></message>").await;
    let copies = a2.hear_xml();
    assert_eq!(copies.len(), 1);
    for part in [
        "from='alice@localhost'",
        "to='alice@localhost/2'",
        "<forwarded xmlns='urn:xmpp:forward:0'>",
        "from='alice@localhost/1'",
        "to='bob@localhost/1'",
        "<thread>t</thread>",
    ] {
        assert!(copies[0].contains(part), "{part} in {}", copies[0]);
    }
}

#[tokio::test]
async fn private_messages_are_not_copied_and_the_mark_does_not_leave() {
    let world = World::new(vec![crate::feature()]).await;
    let a1 = device(&world, "alice/1", true).await;
    let mut a2 = device(&world, "alice/2", true).await;
    let (mut b1, mut b2) =
        (device(&world, "bob/1", true).await, device(&world, "bob/2", true).await);
    a1.say(
        "<message to='bob@localhost/1' type='chat'><body>x</body><private xmlns='urn:xmpp:carbons:2'/>\
         <no-copy xmlns='urn:xmpp:hints'/></message>",
    )
    .await;
    assert_eq!((came(&mut a2), came(&mut b2)), (vec![], vec![]));
    let got = b1.hear_xml();
    assert!(got.len() == 1 && !got[0].contains("urn:xmpp:carbons:2"), "{got:?}");
}
