//! The handle of a database.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use skein_base::{Clock, Fault};
use tokio::sync::mpsc::Permit;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::backup;
use crate::error::{DbError, OpenError};
use crate::lease::{self, Owner};
use crate::metrics::Metrics;
use crate::migrate::{self, Migration};
use crate::readers::{Readers, closed};
use crate::sql::Sql;
use crate::tx::{Shape, StatementFault, Tx};
use crate::url::Target;
use crate::writer::{Around, Job, Order, QUEUE_JOBS, Shared, Writer};

/// A database: clones share one writer thread and a few reader threads.
///
/// When the last clone is dropped the threads finish what is queued and end;
/// [`Db::close`] waits for that.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    target: Target,
    orders: mpsc::Sender<Order>,
    readers: Arc<Readers>,
    shared: Arc<Shared>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.readers.close();
    }
}

impl Db {
    /// Opens `sqlite:PATH` (the folder must exist, the file need not) or
    /// `postgres://…`, and applies what is missing of `migrations`: in the
    /// order of the slice, within a feature 1, 2, 3, ….
    ///
    /// `clock` dates the migrations.
    pub async fn open(
        url: &str,
        migrations: &[Migration],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::open_for(None, url, migrations, clock).await
    }

    /// The same for a server, which on PostgreSQL is the only one: it holds the lease until
    /// [`Db::close`]. Must be called inside a tokio runtime, where the lease is renewed.
    ///
    /// # Errors
    /// [`OpenError::Taken`] while another server uses the database.
    pub async fn open_as(
        owner: Owner,
        url: &str,
        migrations: &[Migration],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let db = Self::open_for(Some(owner), url, migrations, clock).await?;
        if matches!(db.inner.target, Target::Postgres(_)) {
            let orders = db.inner.orders.downgrade();
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(lease::RENEWAL).await;
                    let Some(orders) = orders.upgrade() else { return };
                    if orders.send(Order::Renew).await.is_err() {
                        return;
                    }
                }
            });
        }
        Ok(db)
    }

    /// Waits until another server has taken over the database: this one must end.
    pub async fn taken_over(&self) {
        self.inner.shared.taken_over.notified().await;
    }

    async fn open_for(
        owner: Option<Owner>,
        url: &str,
        migrations: &[Migration],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let target = Target::parse(url)?;
        let (orders, queue) = mpsc::channel(QUEUE_JOBS);
        let shared = Arc::new(Shared::default());
        let (opened, outcome) = oneshot::channel();
        let start = Start {
            target: target.clone(),
            owner,
            migrations: migrations.to_vec(),
            clock,
            shared: Arc::clone(&shared),
        };
        thread::Builder::new()
            .name("skein-db-write".into())
            .spawn(move || start.run(queue, opened))
            .map_err(|error| OpenError::Engine(Fault::because("starting the writer", error)))?;
        outcome.await.unwrap_or_else(|_| Err(OpenError::Engine(closed())))?;
        let readers = Readers::new(target.clone());
        Ok(Self { inner: Arc::new(Inner { target, orders, readers, shared }) })
    }

    /// Runs `read` on a reader thread, in a transaction that sees one snapshot
    /// and can write nothing. Committed writes that were answered before the
    /// call are seen.
    pub async fn read<T, F>(&self, read: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    {
        let places = Arc::clone(&self.inner.readers.places);
        let place = places.acquire_owned().await.map_err(|_| closed())?;
        let (reply, answer) = oneshot::channel();
        let shared = Arc::clone(&self.inner.shared);
        self.inner.readers.push(Box::new(move |tx| {
            drop(place);
            if reply.is_closed() {
                return;
            }
            let outcome = tx.map_err(DbError::from).and_then(|tx| {
                shared.counters.read();
                catch_unwind(AssertUnwindSafe(|| read(tx)))
                    .unwrap_or_else(|_| Err(Fault::new("a read panicked").into()))
            });
            // The caller may have gone away meanwhile.
            let _ = reply.send(outcome);
        }));
        answer.await.unwrap_or_else(|_| Err(closed().into()))
    }

    /// Runs `write` in the next batch and returns its value when that is
    /// durable. `write` may be called twice, see [`Job::write`]. If the future
    /// is dropped the write happens all the same.
    pub async fn write<T, F>(&self, write: F) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    {
        self.write_then(write, |_| ()).await
    }

    /// The same, and runs `then` on the value once it is durable: on the writer's thread,
    /// in the order of the commits, so that what lies in memory follows the store.
    ///
    /// # Errors
    /// What [`Db::write`] gives.
    pub async fn write_then<T, F, G>(&self, write: F, then: G) -> Result<T, DbError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
        G: FnOnce(&T) + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.submit(Box::new(Closure { write, value: None, then, reply })).await;
        answer.await.unwrap_or_else(|_| Err(closed().into()))
    }

    /// Has the answers ([`Job::done`]) of each transaction given within `around`: what they
    /// cause may be put together there. Only the first call counts.
    pub fn answer_within(&self, around: Box<dyn Around>) {
        let _ = self.inner.shared.around.set(around);
    }

    /// Queues a job; waits while the queue is full. Once this returns, the
    /// job's `done` will be called. Dropped while it waits, the job is not queued.
    pub async fn submit(&self, job: Box<dyn Job>) {
        match self.inner.orders.reserve().await {
            Ok(place) => self.queue(place, job),
            Err(_) => job.done(Err(closed())),
        }
    }

    fn queue(&self, place: Permit<'_, Order>, job: Box<dyn Job>) {
        *self.inner.shared.unanswered.lock() += 1;
        place.send(Order::Job(job));
    }

    /// Runs `act` at once if no job waits or is being done: as a job without statements whose
    /// turn it is would, between two transactions. What is submitted meanwhile comes behind it,
    /// so `act` must not submit anything itself. It saves waking the writer and being woken.
    pub fn at_once<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        let unanswered = self.inner.shared.unanswered.lock();
        (*unanswered == 0).then(act)
    }

    /// Queues a job, or gives it back if the queue is full.
    pub fn try_submit(&self, job: Box<dyn Job>) -> Result<(), Box<dyn Job>> {
        match self.inner.orders.try_reserve() {
            Ok(place) => self.queue(place, job),
            Err(TrySendError::Full(())) => return Err(job),
            Err(TrySendError::Closed(())) => job.done(Err(closed())),
        }
        Ok(())
    }

    /// Prepares each statement and tells its shape, in the order given; or all
    /// that the engine refuses.
    pub async fn prepare_all(
        &self,
        statements: &[&'static Sql],
    ) -> Result<Vec<Shape>, Vec<StatementFault>> {
        let statements = statements.to_vec();
        let checked = self.read(move |tx| {
            let (mut shapes, mut faults) = (Vec::new(), Vec::new());
            for sql in statements {
                match shape_alone(tx, sql) {
                    Ok(shape) => shapes.push(shape),
                    Err(fault) => faults.push(fault),
                }
            }
            Ok(if faults.is_empty() { Ok(shapes) } else { Err(faults) })
        });
        checked.await.unwrap_or_else(|error| {
            Err(vec![StatementFault { name: "db.PREPARE_ALL", reason: error.to_string() }])
        })
    }

    /// Writes a consistent copy of the running database into the existing
    /// folder `dir`, flushed to the disk: `skein.db`, or on PostgreSQL
    /// `skein.dump`, made by `pg_dump`; only we may read it. [`restore`](crate::restore)
    /// puts it back. Writes go on meanwhile.
    pub async fn backup(&self, dir: &Path) -> Result<(), Fault> {
        let (target, dir) = (self.inner.target.clone(), dir.to_owned());
        tokio::task::spawn_blocking(move || backup::run(&target, &dir))
            .await
            .unwrap_or_else(|_| Err(Fault::new("the backup panicked")))
    }

    /// Has each connection give back what memory it can do without, when it has nothing else to
    /// do; its thread then calls `also`.
    pub fn give_back(&self, also: fn()) {
        self.inner.readers.give_back(also);
        // A queue that is full says that the memory is needed.
        let _ = self.inner.orders.try_send(Order::GiveBack(also));
    }

    /// Whether the writer has stopped for good after an I/O error of the disk:
    /// the server is not ready any more and should be replaced.
    pub fn has_failed(&self) -> bool {
        self.inner.shared.failed.load(Ordering::Relaxed)
    }

    /// The counters.
    pub fn metrics(&self) -> Metrics {
        self.inner.shared.counters.reading()
    }

    /// Commits what is queued, reads what is asked, closes the connections.
    /// What comes later gets a fault. Call it before the process ends.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.inner.orders.send(Order::Close(done)).await.is_ok() {
            // An error means that somebody else closed it first.
            let _ = closed.await;
        }
        self.inner.orders.closed().await;
        self.inner.readers.close();
        self.inner.readers.ended().await;
    }
}

/// A refused statement spoils a transaction of PostgreSQL: each gets its own.
fn shape_alone(tx: &mut Tx<'_>, sql: &'static Sql) -> Result<Shape, StatementFault> {
    let shape = tx.shape(sql);
    if shape.is_err() {
        tx.rollback();
        tx.begin_read()
            .map_err(|error| StatementFault { name: sql.name(), reason: error.to_string() })?;
    }
    shape
}

/// What the writer thread needs to begin.
struct Start {
    target: Target,
    owner: Option<Owner>,
    migrations: Vec<Migration>,
    clock: Arc<dyn Clock>,
    shared: Arc<Shared>,
}

impl Start {
    fn run(self, queue: mpsc::Receiver<Order>, opened: oneshot::Sender<Result<(), OpenError>>) {
        let Self { target, owner, migrations, clock, shared } = self;
        let mut opened = Some(opened);
        let mut tell = |outcome| opened.take().map(|opened| opened.send(outcome));
        let served = target.with_writer(|tx, checkpoints| {
            let lease = match hold(tx, owner.as_ref()) {
                Ok(lease) => lease,
                Err(error) => {
                    tell(Err(error));
                    return Vec::new();
                }
            };
            let migrated = migrate::apply(tx, &migrations, &*clock);
            let ready = migrated.is_ok();
            tell(migrated);
            if !ready {
                return Vec::new();
            }
            let mut writer = Writer {
                tx,
                shared,
                checkpoints,
                lease,
                #[cfg(feature = "unsafe-control")]
                acknowledge_before_commit: crate::writer::acknowledges_before_commit(),
            };
            writer.serve(queue)
        });
        match served {
            Ok(waiting) => {
                for done in waiting {
                    // Whoever asked may have gone away.
                    let _ = done.send(());
                }
            }
            Err(fault) => drop(tell(Err(OpenError::Engine(fault)))),
        }
    }
}

/// Takes the lease for `owner`, where there is one to take.
fn hold(tx: &mut Tx<'_>, owner: Option<&Owner>) -> Result<Option<i64>, OpenError> {
    let Some(owner) = owner.filter(|_| tx.is_postgres()) else { return Ok(None) };
    let epoch = lease::take(tx, owner)?;
    tx.hold_lease(epoch);
    Ok(Some(epoch))
}

/// The job behind [`Db::write`].
struct Closure<T, F, G> {
    write: F,
    value: Option<T>,
    then: G,
    reply: oneshot::Sender<Result<T, DbError>>,
}

impl<T, F, G> Job for Closure<T, F, G>
where
    T: Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, DbError> + Send,
    G: FnOnce(&T) + Send,
{
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.value = None;
        self.value = Some((self.write)(tx)?);
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), Fault>) {
        let value = match outcome {
            Ok(()) => match self.value {
                Some(value) => {
                    (self.then)(&value);
                    Ok(value)
                }
                None => Err(Fault::new("a write without a value").into()),
            },
            Err(fault) => Err(DbError::from(fault)),
        };
        // The caller may have gone away meanwhile.
        let _ = self.reply.send(value);
    }
}
