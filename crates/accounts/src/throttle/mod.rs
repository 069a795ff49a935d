//! The brakes on guessing passwords and on making accounts, in memory.
//!
//! Failures count for an address with an account, and for an address with all
//! accounts. Failures in a row to one account count too, from wherever they come: an
//! account that many machines guess at takes passwords only from addresses where its
//! owner has logged in before, so it is not locked for its owner. IPv6 addresses count
//! as their /64, which one household has.

mod owner;
mod table;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::Clock;
use skein_config::Limits;
use skein_xmpp::Jid;

use table::{ENTRIES, Table, keep_latest};

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
    anywhere: Table,
    registration: Table,
    /// Proofs of who is signed in, by account.
    proof: Table,
    /// Addresses with accounts that were logged in to from there, and when last.
    homes: Mutex<HashMap<u64, i64>>,
    /// Attempts whose outcome is not known, by address with account: otherwise as many
    /// guesses as connections would be free.
    under_way: UnderWay,
}

/// Attempts by key.
type UnderWay = Arc<Mutex<HashMap<u64, u32>>>;

/// What a login proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The account's password, which can be guessed.
    Password,
    /// A token that the server made, which cannot.
    Token,
}

/// An attempt to log in that may be made now, while this is held.
#[derive(Debug)]
pub struct Attempt {
    /// Wait so long first.
    pub delay: Duration,
    /// Where it is counted; nowhere if nothing is limited.
    counted: Option<(UnderWay, u64)>,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let Some((under_way, pair)) = &self.counted else { return };
        let mut under_way = under_way.lock();
        if let Some(count) = under_way.get_mut(pair) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(pair);
            }
        }
    }
}

impl Throttle {
    pub(crate) fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            is_on: limits.rate,
            clock,
            hasher: RandomState::new(),
            account: Table::new(limits.login_failures_per_account),
            address: Table::new(limits.login_failures_per_address),
            anywhere: Table::new(limits.login_failures_in_a_row),
            registration: Table::new(limits.registrations),
            proof: Table::new(limits.login_failures_per_account),
            homes: Mutex::default(),
            under_way: Arc::default(),
        }
    }

    /// Whether a login from `address` to `jid` may be tried, and after what delay. Ask
    /// before anything is hashed. `jid` need not exist.
    ///
    /// # Errors
    /// How long to wait.
    pub fn may_log_in(
        &self,
        address: IpAddr,
        jid: &Jid,
        proof: Proof,
    ) -> Result<Attempt, Throttled> {
        if !self.is_on {
            return Ok(Attempt { delay: Duration::ZERO, counted: None });
        }
        let now = self.clock.now();
        let (pair, alone) = self.keys(address, jid);
        self.address.check(alone, now, 0)?;
        if proof == Proof::Password && !self.homes.lock().contains_key(&pair) {
            self.anywhere.check(self.hasher.hash_one(jid.bare_str()), now, 0)?;
        }
        let mut under_way = self.under_way.lock();
        let others = under_way.get(&pair).copied().unwrap_or(0);
        self.account.check(pair, now, others)?;
        *under_way.entry(pair).or_default() += 1;
        drop(under_way);
        let over = self.account.taken(pair, now).checked_sub(FREE_FAILURES);
        let delay = over
            .map_or(Duration::ZERO, |over| DELAY.saturating_mul(1 << over.min(10)).min(DELAY_MOST));
        Ok(Attempt { delay, counted: Some((self.under_way.clone(), pair)) })
    }

    /// A login failed.
    pub fn failed(&self, address: IpAddr, jid: &Jid, proof: Proof) {
        if self.is_on {
            let now = self.clock.now();
            let (pair, alone) = self.keys(address, jid);
            self.account.take(pair, now);
            self.address.take(alone, now);
            if proof == Proof::Password {
                self.anywhere.take(self.hasher.hash_one(jid.bare_str()), now);
            }
        }
    }

    /// A login succeeded: whoever it is has stopped guessing at this account. What the
    /// address did to other accounts stays.
    pub fn succeeded(&self, address: IpAddr, jid: &Jid) {
        if self.is_on {
            let (pair, _) = self.keys(address, jid);
            self.account.forget(pair);
            self.passed(jid);
            let mut homes = self.homes.lock();
            if homes.len() >= ENTRIES && !homes.contains_key(&pair) {
                keep_latest(&mut homes);
            }
            homes.insert(pair, self.clock.now().0);
        }
    }

    /// Failures in a row to an account are over: its owner logged in, or it has another
    /// password.
    pub fn passed(&self, jid: &Jid) {
        self.anywhere.forget(self.hasher.hash_one(jid.bare_str()));
    }

    /// Whether the network of `address` may make an account now.
    ///
    /// # Errors
    /// How long to wait.
    pub fn may_register(&self, address: IpAddr) -> Result<(), Throttled> {
        if !self.is_on {
            return Ok(());
        }
        self.registration.check(self.hasher.hash_one(network(address)), self.clock.now(), 0)
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use skein_base::Timestamp;

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

    fn may(throttle: &Throttle, at: IpAddr, jid: &Jid) -> Result<Duration, Throttled> {
        throttle.may_log_in(at, jid, Proof::Password).map(|attempt| attempt.delay)
    }

    fn fail(throttle: &Throttle, at: IpAddr, jid: &Jid) {
        throttle.failed(at, jid, Proof::Password);
    }

    #[test]
    fn the_eleventh_guess_waits_and_the_owner_elsewhere_does_not() {
        let (throttle, clock) = throttle();
        let (there, here) = (address("192.0.2.1"), address("192.0.2.2"));
        let juliet = jid("juliet@example.org");
        for _ in 0..10 {
            assert!(may(&throttle, there, &juliet).is_ok());
            fail(&throttle, there, &juliet);
        }
        assert!(may(&throttle, there, &juliet).is_err());
        assert_eq!(may(&throttle, here, &juliet), Ok(Duration::ZERO));
        clock.0.fetch_add(15 * 60 * 1_000_000, Ordering::Relaxed);
        assert_eq!(may(&throttle, there, &juliet), Ok(Duration::ZERO));
    }

    #[test]
    fn delays_grow_with_failures_and_end_with_success() {
        let (throttle, _) = throttle();
        let (there, juliet) = (address("192.0.2.1"), jid("juliet@example.org"));
        let mut delays = Vec::new();
        for _ in 0..9 {
            delays.push(may(&throttle, there, &juliet).expect("may").as_millis());
            fail(&throttle, there, &juliet);
        }
        assert_eq!(delays, [0, 0, 0, 250, 500, 1000, 2000, 4000, 4000]);
        throttle.succeeded(there, &juliet);
        assert_eq!(may(&throttle, there, &juliet), Ok(Duration::ZERO));
    }

    #[test]
    fn one_address_cannot_try_every_account() {
        let (throttle, _) = throttle();
        for n in 0..40 {
            // One /64 is one address, whatever the rest.
            let at = address(&format!("2001:db8::{n:x}"));
            fail(&throttle, at, &jid(&format!("u{n}@example.org")));
        }
        let fresh = jid("juliet@example.org");
        assert!(may(&throttle, address("2001:db8::ffff"), &fresh).is_err());
        assert!(may(&throttle, address("2001:db8:0:1::1"), &fresh).is_ok());
    }

    #[test]
    fn guesses_at_the_same_moment_count_each() {
        let (throttle, _) = throttle();
        let (there, juliet) = (address("192.0.2.1"), jid("juliet@example.org"));
        let guess = || throttle.may_log_in(there, &juliet, Proof::Password);
        let mut guesses: Vec<_> = (0..50).filter_map(|_| guess().ok()).collect();
        assert_eq!(guesses.len(), 10);
        assert!(guesses.iter().all(|guess| guess.delay.is_zero()), "nobody has failed yet");
        guesses.pop();
        assert!(guess().is_ok(), "one was given up");
        drop(guesses);
        assert!(throttle.under_way.lock().is_empty());
    }

    #[test]
    fn an_account_that_a_crowd_guesses_at_is_open_only_where_its_owner_was() {
        let (throttle, clock) = throttle();
        let (home, elsewhere) = (address("192.0.2.1"), address("198.51.100.1"));
        let juliet = jid("juliet@example.org");
        throttle.succeeded(home, &juliet);
        for n in 0..100 {
            let at = address(&format!("203.0.113.{n}"));
            assert!(may(&throttle, at, &juliet).is_ok(), "{n}");
            fail(&throttle, at, &juliet);
        }
        assert!(may(&throttle, elsewhere, &juliet).is_err());
        assert!(may(&throttle, home, &juliet).is_ok());
        let with_token = throttle.may_log_in(elsewhere, &juliet, Proof::Token);
        assert!(with_token.is_ok_and(|attempt| attempt.delay.is_zero()));
        assert!(may(&throttle, elsewhere, &jid("romeo@example.org")).is_ok());
        // A day later a few may try again; the next success ends it.
        clock.0.fetch_add(24 * 3_600 * 1_000_000, Ordering::Relaxed);
        assert!(may(&throttle, elsewhere, &juliet).is_ok());
        throttle.succeeded(home, &juliet);
        for n in 0..99 {
            fail(&throttle, address(&format!("203.0.113.{n}")), &juliet);
        }
        assert!(may(&throttle, elsewhere, &juliet).is_ok());
    }

    #[test]
    fn what_is_remembered_of_homes_is_bounded() {
        let (throttle, clock) = throttle();
        for n in 0..100_000_u32 {
            clock.0.fetch_add(1, Ordering::Relaxed);
            throttle.succeeded(IpAddr::from(n.to_be_bytes()), &jid("juliet@example.org"));
        }
        assert!(throttle.homes.lock().len() <= ENTRIES);
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
}
