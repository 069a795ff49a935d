//! Logins: connection, TLS, SASL, bind, presence, and one ping answered; then the session leaves.

use std::collections::HashMap;

use clap::Args;

use crate::engine::{Engine, Fault, Script, Turn};
use crate::histogram::Histogram;
use crate::io::Io;
use crate::report::{Meter, Progress, Report};
use crate::scenario::PAUSE;
use crate::target::Target;

#[derive(Debug, Clone, Args)]
pub(crate) struct LoginOptions {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Logins in all
    #[arg(long, default_value_t = 10_000)]
    pub(crate) count: u32,
    /// Accounts among which the logins go round
    #[arg(long, default_value_t = 1_000)]
    pub(crate) users: u32,
    /// All at the same moment, and nobody leaves before all are in: a storm
    #[arg(long)]
    pub(crate) storm: bool,
}

struct Logins {
    count: u64,
    done: u64,
    failed: u64,
    gone: u64,
    storm: bool,
    began: u64,
    /// Those who are in and wait for the others.
    seated: Vec<usize>,
    /// From the storm's begin to each one's last answer.
    entries: Histogram,
    /// Why logins failed, and how often.
    reasons: HashMap<String, u64>,
    progress: Progress,
}

/// Runs the scenario.
pub(crate) fn run(options: &LoginOptions) -> Result<(), Fault> {
    let target = &options.target;
    let mut engine = Engine::new(target)?;
    if options.storm {
        engine.io.target.at_once = usize::MAX;
    }
    let users = options.users.max(1);
    (0..options.count).for_each(|number| engine.io.open(target.first + number % users));
    let mut logins = Logins {
        count: u64::from(options.count),
        done: 0,
        failed: 0,
        gone: 0,
        storm: options.storm,
        began: engine.io.now(),
        seated: Vec::new(),
        entries: Histogram::new(),
        reasons: HashMap::new(),
        progress: Progress::new(),
    };
    let watched = target.watched();
    let meter = Meter::start(&watched, engine.io.now());
    engine.run(&mut logins)?;
    let used = meter.stop(&watched, engine.io.now());

    let mut report = Report::new("login", target);
    report.setting("count", options.count);
    report.setting("users", options.users);
    report.setting("at_once", target.at_once);
    report.figure("logins_per_s", logins.done as f64 / used.seconds);
    report.cpu(&watched, &used, logins.done as f64, ("login", 1.0));
    if options.storm {
        report.figure("all_in_s", logins.entries.milliseconds(1.0) / 1_000.0);
        report.latencies_as("login", &logins.entries);
    }
    report.figure("failed", logins.failed as f64);
    for (reason, count) in &logins.reasons {
        eprintln!("{count} failed: {reason}");
    }
    report.finish(target)
}

impl Script for Logins {
    fn ready(&mut self, io: &mut Io, slot: usize) {
        self.done += 1;
        self.entries.record(io.now() - self.began);
        if self.storm { self.seated.push(slot) } else { io.close(slot) }
    }

    fn stanza(&mut self, _: &mut Io, _: usize, _: &[u8]) {}

    fn ended(&mut self, _: &mut Io, _: usize, _: bool, why: &Fault) -> Result<(), Fault> {
        self.gone += 1;
        if !matches!(why, Fault::Left) {
            self.failed += 1;
            *self.reasons.entry(why.to_string()).or_default() += 1;
        }
        Ok(())
    }

    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault> {
        self.progress.say(io, "logging in", self.done, "logins");
        if self.done + self.failed >= self.count {
            std::mem::take(&mut self.seated).into_iter().for_each(|slot| io.close(slot));
        }
        Ok(if self.gone == self.count { Turn::Done } else { Turn::Wait(PAUSE) })
    }
}
