//! Row W04 of the trust table, and clients that do anything at all.

use proptest::prelude::*;

use super::*;

#[test]
fn w04_an_unknown_sid_is_answered_with_404() {
    let answer = Answer::refusal(Condition::ItemNotFound, false);
    assert_eq!(answer.status, 404);
    assert!(String::from_utf8_lossy(&answer.body).contains("item-not-found"));
    assert_eq!(Answer::refusal(Condition::ItemNotFound, true).status, 200);
}

#[test]
fn w04_a_rid_outside_the_window_ends_the_session() {
    for rid in [103, 110, 99, 1, (1 << 53) - 1] {
        let mut world = world("");
        let (answers, events) = world.send(rid, "", HI);
        assert!(ended_with(&answers, 1, "item-not-found"), "{rid}");
        assert_eq!(events, [Event::Lost], "nothing of it was taken");
    }
}

#[test]
fn w04_a_repeated_rid_gets_the_kept_answer_whatever_it_says() {
    let mut world = world("");
    world.send(101, "", HI);
    let first = world.say("<presence xmlns='jabber:client'/>").remove(0).2;
    let (answers, events) = world.send(101, "", "<message xmlns='jabber:client' to='eve@h'/>");
    assert_eq!(answers, [(2, 200, first)]);
    assert!(events.is_empty());
    assert!(!world.session.is_over());
}

#[test]
fn w04_repeating_without_end_is_a_violation() {
    let mut world = world("");
    world.send(101, "", HI);
    for _ in 0..REPEATS {
        world.send(101, "", HI);
    }
    let (answers, _) = world.send(101, "", HI);
    assert!(ended_with(&answers, 12, "policy-violation"));
}

#[test]
fn w04_ten_requests_at_once_are_a_violation() {
    let mut world = world("");
    let mut out = Output::default();
    for n in 1..=10 {
        let request = body(&format!("rid='{}' sid='SID'", 100 + n), HI);
        world.session.request(request, HOME, n, world.now, &mut out);
    }
    let (answers, events) = read(out);
    assert!(ended_with(&answers, 3, "policy-violation"));
    assert!(ended_with(&answers, 1, "other-request"));
    assert_eq!(answers.len(), 10);
    assert_eq!(events.iter().filter(|e| **e == Event::Lost).count(), 1);
}

#[test]
fn w04_empty_requests_in_quick_succession_are_a_violation() {
    let mut world = world("");
    world.later(5);
    world.send(101, "", "");
    let (answers, _) = world.send(102, "", "");
    assert!(ended_with(&answers, 2, "policy-violation"));
    let mut polling = self::world("hold='0'");
    polling.later(5);
    assert_eq!(polling.send(101, "", "").0.len(), 1);
    let (answers, _) = polling.send(102, "", "");
    assert!(ended_with(&answers, 2, "policy-violation"));
}

#[test]
fn w04_wishes_beyond_the_bounds_are_clamped() {
    let mut out = Output::default();
    let request = body("rid='100' to='h.example' wait='99999' hold='100'", "");
    let mut session =
        Session::open(Times::default(), request, "SID".into(), HOME, true, 0_u32, START, &mut out);
    session.push(HI.as_bytes());
    session.poll(START, &mut out);
    let first = read(out).0.remove(0).2;
    let parsed = skein_xml::Document::parse(&first, &skein_xml::Limits::after_login()).unwrap();
    assert_eq!(parsed.root().attr("wait").as_deref(), Some("60"));
    assert_eq!(parsed.root().attr("hold").as_deref(), Some("1"));
    let mut world = world("");
    world.send(101, "pause='99999999999999999999999'", "");
    assert_eq!(world.session.deadline(), world.now.plus(PAUSE));
}

#[test]
fn w04_another_address_or_plain_http_is_refused_and_the_session_goes_on() {
    for via in [ABROAD, Via { secure: false, ..HOME }] {
        let mut world = world("");
        for rid in [101, 1, 5000] {
            let (answers, events) = world.send_via(via, rid, "type='terminate'", HI);
            assert_eq!(answers.len(), 1);
            assert!(answers[0].2.contains("item-not-found"));
            assert!(events.is_empty());
        }
        assert!(world.send(101, "", HI).1.len() == 1);
        assert_eq!(world.say(HI).len(), 1);
    }
}

#[test]
fn what_is_no_body_is_a_bad_request() {
    for text in [
        "",
        "<body/>",
        "<body xmlns='http://jabber.org/protocol/httpbind'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='0'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='-1'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='9007199254740992'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' wait='x'/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1'>text</body>",
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1'><a></body>",
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1'/><a/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1'><!-- --></body>",
        "<!DOCTYPE body><body xmlns='http://jabber.org/protocol/httpbind' rid='1'/>",
        "<stream xmlns='http://jabber.org/protocol/httpbind' rid='1'/>",
    ] {
        assert_eq!(Request::parse(text.as_bytes()), Err(Condition::BadRequest), "{text}");
    }
    assert_eq!(Answer::refusal(Condition::BadRequest, false).status, 400);
}

#[derive(Debug, Clone)]
enum Act {
    Send { ahead: u64, empty: bool },
    Say,
    Later(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0u64..3, any::<bool>()).prop_map(|(ahead, empty)| Act::Send { ahead, empty }),
        Just(Act::Say),
        (0u64..20).prop_map(Act::Later),
    ]
}

proptest! {
    /// Whatever the client does: every request is answered at most once and all of
    /// them by the end, answers to new requests come in the order of their `rid`,
    /// and what was said arrives once and in order as long as the session lives.
    #[test]
    fn every_request_is_answered_once_and_in_order(acts in prop::collection::vec(act(), 0..40)) {
        let mut world = world("");
        let mut said = 0_u32;
        let mut rid = 100;
        let mut answered = std::collections::HashMap::new();
        let mut heard = Vec::new();
        let mut note = |answers: Answers, repeated: Option<u32>| {
            for (waiter, _, body) in answers {
                assert!(answered.insert(waiter, ()).is_none(), "answered twice");
                // A kept answer says again what was heard before.
                if repeated == Some(waiter) {
                    continue;
                }
                let numbers = body.split("<n xmlns='x'>").skip(1);
                heard.extend(numbers.filter_map(|rest| rest.split('<').next()?.parse::<u32>().ok()));
            }
        };
        for act in acts {
            match act {
                Act::Send { ahead, empty } => {
                    let this = rid + ahead;
                    let repeated = (this <= rid).then_some(world.next);
                    note(world.send(this, "", if empty { "" } else { HI }).0, repeated);
                    rid = rid.max(this);
                }
                Act::Say => {
                    note(world.say(&format!("<n xmlns='x'>{said}</n>")), None);
                    said += 1;
                }
                Act::Later(seconds) => {
                    world.later(seconds);
                    note(world.poll().0, None);
                }
            }
        }
        world.later(1_000);
        note(world.poll().0, None);
        world.later(1_000);
        note(world.poll().0, None);
        prop_assert_eq!(answered.len() as u32, world.next - 1);
        prop_assert!(heard.is_sorted_by(|a, b| a < b), "{heard:?}");
    }
}
