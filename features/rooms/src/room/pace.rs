//! Slow mode (XEP-0500): who spoke last when, by their id in the room (XEP-0421), so that
//! neither another device nor another nickname helps. After a restart the room's log says it.

use std::collections::HashMap;
use std::time::Duration;

use skein_base::Timestamp;
use skein_xmpp::{Condition, ErrorType, StanzaError, ns};

/// See the module.
#[derive(Default)]
pub(crate) struct Pace {
    spoke: HashMap<Box<str>, Timestamp>,
    /// Until when what stands here matters.
    until: Timestamp,
}

impl Pace {
    /// Somebody wants to say something at `now`; noted if they may.
    pub(crate) fn step(&mut self, who: &str, secs: u32, now: Timestamp) -> Result<(), StanzaError> {
        if secs == 0 {
            self.spoke.clear();
            return Ok(());
        }
        let pause = Duration::from_secs(u64::from(secs));
        let since = self.spoke.get(who).map(|spoke| now.since(*spoke));
        if let Some(left) = since.and_then(|since| pause.checked_sub(since))
            && !left.is_zero()
        {
            return Err(too_soon(secs, left));
        }
        if self.until < now {
            self.spoke.clear();
        }
        self.spoke.insert(who.into(), now);
        self.until = now.plus(pause);
        Ok(())
    }

    /// Who has spoken before the room was loaded.
    pub(crate) fn remember(&mut self, who: &str, secs: u32, at: Timestamp) {
        self.spoke.insert(who.into(), at);
        self.until = self.until.max(at.plus(Duration::from_secs(u64::from(secs))));
    }

    /// Whether somebody still has to wait.
    pub(crate) fn matters(&self, now: Timestamp) -> bool {
        self.until > now
    }
}

fn too_soon(secs: u32, left: Duration) -> StanzaError {
    let wait = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    StanzaError::new(Condition::PolicyViolation)
        .class(ErrorType::Wait)
        .text(format!("wait {wait} seconds; this room allows a message every {secs} seconds"))
        .specific("slow-mode", ns::ROOMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_spoke_waits_and_the_others_do_not() {
        let mut pace = Pace::default();
        let (a, b) = ("a", "b");
        let at = Timestamp::from_secs;
        assert!(pace.step(a, 10, at(100)).is_ok());
        let refused = pace.step(a, 10, at(104)).expect_err("too soon");
        assert_eq!(refused.class, ErrorType::Wait);
        assert!(refused.text.is_some_and(|text| text.starts_with("wait 6 seconds")));
        assert!(pace.step(b, 10, at(104)).is_ok());
        assert!(pace.step(a, 10, at(110)).is_ok());
        assert!(pace.step(b, 10, at(113)).is_err());
        assert!(pace.matters(at(119)) && !pace.matters(at(120)));
        // Switched off and on again, nobody waits for what was before.
        assert!(pace.step(a, 0, at(111)).is_ok());
        assert!(pace.step(a, 10, at(111)).is_ok());
        // What the log says counts like what was heard.
        let mut loaded = Pace::default();
        loaded.remember(a, 10, at(100));
        assert!(loaded.matters(at(109)) && loaded.step(a, 10, at(109)).is_err());
        assert!(loaded.step(b, 10, at(109)).is_ok());
    }
}
