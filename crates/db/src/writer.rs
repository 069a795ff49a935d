//! Group commit: one writer thread, one transaction for all that wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use parking_lot::Mutex;
use skein_base::Fault;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::checkpoint::Checkpoints;
use crate::error::DbError;
use crate::lease;
use crate::metrics::Counters;
use crate::tx::{Severity, Tx};

/// Jobs of one transaction. More would gain little (256 reached 219,000 rows
/// per second where 32 reached 83,000) and make the first wait for the last.
pub(crate) const BATCH_JOBS: usize = 256;
/// Jobs that may wait: some batches ahead, so the writer never idles under
/// load, and a bound on what a slow disk can pile up in memory.
pub(crate) const QUEUE_JOBS: usize = 4 * BATCH_JOBS;

/// A write that shares its transaction, and its flush to the disk, with others.
pub trait Job: Send {
    /// The statements of the job.
    ///
    /// Called once, or twice: if any job of the batch fails, the transaction is
    /// rolled back and each job runs again in one of its own. So it must not
    /// consume its input, and a second call starts from a clean state. An error
    /// rolls back all that this job wrote; so does a failed statement whose
    /// error was swallowed. It runs on the writer thread: no waiting.
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError>;

    /// Told exactly once: `Ok` when the write is on the disk and stays there,
    /// `Err` when it is not, or (connection lost during the commit) when nobody
    /// knows; then neither acknowledge nor bounce, but look it up.
    ///
    /// Runs on the writer thread in the order of submission (on the submitter's
    /// thread if the database is closed already): send on, do not compute.
    fn done(self: Box<Self>, outcome: Result<(), Fault>);
}

/// What the queue carries.
pub(crate) enum Order {
    Job(Box<dyn Job>),
    /// Renew the lease.
    Renew,
    /// Give back memory; the function belongs to it.
    GiveBack(fn()),
    /// Finish what is queued, then answer after the connection is closed.
    Close(oneshot::Sender<()>),
}

/// The state that handles of the database see.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) counters: Counters,
    /// Set after an I/O error of the disk, never unset.
    pub(crate) failed: AtomicBool,
    /// Told when another server has taken over the database.
    pub(crate) taken_over: Notify,
    /// What is done around the answers of one transaction.
    pub(crate) around: OnceLock<Box<dyn Around>>,
    /// Jobs that were submitted and not answered yet.
    pub(crate) unanswered: Mutex<usize>,
}

/// What is done around the answers of one transaction.
pub trait Around: Send + Sync + std::fmt::Debug {
    /// Calls `answer`, and may do something before and behind it.
    fn around(&self, answer: &mut dyn FnMut());
}

pub(crate) struct Writer<'w, 'c> {
    pub(crate) tx: &'w mut Tx<'c>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) checkpoints: Option<Checkpoints<'c>>,
    /// The epoch of the lease that we hold.
    pub(crate) lease: Option<i64>,
    #[cfg(feature = "unsafe-control")]
    pub(crate) acknowledge_before_commit: bool,
}

/// Why a transaction came to nothing.
struct Failure {
    error: DbError,
    severity: Severity,
}

impl Writer<'_, '_> {
    /// Serves the queue until it is closed; returns who waits for the end.
    pub(crate) fn serve(&mut self, mut orders: mpsc::Receiver<Order>) -> Vec<oneshot::Sender<()>> {
        let mut waiting = Vec::new();
        let mut received = Vec::with_capacity(BATCH_JOBS);
        let mut batch = Vec::with_capacity(BATCH_JOBS);
        // No artificial delay: while one batch is flushed the next one gathers.
        while orders.blocking_recv_many(&mut received, BATCH_JOBS) > 0 {
            let (mut renews, mut gives_back) = (false, None);
            for order in received.drain(..) {
                match order {
                    Order::Job(job) => batch.push(job),
                    Order::Renew => renews = true,
                    Order::GiveBack(also) => gives_back = Some(also),
                    Order::Close(done) => {
                        orders.close();
                        waiting.push(done);
                    }
                }
            }
            if !batch.is_empty() {
                self.commit_together(&mut batch);
            }
            if renews {
                self.renew();
            }
            if let Some(also) = gives_back {
                self.tx.give_back();
                also();
            }
        }
        if let Some(epoch) = self.lease
            && let Err(error) = lease::release(self.tx, epoch)
        {
            tracing::warn!(%error, "db.lease.kept");
        }
        waiting
    }

    fn renew(&mut self) {
        if let Some(epoch) = self.lease
            && let Err(error) = lease::renew(self.tx, epoch)
        {
            tracing::warn!(%error, "db.lease.not_renewed");
            self.heed(self.tx.worst());
        }
    }

    /// A disk that failed or a database that was taken over ends the writing for good.
    fn heed(&self, severity: Severity) {
        if severity >= Severity::Io {
            self.shared.failed.store(true, Ordering::Relaxed);
        }
        if severity == Severity::TakenOver {
            self.shared.taken_over.notify_one();
        }
    }

    fn commit_together(&mut self, batch: &mut Vec<Box<dyn Job>>) {
        if self.shared.failed.load(Ordering::Relaxed) {
            return self.refuse(batch, "the database stopped writing for good");
        }
        match self.transact(batch) {
            Ok(()) => self.answer_all(batch),
            Err(failure) if failure.severity <= Severity::Statement && batch.len() > 1 => {
                self.shared.counters.isolated();
                tracing::debug!(jobs = batch.len(), error = %failure.error, "db.batch.isolated");
                self.commit_each(batch);
            }
            Err(failure) => self.give_up(batch, failure),
        }
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.after_commit();
        }
    }

    /// Each job alone, so that one bad job harms nobody.
    fn commit_each(&mut self, batch: &mut Vec<Box<dyn Job>>) {
        let mut rest = std::mem::take(batch).into_iter();
        while let Some(job) = rest.next() {
            let mut alone = vec![job];
            match self.transact(&mut alone) {
                Ok(()) => self.answer_all(&mut alone),
                Err(failure) => {
                    let severe = failure.severity > Severity::Statement;
                    if severe {
                        alone.extend(rest.by_ref());
                    }
                    self.give_up(&mut alone, failure);
                }
            }
        }
    }

    /// One transaction over `jobs`: begin, write, commit. On error nothing of
    /// it is left, unless the connection was lost in the commit.
    fn transact(&mut self, jobs: &mut Vec<Box<dyn Job>>) -> Result<(), Failure> {
        if let Err(error) = self.tx.begin_write() {
            let severity = self.tx.worst();
            self.tx.rollback();
            // Without a transaction it would be the same for each job alone.
            return Err(Failure { error, severity: severity.max(Severity::Full) });
        }
        let written = self.write_all(jobs).and_then(|()| self.commit(jobs));
        if written.is_err() {
            self.tx.rollback();
        }
        written
    }

    fn write_all(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Failure> {
        for job in jobs {
            let written = catch_unwind(AssertUnwindSafe(|| job.write(self.tx)))
                .unwrap_or_else(|_| Err(Fault::new("a write panicked").into()));
            let severity = self.tx.worst();
            match written {
                Err(error) => return Err(Failure { error, severity }),
                Ok(()) if severity > Severity::None => {
                    let error = Fault::new("a write went on after a failed statement").into();
                    return Err(Failure { error, severity });
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn commit(&mut self, _jobs: &mut Vec<Box<dyn Job>>) -> Result<(), Failure> {
        #[cfg(feature = "unsafe-control")]
        if self.acknowledge_before_commit {
            self.answer_all(_jobs);
            // Long enough that a kill finds answers whose commit is still to come.
            std::thread::sleep(CONTROL_GAP);
        }
        let begun = Instant::now();
        self.tx.commit().map_err(|error| Failure { error, severity: self.tx.worst() })?;
        self.shared.counters.committed(begun.elapsed());
        Ok(())
    }

    fn answer_all(&mut self, jobs: &mut Vec<Box<dyn Job>>) {
        let mut answer = || jobs.drain(..).for_each(|job| self.answer(job, Ok(())));
        match self.shared.around.get() {
            Some(around) => around.around(&mut answer),
            None => answer(),
        }
    }

    fn answer(&self, job: Box<dyn Job>, outcome: Result<(), Fault>) {
        self.shared.counters.answered(outcome.is_ok());
        if catch_unwind(AssertUnwindSafe(|| job.done(outcome))).is_err() {
            tracing::error!("db.done.panicked");
        }
        *self.shared.unanswered.lock() -= 1;
    }

    /// Tells all of them; a failed disk ends acknowledging for good, because
    /// the kernel drops the pages it could not flush and then reports success.
    fn give_up(&mut self, jobs: &mut Vec<Box<dyn Job>>, failure: Failure) {
        self.heed(failure.severity);
        if failure.severity >= Severity::Io {
            tracing::error!(error = %failure.error, "db.writer.stopped");
        } else if failure.severity > Severity::Statement {
            tracing::error!(error = %failure.error, jobs = jobs.len(), "db.batch.lost");
        }
        let reason = failure.error.to_string();
        let mut cause = Some(Fault::from(failure.error));
        let alone = jobs.len() == 1;
        for job in jobs.drain(..) {
            let own = cause.take().filter(|_| alone);
            let fault = own.unwrap_or_else(|| Fault::because("db.write", reason.as_str()));
            self.answer(job, Err(fault));
        }
    }

    fn refuse(&mut self, jobs: &mut Vec<Box<dyn Job>>, reason: &str) {
        for job in jobs.drain(..) {
            self.answer(job, Err(Fault::because("db.write", reason)));
        }
    }
}

/// Between answer and commit in the control run.
#[cfg(feature = "unsafe-control")]
const CONTROL_GAP: std::time::Duration = std::time::Duration::from_millis(25);

/// The switch of the durability tests' control run, see the crate's features.
#[cfg(feature = "unsafe-control")]
pub(crate) fn acknowledges_before_commit() -> bool {
    let switched = std::env::var_os("SKEIN_UNSAFE_ACKNOWLEDGE_BEFORE_COMMIT").is_some();
    if switched {
        tracing::error!("db.control: writes are acknowledged BEFORE they are durable");
    }
    switched
}
