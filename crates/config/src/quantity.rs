//! Sizes, durations and rates that people can read.

use std::time::Duration;

use crate::kind::{Given, Kind, quoted};

const SIZES: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// In milliseconds; the first unit that divides a value evenly shows it.
const SPANS: [(&str, u64); 6] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];

/// `256 KiB` in the units of `table`; a bare number counts in `bare`.
fn amount(text: &str, table: &[(&str, u64)], bare: u64) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let factor = match unit {
        "" => bare,
        _ => table.iter().find(|(name, _)| *name == unit)?.1,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn show_size(bytes: u64) -> String {
    let binary =
        SIZES.iter().take(3).find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor));
    binary
        .map_or_else(|| format!("{bytes} B"), |(unit, factor)| format!("{} {unit}", bytes / factor))
}

fn show_span(span: Duration) -> String {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let whole =
        SPANS.iter().find(|(_, factor)| millis >= *factor && millis.is_multiple_of(*factor));
    whole.map_or_else(|| "0s".to_owned(), |(unit, factor)| format!("{}{unit}", millis / factor))
}

/// Reads a duration as the file writes it: `30s`, `15m`, `1h`, `7d`, `500ms`; a bare number is seconds.
pub fn duration(text: &str) -> Option<Duration> {
    amount(text.trim(), &SPANS, 1_000).map(Duration::from_millis)
}

/// A size of at least `MIN` bytes.
pub(crate) struct Size<const MIN: u64>;

impl<const MIN: u64> Kind for Size<MIN> {
    type Value = usize;

    fn expects() -> String {
        format!("a size from {}, such as \"256 KiB\", or a number of bytes", show_size(MIN))
    }

    fn read(given: &Given) -> Result<usize, String> {
        let bytes = match given.number() {
            Some(bytes) => Some(bytes),
            None => amount(given.text()?.trim(), &SIZES, 1),
        };
        let bytes = bytes.ok_or_else(|| format!("{given} is not a size"))?;
        if bytes < MIN {
            return Err(format!("{} is less than {}", show_size(bytes), show_size(MIN)));
        }
        usize::try_from(bytes).map_err(|_| format!("{given} is too large"))
    }

    fn show(value: &usize) -> Option<String> {
        Some(quoted(&show_size(*value as u64)))
    }
}

/// A duration of at least `MIN` seconds.
pub(crate) struct Span<const MIN: u64>;

impl<const MIN: u64> Kind for Span<MIN> {
    type Value = Duration;

    fn expects() -> String {
        format!(
            "a duration from {MIN}s, such as \"30s\", \"15m\", \"1h\" or \"7d\", or a number of seconds"
        )
    }

    fn read(given: &Given) -> Result<Duration, String> {
        let span = match given.number() {
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => duration(given.text()?),
        };
        let span = span.ok_or_else(|| format!("{given} is not a duration"))?;
        if span < Duration::from_secs(MIN) {
            return Err(format!("{} is less than {MIN}s", show_span(span)));
        }
        Ok(span)
    }

    fn show(value: &Duration) -> Option<String> {
        Some(quoted(&show_span(*value)))
    }
}

/// So many in a time, and at most `burst` at once: a token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many come back in `per`. At least 1.
    pub amount: u64,
    /// Longer than nothing.
    pub per: Duration,
    /// How many are there at first and at most; at least 1.
    pub burst: u64,
}

impl Rate {
    /// `amount` in `per_secs` seconds, `burst` at once.
    pub(crate) const fn new(amount: u64, per_secs: u64, burst: u64) -> Self {
        Self { amount, per: Duration::from_secs(per_secs), burst }
    }

    fn parse(text: &str, units: &[(&str, u64)]) -> Option<Self> {
        let (rate, burst) = match text.split_once("burst") {
            Some((rate, burst)) => (rate, Some(burst)),
            None => (text, None),
        };
        let (number, per) = rate.split_once('/')?;
        let per = match per.trim() {
            "" => return None,
            // "20/s" as well as "10/15m".
            unit if unit.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                duration(&format!("1{unit}"))?
            }
            span => duration(span)?,
        };
        let number = amount(number.trim(), units, 1)?;
        let burst = match burst {
            Some(burst) => amount(burst.trim(), units, 1)?,
            None => number,
        };
        (number > 0 && burst > 0 && !per.is_zero()).then_some(Self { amount: number, per, burst })
    }

    fn show(self, number: fn(u64) -> String) -> String {
        let per = show_span(self.per);
        let per = per
            .strip_prefix('1')
            .filter(|unit| !unit.starts_with(|c: char| c.is_ascii_digit()))
            .unwrap_or(&per);
        let rate = format!("{}/{per}", number(self.amount));
        if self.burst == self.amount {
            rate
        } else {
            format!("{rate} burst {}", number(self.burst))
        }
    }
}

/// A [`Rate`] of things.
pub(crate) struct Times;

impl Kind for Times {
    type Value = Rate;

    fn expects() -> String {
        "a rate such as \"10/15m\" or \"20/s burst 50\"".to_owned()
    }

    fn read(given: &Given) -> Result<Rate, String> {
        Rate::parse(given.text()?, &[]).ok_or_else(|| format!("{given} is not a rate"))
    }

    fn show(value: &Rate) -> Option<String> {
        Some(quoted(&value.show(|number| number.to_string())))
    }
}

/// A [`Rate`] of bytes.
pub(crate) struct Throughput;

impl Kind for Throughput {
    type Value = Rate;

    fn expects() -> String {
        "a rate such as \"16 KiB/s burst 512 KiB\"".to_owned()
    }

    fn read(given: &Given) -> Result<Rate, String> {
        Rate::parse(given.text()?, &SIZES).ok_or_else(|| format!("{given} is not a rate of bytes"))
    }

    fn show(value: &Rate) -> Option<String> {
        Some(quoted(&value.show(show_size)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> Given {
        Given::Text(text.to_owned())
    }

    #[test]
    fn sizes_and_durations_are_readable() {
        assert_eq!(Size::<0>::read(&text("256 KiB")), Ok(262_144));
        assert_eq!(Size::<0>::read(&text("1MB")), Ok(1_000_000));
        assert_eq!(Size::<0>::read(&Given::Integer(10_000)), Ok(10_000));
        assert_eq!(Size::<0>::read(&Given::Word("64".into())), Ok(64));
        assert_eq!(Span::<0>::read(&text("1h")), Ok(Duration::from_secs(3600)));
        assert_eq!(Span::<0>::read(&text("250 ms")), Ok(Duration::from_millis(250)));
        assert_eq!(Span::<0>::read(&Given::Integer(30)), Ok(Duration::from_secs(30)));
    }

    #[test]
    fn rates_are_readable() {
        assert_eq!(Times::read(&text("20/s burst 50")), Ok(Rate::new(20, 1, 50)));
        assert_eq!(Times::read(&text("10/15m")), Ok(Rate::new(10, 900, 10)));
        assert_eq!(
            Throughput::read(&text("16 KiB/s burst 512 KiB")),
            Ok(Rate::new(16_384, 1, 524_288))
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in ["", "KiB", "1 XB", "-1", "1.5 KiB", "99999999999999999999", "20000000000 GiB"]
        {
            assert!(Size::<0>::read(&text(wrong)).is_err(), "{wrong}");
        }
        for wrong in ["", "s", "1 week", "-1s"] {
            assert!(Span::<0>::read(&text(wrong)).is_err(), "{wrong}");
        }
        for wrong in ["", "20", "0/s", "20/", "20/0s", "20/s burst 0", "20/s burst", "1 KiB/s"] {
            assert!(Times::read(&text(wrong)).is_err(), "{wrong}");
        }
        assert!(Size::<10_000>::read(&Given::Integer(9_999)).is_err());
        assert!(Span::<1>::read(&text("0s")).is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(amount in 1_u64..1 << 40, secs in 1_u64..1_000_000, burst in 1_u64..1 << 40) {
            let rate = Rate::new(amount, secs, burst);
            prop_assert_eq!(Rate::parse(&rate.show(show_size), &SIZES), Some(rate));
            prop_assert_eq!(duration(&show_span(rate.per)), Some(rate.per));
        }
    }
}
