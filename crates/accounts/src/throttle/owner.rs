//! The brakes on what is no login by name: passkeys, and proofs of who is signed in.

use std::hash::BuildHasher;
use std::net::IpAddr;

use skein_xmpp::Jid;

use super::{Throttle, Throttled, household};

impl Throttle {
    /// Whether a passkey may be tried from `address` now; its failures count as those of
    /// passwords do.
    ///
    /// # Errors
    /// How long to wait.
    pub fn may_show(&self, address: IpAddr) -> Result<(), Throttled> {
        if !self.is_on {
            return Ok(());
        }
        let alone = self.hasher.hash_one(household(address));
        self.address.check(alone, self.clock.now(), 0)
    }

    /// A passkey that was tried from `address` is not good.
    pub fn not_shown(&self, address: IpAddr) {
        if self.is_on {
            self.address.take(self.hasher.hash_one(household(address)), self.clock.now());
        }
    }

    /// Whether a session of `jid` may try to prove that its owner sits there. It counts as a
    /// failure until [`Throttle::proved`], so that guesses at the same moment count each.
    ///
    /// # Errors
    /// How long to wait.
    pub fn may_prove(&self, jid: &Jid) -> Result<(), Throttled> {
        if !self.is_on {
            return Ok(());
        }
        let (key, now) = (self.hasher.hash_one(jid.bare_str()), self.clock.now());
        self.proof.check(key, now, 0)?;
        self.proof.take(key, now);
        Ok(())
    }

    /// It was the owner.
    pub fn proved(&self, jid: &Jid) {
        self.proof.forget(self.hasher.hash_one(jid.bare_str()));
    }
}
