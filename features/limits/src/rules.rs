//! The rate as a pure function: a bucket that is known by the time at which it is full again.

use skein_base::Timestamp;
use skein_config::Rate;

/// A rate in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Time that one message takes.
    each: i64,
    /// Time that may be taken in advance.
    advance: i64,
}

impl Pace {
    pub(crate) fn of(rate: Rate) -> Self {
        let per = i64::try_from(rate.per.as_micros()).unwrap_or(i64::MAX);
        let amount = i64::try_from(rate.amount).unwrap_or(i64::MAX).max(1);
        let burst = i64::try_from(rate.burst).unwrap_or(i64::MAX).max(1);
        let each = (per / amount).max(1);
        Self { each, advance: each.saturating_mul(burst) }
    }

    /// One message at `now`, from a sender whose bucket is full again at `full`: when it will
    /// be full after this one, or `None` if it is empty.
    pub(crate) fn take(self, full: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let full = full.max(now).0.saturating_add(self.each);
        (full.saturating_sub(now.0) <= self.advance).then_some(Timestamp(full))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn z05_a_burst_passes_and_then_the_rate_holds() {
        let pace = Pace::of(Rate { amount: 5, per: Duration::from_secs(1), burst: 60 });
        let mut full = Timestamp(0);
        let mut passed = |at: Timestamp| {
            let taken = pace.take(full, at);
            full = taken.unwrap_or(full);
            taken.is_some()
        };
        let start = Timestamp::from_secs(1_000);
        assert_eq!((0..100).filter(|_| passed(start)).count(), 60);
        // Twenty a second for ten seconds: five a second pass.
        let flood = (1..=200).map(|n| start.plus(Duration::from_millis(50 * n)));
        assert_eq!(flood.filter(|at| passed(*at)).count(), 50);
        // After a rest the burst is there again.
        let later = start.plus(Duration::from_secs(60));
        assert_eq!((0..100).filter(|_| passed(later)).count(), 60);
    }

    #[test]
    fn who_keeps_to_the_rate_is_never_refused() {
        let pace = Pace::of(Rate { amount: 5, per: Duration::from_secs(1), burst: 1 });
        let mut full = Timestamp(0);
        for n in 0..1_000 {
            full = pace.take(full, Timestamp(n * 200_000)).expect("within the rate");
        }
    }
}
