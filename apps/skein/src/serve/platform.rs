//! Time and randomness of the machine.

use std::time::{SystemTime, UNIX_EPOCH};

use skein_base::{Clock, Rng, Timestamp};

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The kernel's random bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemRng;

impl Rng for SystemRng {
    /// # Panics
    /// If the system has no randomness: nothing can be kept secret then.
    fn fill(&self, into: &mut [u8]) {
        getrandom::fill(into).expect("the system gives random bytes");
    }
}
