//! What a run found: a table for people, JSON for programs; and progress meanwhile.

use std::fs;
use std::io::Write as _;

use serde_json::{Map, Value, json};

use crate::engine::Fault;
use crate::histogram::Histogram;
use crate::io::Io;
use crate::ledger::Tally;
use crate::process::{Cpu, Watched};
use crate::target::Target;

/// Nanoseconds between two lines of progress.
const PROGRESS_EVERY: u64 = 1_000_000_000;

const PERCENTILES: [(&str, f64); 3] = [("p50_ms", 0.5), ("p99_ms", 0.99), ("p99_9_ms", 0.999)];

/// The figures of one run; a figure's name ends with its unit.
#[derive(Debug)]
pub(crate) struct Report {
    scenario: &'static str,
    settings: Vec<(String, Value)>,
    figures: Vec<(String, Value)>,
}

impl Report {
    pub(crate) fn new(scenario: &'static str, target: &Target) -> Self {
        let mut report = Self { scenario, settings: Vec::new(), figures: Vec::new() };
        report.setting("label", target.label.as_str());
        report.setting("server", target.to.to_string());
        report.setting("binding", format!("{:?}", target.binding).to_lowercase());
        report.setting("tls", format!("{:?}", target.tls).to_lowercase());
        report.setting("sasl", target.sasl.name());
        report
    }

    pub(crate) fn setting(&mut self, name: &str, value: impl Into<Value>) {
        self.settings.push((name.into(), value.into()));
    }

    /// Rounded to four significant digits, below which a run says nothing.
    pub(crate) fn figure(&mut self, name: &str, value: f64) {
        let value = if value.is_finite() { value } else { 0.0 };
        let digits = if value == 0.0 { 0 } else { 3 - value.abs().log10().floor() as i32 };
        let scale = 10f64.powi(digits.clamp(0, 6));
        self.figures.push((name.into(), json!((value * scale).round() / scale)));
    }

    pub(crate) fn latencies(&mut self, histogram: &Histogram) {
        for (name, share) in PERCENTILES {
            self.figure(name, histogram.milliseconds(share));
        }
    }

    /// The same of something named, where a scenario has several.
    pub(crate) fn latencies_as(&mut self, what: &str, histogram: &Histogram) {
        for (name, share) in PERCENTILES {
            self.figure(&format!("{what}_{name}"), histogram.milliseconds(share));
        }
    }

    /// CPU for each of `count` things, in units of `per` things.
    pub(crate) fn cpu(&mut self, watched: &Watched, used: &Used, count: f64, per: (&str, f64)) {
        let (unit, per) = per;
        if !watched.is_empty() {
            let cost = used.cpu.server / count * per;
            self.figure(&format!("server_cpu_ms_per_{unit}"), cost);
            self.figure("machine_taken_by_others_percent", used.cpu.others_percent(used.seconds));
        }
        let cost = used.cpu.generator / count * per;
        self.figure(&format!("generator_cpu_ms_per_{unit}"), cost);
    }

    pub(crate) fn tally(&mut self, tally: &Tally, lost: u64) {
        for (name, count) in [
            ("arrived", tally.arrived),
            ("lost", lost),
            ("doubled", tally.doubled),
            ("out_of_order", tally.out_of_order),
            ("refused", tally.refused),
            ("foreign", tally.foreign),
        ] {
            self.figures.push((name.into(), json!(count)));
        }
    }

    /// Prints the table, and writes the JSON where the caller asked for it.
    pub(crate) fn finish(self, target: &Target) -> Result<(), Fault> {
        let mut table = self.scenario.to_owned();
        for (name, value) in &self.settings {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if !value.is_empty() {
                table.push_str(&format!("  {name}={value}"));
            }
        }
        table.push('\n');
        for (name, value) in &self.figures {
            table.push_str(&format!("  {name:<36} {:>12}\n", grouped(value)));
        }
        std::io::stdout().write_all(table.as_bytes())?;
        if let Some(file) = &target.json {
            let settings: Map<String, Value> = self.settings.into_iter().collect();
            let figures: Map<String, Value> = self.figures.into_iter().collect();
            let all =
                json!({ "scenario": self.scenario, "settings": settings, "figures": figures });
            fs::write(file, format!("{all:#}\n"))?;
        }
        Ok(())
    }
}

fn grouped(value: &Value) -> String {
    let text = match value.as_f64() {
        Some(number) if number.fract() == 0.0 => format!("{number:.0}"),
        _ => value.to_string(),
    };
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |parts| parts);
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if fraction.is_empty() { out } else { format!("{out}.{fraction}") }
}

/// What was used between two moments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    pub(crate) cpu: Cpu,
    pub(crate) seconds: f64,
}

/// A moment from which use is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    cpu: Cpu,
    at: u64,
}

impl Meter {
    pub(crate) fn start(watched: &Watched, now: u64) -> Self {
        Self { cpu: watched.cpu(), at: now }
    }

    pub(crate) fn stop(&self, watched: &Watched, now: u64) -> Used {
        let seconds = (now - self.at).max(1) as f64 / 1e9;
        Used { cpu: watched.cpu().since(&self.cpu), seconds }
    }
}

/// One line a second on standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    next: u64,
    last: u64,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { next: 0, last: 0 }
    }

    /// Says how `count` of `unit` grew since the last line.
    pub(crate) fn say(&mut self, io: &Io, phase: &str, count: u64, unit: &str) {
        if io.target.quiet || io.now() < self.next {
            return;
        }
        let rate = count.saturating_sub(self.last);
        eprintln!("{:>7.1} s  {phase}: {count} {unit}, {rate}/s", io.now() as f64 / 1e9);
        self.last = count;
        self.next = io.now() + PROGRESS_EVERY;
    }
}
