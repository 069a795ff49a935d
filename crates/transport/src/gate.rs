//! Who may connect: caps on strangers, by address and in all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use skein_base::limits;
use thiserror::Error;

/// Addresses remembered before those that no longer matter are thrown out.
const REMEMBERED: usize = 16_384;

/// The caps; see the constants of the same names in [`skein_base::limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Strangers of one address.
    pub per_address: u32,
    /// Strangers in all.
    pub total: u32,
    /// New connections of one address per second.
    pub per_second: u32,
    /// New connections of one address at once.
    pub burst: u32,
    /// `false` turns off everything that counts by address, for load tests and for
    /// servers behind a proxy that hides the addresses. The total stays.
    pub rate: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_address: limits::UNAUTHENTICATED_PER_ADDRESS,
            total: limits::UNAUTHENTICATED,
            per_second: limits::CONNECTIONS_PER_SECOND,
            burst: limits::CONNECTIONS_BURST,
            rate: true,
        }
    }
}

/// Why a connection is not let in; it is closed without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// Too many strangers in all.
    #[error("too many connections that are not logged in")]
    Total,
    /// Too many strangers from this address.
    #[error("too many connections from this address that are not logged in")]
    Address,
    /// This address connects too often.
    #[error("connections from this address come too fast")]
    Rate,
}

/// Counts connections that are not logged in.
#[derive(Debug)]
pub struct Gate {
    limits: Limits,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    strangers: u32,
    addresses: HashMap<IpAddr, Address>,
}

#[derive(Debug)]
struct Address {
    strangers: u32,
    /// When the bucket of new connections will be full again.
    full_at: Instant,
}

/// Leave to be connected without being logged in. Dropped at login or at the end of
/// the connection, it makes room for the next stranger.
#[derive(Debug)]
pub struct Pass {
    gate: Arc<Gate>,
    address: IpAddr,
}

impl Gate {
    /// A gate with these caps.
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, seen: Mutex::default() })
    }

    /// Lets a connection in or not.
    ///
    /// # Errors
    /// The cap that is reached.
    pub fn enter(self: &Arc<Self>, peer: IpAddr, now: Instant) -> Result<Pass, Refused> {
        let address = network(peer);
        let mut seen = self.seen.lock();
        if seen.strangers >= self.limits.total {
            return Err(Refused::Total);
        }
        if self.limits.rate {
            self.count(&mut seen, address, now)?;
        }
        seen.strangers += 1;
        Ok(Pass { gate: Arc::clone(self), address })
    }

    /// Connections that are not logged in now.
    pub fn strangers(&self) -> u32 {
        self.seen.lock().strangers
    }

    fn count(&self, seen: &mut Seen, address: IpAddr, now: Instant) -> Result<(), Refused> {
        if seen.addresses.len() >= REMEMBERED && !seen.addresses.contains_key(&address) {
            seen.addresses.retain(|_, known| known.strangers > 0 || known.full_at > now);
        }
        let known = seen.addresses.entry(address).or_insert(Address { strangers: 0, full_at: now });
        if known.strangers >= self.limits.per_address {
            return Err(Refused::Address);
        }
        // Each connection takes the time that refills its place; the bucket is empty
        // when that reaches further ahead than the burst does.
        let each = Duration::from_secs(1) / self.limits.per_second.max(1);
        let full_at = known.full_at.max(now) + each;
        if full_at > now + each * self.limits.burst.max(1) {
            return Err(Refused::Rate);
        }
        known.full_at = full_at;
        known.strangers += 1;
        Ok(())
    }

    fn leave(&self, address: IpAddr) {
        let mut seen = self.seen.lock();
        seen.strangers = seen.strangers.saturating_sub(1);
        if let Some(known) = seen.addresses.get_mut(&address) {
            known.strangers = known.strangers.saturating_sub(1);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.leave(self.address);
    }
}

/// What counts as one address: an IPv4 address however written, or the /64 that a
/// single IPv6 customer has at the least.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn small() -> Limits {
        Limits { per_address: 3, total: 5, per_second: 10, burst: 4, rate: true }
    }

    #[test]
    fn one_address_gets_no_more_than_its_share_until_somebody_leaves() {
        let (gate, now) = (Gate::new(small()), Instant::now());
        let mut passes: Vec<_> = (0..3).map(|_| gate.enter(HOME, now).unwrap()).collect();
        assert_eq!(gate.enter(HOME, now).unwrap_err(), Refused::Address);
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        assert_eq!(gate.enter(mapped, now).unwrap_err(), Refused::Address);
        passes.pop();
        assert!(gate.enter(HOME, now).is_ok());
        assert_eq!(gate.strangers(), 2);
    }

    #[test]
    fn a_64_counts_as_one_address() {
        let (gate, now) = (Gate::new(small()), Instant::now());
        let _passes: Vec<_> = (1..=3)
            .map(|n| gate.enter(format!("2001:db8::{n}").parse().unwrap(), now).unwrap())
            .collect();
        assert_eq!(gate.enter("2001:db8::9".parse().unwrap(), now).unwrap_err(), Refused::Address);
        assert!(gate.enter("2001:db8:0:1::1".parse().unwrap(), now).is_ok());
    }

    #[test]
    fn the_total_holds_with_and_without_counting_by_address() {
        for rate in [true, false] {
            let (gate, now) = (Gate::new(Limits { rate, ..small() }), Instant::now());
            let _passes: Vec<_> =
                (1..=5).map(|n| gate.enter([192, 0, 2, n].into(), now).unwrap()).collect();
            assert_eq!(gate.enter([192, 0, 2, 9].into(), now).unwrap_err(), Refused::Total);
        }
    }

    #[test]
    fn a_burst_is_followed_by_the_steady_rate() {
        let (gate, now) = (Gate::new(small()), Instant::now());
        for _ in 0..4 {
            drop(gate.enter(HOME, now).unwrap());
        }
        assert_eq!(gate.enter(HOME, now).unwrap_err(), Refused::Rate);
        let later = now + Duration::from_millis(100);
        drop(gate.enter(HOME, later).unwrap());
        assert_eq!(gate.enter(HOME, later).unwrap_err(), Refused::Rate);
        let off = Gate::new(Limits { rate: false, ..small() });
        for _ in 0..100 {
            drop(off.enter(HOME, now).unwrap());
        }
    }

    #[test]
    fn addresses_that_no_longer_matter_are_forgotten() {
        let gate = Gate::new(Limits { total: 1, ..small() });
        let now = Instant::now();
        for n in 0..40_000_u32 {
            let at = now + Duration::from_secs(u64::from(n));
            drop(gate.enter(IpAddr::V4(n.into()), at).unwrap());
        }
        assert!(gate.seen.lock().addresses.len() <= REMEMBERED);
    }
}
