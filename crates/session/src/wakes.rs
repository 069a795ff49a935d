//! Waking many tasks, each once.

use std::cell::RefCell;
use std::task::Waker;

thread_local! {
    /// Tasks that are woken when the work is done that this thread is in.
    static PUT_OFF: RefCell<Option<Vec<Waker>>> = const { RefCell::new(None) };
}

/// Runs `work`; tasks that it wakes are woken behind it. So a task that gets several stanzas
/// of one batch finds all of them and writes them in one go.
pub fn together<T>(work: impl FnOnce() -> T) -> T {
    let is_outermost = PUT_OFF.with_borrow_mut(|wakers| match wakers {
        Some(_) => false,
        None => {
            *wakers = Some(Vec::new());
            true
        }
    });
    let _all = is_outermost.then(|| All);
    work()
}

/// Wakes what was put off when it is dropped, be it by a panic.
struct All;

impl Drop for All {
    fn drop(&mut self) {
        let wakers = PUT_OFF.take();
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

/// Wakes a task, now or when the work is done.
pub(crate) fn wake(waker: Waker) {
    let now = PUT_OFF.with_borrow_mut(|wakers| match wakers {
        Some(wakers) => {
            wakers.push(waker);
            None
        }
        None => Some(waker),
    });
    if let Some(waker) = now {
        waker.wake();
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
        together(|| {
            together(|| wake(counting.clone().into()));
            wake(counting.clone().into());
            assert_eq!(woken(), 0);
        });
        assert_eq!(woken(), 2);
        wake(counting.clone().into());
        assert_eq!(woken(), 3);
    }

    #[test]
    fn a_panic_wakes_them_too() {
        let counting = Arc::new(Counting::default());
        let waker: Waker = counting.clone().into();
        let outcome = std::panic::catch_unwind(move || {
            together(|| {
                wake(waker);
                panic!("while it works");
            })
        });
        assert!(outcome.is_err());
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
    }
}
