//! The brakes on guessing passwords and on making accounts, in memory.
//!
//! Failures count for an address with an account, and for an address with all
//! accounts; an account as a whole is never locked, because that would let anybody
//! lock out anybody. IPv6 addresses count as their /64, which one household has.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::{Clock, Timestamp};
use skein_config::{Limits, Rate};
use skein_xmpp::Jid;

/// Entries of one table: 24 bytes each. Beyond it those that recover first are
/// forgotten, so a flood of addresses cannot fill the memory.
const ENTRIES: usize = 65_536;
/// Failures from one address to one account that cost no delay: everybody mistypes.
const FREE_FAILURES: u32 = 3;
/// The first delay; each further failure doubles it.
const DELAY: Duration = Duration::from_millis(250);
/// The longest delay: a few of them fit into the time that a login may take.
const DELAY_MOST: Duration = Duration::from_secs(4);

/// It is too early; try again after so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttled(pub Duration);

/// See the module. Nothing is limited if the configuration says `limits.rate = false`.
pub struct Throttle {
    is_on: bool,
    clock: Arc<dyn Clock>,
    hasher: RandomState,
    account: Table,
    address: Table,
    registration: Table,
}

impl Throttle {
    pub(crate) fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            is_on: limits.rate,
            clock,
            hasher: RandomState::new(),
            account: Table::new(limits.login_failures_per_account),
            address: Table::new(limits.login_failures_per_address),
            registration: Table::new(limits.registrations),
        }
    }

    /// Whether a login from `address` to `jid` may be tried, and after what delay. Ask
    /// before anything is hashed. `jid` need not exist.
    ///
    /// # Errors
    /// How long to wait.
    pub fn may_log_in(&self, address: IpAddr, jid: &Jid) -> Result<Duration, Throttled> {
        if !self.is_on {
            return Ok(Duration::ZERO);
        }
        let now = self.clock.now();
        let (pair, alone) = self.keys(address, jid);
        self.address.check(alone, now)?;
        self.account.check(pair, now)?;
        let failures = self.account.taken(pair, now);
        let Some(over) = failures.checked_sub(FREE_FAILURES) else { return Ok(Duration::ZERO) };
        Ok(DELAY.saturating_mul(1 << over.min(10)).min(DELAY_MOST))
    }

    /// A login failed.
    pub fn failed(&self, address: IpAddr, jid: &Jid) {
        if self.is_on {
            let now = self.clock.now();
            let (pair, alone) = self.keys(address, jid);
            self.account.take(pair, now);
            self.address.take(alone, now);
        }
    }

    /// A login succeeded: whoever it is has stopped guessing at this account. What the
    /// address did to other accounts stays.
    pub fn succeeded(&self, address: IpAddr, jid: &Jid) {
        if self.is_on {
            let (pair, _) = self.keys(address, jid);
            self.account.forget(pair);
        }
    }

    /// Whether the network of `address` may make an account now.
    ///
    /// # Errors
    /// How long to wait.
    pub fn may_register(&self, address: IpAddr) -> Result<(), Throttled> {
        if !self.is_on {
            return Ok(());
        }
        self.registration.check(self.hasher.hash_one(network(address)), self.clock.now())
    }

    /// The network of `address` made an account.
    pub fn registered(&self, address: IpAddr) {
        if self.is_on {
            self.registration.take(self.hasher.hash_one(network(address)), self.clock.now());
        }
    }

    fn keys(&self, address: IpAddr, jid: &Jid) -> (u64, u64) {
        let address = household(address);
        (self.hasher.hash_one((address, jid.bare_str())), self.hasher.hash_one(address))
    }
}

/// An IPv4 address, or the /64 of an IPv6 address.
fn household(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
    }
}

/// The /24 of an IPv4 address, or the /64 of an IPv6 address (trust Z01).
fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_bits() >> 8),
        IpAddr::V6(_) => household(address),
    }
}

/// Token buckets, each as the one moment at which it will be full again. Keys are
/// hashed with a random seed, so nobody can choose two that collide.
struct Table {
    /// One comes back in so many microseconds.
    each: i64,
    burst: i64,
    full_at: Mutex<HashMap<u64, i64>>,
}

impl Table {
    fn new(rate: Rate) -> Self {
        let per = i64::try_from(rate.per.as_micros()).unwrap_or(i64::MAX);
        let amount = i64::try_from(rate.amount.max(1)).unwrap_or(i64::MAX);
        let burst = i64::try_from(rate.burst.max(1)).unwrap_or(i64::MAX);
        Self { each: (per / amount).max(1), burst, full_at: Mutex::default() }
    }

    /// Whether one is left.
    fn check(&self, key: u64, now: Timestamp) -> Result<(), Throttled> {
        let full_at = self.full_at.lock().get(&key).copied().unwrap_or(now.0);
        let one_left_at = full_at.saturating_sub(self.each.saturating_mul(self.burst - 1));
        match u64::try_from(one_left_at.saturating_sub(now.0)) {
            Ok(wait) if wait > 0 => Err(Throttled(Duration::from_micros(wait))),
            _ => Ok(()),
        }
    }

    /// How many are taken, rounded up.
    fn taken(&self, key: u64, now: Timestamp) -> u32 {
        let full_at = self.full_at.lock().get(&key).copied().unwrap_or(now.0);
        let owed = u64::try_from(full_at.saturating_sub(now.0)).unwrap_or(0);
        u32::try_from(owed.div_ceil(self.each.unsigned_abs())).unwrap_or(u32::MAX)
    }

    /// Takes one, also when none is left: whoever goes on waits longer, up to a whole bucket.
    fn take(&self, key: u64, now: Timestamp) {
        let mut full_at = self.full_at.lock();
        if full_at.len() >= ENTRIES && !full_at.contains_key(&key) {
            make_room(&mut full_at, now);
        }
        let most = now.0.saturating_add(self.each.saturating_mul(self.burst));
        let at = full_at.entry(key).or_insert(now.0);
        *at = (*at).max(now.0).saturating_add(self.each).min(most);
    }

    fn forget(&self, key: u64) {
        self.full_at.lock().remove(&key);
    }
}

/// Forgets what has recovered; if that is too little, the half that recovers first.
fn make_room(full_at: &mut HashMap<u64, i64>, now: Timestamp) {
    full_at.retain(|_, at| *at > now.0);
    if full_at.len() < ENTRIES {
        return;
    }
    let mut times: Vec<i64> = full_at.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    full_at.retain(|_, at| *at > median);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::Relaxed))
        }
    }

    fn throttle() -> (Throttle, Arc<Hand>) {
        let clock = Arc::new(Hand(AtomicI64::new(1_000_000_000)));
        (Throttle::new(&skein_config::Config::default().limits, clock.clone()), clock)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn jid(text: &str) -> Jid {
        Jid::parse(text).expect("an address")
    }

    #[test]
    fn the_eleventh_guess_waits_and_the_owner_elsewhere_does_not() {
        let (throttle, clock) = throttle();
        let (there, here) = (address("192.0.2.1"), address("192.0.2.2"));
        let juliet = jid("juliet@example.org");
        for _ in 0..10 {
            assert!(throttle.may_log_in(there, &juliet).is_ok());
            throttle.failed(there, &juliet);
        }
        assert!(throttle.may_log_in(there, &juliet).is_err());
        assert_eq!(throttle.may_log_in(here, &juliet), Ok(Duration::ZERO));
        clock.0.fetch_add(15 * 60 * 1_000_000, Ordering::Relaxed);
        assert_eq!(throttle.may_log_in(there, &juliet), Ok(Duration::ZERO));
    }

    #[test]
    fn delays_grow_with_failures_and_end_with_success() {
        let (throttle, _) = throttle();
        let (there, juliet) = (address("192.0.2.1"), jid("juliet@example.org"));
        let mut delays = Vec::new();
        for _ in 0..9 {
            delays.push(throttle.may_log_in(there, &juliet).expect("may").as_millis());
            throttle.failed(there, &juliet);
        }
        assert_eq!(delays, [0, 0, 0, 250, 500, 1000, 2000, 4000, 4000]);
        throttle.succeeded(there, &juliet);
        assert_eq!(throttle.may_log_in(there, &juliet), Ok(Duration::ZERO));
    }

    #[test]
    fn one_address_cannot_try_every_account() {
        let (throttle, _) = throttle();
        for n in 0..40 {
            // One /64 is one address, whatever the rest.
            throttle
                .failed(address(&format!("2001:db8::{n:x}")), &jid(&format!("u{n}@example.org")));
        }
        let fresh = jid("juliet@example.org");
        assert!(throttle.may_log_in(address("2001:db8::ffff"), &fresh).is_err());
        assert!(throttle.may_log_in(address("2001:db8:0:1::1"), &fresh).is_ok());
    }

    #[test]
    fn z01_a_network_makes_three_accounts_an_hour() {
        let (throttle, clock) = throttle();
        for host in 1..=3 {
            let at = address(&format!("192.0.2.{host}"));
            assert_eq!(throttle.may_register(at), Ok(()));
            throttle.registered(at);
        }
        assert!(throttle.may_register(address("192.0.2.200")).is_err());
        assert_eq!(throttle.may_register(address("192.0.3.1")), Ok(()));
        clock.0.fetch_add(20 * 60 * 1_000_000, Ordering::Relaxed);
        assert_eq!(throttle.may_register(address("192.0.2.200")), Ok(()));
    }

    #[test]
    fn a_flood_of_addresses_is_bounded() {
        let table = Table::new(skein_config::Config::default().limits.login_failures_per_address);
        for key in 0..200_000 {
            table.take(key, Timestamp(0));
        }
        assert!(table.full_at.lock().len() <= ENTRIES);
    }
}
