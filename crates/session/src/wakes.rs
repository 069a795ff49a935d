//! Waking many tasks and writing to many sessions, each once.

use std::cell::RefCell;
use std::sync::Arc;
use std::task::Waker;

use tokio::runtime::Handle;

use crate::line::spread;
use crate::session::Session;

thread_local! {
    /// What is done when the work is done that this thread is in.
    static PUT_OFF: RefCell<Option<PutOff>> = const { RefCell::new(None) };
}

/// Tasks to be woken and sessions to be written to.
#[derive(Default)]
struct PutOff {
    wakers: Vec<Waker>,
    sessions: Vec<Arc<Session>>,
}

/// Runs `work`; tasks that it wakes are woken behind it, and sessions that it writes to go to
/// `write` behind it. So a client that gets several stanzas of one batch gets all of them in
/// one go.
pub fn together<T>(work: impl FnOnce() -> T, write: impl Fn(Vec<Arc<Session>>)) -> T {
    let is_outermost = PUT_OFF.with_borrow_mut(|put_off| match put_off {
        Some(_) => false,
        None => {
            *put_off = Some(PutOff::default());
            true
        }
    });
    let _all = is_outermost.then(|| All(write));
    work()
}

/// Does what was put off when it is dropped, be it by a panic.
struct All<F: Fn(Vec<Arc<Session>>)>(F);

impl<F: Fn(Vec<Arc<Session>>)> Drop for All<F> {
    fn drop(&mut self) {
        let PutOff { wakers, sessions } = PUT_OFF.take().unwrap_or_default();
        wakers.into_iter().for_each(Waker::wake);
        self.0(sessions);
    }
}

/// Wakes a task, now or when the work is done.
pub(crate) fn wake(waker: Waker) {
    let now = PUT_OFF.with_borrow_mut(|put_off| match put_off {
        Some(put_off) => {
            put_off.wakers.push(waker);
            None
        }
        None => Some(waker),
    });
    if let Some(waker) = now {
        waker.wake();
    }
}

/// Writes to sessions, now or when the work is done.
pub fn write_to(sessions: impl ExactSizeIterator<Item = Arc<Session>>) {
    let now = PUT_OFF.with_borrow_mut(|put_off| match put_off {
        Some(put_off) => {
            put_off.sessions.extend(sessions);
            None
        }
        None => Some(sessions),
    });
    if let Some(sessions) = now {
        spread(|| Handle::try_current().ok(), sessions);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Wake for Counting {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn tasks_are_woken_behind_the_outermost_work_and_else_at_once() {
        let counting = Arc::new(Counting::default());
        let woken = || counting.0.load(Ordering::Relaxed);
        together(
            || {
                together(|| wake(counting.clone().into()), drop);
                wake(counting.clone().into());
                assert_eq!(woken(), 0);
            },
            drop,
        );
        assert_eq!(woken(), 2);
        wake(counting.clone().into());
        assert_eq!(woken(), 3);
    }

    #[test]
    fn a_panic_wakes_them_too() {
        let counting = Arc::new(Counting::default());
        let waker: Waker = counting.clone().into();
        let outcome = std::panic::catch_unwind(move || {
            together(
                || {
                    wake(waker);
                    panic!("while it works");
                },
                drop,
            )
        });
        assert!(outcome.is_err());
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
    }
}
