//! When to ask for a certificate.

use std::time::Duration;

use skein_base::Timestamp;

/// What is known of the certificate that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) names: Vec<String>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

/// How long nothing need be done: until two thirds of the certificate's life are
/// over; not at all without one, or when a name is missing in it.
pub(super) fn wait(kept: Option<&Kept>, domains: &[String], now: Timestamp) -> Duration {
    let Some(kept) = kept else { return Duration::ZERO };
    let covered = |domain: &String| kept.names.iter().any(|name| name.eq_ignore_ascii_case(domain));
    if !domains.iter().all(covered) {
        return Duration::ZERO;
    }
    let life = kept.not_after.since(kept.not_before);
    kept.not_before.plus(life / 3 * 2).since(now)
}

/// How long to wait after failure number `failures`, counted from 0. The other way of proof
/// follows soon: one of the two ports may be shut for good. Then both rest; Let's Encrypt
/// allows five failed proofs per name and hour.
pub(super) fn retry_after(failures: u32) -> Duration {
    const OTHER_WAY: Duration = Duration::from_secs(10);
    const FIRST: Duration = Duration::from_secs(30 * 60);
    const LONGEST: Duration = Duration::from_secs(12 * 3600);
    if failures.is_multiple_of(2) {
        return OTHER_WAY;
    }
    FIRST.saturating_mul(1 << (failures / 2).min(10)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn kept() -> Kept {
        Kept {
            names: vec!["chat.example".into(), "rooms.chat.example".into()],
            not_before: Timestamp::from_secs(0),
            not_after: Timestamp::from_secs(90 * DAY),
        }
    }

    #[test]
    fn renewal_is_due_after_two_thirds_of_the_life() {
        let domains = ["chat.example".to_owned()];
        let at = |day| wait(Some(&kept()), &domains, Timestamp::from_secs(day * DAY));
        assert_eq!(at(59), Duration::from_secs(86_400));
        assert_eq!(at(60), Duration::ZERO);
        assert_eq!(at(1000), Duration::ZERO);
    }

    #[test]
    fn a_missing_certificate_or_a_missing_name_is_due_at_once() {
        let now = Timestamp::from_secs(DAY);
        assert_eq!(wait(None, &["chat.example".to_owned()], now), Duration::ZERO);
        assert_eq!(wait(Some(&kept()), &["other.example".to_owned()], now), Duration::ZERO);
        assert!(!wait(Some(&kept()), &["CHAT.example".to_owned()], now).is_zero());
    }

    #[test]
    fn failures_wait_longer_and_longer_within_the_authority_s_limits() {
        let waits = (0..8).map(|failures| retry_after(failures).as_secs());
        assert_eq!(waits.collect::<Vec<_>>(), [10, 1_800, 10, 3_600, 10, 7_200, 10, 14_400]);
        assert_eq!(retry_after(41), Duration::from_secs(12 * 3600));
    }
}
