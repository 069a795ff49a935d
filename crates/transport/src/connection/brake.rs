//! Reads a client that sends too fast more slowly (trust: D1): a bucket of bytes.

use std::time::{Duration, Instant};

use super::Service;

/// See the module. One for each client.
#[derive(Debug, Default)]
pub struct Brake {
    used: u64,
    at: Option<Instant>,
}

impl Brake {
    /// How long to wait before the next read after one of `bytes`, by `limits.incoming`.
    pub fn pause(&mut self, service: &Service, bytes: usize) -> Option<Duration> {
        let limits = &service.ctx().config.limits;
        if !limits.rate {
            return None;
        }
        let rate = limits.incoming;
        let per_second = rate.amount as f64 / rate.per.as_secs_f64().max(1.0);
        let now = Instant::now();
        let passed = self.at.replace(now).map_or(0.0, |at| (now - at).as_secs_f64());
        self.used = self.used.saturating_sub((passed * per_second) as u64) + bytes as u64;
        let over = self.used.checked_sub(rate.burst)?;
        Some(Duration::from_secs_f64(over as f64 / per_second))
    }
}
