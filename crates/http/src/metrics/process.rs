//! What the process takes of the machine, from Linux's `/proc`; elsewhere nothing.

use std::{fmt, fs};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

use super::gauge;

/// In `/proc` times are counted in these on all machines that Linux runs on today,
/// whatever its own clock does (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let to = &mut encoder;
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        if let Some(kib) = field(&status, "VmRSS:") {
            gauge(to, "process_resident_memory_bytes", "Resident memory", kib * 1024)?;
        }
        if let Some(threads) = field(&status, "Threads:") {
            gauge(to, "process_threads", "Threads", threads)?;
        }
        if let Some(seconds) =
            fs::read_to_string("/proc/self/stat").ok().and_then(|stat| cpu(&stat))
        {
            let help = "Processor time in user and system mode";
            let encoder =
                to.encode_descriptor("process_cpu_seconds", help, None, MetricType::Counter)?;
            ConstCounter::new(seconds).encode(encoder)?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            gauge(to, "process_open_fds", "Open file descriptors", open.count() as u64)?;
        }
        Ok(())
    }
}

/// The number in a line of `/proc/self/status`.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// Fields 14 and 15 of `/proc/self/stat`. The second, the program's name, may hold
/// anything, spaces and brackets too, but the last bracket is its own.
fn cpu(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) as f64 / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 8 0";
        assert_eq!(cpu(stat), Some(3.0));
        assert_eq!(cpu("42 (a"), None);
    }

    #[test]
    fn numbers_are_found_by_name() {
        assert_eq!(field("Name:\tx\nVmRSS:\t  12345 kB\nThreads:\t9\n", "VmRSS:"), Some(12_345));
        assert_eq!(field("Name:\tx\n", "VmRSS:"), None);
    }
}
