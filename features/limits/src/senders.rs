//! Who sent a moment ago.

use std::collections::HashMap;

use parking_lot::Mutex;
use skein_base::{AccountId, Timestamp};

use crate::rules::Pace;

/// Locks among which the accounts are spread: enough that two cores seldom meet.
const SHARDS: usize = 16;
/// Senders of a shard that may be there before the first sweep.
const SWEEP_AT: usize = 256;

/// When each sender's bucket is full again. A full one is not kept: it is like none.
pub(crate) struct Senders([Mutex<Shard>; SHARDS]);

struct Shard {
    full: HashMap<AccountId, Timestamp>,
    sweep_at: usize,
}

impl Default for Senders {
    fn default() -> Self {
        Self(std::array::from_fn(|_| {
            Mutex::new(Shard { full: HashMap::new(), sweep_at: SWEEP_AT })
        }))
    }
}

impl Senders {
    /// Whether `account` may send one message more.
    pub(crate) fn admit(&self, account: AccountId, pace: Pace, now: Timestamp) -> bool {
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
    use skein_config::Rate;
    use std::time::Duration;

    #[test]
    fn accounts_do_not_share_a_rate_and_are_forgotten() {
        let pace = Pace::of(Rate { amount: 1, per: Duration::from_secs(1), burst: 1 });
        let senders = Senders::default();
        for n in 0..100_000 {
            let at = Timestamp::from_secs(n / 100);
            assert!(senders.admit(AccountId(n), pace, at));
            assert!(!senders.admit(AccountId(n), pace, at));
        }
        let kept: usize = senders.0.iter().map(|shard| shard.lock().full.len()).sum();
        assert!(kept <= SHARDS * SWEEP_AT, "{kept}");
    }
}
