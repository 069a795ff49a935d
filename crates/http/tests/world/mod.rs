//! A server with one account and no features but the ones that must be there, and a
//! client of raw bytes.

#![allow(dead_code)] // each test file uses a part

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use skein_accounts::{Accounts, NewAccount, Password};
use skein_base::{AccountId, Clock, Rng, Secret, Timestamp};
use skein_config::Config;
use skein_db::testing::{TestDb, sqlite};
use skein_db::{DbError, Tx};
use skein_http::{Http, serve_http};
use skein_kernel::compose::{Platform, compose};
use skein_kernel::contracts::{Appended, Log, Presence, RosterBook, Subscription};
use skein_kernel::exchange::{Broken, Call, Content, Exchange, Outcome, Source};
use skein_kernel::route::{Method, Page, Route};
use skein_kernel::{Ctx, Feature, Future, Keep, Refusal};
use skein_router::Router;
use skein_session::{Session, SessionId, User};
use skein_transport::connection::{Parts, Registrar, Service, Silence};
use skein_transport::tls::{Certificates, Configs};
use skein_transport::{Gate, Inherited, Limits, Listener};
use skein_xmpp::{Jid, Stanza};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longest wait for anything that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) service: Service,
    _db: TestDb,
}

/// A server for `localhost` with the account `alice` and the password `secret-word`.
pub(crate) async fn world() -> World {
    world_with(|_| ()).await
}

pub(crate) async fn world_with(change: impl FnOnce(&mut Config)) -> World {
    let mut config = Config::default();
    config.limits.scram_iterations = 4096;
    change(&mut config);
    let config = Arc::new(config);
    let test = sqlite();
    let migrations = [skein_session::store::MIGRATIONS, skein_accounts::MIGRATIONS].concat();
    let db = test.open(&migrations).await;
    let (clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) =
        (Arc::new(Wall), Arc::new(Counting(AtomicU64::new(1))));
    let accounts =
        Accounts::open(db.clone(), config.clone(), clock.clone(), rng.clone()).await.unwrap();
    let jid = Jid::parse("alice@localhost").unwrap();
    let password = Password::given("secret-word").unwrap();
    accounts.create(NewAccount::new(jid, password)).await.unwrap();
    let platform = Platform {
        config: config.clone(),
        db,
        clock,
        rng,
        secret: Secret::new([7; 32]),
        directory: Arc::new(accounts.clone()),
        services: vec![Arc::new(accounts.clone())],
    };
    let service = Service::new(Parts {
        router: Router::new(compose(vec![feature()], platform).unwrap()),
        accounts,
        registrar: Arc::new(Nothing),
        tls: Arc::new(Configs::new(&Arc::new(Certificates::new("localhost"))).unwrap()),
        gate: Gate::new(Limits { rate: false, ..Limits::default() }),
        silence: Silence::default(),
        announced: Arc::default(),
        stopping: AtomicBool::new(false),
    });
    let listener =
        Listener::bind(([127, 0, 0, 1], 0).into(), "test", &Inherited::default()).unwrap();
    let address = listener.local().unwrap();
    tokio::spawn(serve_http(Http::new(service.clone()), listener, None));
    World { address, service, _db: test }
}

impl World {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends a request as it is and gives back all that the server says until it closes.
    pub(crate) async fn raw(&self, request: &[u8]) -> String {
        let mut tcp = self.connect().await;
        // A server that refuses early does not read the rest.
        let _ = tcp.write_all(request).await;
        let mut answer = Vec::new();
        let _ = within(tcp.read_to_end(&mut answer)).await;
        String::from_utf8(answer).unwrap()
    }

    /// Status, head and content of the answer to a request with these further headers.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        content: &str,
    ) -> Answer {
        let length = content.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        let request = format!("{head}Content-Length: {length}\r\n{headers}\r\n{content}");
        Answer::read(&self.raw(request.as_bytes()).await)
    }

    pub(crate) async fn get(&self, path: &str, headers: &str) -> Answer {
        self.ask("GET", path, headers, "").await
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case, as hyper writes them.
    pub(crate) head: String,
    pub(crate) content: String,
}

impl Answer {
    pub(crate) fn read(text: &str) -> Self {
        let (head, content) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_owned(), content: content.to_owned() }
    }
}

/// The outcome of something that must happen.
pub(crate) async fn within<T>(what: impl std::future::Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it happens in time")
}

/// `n=alice` by PLAIN, in base64.
pub(crate) const PLAIN: &str = "AGFsaWNlAHNlY3JldC13b3Jk";

fn feature() -> Feature {
    Feature::new("world", "what must be there")
        .route(Route {
            method: Method::Get,
            prefix: "/greet/",
            handler: |_, asked| {
                Box::pin(async move {
                    Page {
                        status: 200,
                        kind: "text/html; charset=utf-8",
                        language: Some("en"),
                        style: Some("p{color:red}"),
                        body: format!("hello {}", asked.rest).into_bytes(),
                    }
                })
            },
        })
        .exchange(Exchange { prefix: "/flow/", handler: |_, call| Box::pin(flow(call)) })
        .provides(|provides| {
            provides.log = Some(Arc::new(Nothing));
            provides.presence = Some(Arc::new(Nothing));
            provides.roster = Some(Arc::new(Nothing));
        })
}

/// `PUT` counts what comes; anything else gives the letter `rest` as often as the query says,
/// and less than it promised if the path ends in `!`.
async fn flow(mut call: Call) -> Outcome {
    if &*call.method == "PUT" {
        let mut bytes = 0;
        while let Ok(Some(piece)) = call.content.next().await {
            bytes += piece.len();
        }
        let mut outcome = Outcome::new(201).with("x-bytes", bytes.to_string());
        outcome.content = Content::Whole(bytes.to_string().into());
        return outcome;
    }
    let length: u64 = call.query.parse().unwrap_or_default();
    let less = if call.rest.ends_with('!') { 1 } else { 0 };
    let mut outcome = Outcome::new(200).with("x-method", &*call.method);
    outcome.content = Content::Flow(length, Box::new(Letters(length - less)));
    outcome
}

struct Letters(u64);

impl Source for Letters {
    fn next(&mut self) -> Future<'_, Result<Option<bytes::Bytes>, Broken>> {
        Box::pin(async {
            tokio::task::yield_now().await;
            let count = self.0.min(1000);
            self.0 -= count;
            let letters = vec![b'x'; usize::try_from(count).unwrap()];
            Ok((count > 0).then(|| letters.into()))
        })
    }
}

/// Does nothing and knows nothing.
struct Nothing;

impl Log for Nothing {
    fn append(
        &self,
        _: &mut Tx<'_>,
        _: &Stanza,
        _: &mut [Keep],
        _: Option<(SessionId, &str)>,
        _: Timestamp,
    ) -> Result<Appended, DbError> {
        Ok(Appended::Kept)
    }

    fn read_up_to(&self, _: &mut Tx<'_>, _: AccountId, _: &Jid, _: &str) -> Result<bool, DbError> {
        Ok(false)
    }

    fn head(&self, _: &mut Tx<'_>, _: AccountId) -> Result<i64, DbError> {
        Ok(0)
    }

    fn owe_from(&self, _: &mut Tx<'_>, _: AccountId, _: i64) -> Result<(), DbError> {
        Ok(())
    }

    fn rolled_back(&self) {}
}

impl Presence for Nothing {
    fn outgoing(
        &self,
        _: Arc<Ctx>,
        _: Arc<Session>,
        _: Stanza,
    ) -> Future<'static, Result<(), Refusal>> {
        Box::pin(async { Ok(()) })
    }

    fn directed(&self, _: &Ctx, _: &Session, _: &Stanza) -> Result<(), Refusal> {
        Ok(())
    }

    fn incoming(&self, _: Arc<Ctx>, _: Stanza) -> Future<'static, Result<(), Refusal>> {
        Box::pin(async { Ok(()) })
    }

    fn lost(&self, _: Arc<Ctx>, _: Arc<Session>) -> Future<'static, ()> {
        Box::pin(async {})
    }
}

impl RosterBook for Nothing {
    fn change(
        &self,
        _: Arc<Ctx>,
        _: Arc<User>,
        _: Jid,
        _: fn(Subscription) -> Subscription,
        _: Option<Stanza>,
    ) -> Future<'static, Result<(Subscription, Subscription), Refusal>> {
        Box::pin(async { Ok(Default::default()) })
    }

    fn requests(&self, _: Arc<Ctx>, _: Arc<User>) -> Future<'static, Result<Vec<Stanza>, Refusal>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn grouped(&self, _: &mut Tx<'_>, _: AccountId, _: &[String]) -> Result<Vec<Jid>, DbError> {
        Ok(Vec::new())
    }
}

impl Registrar for Nothing {
    fn advertises(&self) -> (bool, bool) {
        (false, false)
    }

    fn answer<'a>(
        &'a self,
        _: Stanza,
        _: &'a str,
        _: IpAddr,
        _: &'a mut Option<String>,
    ) -> Future<'a, Option<Stanza>> {
        Box::pin(async { None })
    }
}

struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        Timestamp(i64::try_from(since.as_micros()).unwrap())
    }
}

/// Counts, so that no two draws are the same.
struct Counting(AtomicU64);

impl Rng for Counting {
    fn fill(&self, into: &mut [u8]) {
        for bytes in into.chunks_mut(8) {
            let next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).to_le_bytes();
            bytes.copy_from_slice(&next[..bytes.len()]);
        }
    }
}
