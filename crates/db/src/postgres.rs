//! PostgreSQL: a connection driven by the thread that uses it.
//!
//! tokio-postgres splits a connection into a client and a task that moves the
//! bytes. Here both live on one thread: every wait drives the connection too,
//! so a statement costs no hop between threads.

use std::collections::{HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::StreamExt;
use skein_base::Fault;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, SimpleQueryMessage, Statement};

use crate::error::{Constraint, DbError};
use crate::row::{RowRef, Source};
use crate::sql::Sql;
use crate::tx::{Broken, Severity, Shape};
use crate::value::Value;

mod gather;
mod outcome;
mod place;
mod tls;
mod types;
use gather::Gathered;
pub(crate) use place::Place;
use tls::Connector;
pub(crate) use tls::Trust;
pub(crate) use types::column;
use types::constraint;

/// How long to wait for the server to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long sent bytes may stay unacknowledged before the connection counts as lost.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);
/// Statements in flight before the writer waits for their answers; bounds the
/// memory on both sides, and is more than enough to hide the round trip.
const PIPELINE: usize = 512;
/// Every session runs these first. The timeout is the deadline of a statement;
/// migrations lift it for themselves.
const SESSION: &str = "SET synchronous_commit = on; SET statement_timeout = '30s'; \
    SET idle_in_transaction_session_timeout = '60s'";

type Reply = Pin<Box<dyn Future<Output = Result<u64, Error>> + Send>>;

/// A connection that is opened, and opened again, when a transaction begins.
pub(crate) struct Postgres {
    runtime: Runtime,
    config: Config,
    connector: Connector,
    /// Begins a transaction only while the lease is ours; see [`crate::lease`].
    guard: Option<String>,
    /// The number of the transaction under way, where there is a guard.
    number: Option<u64>,
    link: Option<Link>,
    /// Rows that are inserted before anything looks at them, at the latest by the commit.
    gathered: Gathered,
}

struct Link {
    client: Arc<Client>,
    /// Moves the bytes; `None` once the connection has ended.
    connection: Option<Pin<Box<dyn Future<Output = ()>>>>,
    /// Keyed by the address of the text, as on SQLite.
    statements: HashMap<(usize, usize), Statement>,
    /// Sent, answer not yet awaited.
    pending: VecDeque<(&'static str, Reply)>,
}

impl Postgres {
    pub(crate) fn new(place: Place) -> Result<Self, Fault> {
        let Place { mut config, trust } = place;
        let connector = Connector::new(&trust)?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED);
        }
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Fault::because("starting the PostgreSQL connection", error))?;
        let gathered = Gathered::default();
        Ok(Self { runtime, config, connector, guard: None, number: None, link: None, gathered })
    }

    /// Begins, on a new connection if the old one is gone. The answer is
    /// awaited: were `BEGIN` refused, what follows would commit by itself.
    pub(crate) fn begin(&mut self, text: &'static str) -> Result<(), Broken> {
        if self.link.is_some() {
            match self.open(text) {
                Err(broken) if broken.severity == Severity::Lost => self.link = None,
                other => return other,
            }
        }
        self.connect()?;
        self.open(text)
    }

    /// The look at the lease shares the round trip of `BEGIN`.
    fn open(&mut self, text: &'static str) -> Result<(), Broken> {
        let Some(guard) = self.guard.as_deref() else { return self.script("db.BEGIN", text) };
        let text = format!("{text}; {guard}");
        let (link, runtime) = self.parts()?;
        link.settle(runtime)?;
        let client = Arc::clone(&link.client);
        let answered = link
            .drive(runtime, async move { client.simple_query(&text).await })
            .map_err(|error| link.broken("db.BEGIN", &error))?;
        let row = answered.iter().find_map(|part| match part {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        if let Some(row) = row {
            self.number = row.get(0).and_then(|number| number.parse().ok());
            return Ok(());
        }
        Err(Broken {
            error: DbError::Fault(Fault::new("another server has taken over the database")),
            severity: Severity::TakenOver,
        })
    }

    pub(crate) fn hold_lease(&mut self, epoch: i64) {
        let look = "SELECT txid_current() FROM db_lease WHERE id = 1 AND epoch =";
        self.guard = Some(format!("{look} {epoch} FOR SHARE"));
    }

    pub(crate) fn connect(&mut self) -> Result<(), Broken> {
        let connected = self.runtime.block_on(self.config.connect(self.connector.clone()));
        let (client, connection) = connected.map_err(|error| lost("db.CONNECT", &error))?;
        let connection = async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "db.connection.lost");
            }
        };
        self.link = Some(Link {
            client: Arc::new(client),
            connection: Some(Box::pin(connection)),
            statements: HashMap::new(),
            pending: VecDeque::new(),
        });
        self.script("db.SESSION", SESSION)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.link.as_ref().is_some_and(|link| !link.is_gone())
    }

    fn ask_to_commit(&mut self) -> Result<(), Broken> {
        self.insert()?;
        let (link, runtime) = self.parts()?;
        let client = Arc::clone(&link.client);
        link.send("db.COMMIT", async move { client.batch_execute("COMMIT").await.map(|()| 0) })?;
        link.settle(runtime)
    }

    pub(crate) fn rollback(&mut self) {
        self.gathered.clear();
        let failed = self.is_connected() && {
            if let Some(link) = &mut self.link {
                link.pending.clear();
            }
            self.script("db.ROLLBACK", "ROLLBACK").is_err()
        };
        if failed {
            self.link = None;
        }
    }

    pub(crate) fn run(&mut self, sql: &'static Sql, params: &[Value]) -> Result<(), Broken> {
        if sql.is_gathered() {
            return self.gather(sql, params);
        }
        self.insert_before(sql)?;
        let (link, runtime) = self.parts()?;
        if link.pending.len() >= PIPELINE {
            link.settle(runtime)?;
        }
        let reply = link.execute(runtime, sql, params)?;
        link.send(sql.name(), reply)
    }

    pub(crate) fn exec(&mut self, sql: &'static Sql, params: &[Value]) -> Result<u64, Broken> {
        self.insert_before(sql)?;
        let (link, runtime) = self.parts()?;
        let reply = link.execute(runtime, sql, params)?;
        link.settle(runtime)?;
        link.drive(runtime, reply).map_err(|error| link.broken(sql.name(), &error))
    }

    pub(crate) fn each(
        &mut self,
        sql: &'static Sql,
        params: &[Value],
        mut show: impl FnMut(&RowRef<'_>) -> Result<(), DbError>,
    ) -> Result<(), Broken> {
        self.insert_before(sql)?;
        let (link, runtime) = self.parts()?;
        let statement = link.prepared(runtime, sql, Some(params.len()))?;
        link.settle(runtime)?;
        let client = Arc::clone(&link.client);
        let outcome = link.drive(runtime, async move {
            let mut rows =
                pin!(client.query_raw(&statement, params).await.map_err(Stopped::Engine)?);
            while let Some(row) = rows.next().await {
                let row = row.map_err(Stopped::Engine)?;
                let row = RowRef { statement: sql.name(), source: Source::Postgres(&row) };
                show(&row).map_err(Stopped::Caller)?;
            }
            Ok(())
        });
        outcome.map_err(|stopped| match stopped {
            Stopped::Engine(error) => link.broken(sql.name(), &error),
            Stopped::Caller(error) => Broken::by_caller(error),
        })
    }

    /// Several statements without parameters, awaited.
    pub(crate) fn script(&mut self, doing: &'static str, text: &str) -> Result<(), Broken> {
        let (link, runtime) = self.parts()?;
        link.settle(runtime)?;
        let client = Arc::clone(&link.client);
        link.drive(runtime, async move { client.batch_execute(text).await })
            .map_err(|error| link.broken(doing, &error))
    }

    pub(crate) fn shape(&mut self, sql: &'static Sql) -> Result<Shape, Broken> {
        let (link, runtime) = self.parts()?;
        let statement = link.prepared(runtime, sql, None)?;
        types::check_portable(sql, &statement)?;
        Ok(Shape {
            name: sql.name(),
            parameters: statement.params().len(),
            columns: statement.columns().len(),
        })
    }

    fn parts(&mut self) -> Result<(&mut Link, &Runtime), Broken> {
        match &mut self.link {
            Some(link) => Ok((link, &self.runtime)),
            None => Err(Broken {
                error: DbError::Fault(Fault::new("the connection to PostgreSQL is lost")),
                severity: Severity::Lost,
            }),
        }
    }
}

enum Stopped {
    Engine(Error),
    Caller(DbError),
}

impl Link {
    fn is_gone(&self) -> bool {
        self.connection.is_none() || self.client.is_closed()
    }

    /// Waits for `future` while moving the connection's bytes.
    fn drive<F: Future>(&mut self, runtime: &Runtime, future: F) -> F::Output {
        let mut future = pin!(future);
        runtime.block_on(poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            if let Some(connection) = &mut self.connection
                && connection.as_mut().poll(cx).is_ready()
            {
                self.connection = None;
            }
            future.as_mut().poll(cx)
        }))
    }

    fn execute(
        &mut self,
        runtime: &Runtime,
        sql: &'static Sql,
        params: &[Value],
    ) -> Result<Reply, Broken> {
        let statement = self.prepared(runtime, sql, Some(params.len()))?;
        let client = Arc::clone(&self.client);
        let params = params.to_vec();
        Ok(Box::pin(async move { client.execute_raw(&statement, params).await }))
    }

    /// Puts a request on its way: the first poll hands it to the connection, in
    /// the order of the calls.
    fn send(
        &mut self,
        name: &'static str,
        reply: impl Future<Output = Result<u64, Error>> + Send + 'static,
    ) -> Result<(), Broken> {
        let mut reply: Reply = Box::pin(reply);
        match reply.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => self.pending.push_back((name, reply)),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => return Err(self.broken(name, &error)),
        }
        Ok(())
    }

    /// Awaits all answers; of several errors the first is the cause.
    fn settle(&mut self, runtime: &Runtime) -> Result<(), Broken> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = mem::take(&mut self.pending);
        let first = self.drive(runtime, async move {
            let mut first = None;
            for (name, reply) in pending {
                if let Err(error) = reply.await {
                    first.get_or_insert((name, error));
                }
            }
            first
        });
        match first {
            None => Ok(()),
            Some((name, error)) => Err(self.broken(name, &error)),
        }
    }

    fn prepared(
        &mut self,
        runtime: &Runtime,
        sql: &'static Sql,
        given: Option<usize>,
    ) -> Result<Statement, Broken> {
        let text = sql.postgres();
        let key = (text.as_ptr() as usize, text.len());
        let statement = match self.statements.get(&key) {
            Some(statement) => statement.clone(),
            None => {
                // An error in flight would be reported as one of this statement.
                self.settle(runtime)?;
                let client = Arc::clone(&self.client);
                let statement = self
                    .drive(runtime, async move { client.prepare(text).await })
                    .map_err(|error| self.broken(sql.name(), &error))?;
                self.statements.insert(key, statement.clone());
                statement
            }
        };
        match given {
            Some(given) if given != statement.params().len() => {
                Err(Broken::parameters(sql, statement.params().len(), given))
            }
            _ => Ok(statement),
        }
    }

    /// Sorts an error by what the writer must do about it. The server's detail
    /// is left out: it quotes the row, which is personal data.
    fn broken(&self, statement: &'static str, error: &Error) -> Broken {
        let Some(db) = error.as_db_error() else {
            let gone = error.is_closed() || self.is_gone();
            let severity = if gone { Severity::Lost } else { Severity::Statement };
            let fault = Fault::because(statement, error.to_string());
            return Broken { error: DbError::Fault(fault), severity };
        };
        if let Some(kind) = constraint(db.code()) {
            let error = DbError::Constraint(Constraint { statement, kind });
            return Broken { error, severity: Severity::Statement };
        }
        let severity = match db.code().code().get(..2) {
            // Shutting down, terminated by an administrator; but not "query canceled".
            Some("57") if *db.code() != SqlState::QUERY_CANCELED => Severity::Lost,
            Some("08") => Severity::Lost,
            // Insufficient resources, system errors: the server's disk.
            Some("53" | "58") => Severity::Full,
            _ => Severity::Statement,
        };
        let text = format!("{} {}", db.code().code(), db.message());
        Broken { error: DbError::Fault(Fault::because(statement, text)), severity }
    }
}

fn lost(doing: &'static str, error: &Error) -> Broken {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let text = format!("{error}: {cause}");
    Broken { error: DbError::Fault(Fault::because(doing, text)), severity: Severity::Lost }
}
