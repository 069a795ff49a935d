//! Latencies in buckets that are 1/64 of their value wide.

/// Bits of a value that are kept below its highest: 64 steps for each doubling,
/// so a percentile is wrong by 1.6 % at most.
const STEP_BITS: u32 = 6;
const BUCKETS: usize = (64 - STEP_BITS as usize + 1) << STEP_BITS;

/// Counts of durations in nanoseconds.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    counts: Vec<u32>,
    total: u64,
    max: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, max: 0 }
    }

    pub(crate) fn record(&mut self, nanoseconds: u64) {
        self.counts[bucket(nanoseconds)] += 1;
        self.total += 1;
        self.max = self.max.max(nanoseconds);
    }

    /// The duration in milliseconds that `share` (0 to 1) of all do not exceed.
    pub(crate) fn milliseconds(&self, share: f64) -> f64 {
        let rank = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut below = 0;
        for (index, count) in self.counts.iter().enumerate() {
            below += u64::from(*count);
            if below >= rank {
                return floor(index).min(self.max) as f64 / 1e6;
            }
        }
        self.max as f64 / 1e6
    }
}

fn bucket(value: u64) -> usize {
    let shift = (64 - value.leading_zeros()).saturating_sub(STEP_BITS + 1);
    ((shift as usize) << STEP_BITS) + (value >> shift) as usize
}

fn floor(bucket: usize) -> u64 {
    let shift = (bucket >> STEP_BITS).saturating_sub(1);
    ((bucket - (shift << STEP_BITS)) as u64) << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_within_a_sixtyfourth_of_its_bucket() {
        for value in [0, 1, 63, 64, 127, 128, 129, 1_000, 123_456, 98_765_432_100, u64::MAX] {
            let found = floor(bucket(value));
            assert!(found <= value && value - found <= value / 64, "{value} in {found}");
        }
    }

    #[test]
    fn percentiles_of_a_thousand_values() {
        let mut histogram = Histogram::new();
        (1..=1_000u64).for_each(|value| histogram.record(value * 1_000_000));
        assert!((histogram.milliseconds(0.5) - 500.0).abs() < 9.0);
        assert!((histogram.milliseconds(0.99) - 990.0).abs() < 17.0);
    }
}
