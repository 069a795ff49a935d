//! XEP-0124 and XEP-0206 through the web server.

#![allow(clippy::unwrap_used)] // helpers of tests

mod world;

use world::{Answer, PLAIN, World, within, world, world_with};

const NAMES: &str = "xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh'";

struct Client<'a> {
    world: &'a World,
    sid: String,
    rid: u64,
}

impl<'a> Client<'a> {
    async fn open(world: &'a World) -> Client<'a> {
        let mut client = Client { world, sid: String::new(), rid: 1000 };
        let first =
            client.ask("to='localhost' wait='1' hold='1' ver='1.6' xmpp:version='1.0'", "").await;
        assert!(first.content.contains("<mechanism>PLAIN</mechanism>"), "{first:?}");
        let (_, rest) = first.content.split_once(" sid='").unwrap();
        client.sid = rest.split('\'').next().unwrap().to_owned();
        client
    }

    fn body(&self, attributes: &str, payload: &str) -> String {
        let sid = if self.sid.is_empty() { String::new() } else { format!("sid='{}'", self.sid) };
        format!("<body {NAMES} rid='{}' {sid} {attributes}>{payload}</body>", self.rid)
    }

    async fn again(&self, attributes: &str, payload: &str) -> Answer {
        self.world.ask("POST", "/bosh", "", &self.body(attributes, payload)).await
    }

    async fn ask(&mut self, attributes: &str, payload: &str) -> Answer {
        self.rid += 1;
        within(self.again(attributes, payload)).await
    }

    async fn log_in(&mut self, then: &str) {
        let auth = format!(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{PLAIN}</auth>"
        );
        assert!(self.ask("", &auth).await.content.contains("<success"));
        assert!(
            self.ask("to='localhost' xmpp:restart='true'", "").await.content.contains("features")
        );
        let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind>";
        let bind = format!("<iq xmlns='jabber:client' type='set' id='b'>{bind}</iq>{then}");
        let bound = self.ask("", &bind).await;
        assert!(bound.content.contains("alice@localhost/r"), "{bound:?}");
    }
}

#[tokio::test]
async fn a_client_logs_in_talks_and_leaves() {
    let world = world().await;
    let mut client = Client::open(&world).await;
    client.log_in("").await;
    assert_eq!(world.service.ctx().sessions.count(), (1, 1));
    let query = "<iq xmlns='jabber:client' type='get' id='q'><x xmlns='urn:x'/></iq>";
    let answer = client.ask("", query).await;
    assert!(answer.content.contains("id='q'"), "{answer:?}");
    // W04: the same again is answered the same, and done once.
    let again = client.again("", query).await;
    assert_eq!(answer.content, again.content);
    let last = client.ask("type='terminate'", "").await;
    assert!(last.content.contains("terminate"), "{last:?}");
    assert_eq!(client.ask("", "").await.status, 404);
}

#[tokio::test]
async fn a_stanza_answers_the_request_that_waits() {
    let world = world().await;
    let mut client = Client::open(&world).await;
    client.log_in("").await;
    let session = world.service.ctx().sessions.all().pop().unwrap();
    client.rid += 1;
    let message = skein_xmpp::Stanza::new(skein_xmpp::Kind::Message(skein_xmpp::MessageType::Chat));
    // Whichever comes first, the request has the message in its answer.
    let (answer, _) =
        within(async { tokio::join!(client.again("", ""), async { session.send(&message) }) })
            .await;
    assert!(answer.content.contains("<message"), "{answer:?}");
}

#[tokio::test]
async fn a_session_that_is_lost_waits_to_be_resumed() {
    let world = world().await;
    let mut client = Client::open(&world).await;
    client.log_in("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").await;
    let session = world.service.ctx().sessions.all().pop().unwrap();
    assert!(!session.previd().is_empty());
    // W04: a request far ahead ends the BOSH session, not the stream.
    client.rid += 50;
    assert!(client.ask("", "").await.content.contains("item-not-found"));
    within(async {
        while session.link() != skein_session::outbox::Link::Detached {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(world.service.ctx().sessions.count(), (1, 1));
}

#[tokio::test]
async fn when_the_server_stops_the_client_is_told() {
    let world = world().await;
    let mut client = Client::open(&world).await;
    client.log_in("").await;
    world.service.stop();
    let answer = client.ask("", "").await;
    assert!(answer.content.contains("system-shutdown"), "{answer:?}");
}

#[tokio::test]
async fn who_does_not_log_in_in_time_is_told_so() {
    let patience = std::time::Duration::from_millis(50);
    let world = world_with(|config| config.limits.negotiation = patience).await;
    let mut client = Client::open(&world).await;
    let answer = client.ask("", "").await;
    assert!(answer.content.contains("connection-timeout"), "{answer:?}");
    assert!(answer.content.contains("remote-stream-error"), "{answer:?}");
}

#[tokio::test]
async fn w04_before_login_the_tighter_bounds_hold() {
    let world = world().await;
    let mut client = Client::open(&world).await;
    let long = "A".repeat(200_000);
    let auth =
        format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{long}</auth>");
    let answer = client.ask("", &auth).await;
    assert!(answer.content.contains("policy-violation"), "{answer:?}");
}

#[tokio::test]
async fn w04_what_is_no_request_is_refused() {
    let world = world().await;
    let post = async |content: &str| world.ask("POST", "/bosh", "", content).await;
    assert_eq!(post("<body").await.status, 400);
    assert_eq!(post(&format!("<body {NAMES} rid='1' sid='guessed'/>")).await.status, 404);
    assert!(
        post(&format!("<body {NAMES} rid='1' to='elsewhere.example'/>"))
            .await
            .content
            .contains("host-unknown")
    );
    assert!(
        post(&format!("<body {NAMES} rid='1'/>")).await.content.contains("improper-addressing")
    );
    assert_eq!(post(&" ".repeat(2_000_000)).await.status, 413);
    assert_eq!(world.get("/bosh?callback=x", "").await.status, 405);
    let preflight = world.ask("OPTIONS", "/bosh", "Origin: https://a.example\r\n", "").await;
    assert!(
        preflight.status == 200 && preflight.head.contains("access-control-allow-methods: POST"),
        "{preflight:?}"
    );
    assert!(!preflight.head.contains("credentials"));
}
