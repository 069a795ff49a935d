//! Decisions: whether a file may be announced, and how long it stays.

use std::time::Duration;

use skein_base::{Timestamp, limits};
use skein_config::Config;

/// What a file is for (XEP-0363 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It goes with the messages that name it.
    Message,
    /// It stays until its owner removes it: an avatar.
    Profile,
    /// It goes with its messages, and at this time at the latest.
    Ephemeral,
    /// It stays until its owner removes it.
    Permanent,
}

impl Purpose {
    pub(crate) const fn number(self) -> i64 {
        self as i64
    }

    pub(crate) const fn of(number: i64) -> Self {
        match number {
            1 => Self::Profile,
            2 => Self::Ephemeral,
            3 => Self::Permanent,
            _ => Self::Message,
        }
    }

    /// Whether the file goes when no message names it any more.
    pub(crate) const fn follows_messages(self) -> bool {
        matches!(self, Self::Message | Self::Ephemeral)
    }
}

/// What an account uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Use {
    /// Bytes of all its files.
    pub(crate) all: i64,
    /// Bytes announced today.
    pub(crate) day: i64,
    /// Files announced and not there.
    pub(crate) open: i64,
}

/// Why a file may not be announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is larger than any may be; the bound.
    TooLarge(u64),
    /// Today, or until others were uploaded; when to try again.
    Until(Timestamp),
    /// Until files are removed.
    Full,
}

const DAY: i64 = 24 * 3600 * 1_000_000;

/// Days since 1970, in UTC.
pub(crate) const fn day_of(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY)
}

/// Whether a file of `size` bytes may be announced.
pub(crate) fn announce(
    config: &Config,
    used: Use,
    size: u64,
    now: Timestamp,
) -> Result<(), Refused> {
    let limits = &config.limits;
    if size > limits.upload_bytes as u64 {
        return Err(Refused::TooLarge(limits.upload_bytes as u64));
    }
    let with = |used: i64| used.max(0).unsigned_abs().saturating_add(size);
    if with(used.all) > limits.upload_bytes_per_account as u64 {
        return Err(Refused::Full);
    }
    if with(used.day) > limits.upload_bytes_per_day as u64 {
        return Err(Refused::Until(Timestamp((day_of(now) + 1) * DAY)));
    }
    if used.open >= limits::UPLOADS_OPEN {
        return Err(Refused::Until(now.plus(limits.upload_begin)));
    }
    Ok(())
}

/// When a file goes that is there now. `before` is what its owner wished.
pub(crate) fn until(
    config: &Config,
    purpose: Purpose,
    before: Timestamp,
    now: Timestamp,
) -> Timestamp {
    let days = config.archive.retention_days;
    let never = Timestamp(i64::MAX);
    // A day more than its message, which may be sent later than the file.
    let kept = Duration::from_secs(24 * 3600) * days.saturating_add(1);
    let with_messages = if days == 0 { never } else { now.plus(kept) };
    match purpose {
        Purpose::Profile | Purpose::Permanent => never,
        Purpose::Message => with_messages,
        Purpose::Ephemeral => with_messages.min(before),
    }
}

/// The name as it is kept: the last part of a path, without control characters and without
/// what turns the direction of writing; never empty, never too long.
pub(crate) fn name(said: &str) -> String {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_fine = |c: &char| {
        !c.is_control()
            && !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut name: String = last.chars().filter(is_fine).collect();
    // The ending says how to open it: the middle goes.
    while name.len() > limits::UPLOAD_NAME_BYTES {
        let ending = name.rfind('.').filter(|at| name.len() - at <= 16).unwrap_or(name.len());
        let cut = name[..ending].char_indices().last().map_or(0, |(at, _)| at);
        name.replace_range(cut..ending, "");
    }
    match name.trim() {
        "" | "." | ".." => "file".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u01_a_name_is_a_name_and_no_way() {
        for (said, kept) in [
            ("très cool.jpg", "très cool.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\a\\b.txt", "b.txt"),
            ("..", "file"),
            ("", "file"),
            ("a/", "file"),
            ("x\r\nSet-Cookie: a\0.png", "xSet-Cookie: a.png"),
            ("gpj.\u{202e}exe", "gpj.exe"),
            ("..%2f..%2fx", "..%2f..%2fx"),
        ] {
            assert_eq!(name(said), kept, "{said:?}");
        }
        let long = name(&format!("{}.jpeg", "ä".repeat(300)));
        assert!(long.len() <= 255 && long.ends_with("ä.jpeg"), "{long}");
    }

    #[test]
    fn each_bound_refuses_with_its_reason() {
        let mut config = Config::default();
        config.limits.upload_bytes = 1000;
        config.limits.upload_bytes_per_day = 3000;
        config.limits.upload_bytes_per_account = 9000;
        let now = Timestamp::from_secs(86_400 * 20_000 + 5);
        let tomorrow = Timestamp::from_secs(86_400 * 20_001);
        let tried = |all, day, open, size| announce(&config, Use { all, day, open }, size, now);
        assert_eq!(tried(8000, 2000, 99, 1000), Ok(()));
        assert_eq!(tried(0, 0, 0, 1001), Err(Refused::TooLarge(1000)));
        assert_eq!(tried(8001, 0, 0, 1000), Err(Refused::Full));
        assert_eq!(tried(0, 2001, 0, 1000), Err(Refused::Until(tomorrow)));
        assert_eq!(tried(0, 0, 100, 1), Err(Refused::Until(now.plus(config.limits.upload_begin))));
    }

    #[test]
    fn a_file_stays_as_long_as_its_purpose_says() {
        let mut config = Config::default();
        let (now, wished) = (Timestamp::from_secs(1000), Timestamp::from_secs(5000));
        let never = Timestamp(i64::MAX);
        assert_eq!(until(&config, Purpose::Message, never, now), never);
        assert_eq!(until(&config, Purpose::Ephemeral, wished, now), wished);
        config.archive.retention_days = 1;
        assert_eq!(
            until(&config, Purpose::Message, never, now),
            Timestamp::from_secs(1000 + 2 * 86_400)
        );
        assert_eq!(until(&config, Purpose::Ephemeral, wished, now), wished);
        for purpose in [Purpose::Profile, Purpose::Permanent] {
            assert_eq!(until(&config, purpose, never, now), never);
        }
    }
}
