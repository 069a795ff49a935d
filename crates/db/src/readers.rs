//! A few threads that read, each with its own connection.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;

use parking_lot::{Condvar, Mutex};
use skein_base::Fault;
use tokio::sync::{Notify, Semaphore};

use crate::tx::Tx;
use crate::url::Target;

/// Reads that may wait for a thread; further callers wait to be queued.
const QUEUE_READS: usize = 1_024;

/// A read: called with a transaction, or with the reason why there is none.
pub(crate) type Read = Box<dyn FnOnce(Result<&mut Tx<'_>, Fault>) + Send>;

/// The threads are started when they are needed; when memory is given back one stays: each
/// has a connection with the schema of the database, half a MiB on SQLite.
pub(crate) struct Readers {
    target: Target,
    state: Mutex<State>,
    wake: Condvar,
    ended: Notify,
    /// Places in the queue.
    pub(crate) places: Arc<Semaphore>,
}

/// What a thread does next.
enum Turn {
    Read(Read),
    /// Give back memory; the function belongs to it.
    GiveBack(fn()),
    /// The same, by ending.
    Leave(fn()),
}

#[derive(Default)]
struct State {
    queue: VecDeque<Read>,
    /// How often memory was to be given back, and what belongs to it.
    given_back: (u32, Option<fn()>),
    threads: usize,
    /// Those of them that end as others stay.
    leaving: usize,
    idle: usize,
    closed: bool,
}

impl Readers {
    pub(crate) fn new(target: Target) -> Arc<Self> {
        Arc::new(Self {
            target,
            state: Mutex::default(),
            wake: Condvar::new(),
            ended: Notify::new(),
            places: Arc::new(Semaphore::new(QUEUE_READS)),
        })
    }

    /// Queues a read for which the caller holds a place.
    pub(crate) fn push(self: &Arc<Self>, read: Read) {
        let mut state = self.state.lock();
        if state.closed {
            drop(state);
            return read(Err(closed()));
        }
        state.queue.push_back(read);
        if state.queue.len() > state.idle && state.threads < self.target.readers() {
            let readers = Arc::clone(self);
            let spawned =
                thread::Builder::new().name("skein-db-read".into()).spawn(move || readers.run());
            match spawned {
                Ok(_) => state.threads += 1,
                Err(error) => {
                    tracing::error!(%error, "db.reader.thread");
                    let orphaned = if state.threads == 0 { state.queue.pop_back() } else { None };
                    drop(state);
                    if let Some(read) = orphaned {
                        read(Err(Fault::because("starting a reader", error)));
                    }
                    return;
                }
            }
        }
        self.wake.notify_one();
    }

    /// Each thread gives back memory when there is nothing to read.
    pub(crate) fn give_back(&self, also: fn()) {
        let mut state = self.state.lock();
        state.given_back = (state.given_back.0.wrapping_add(1), Some(also));
        drop(state);
        self.wake.notify_all();
    }

    /// Ends the threads once they are idle; what is queued is still read.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.places.close();
        self.wake.notify_all();
    }

    /// After `close`: waits until no thread holds a connection.
    pub(crate) async fn ended(&self) {
        loop {
            let ended = self.ended.notified();
            if self.state.lock().threads == 0 {
                return;
            }
            ended.await;
        }
    }

    fn run(self: &Arc<Self>) {
        let mut given_back = self.state.lock().given_back.0;
        let mut left = None;
        while left.is_none()
            && let Some(turn) = self.next(&mut given_back)
        {
            // A failure to open is told to this read and tried again for the next.
            let mut first = Some(turn);
            let served = self.target.with_reader(|tx| {
                while let Some(turn) = first.take().or_else(|| self.next(&mut given_back)) {
                    match turn {
                        Turn::Read(read) => serve(tx, read),
                        Turn::GiveBack(also) => {
                            tx.give_back();
                            also();
                        }
                        Turn::Leave(also) => {
                            left = Some(also);
                            break;
                        }
                    }
                }
            });
            if let (Err(fault), Some(Turn::Read(read))) = (served, first) {
                read(Err(fault));
            }
        }
        let mut state = self.state.lock();
        state.threads -= 1;
        if let Some(also) = left {
            state.leaving -= 1;
            drop(state);
            also();
        }
        self.ended.notify_waiters();
    }

    /// `given_back` says how often the thread has given back memory.
    fn next(&self, given_back: &mut u32) -> Option<Turn> {
        let mut state = self.state.lock();
        loop {
            if let Some(read) = state.queue.pop_front() {
                return Some(Turn::Read(read));
            }
            if state.closed {
                return None;
            }
            if let (wanted, Some(also)) = state.given_back
                && std::mem::replace(given_back, wanted) != wanted
            {
                if state.threads - state.leaving == 1 {
                    return Some(Turn::GiveBack(also));
                }
                state.leaving += 1;
                return Some(Turn::Leave(also));
            }
            state.idle += 1;
            self.wake.wait(&mut state);
            state.idle -= 1;
        }
    }
}

pub(crate) fn closed() -> Fault {
    Fault::new("the database is closed")
}

/// The caller has its answer before the transaction is ended.
fn serve(tx: &mut Tx<'_>, read: Read) {
    match tx.begin_read() {
        Ok(()) => read(Ok(tx)),
        Err(error) => read(Err(Fault::from(error))),
    }
    tx.rollback();
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::testing::databases;

    #[tokio::test]
    async fn of_the_threads_that_a_crowd_needed_one_stays() {
        static GIVEN: AtomicUsize = AtomicUsize::new(0);
        for fresh in databases() {
            let db = fresh.open(&[]).await;
            let readers = Readers::new(Target::parse(fresh.url()).unwrap());
            let most = readers.target.readers();
            let read_at_once = |count: usize| {
                let together = Arc::new(Barrier::new(count + 1));
                for _ in 0..count {
                    let together = together.clone();
                    readers.push(Box::new(move |tx| {
                        tx.map(drop).unwrap();
                        together.wait();
                    }));
                }
                together.wait();
            };
            read_at_once(most);
            assert_eq!(readers.state.lock().threads, most);
            let before = GIVEN.load(Ordering::SeqCst);
            readers.give_back(|| {
                GIVEN.fetch_add(1, Ordering::SeqCst);
            });
            // Each gives back what it has, be it by ending.
            while GIVEN.load(Ordering::SeqCst) < before + most {
                thread::yield_now();
            }
            assert_eq!(readers.state.lock().threads, 1, "{}", fresh.engine());
            read_at_once(most);
            assert_eq!(readers.state.lock().threads, most);
            readers.close();
            readers.ended().await;
            db.close().await;
        }
    }
}
