//! What the writer counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the commit latency buckets, in microseconds; the last bucket
/// of [`Metrics::commit_buckets`] holds what is slower.
pub const COMMIT_BUCKETS: [u64; 10] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000];

/// A reading of the counters; all of them only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics {
    /// Transactions committed by the writer.
    pub batches: u64,
    /// Jobs answered with success.
    pub jobs: u64,
    /// Jobs answered with a fault.
    pub failed_jobs: u64,
    /// Batches that were run again job by job because one of them failed.
    pub isolated_batches: u64,
    /// Reads that ran.
    pub reads: u64,
    /// Sum of the time from `COMMIT` to durable, in microseconds.
    pub commit_micros: u64,
    /// Commits by latency: one bucket for each bound of [`COMMIT_BUCKETS`], not cumulative, and the rest.
    pub commit_buckets: [u64; COMMIT_BUCKETS.len() + 1],
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    batches: AtomicU64,
    jobs: AtomicU64,
    failed_jobs: AtomicU64,
    isolated_batches: AtomicU64,
    reads: AtomicU64,
    commit_micros: AtomicU64,
    commit_buckets: [AtomicU64; COMMIT_BUCKETS.len() + 1],
}

impl Counters {
    pub(crate) fn committed(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = COMMIT_BUCKETS.partition_point(|bound| *bound < micros);
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.commit_micros.fetch_add(micros, Ordering::Relaxed);
        self.commit_buckets[bucket].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, well: bool) {
        let counter = if well { &self.jobs } else { &self.failed_jobs };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn isolated(&self) {
        self.isolated_batches.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn reading(&self) -> Metrics {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            batches: load(&self.batches),
            jobs: load(&self.jobs),
            failed_jobs: load(&self.failed_jobs),
            isolated_batches: load(&self.isolated_batches),
            reads: load(&self.reads),
            commit_micros: load(&self.commit_micros),
            commit_buckets: std::array::from_fn(|bucket| load(&self.commit_buckets[bucket])),
        }
    }
}
