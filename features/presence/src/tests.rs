//! Presence and subscriptions between people who are here (RFC 6121 sections 3 and 4).

use skein_kernel::contracts::{Roster, Subscription};
use skein_testkit::{Client, World, refusal};
use skein_xmpp::{Condition, Kind, PresenceType, Stanza};

async fn world() -> World {
    World::new(vec![crate::feature()]).await
}

/// Type and sender of each presence that came.
fn presences(client: &mut Client) -> Vec<(PresenceType, String)> {
    let each = |stanza: &Stanza| {
        let Kind::Presence(kind) = stanza.kind else { return None };
        Some((kind, stanza.from.as_ref().map(|from| from.as_str().to_owned()).unwrap_or_default()))
    };
    client.hear().iter().filter_map(each).collect()
}

/// What the owner's server notes of the contact.
fn state(owner: &Client, contact: &Client) -> Subscription {
    let roster = owner.session.user.slot::<Roster>().unwrap_or_default();
    roster.with(&contact.session.user.jid)
}

async fn says(from: &Client, kind: &str, to: &Client) {
    from.say(&format!("<presence type='{kind}' to='{}'/>", to.bare())).await;
}

/// A contact that is let in sees, and one that is thrown out is told that nobody is there.
#[tokio::test]
async fn a_subscription_begins_and_ends() {
    let world = world().await;
    let (mut a, mut b) = (world.login("alice/a").await, world.login("bob/b").await);
    says(&a, "subscribe", &b).await;
    assert!(state(&a, &b).ask && state(&b, &a).pending_in);
    assert_eq!(presences(&mut b), [(PresenceType::Subscribe, a.bare().to_owned())]);
    // Asking again brings no second question (section 3.1.3).
    says(&a, "subscribe", &b).await;
    assert_eq!(presences(&mut b), []);
    says(&b, "subscribed", &a).await;
    let b_is_here = (PresenceType::Available, b.full().to_owned());
    assert_eq!(presences(&mut a), [b_is_here]);
    assert!(state(&a, &b).to && state(&b, &a).from && !state(&a, &b).ask);
    b.say("<presence><show>away</show></presence>").await;
    assert_eq!(presences(&mut a), [(PresenceType::Available, b.full().to_owned())]);
    says(&b, "unsubscribed", &a).await;
    let heard = presences(&mut a);
    assert!(heard.contains(&(PresenceType::Unavailable, b.full().to_owned())), "{heard:?}");
    assert!(!state(&a, &b).to && !state(&b, &a).from);
    b.hear();
    b.say("<presence/>").await;
    assert_eq!(presences(&mut a), []);
}

#[tokio::test]
async fn a_request_waits_for_whoever_is_away_and_comes_until_it_is_answered() {
    let world = world().await;
    world.account("bob");
    let mut a = world.login("alice/a").await;
    a.say("<presence type='subscribe' to='bob@localhost'><status>it is me</status></presence>")
        .await;
    for resource in ["one", "two"] {
        let b = world.login(&format!("bob/{resource}")).await;
        world.end(b).await;
        let mut b = world.bind(&format!("bob/{resource}")).await;
        b.say("<presence/>").await;
        let asked: Vec<String> =
            b.hear_xml().into_iter().filter(|xml| xml.contains("subscribe")).collect();
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert!(asked[0].contains("it is me"), "as it was sent");
        world.end(b).await;
    }
    let b = world.login("bob/three").await;
    says(&b, "unsubscribed", &a).await;
    world.end(b).await;
    let mut b = world.bind("bob/four").await;
    b.say("<presence/>").await;
    assert!(!b.hear_xml().iter().any(|xml| xml.contains("subscribe")));
    assert!(!state(&a, &b).ask);
    a.hear();
}

#[tokio::test]
async fn pre_approval_lets_in_without_a_question_and_can_be_taken_back() {
    let world = world().await;
    let (mut a, mut b) = (world.login("alice/a").await, world.login("bob/b").await);
    says(&b, "subscribed", &a).await;
    assert_eq!(presences(&mut a), [], "nobody is told of it (section 3.4.2)");
    assert!(state(&b, &a).pre_approved && !state(&b, &a).from);
    says(&b, "unsubscribed", &a).await;
    assert!(!state(&b, &a).pre_approved);
    says(&b, "subscribed", &a).await;
    says(&a, "subscribe", &b).await;
    assert!(!presences(&mut b).iter().any(|(kind, _)| *kind == PresenceType::Subscribe));
    assert!(state(&b, &a).from && !state(&b, &a).pre_approved && state(&a, &b).to);
    assert!(presences(&mut a).contains(&(PresenceType::Available, b.full().to_owned())));
}

#[tokio::test]
async fn s10_what_nobody_asked_for_changes_nothing() {
    let world = world().await;
    let (mut a, mut m) = (world.login("alice/a").await, world.login("mallory/m").await);
    for kind in ["subscribed", "unsubscribe", "unsubscribed"] {
        says(&m, kind, &a).await;
        assert_eq!(presences(&mut a), [], "{kind}");
        assert_eq!(state(&a, &m), Subscription::default(), "{kind}");
    }
    a.say("<presence/>").await;
    assert_eq!(presences(&mut m), []);
}

#[tokio::test]
async fn priorities_are_numbers_of_one_byte() {
    let world = world().await;
    let mut a = world.bind("alice/a").await;
    for (priority, fits) in [
        ("-128", true),
        ("127", true),
        ("0", true),
        ("", true),
        ("128", false),
        ("-129", false),
        ("high", false),
    ] {
        a.say(&format!("<presence><priority>{priority}</priority></presence>")).await;
        let refused = a.hear().iter().any(|stanza| refusal(stanza) == Some(Condition::BadRequest));
        assert_eq!(refused, !fits, "{priority:?}");
    }
}

#[tokio::test]
async fn a_probe_is_answered_to_those_who_may_see_and_to_others_as_if_nobody_were_there() {
    let world = world().await;
    let (mut a, b) = (world.login("alice/a").await, world.login("bob/b").await);
    let mut m = world.login("mallory/m").await;
    says(&a, "subscribe", &b).await;
    says(&b, "subscribed", &a).await;
    a.hear();
    says(&a, "probe", &b).await;
    assert_eq!(presences(&mut a), [(PresenceType::Available, b.full().to_owned())]);
    m.say(&format!("<presence type='probe' to='{}'/>", b.bare())).await;
    m.say("<presence type='probe' to='nobody@localhost'/>").await;
    let heard = presences(&mut m);
    let kinds: Vec<PresenceType> = heard.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [PresenceType::Unsubscribed; 2]);
}

#[tokio::test]
async fn the_end_of_a_session_is_told_to_all_who_saw_it() {
    let world = world().await;
    let (mut a, b) = (world.login("alice/a").await, world.login("bob/b").await);
    let (mut stranger, mut own) = (world.login("carol/c").await, world.login("bob/other").await);
    says(&a, "subscribe", &b).await;
    says(&b, "subscribed", &a).await;
    b.say(&format!("<presence to='{}'/>", stranger.full())).await;
    for client in [&mut a, &mut stranger, &mut own] {
        client.hear();
    }
    let gone = (PresenceType::Unavailable, b.full().to_owned());
    world.end(b).await;
    for client in [&mut a, &mut stranger, &mut own] {
        assert_eq!(presences(client), std::slice::from_ref(&gone), "{}", client.full());
    }
}

#[tokio::test]
async fn presence_is_bounded_and_what_is_too_large_changes_nothing() {
    let world = world().await;
    let (mut a, mut b) = (world.login("alice/a").await, world.login("bob/b").await);
    says(&b, "subscribe", &a).await;
    says(&a, "subscribed", &b).await;
    b.hear();
    a.hear();
    let status =
        |bytes: usize| format!("<presence><status>{}</status></presence>", "s".repeat(bytes));
    let many = format!("<presence>{}</presence>", "<x xmlns='urn:x'/>".repeat(1_000));
    for (presence, fits) in [(status(1_024), true), (status(1_025), false), (many, false)] {
        a.say(&presence).await;
        let refused = a.hear().iter().any(|one| refusal(one) == Some(Condition::NotAcceptable));
        assert_eq!((refused, presences(&mut b).len()), (!fits, usize::from(fits)));
    }
    let kept = a.session.presence().map(|presence| presence.content().len());
    assert!(kept.is_some_and(|bytes| bytes < 2_000));
}
