//! To how many strangers an account turns (trust D2).

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::{AccountId, Timestamp};
use skein_xmpp::Jid;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Accounts that may be there before the first sweep.
const SWEEP_AT: usize = 256;

/// How many different strangers in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) hourly: usize,
    pub(crate) daily: usize,
}

/// To whom accounts turned within a day. A restart forgets it: nobody outside brings one about.
#[derive(Default)]
pub(crate) struct Outreach(Mutex<Accounts>);

#[derive(Default)]
struct Accounts {
    met: HashMap<AccountId, VecDeque<(Jid, Timestamp)>>,
    sweep_at: usize,
}

impl Outreach {
    /// Whether `account` may turn to `peer`; counted if so. Whom it turned to within a day
    /// does not count again.
    pub(crate) fn admit(
        &self,
        account: AccountId,
        peer: &Jid,
        allowance: Allowance,
        now: Timestamp,
    ) -> bool {
        let mut all = self.0.lock();
        all.sweep(now);
        let met = all.met.entry(account).or_default();
        forget(met, now);
        let peer = peer.bare();
        if met.iter().any(|(known, _)| *known == peer) {
            return true;
        }
        let lately = met.iter().filter(|(_, at)| now.since(*at) < HOUR).count();
        if met.len() >= allowance.daily || lately >= allowance.hourly {
            return false;
        }
        met.push_back((peer, now));
        true
    }
}

fn forget(met: &mut VecDeque<(Jid, Timestamp)>, now: Timestamp) {
    while met.front().is_some_and(|(_, at)| now.since(*at) >= DAY) {
        met.pop_front();
    }
}

impl Accounts {
    /// Forgets those of yesterday whenever the map has doubled.
    fn sweep(&mut self, now: Timestamp) {
        if self.met.len() < self.sweep_at.max(SWEEP_AT) {
            return;
        }
        self.met.retain(|_, met| {
            forget(met, now);
            !met.is_empty()
        });
        self.sweep_at = self.met.len() * 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: Allowance = Allowance { hourly: 3, daily: 5 };

    fn peer(n: i64) -> Jid {
        Jid::parse(&format!("p{n}@here/r")).expect("an address")
    }

    #[test]
    fn strangers_are_counted_by_hour_and_day_and_each_once() {
        let outreach = Outreach::default();
        let admit = |n: i64, hours: i64| {
            let now = Timestamp::from_secs(1_000_000 + hours * 3600);
            outreach.admit(AccountId(1), &peer(n), ALLOWANCE, now)
        };
        assert!(admit(1, 0) && admit(2, 0) && admit(3, 0) && admit(1, 0));
        assert!(!admit(4, 0), "three in an hour");
        assert!(admit(4, 1) && admit(5, 1));
        assert!(!admit(6, 2), "five in a day");
        assert!(admit(2, 2), "whom one has turned to");
        assert!(admit(6, 24), "a day later");
        assert!(outreach.admit(AccountId(2), &peer(9), ALLOWANCE, Timestamp::from_secs(1_000_000)));
    }

    #[test]
    fn accounts_of_yesterday_are_forgotten() {
        let outreach = Outreach::default();
        for n in 0..100_000 {
            let now = Timestamp::from_secs(n * 3600);
            assert!(outreach.admit(AccountId(n), &peer(n), ALLOWANCE, now));
        }
        assert!(outreach.0.lock().met.len() <= SWEEP_AT);
    }
}
