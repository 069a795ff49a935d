//! What people find in their archives, and when it goes: on both engines, by a clock that
//! the test sets.

use std::time::Duration;

use skein_base::Secret;
use skein_config::Limits;
use skein_db::testing::databases;
use skein_testkit::{Client, World};
use skein_xmpp::{Stanza, ns};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A world on each engine, where messages are kept for so many days.
async fn worlds(retention_days: u32) -> Vec<World> {
    let mut worlds = Vec::new();
    for fresh in databases() {
        let features = vec![skein_archive::feature(&Secret::new([7; 32]), &Limits::default())];
        let change = |config: &mut skein_config::Config| {
            config.archive.retention_days = retention_days;
        };
        worlds.push(World::on(fresh, features, change).await);
    }
    worlds
}

/// The messages of a client's whole archive, oldest first.
async fn history(client: &mut Client) -> Vec<String> {
    client.hear();
    client.say("<iq type='set' id='h'><query xmlns='urn:xmpp:mam:2'/></iq>").await;
    let forwarded = |stanza: &Stanza| {
        let result = stanza.child("result", ns::MAM)?;
        let message =
            result.children().next()?.children().find(|child| child.name() == "message")?;
        Some(message.children().map(|child| format!("{}:{}", child.name(), child.text())).collect())
    };
    client.hear().iter().filter_map(forwarded).collect()
}

async fn chat(from: &Client, to: &str, id: &str, body: &str) {
    let message = format!("<message to='{to}' type='chat' id='{id}'><body>{body}</body></message>");
    from.say(&message).await;
}

#[tokio::test]
async fn messages_go_when_their_time_is_over_on_both_sides() {
    for world in worlds(30).await {
        let (mut a, mut b) = (world.login("alice/a").await, world.login("bob/b").await);
        chat(&a, "bob@localhost", "1", "old").await;
        world.pass(DAY * 29);
        chat(&b, "alice@localhost", "2", "young").await;
        world.run("archive.retention").await;
        for client in [&mut a, &mut b] {
            assert_eq!(history(client).await, ["body:old", "body:young"], "{}", world.engine());
        }
        world.pass(DAY * 2);
        world.run("archive.retention").await;
        for client in [&mut a, &mut b] {
            assert_eq!(history(client).await, ["body:young"], "{}", world.engine());
        }
        world.pass(DAY * 300);
        world.run("archive.retention").await;
        chat(&a, "bob@localhost", "3", "new").await;
        for client in [&mut a, &mut b] {
            assert_eq!(history(client).await, ["body:new"], "{}", world.engine());
        }
    }
}

#[tokio::test]
async fn without_a_time_nothing_goes() {
    for world in worlds(0).await {
        let (mut a, _b) = (world.login("alice/a").await, world.login("bob/b").await);
        chat(&a, "bob@localhost", "1", "kept").await;
        world.pass(DAY * 10_000);
        world.run("archive.retention").await;
        assert_eq!(history(&mut a).await, ["body:kept"]);
    }
}

/// However long ago it was said and however much was said since.
#[tokio::test]
async fn a_message_is_taken_back_in_both_archives_long_after() {
    for world in worlds(0).await {
        let (mut a, mut b) = (world.login("alice/a").await, world.login("bob/b").await);
        chat(&a, "bob@localhost", "1", "said in anger").await;
        for number in 0..40 {
            // The other side may use the same id, and so may the sender with others.
            chat(&b, "alice@localhost", "1", &format!("decoy {number}")).await;
        }
        world.pass(DAY * 400);
        let retract = "<message to='bob@localhost' type='chat' id='2'>\
             <retract xmlns='urn:xmpp:message-retract:1' id='1'/><store xmlns='urn:xmpp:hints'/></message>";
        a.say(retract).await;
        for client in [&mut a, &mut b] {
            let kept = history(client).await;
            assert!(!kept.iter().any(|entry| entry.contains("anger")), "{kept:?}");
            assert!(kept[0].starts_with("retracted:"), "{kept:?}");
            assert_eq!(kept.iter().filter(|entry| entry.contains("decoy")).count(), 40);
        }
    }
}

#[tokio::test]
async fn what_was_said_to_nobody_waits_with_the_time_at_which_it_was_said() {
    for world in worlds(0).await {
        world.account("bob");
        let a = world.login("alice/a").await;
        chat(&a, "bob@localhost", "1", "first").await;
        world.pass(DAY);
        chat(&a, "bob@localhost", "2", "second").await;
        world.pass(DAY);
        let mut b = world.bind("bob/b").await;
        b.say("<presence/>").await;
        let waited: Vec<(String, String)> = b.hear().iter().filter_map(delayed).collect();
        let (first, second) = ("2027-01-15T08:00:00", "2027-01-16T08:00:00");
        assert_eq!(waited.len(), 2, "{waited:?}");
        for ((body, stamp), (text, time)) in
            waited.iter().zip([("first", first), ("second", second)])
        {
            assert_eq!(body, text);
            assert!(stamp.starts_with(time), "{stamp}");
        }
    }
}

fn delayed(stanza: &Stanza) -> Option<(String, String)> {
    let body = stanza.child("body", ns::CLIENT)?.text().into_owned();
    Some((body, stanza.child("delay", ns::DELAY)?.attr("stamp")?.into_owned()))
}
