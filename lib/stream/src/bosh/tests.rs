//! A session from the outside: what XEP-0124 asks for.

use std::time::Duration;

use skein_base::Timestamp;

use super::*;

mod hostile;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
const HOME: Via = Via { address: IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7)), secure: true };
const ABROAD: Via =
    Via { address: IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7)), secure: true };

/// A session with numbered waiters, driven as the web server does.
struct World {
    session: Session<u32>,
    now: Timestamp,
    next: u32,
}

type Answers = Vec<(u32, u16, String)>;

fn body(attributes: &str, payload: &str) -> Request {
    let text = format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' {attributes}>{payload}</body>"
    );
    Request::parse(text.as_bytes()).unwrap()
}

fn read(out: Output<u32>) -> (Answers, Vec<Event>) {
    let text = |answer: Answer| (answer.status, String::from_utf8(answer.body.to_vec()).unwrap());
    let answers = out.answers.into_iter().map(|(waiter, answer)| {
        let (status, body) = text(answer);
        (waiter, status, body)
    });
    (answers.collect(), out.events)
}

/// Opens a session with `rid` 100 and, unless it polls, answers it with features.
fn world(attributes: &str) -> World {
    let mut out = Output::default();
    let request = body(&format!("rid='100' to='h.example' ver='1.11' {attributes}"), "");
    let session =
        Session::open(Times::default(), request, "SID".into(), HOME, true, 0, START, &mut out);
    let mut world = World { session, now: START, next: 1 };
    assert!(matches!(&out.events[..], [Event::Open(_)]));
    assert!(out.answers.is_empty());
    world.session.push(b"<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>");
    let (answers, _) = world.poll();
    assert_eq!(answers.len(), 1);
    world
}

impl World {
    fn send(&mut self, rid: u64, attributes: &str, payload: &str) -> (Answers, Vec<Event>) {
        self.send_via(HOME, rid, attributes, payload)
    }

    fn send_via(
        &mut self,
        via: Via,
        rid: u64,
        attributes: &str,
        payload: &str,
    ) -> (Answers, Vec<Event>) {
        let request = body(&format!("rid='{rid}' sid='SID' {attributes}"), payload);
        let mut out = Output::default();
        self.session.request(request, via, self.next, self.now, &mut out);
        self.next += 1;
        self.session.poll(self.now, &mut out);
        read(out)
    }

    fn poll(&mut self) -> (Answers, Vec<Event>) {
        let mut out = Output::default();
        self.session.poll(self.now, &mut out);
        read(out)
    }

    fn say(&mut self, payload: &str) -> Answers {
        self.session.push(payload.as_bytes());
        self.poll().0
    }

    fn later(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }
}

fn ended_with(answers: &Answers, waiter: u32, condition: &str) -> bool {
    answers.iter().any(|(to, _, body)| {
        *to == waiter
            && body.contains("terminate")
            && (condition.is_empty()
                || body.contains(&format!("\"{condition}\""))
                || body.contains(&format!("'{condition}'")))
    })
}

const HI: &str = "<message xmlns='jabber:client'><body>hi</body></message>";

#[test]
fn the_first_answer_tells_what_was_agreed_on_and_carries_the_features() {
    let mut out = Output::default();
    let request = body(
        "rid='1573741820' to='h.example' from='u@h.example' wait='45' hold='1' ver='1.6' ack='1' xml:lang='en' xmpp:version='1.0'",
        "",
    );
    let mut session =
        Session::open(Times::default(), request, "SID".into(), HOME, true, 0_u32, START, &mut out);
    let Some(Event::Open(stream)) = out.events.pop() else { panic!("no stream") };
    assert_eq!(stream.to.as_deref(), Some("h.example"));
    assert_eq!(stream.from.as_deref(), Some("u@h.example"));
    assert_eq!(stream.lang.as_deref(), Some("en"));
    assert_eq!(stream.version.as_deref(), Some("1.0"));
    session.push(b"<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>");
    session.poll(START, &mut out);
    let (answers, _) = read(out);
    let parsed = skein_xml::Document::parse(&answers[0].2, &skein_xml::Limits::after_login());
    let parsed = parsed.unwrap();
    let root = parsed.root();
    for (name, value) in [
        ("sid", "SID"),
        ("wait", "45"),
        ("hold", "1"),
        ("requests", "2"),
        ("ver", "1.6"),
        ("ack", "1573741820"),
        ("inactivity", "30"),
        ("polling", "2"),
        ("maxpause", "120"),
        ("from", "h.example"),
    ] {
        assert_eq!(root.attr(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(root.attr_ns("restartlogic", XBOSH).as_deref(), Some("true"));
    assert!(root.child("features", "http://etherx.jabber.org/streams").is_some());
}

#[test]
fn payloads_arrive_as_elements_of_their_own() {
    let mut world = world("");
    let (_, events) = world.send(
        101,
        "",
        " <iq xmlns='jabber:client' type='get'/>\n<presence/><r xmlns='urn:xmpp:sm:3'/>",
    );
    let texts: Vec<_> = events
        .into_iter()
        .map(|event| match event {
            Event::Payload(bytes) => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    let read: Vec<_> = texts
        .iter()
        .map(|text| {
            let element = skein_xml::Element::new(text, "");
            (element.name(), element.ns())
        })
        .collect();
    assert_eq!(
        read,
        [("iq", "jabber:client"), ("presence", "jabber:client"), ("r", "urn:xmpp:sm:3")]
    );
}

#[test]
fn a_request_is_held_until_there_is_something_to_say() {
    let mut world = world("");
    assert!(world.send(101, "", HI).0.is_empty());
    let answers = world.say("<presence xmlns='jabber:client'/>");
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].0, 1);
    assert!(answers[0].2.contains("<presence"));
}

#[test]
fn a_second_request_releases_the_first_and_is_held_itself() {
    let mut world = world("");
    world.send(101, "", HI);
    let (answers, _) = world.send(102, "", HI);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].0, 1);
    assert!(answers[0].2.contains("ack="), "the later request is acknowledged");
    assert_eq!(world.say(HI)[0].0, 2);
}

#[test]
fn a_held_request_is_answered_when_its_time_is_up() {
    let mut world = world("wait='10'");
    world.send(101, "", "");
    assert_eq!(world.session.deadline(), world.now.plus(Duration::from_secs(10)));
    world.later(9);
    assert!(world.poll().0.is_empty());
    world.later(1);
    assert_eq!(world.poll().0.len(), 1);
}

#[test]
fn payloads_are_taken_in_order_even_if_requests_are_not() {
    let mut world = world("");
    let (answers, events) = world.send(102, "", "<b xmlns='x'/>");
    assert!(answers.is_empty() && events.is_empty());
    let (answers, events) = world.send(101, "", "<a xmlns='x'/>");
    assert_eq!(answers.len(), 1, "101 is answered, 102 held");
    assert_eq!(answers[0].0, 2);
    let [Event::Payload(a), Event::Payload(b)] = &events[..] else { panic!("{events:?}") };
    assert!(a.starts_with(b"<a") && b.starts_with(b"<b"));
}

#[test]
fn a_restart_opens_the_stream_anew_and_its_payload_is_ignored() {
    let mut world = world("");
    let (_, events) = world.send(101, "to='h.example' xmpp:restart='true'", HI);
    let [Event::Open(stream)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(stream.to.as_deref(), Some("h.example"));
}

#[test]
fn silence_ends_the_session_and_a_pause_prolongs_it() {
    let mut world = world("");
    world.later(29);
    assert!(world.poll().1.is_empty());
    let (answers, _) = world.send(101, "pause='100'", "");
    assert_eq!(answers.len(), 1);
    world.later(99);
    assert!(world.poll().1.is_empty());
    world.later(1);
    assert_eq!(world.poll().1, [Event::Lost]);
    assert!(world.session.is_over());
    let (answers, _) = world.send(102, "", "");
    assert!(ended_with(&answers, 2, "item-not-found"));
}

#[test]
fn the_answer_to_a_pause_carries_nothing_and_what_waits_comes_after() {
    let mut world = world("");
    world.session.push(HI.as_bytes());
    let request = body("rid='101' sid='SID' pause='60'", "");
    let mut out = Output::default();
    world.session.request(request, HOME, 1, world.now, &mut out);
    world.session.poll(world.now, &mut out);
    let (answers, _) = read(out);
    assert!(!answers[0].2.contains("message"));
    let (answers, _) = world.send(102, "", "");
    assert!(answers[0].2.contains("message"));
}

#[test]
fn the_client_ends_the_session_with_a_last_payload() {
    let mut world = world("");
    world.send(101, "", HI);
    let (answers, events) =
        world.send(102, "type='terminate'", "<presence xmlns='jabber:client' type='unavailable'/>");
    assert!(matches!(&events[..], [Event::Payload(_), Event::Closed]));
    assert_eq!(answers.len(), 2);
    assert!(ended_with(&answers, 1, ""));
    assert!(!ended_with(&answers, 2, ""));
    assert!(world.session.is_over());
}

#[test]
fn a_stream_error_goes_to_the_oldest_request_or_to_the_next() {
    for held in [true, false] {
        let mut world = world("");
        if held {
            world.send(101, "", "");
        }
        world.session.push(
            b"<stream:error xmlns:stream='http://etherx.jabber.org/streams'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
        );
        let mut out = Output::default();
        world.session.end(Some(Condition::RemoteStreamError), world.now, &mut out);
        let mut answers = read(out).0;
        if !held {
            assert!(answers.is_empty());
            answers = world.send(101, "", "").0;
        }
        assert!(ended_with(&answers, 1, "remote-stream-error"));
        assert!(answers[0].2.contains("conflict"));
        assert!(world.session.is_over());
    }
}

#[test]
fn a_repeated_rid_that_still_waits_takes_the_place_of_the_first() {
    let mut world = world("");
    world.send(101, "", HI);
    let (answers, events) = world.send(101, "", HI);
    assert!(events.is_empty());
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].0, 1);
    assert!(answers[0].2.contains("error"));
    assert_eq!(world.say(HI)[0].0, 2);
}

#[test]
fn polling_at_the_agreed_pace_goes_on() {
    let mut world = world("wait='0'");
    for rid in 101..120 {
        world.later(2);
        let (answers, _) = world.send(rid, "", "");
        assert_eq!(answers.len(), 1);
        assert!(!answers[0].2.contains("terminate"));
    }
}
