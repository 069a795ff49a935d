//! Sessions that do nothing: what each costs the server in memory.
//!
//! The sessions live in child processes of the generator, because one process may
//! open only so many files.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use crate::engine::{Engine, Fault, Script, Turn};
use crate::frame::{self, Kind};
use crate::io::Io;
use crate::process::{Memory, Watched};
use crate::report::{Progress, Report};
use crate::scenario::{PAUSE, seconds};
use crate::target::Target;
use crate::xml;

#[derive(Debug, Clone, Args)]
pub(crate) struct IdleOptions {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Sessions, each of its own account
    #[arg(long, default_value_t = 10_000)]
    pub(crate) count: u32,
    /// Sessions in one process of the generator
    #[arg(long, default_value_t = 15_000)]
    pub(crate) per_process: u32,
    /// Seconds between the last login and measuring
    #[arg(long, default_value = "6", value_parser = seconds)]
    pub(crate) settle: Duration,
    /// Seconds for which memory is read on after they have left
    #[arg(long, default_value = "60", value_parser = seconds)]
    pub(crate) left: Duration,
    /// Hold the sessions until standard input ends, and measure nothing
    #[arg(long, hide = true)]
    worker: bool,
}

/// What a worker says when all its sessions are logged in or refused.
const SEATED: &str = "seated";

/// How long after they have left memory is read, in seconds.
const LEFT: [u64; 5] = [0, 10, 30, 60, 90];
const BETWEEN_READINGS: Duration = Duration::from_millis(500);
/// So many readings, two seconds of them, must be alike.
const ALIKE: usize = 5;
/// After ten seconds an empty server is taken as it is.
const SETTLED_AFTER_ALL: usize = 20;

/// Runs the scenario.
pub(crate) fn run(options: &IdleOptions) -> Result<(), Fault> {
    if options.worker {
        return sit(options);
    }
    let watched = options.target.watched();
    let before = settled(&watched);
    let mut workers = start_workers(options)?;
    for (_, said) in &mut workers {
        let mut line = String::new();
        said.read_line(&mut line)?;
        if line.trim_end() != SEATED {
            return Err(Fault::Run("a process of the generator failed".into()));
        }
    }
    thread::sleep(options.settle);
    let with = watched.memory();
    let (mut failed, mut lost) = (0, 0);
    for (mut worker, mut said) in workers {
        drop(worker.stdin.take());
        let mut counts = String::new();
        said.read_to_string(&mut counts)?;
        worker.wait()?;
        let counts: Value = serde_json::from_str(&counts).map_err(std::io::Error::from)?;
        failed += counts["failed"].as_u64().unwrap_or(0);
        lost += counts["lost"].as_u64().unwrap_or(0);
    }
    let gone = Instant::now();
    let mut left = Vec::new();
    for after in LEFT.into_iter().map(Duration::from_secs).filter(|after| *after <= options.left) {
        thread::sleep(after.saturating_sub(gone.elapsed()));
        left.push((after.as_secs(), watched.memory()));
    }
    report(options, [before, with], &left, failed, lost)
}

/// What an empty server takes once that has stopped to change: the port is open before what
/// only the start needed is given back.
fn settled(watched: &Watched) -> Memory {
    let mut read = vec![watched.memory()];
    while read.len() <= SETTLED_AFTER_ALL && !is_settled(&read) {
        thread::sleep(BETWEEN_READINGS);
        read.push(watched.memory());
    }
    read.pop().unwrap_or_default()
}

/// The last readings differ by two percent at most.
fn is_settled(read: &[Memory]) -> bool {
    let last = read.iter().rev().take(ALIKE).map(|memory| memory.rss_kib);
    let (least, most) =
        last.fold((f64::MAX, 0.0_f64), |(least, most), rss| (least.min(rss), most.max(rss)));
    read.len() >= ALIKE && most <= least * 1.02
}

fn report(
    options: &IdleOptions,
    memory: [Memory; 2],
    left: &[(u64, Memory)],
    failed: u64,
    lost: u64,
) -> Result<(), Fault> {
    let [before, with] = memory;
    let mut report = Report::new("idle", &options.target);
    report.setting("count", options.count);
    report.setting("settle_s", options.settle.as_secs_f64());
    let sessions = f64::from(options.count) - failed as f64;
    report.figure("rss_before_mib", before.rss_kib / 1024.0);
    report.figure("rss_with_sessions_mib", with.rss_kib / 1024.0);
    for (after, memory) in left {
        report.figure(&format!("rss_left_{after}_s_mib"), memory.rss_kib / 1024.0);
        report.figure(&format!("rss_left_{after}_s_of_empty"), memory.rss_kib / before.rss_kib);
    }
    report.figure("rss_per_session_kib", (with.rss_kib - before.rss_kib) / sessions);
    report.figure("pss_per_session_kib", (with.pss_kib - before.pss_kib) / sessions);
    report.figure("failed", failed as f64);
    report.figure("lost", lost as f64);
    report.finish(&options.target)
}

type Worker = (Child, BufReader<std::process::ChildStdout>);

/// Each worker is this program with the same arguments and its own part of the accounts.
fn start_workers(options: &IdleOptions) -> Result<Vec<Worker>, Fault> {
    let mut workers = Vec::new();
    let mut done = 0;
    while done < options.count {
        let count = options.per_process.min(options.count - done);
        let target = &options.target;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["idle", "--worker", "--to", &target.to.to_string()]);
        command.args(["--tls", &format!("{:?}", target.tls).to_lowercase()]);
        command.args(["--binding", &format!("{:?}", target.binding).to_lowercase()]);
        command.args(["--path", &target.path]);
        command.args(["--sasl", &target.sasl.name().to_lowercase()]);
        command.args(["--user-format", &target.user_format, "--password", &target.password]);
        command.args(["--first", &(target.first + done).to_string()]);
        command.args(["--count", &count.to_string(), "--at-once", &target.at_once.to_string()]);
        if let Some(from) = target.from {
            command.args(["--from", &from.to_string()]);
        }
        if target.quiet {
            command.arg("--quiet");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let Some(said) = child.stdout.take() else { break };
        workers.push((child, BufReader::new(said)));
        done += count;
    }
    Ok(workers)
}

struct Sitting {
    count: u64,
    seated: u64,
    failed: u64,
    lost: u64,
    said: bool,
    leave: Arc<AtomicBool>,
    progress: Progress,
}

/// A worker: logs in, says so, holds still until it is told to leave.
fn sit(options: &IdleOptions) -> Result<(), Fault> {
    let mut engine = Engine::new(&options.target)?;
    (0..options.count).for_each(|index| engine.io.open(options.target.first + index));
    let leave = Arc::new(AtomicBool::new(false));
    let told = leave.clone();
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        told.store(true, Ordering::Relaxed);
    });
    let mut sitting = Sitting {
        count: u64::from(options.count),
        seated: 0,
        failed: 0,
        lost: 0,
        said: false,
        leave,
        progress: Progress::new(),
    };
    engine.run(&mut sitting)?;
    let counts = serde_json::json!({ "failed": sitting.failed, "lost": sitting.lost });
    Ok(writeln!(std::io::stdout(), "{counts}")?)
}

impl Script for Sitting {
    fn ready(&mut self, io: &mut Io, slot: usize) {
        self.seated += 1;
        io.shrink(slot);
    }

    fn stanza(&mut self, io: &mut Io, slot: usize, stanza: &[u8]) {
        let head = frame::head(stanza);
        if head.kind == Kind::Iq && head.type_ == b"get" {
            let Some(out) = io.out(slot) else { return };
            xml::answer(out, head.id);
        }
    }

    fn ended(&mut self, _: &mut Io, _: usize, was_ready: bool, why: &Fault) -> Result<(), Fault> {
        let count = if was_ready { &mut self.lost } else { &mut self.failed };
        *count += 1;
        if *count == 1 {
            eprintln!("first session to fail: {why}");
        }
        Ok(())
    }

    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault> {
        if !self.said {
            self.progress.say(io, "logging in", self.seated, "sessions");
            if self.seated + self.failed == self.count {
                self.said = true;
                writeln!(std::io::stdout(), "{SEATED}")?;
            }
        }
        let leave = self.leave.load(Ordering::Relaxed);
        Ok(if leave { Turn::Done } else { Turn::Wait(PAUSE) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_settled_when_two_seconds_of_readings_are_alike() {
        let of = |kib: &[f64]| {
            let memory = |rss_kib: &f64| Memory { rss_kib: *rss_kib, ..Memory::default() };
            is_settled(&kib.iter().map(memory).collect::<Vec<_>>())
        };
        assert!(!of(&[100.0, 100.0, 100.0, 100.0]), "too few");
        assert!(of(&[100.0, 100.0, 101.0, 101.0, 102.0]));
        assert!(!of(&[150.0, 100.0, 100.0, 100.0, 100.0]), "one second ago it was another");
        assert!(of(&[150.0, 100.0, 100.0, 100.0, 100.0, 100.0]));
    }
}
