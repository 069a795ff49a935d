//! Token buckets by key, bounded.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::Timestamp;
use skein_config::Rate;

use super::Throttled;

/// Entries of one table: 24 bytes each. Beyond it those that recover first are
/// forgotten, so a flood of addresses cannot fill the memory.
pub(super) const ENTRIES: usize = 65_536;
/// Token buckets, each as the one moment at which it will be full again. Keys are
/// hashed with a random seed, so nobody can choose two that collide.
pub(super) struct Table {
    /// One comes back in so many microseconds.
    each: i64,
    burst: i64,
    full_at: Mutex<HashMap<u64, i64>>,
}

impl Table {
    pub(super) fn new(rate: Rate) -> Self {
        let per = i64::try_from(rate.per.as_micros()).unwrap_or(i64::MAX);
        let amount = i64::try_from(rate.amount.max(1)).unwrap_or(i64::MAX);
        let burst = i64::try_from(rate.burst.max(1)).unwrap_or(i64::MAX);
        Self { each: (per / amount).max(1), burst, full_at: Mutex::default() }
    }

    /// Whether one is left when so many `more` were taken.
    pub(super) fn check(&self, key: u64, now: Timestamp, more: u32) -> Result<(), Throttled> {
        let full_at = self.full_at.lock().get(&key).copied().unwrap_or(now.0).max(now.0);
        let others = self.burst - 1 - i64::from(more);
        let one_left_at = full_at.saturating_sub(self.each.saturating_mul(others));
        match u64::try_from(one_left_at.saturating_sub(now.0)) {
            Ok(wait) if wait > 0 => Err(Throttled(Duration::from_micros(wait))),
            _ => Ok(()),
        }
    }

    /// How many are taken, rounded up.
    pub(super) fn taken(&self, key: u64, now: Timestamp) -> u32 {
        let full_at = self.full_at.lock().get(&key).copied().unwrap_or(now.0);
        let owed = u64::try_from(full_at.saturating_sub(now.0)).unwrap_or(0);
        u32::try_from(owed.div_ceil(self.each.unsigned_abs())).unwrap_or(u32::MAX)
    }

    /// Takes one, also when none is left: whoever goes on waits longer, up to a whole bucket.
    pub(super) fn take(&self, key: u64, now: Timestamp) {
        let mut full_at = self.full_at.lock();
        if full_at.len() >= ENTRIES && !full_at.contains_key(&key) {
            make_room(&mut full_at, now);
        }
        let most = now.0.saturating_add(self.each.saturating_mul(self.burst));
        let at = full_at.entry(key).or_insert(now.0);
        *at = (*at).max(now.0).saturating_add(self.each).min(most);
    }

    pub(super) fn forget(&self, key: u64) {
        self.full_at.lock().remove(&key);
    }
}

/// Forgets the half that lies back farthest.
pub(super) fn keep_latest(at: &mut HashMap<u64, i64>) {
    let mut times: Vec<i64> = at.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    at.retain(|_, at| *at > median);
}

/// Forgets what has recovered; if that is too little, the half that recovers first.
fn make_room(full_at: &mut HashMap<u64, i64>, now: Timestamp) {
    full_at.retain(|_, at| *at > now.0);
    if full_at.len() >= ENTRIES {
        keep_latest(full_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_addresses_is_bounded() {
        let table = Table::new(skein_config::Config::default().limits.login_failures_per_address);
        for key in 0..200_000 {
            table.take(key, Timestamp(0));
        }
        assert!(table.full_at.lock().len() <= ENTRIES);
    }
}
