//! How fast accounts may do something: buckets, each known by the time at which it is full again.

use std::collections::HashMap;

use parking_lot::Mutex;
use skein_base::{AccountId, Timestamp};
use skein_config::Rate;

/// A rate in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Time that doing it once takes.
    each: i64,
    /// Time that may be taken in advance.
    advance: i64,
}

impl Pace {
    /// The pace that keeps to `rate`.
    pub fn of(rate: Rate) -> Self {
        let per = i64::try_from(rate.per.as_micros()).unwrap_or(i64::MAX);
        let amount = i64::try_from(rate.amount).unwrap_or(i64::MAX).max(1);
        let burst = i64::try_from(rate.burst).unwrap_or(i64::MAX).max(1);
        let each = (per / amount).max(1);
        Self { each, advance: each.saturating_mul(burst) }
    }

    /// Once at `now`, by somebody whose bucket is full again at `full`: when it will
    /// be full after this one, or `None` if it is empty.
    fn take(self, full: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let full = full.max(now).0.saturating_add(self.each);
        (full.saturating_sub(now.0) <= self.advance).then_some(Timestamp(full))
    }
}

/// Locks among which the accounts are spread: enough that two cores seldom meet.
const SHARDS: usize = 16;
/// Accounts of a shard that may be there before the first sweep.
const SWEEP_AT: usize = 256;

/// When each account's bucket is full again. A full one is not kept: it is like none.
pub struct Paces([Mutex<Shard>; SHARDS]);

struct Shard {
    full: HashMap<AccountId, Timestamp>,
    sweep_at: usize,
}

impl Default for Paces {
    fn default() -> Self {
        Self(std::array::from_fn(|_| {
            Mutex::new(Shard { full: HashMap::new(), sweep_at: SWEEP_AT })
        }))
    }
}

impl Paces {
    /// Whether `account` may do it once more.
    pub fn admit(&self, account: AccountId, pace: Pace, now: Timestamp) -> bool {
        let shard = account.0.unsigned_abs() as usize % SHARDS;
        let mut shard = self.0[shard].lock();
        let full = shard.full.get(&account).copied().unwrap_or_default();
        let Some(full) = pace.take(full, now) else { return false };
        shard.full.insert(account, full);
        shard.sweep(now);
        true
    }
}

impl Shard {
    /// Forgets the full ones whenever the map has doubled, so that a sweep costs each
    /// message a constant.
    fn sweep(&mut self, now: Timestamp) {
        if self.full.len() < self.sweep_at {
            return;
        }
        self.full.retain(|_, full| *full > now);
        self.full.shrink_to(SWEEP_AT);
        self.sweep_at = SWEEP_AT.max(self.full.len() * 2);
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

    #[test]
    fn accounts_do_not_share_a_rate_and_are_forgotten() {
        let pace = Pace::of(Rate { amount: 1, per: Duration::from_secs(1), burst: 1 });
        let paces = Paces::default();
        for n in 0..100_000 {
            let at = Timestamp::from_secs(n / 100);
            assert!(paces.admit(AccountId(n), pace, at));
            assert!(!paces.admit(AccountId(n), pace, at));
        }
        let kept: usize = paces.0.iter().map(|shard| shard.lock().full.len()).sum();
        assert!(kept <= SHARDS * SWEEP_AT, "{kept}");
    }
}
