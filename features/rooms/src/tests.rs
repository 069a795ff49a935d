//! What other features hear of rooms.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::Secret;
use skein_kernel::{Event, Feature};
use skein_testkit::{Client, World};
use skein_xmpp::{Condition, Stanza, ns};

const ROOM: &str = "verona@rooms.localhost";

/// Who missed which text.
#[derive(Default)]
struct Heard(Mutex<Vec<(String, String)>>);

fn listener() -> Feature {
    Feature::new("listener", "hears what is missed").state(Arc::new(Heard::default())).on(
        |ctx, event| {
            Box::pin(async move {
                if let Event::Missed { away, message, .. } = event {
                    let text = message.child("body", ns::CLIENT).map(|body| body.text().into());
                    let heard = away.iter().map(|jid| jid.as_str().to_owned());
                    let text: String = text.unwrap_or_default();
                    ctx.state::<Heard>().0.lock().extend(heard.map(|jid| (jid, text.clone())));
                }
            })
        },
    )
}

async fn inside(client: &mut Client, nick: &str) {
    client.say(&format!("<presence to='{ROOM}/{nick}'><x xmlns='{}'/></presence>", ns::MUC)).await;
    let own = client.hear();
    assert!(own.iter().all(|stanza| skein_testkit::refusal(stanza).is_none()), "{own:?}");
}

async fn member(owner: &mut Client, name: &str) {
    let item = format!("<item jid='{name}@localhost' nick='{name}' affiliation='member'/>");
    let query = format!("<query xmlns='{}'>{item}</query>", ns::MUC_ADMIN);
    let answer = owner.ask_at(Some(ROOM), "set", &query).await;
    assert_eq!(skein_testkit::refusal(&answer), None::<Condition>);
}

/// Events reach features a moment after the stanza is handled.
async fn heard(world: &World, many: usize) -> Vec<(String, String)> {
    let come = async {
        while world.ctx.state::<Heard>().0.lock().len() < many {
            tokio::task::yield_now().await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(15), come).await;
    world.ctx.state::<Heard>().0.lock().clone()
}

#[tokio::test]
async fn a_whisper_is_missed_by_those_receivers_alone_of_whom_no_client_is_there() {
    let world = World::new(vec![crate::feature(&Secret::new([7; 32])), listener()]).await;
    let mut alice = world.login("alice/1").await;
    inside(&mut alice, "alice").await;
    let form = "<x xmlns='jabber:x:data' type='submit'/>";
    let query = format!("<query xmlns='{}'>{form}</query>", ns::MUC_OWNER);
    alice.ask_at(Some(ROOM), "set", &query).await;
    for name in ["bob", "carol", "dave"] {
        world.account(name);
        member(&mut alice, name).await;
    }
    // Bob is nowhere, Carol is online and not inside, Dave is inside.
    let mut carol = world.login("carol/1").await;
    let mut dave = world.login("dave/1").await;
    inside(&mut dave, "dave").await;
    let whisper = |body: &str, to: &[&str]| {
        let to: String = to.iter().map(|nick| format!("<to nick='{nick}'/>")).collect();
        format!(
            "<message to='{ROOM}' type='chat' id='{body}'><body>{body}</body>\
             <whisper xmlns='{}'>{to}</whisper></message>",
            ns::WHISPER
        )
    };
    alice.say(&whisper("one", &["bob", "carol", "dave"])).await;
    assert_eq!((carol.hear_bodies(), dave.hear_bodies()), (vec!["one".into()], vec!["one".into()]));
    alice.say(&whisper("two", &["dave"])).await;
    alice.say(&whisper("three", &["bob"])).await;
    let refused: Vec<Stanza> = alice.hear();
    assert!(refused.iter().all(|stanza| skein_testkit::refusal(stanza).is_none()), "{refused:?}");
    let bob = |text: &str| ("bob@localhost".to_owned(), text.to_owned());
    let mut missed = heard(&world, 2).await;
    missed.sort();
    assert_eq!(missed, [bob("one"), bob("three")]);
}
