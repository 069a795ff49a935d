//! A crowd whose lines are cut at the same moment comes back by its tokens and resumes its
//! sessions; pairs who stayed go on chatting and are measured before and meanwhile.
//!
//! While the crowd is away somebody writes to each of it once: each must get that once.

use std::time::Duration;

use clap::Args;

use crate::engine::{Engine, Fault, Script, Turn};
use crate::frame::{self, Kind};
use crate::histogram::Histogram;
use crate::io::Io;
use crate::ledger::{Ledger, Mark, Tally};
use crate::report::{Meter, Progress, Report, Used};
use crate::scenario::chat::Chat;
use crate::scenario::{PAUSE, run_number, seconds};
use crate::target::Target;
use crate::xml;

#[derive(Debug, Clone, Args)]
pub(crate) struct ReconnectOptions {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Sessions that are cut, numbered behind those who stay
    #[arg(long, default_value_t = 15_000)]
    pub(crate) count: u32,
    /// Pairs that stay
    #[arg(long, default_value_t = 50)]
    pub(crate) pairs: u32,
    /// Messages a second among those who stay
    #[arg(long, default_value_t = 200.0)]
    pub(crate) rate: f64,
    /// Seconds of chat before the cut, and behind the return
    #[arg(long, default_value = "5", value_parser = seconds)]
    pub(crate) calm: Duration,
    /// Seconds that the crowd is away
    #[arg(long, default_value = "2", value_parser = seconds)]
    pub(crate) away: Duration,
    /// Connections of the crowd under way at once; 0 is all
    #[arg(long, default_value_t = 0)]
    pub(crate) burst: usize,
    /// Seconds after which who is not back is lost
    #[arg(long, default_value = "120", value_parser = seconds)]
    pub(crate) patience: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    LoggingIn,
    Before { until: u64 },
    Away { until: u64 },
    Returning { until: u64 },
    Behind { until: u64 },
    Draining { until: u64 },
}

struct Member {
    slot: Option<usize>,
    heard: Ledger,
}

struct Reconnect<'a> {
    options: &'a ReconnectOptions,
    phase: Phase,
    chat: Chat,
    run: u32,
    crowd: Vec<Member>,
    ready: usize,
    back: usize,
    resumed: usize,
    failed: u64,
    opened_at: u64,
    returns: Histogram,
    kept: Tally,
    before: Option<Histogram>,
    meanwhile: Option<Histogram>,
    next_due: u64,
    next_sender: usize,
    meter: Option<Meter>,
    used: Option<Used>,
    progress: Progress,
}

/// Runs the scenario.
pub(crate) fn run(options: &ReconnectOptions) -> Result<(), Fault> {
    let mut options = options.clone();
    options.target.sasl2 = true;
    let mut engine = Engine::new(&options.target)?;
    let stay = options.pairs * 2;
    (0..stay + options.count).for_each(|index| engine.io.open(options.target.first + index));
    let mut reconnect = Reconnect {
        options: &options,
        phase: Phase::LoggingIn,
        chat: Chat::new(&options.target, stay, ""),
        run: run_number().wrapping_add(1),
        crowd: (0..options.count)
            .map(|_| Member { slot: None, heard: Ledger::default() })
            .collect(),
        ready: 0,
        back: 0,
        resumed: 0,
        failed: 0,
        opened_at: 0,
        returns: Histogram::new(),
        kept: Tally::default(),
        before: None,
        meanwhile: None,
        next_due: 0,
        next_sender: 0,
        meter: None,
        used: None,
        progress: Progress::new(),
    };
    engine.run(&mut reconnect)?;
    reconnect.report()
}

impl Reconnect<'_> {
    fn report(&self) -> Result<(), Fault> {
        let Some(used) = &self.used else { return Ok(()) };
        let target = &self.options.target;
        let mut report = Report::new("reconnect", target);
        report.setting("count", self.options.count);
        report.setting("pairs", self.options.pairs);
        report.setting("rate", self.options.rate);
        report.figure("all_back_s", used.seconds);
        report.figure("returns_per_s", self.back as f64 / used.seconds);
        report.cpu(&target.watched(), used, self.back as f64, ("return", 1.0));
        report.latencies_as("return", &self.returns);
        report.figure("resumed", self.resumed as f64);
        report.figure("failed", self.failed as f64);
        for (name, histogram) in
            [("stayed_before", &self.before), ("stayed_meanwhile", &self.meanwhile)]
        {
            if let Some(histogram) = histogram {
                report.latencies_as(name, histogram);
            }
        }
        let sum = Tally {
            arrived: self.kept.arrived + self.chat.tally.arrived,
            doubled: self.kept.doubled + self.chat.tally.doubled,
            out_of_order: self.kept.out_of_order + self.chat.tally.out_of_order,
            foreign: self.kept.foreign + self.chat.tally.foreign,
            refused: self.kept.refused + self.chat.tally.refused,
        };
        report.tally(&sum, self.missing() + self.chat.lost());
        report.finish(target)
    }

    /// Messages written to the crowd while it was away that have not come.
    fn missing(&self) -> u64 {
        self.crowd.iter().map(|member| member.heard.lost(1)).sum()
    }

    /// Which of the crowd a session is; none for those who stay.
    fn member(&self, io: &Io, slot: usize) -> Option<usize> {
        let first = self.options.target.first + self.options.pairs * 2;
        Some(io.user(slot)?.checked_sub(first)? as usize)
    }

    /// Cuts all lines of the crowd.
    fn cut(&mut self, io: &mut Io) {
        for member in &mut self.crowd {
            if let Some(slot) = member.slot.take() {
                io.cut(slot);
            }
        }
    }

    /// One of those who stay writes to each of the crowd.
    fn write_to_absent(&self, io: &mut Io) {
        let first = self.options.target.first + self.options.pairs * 2;
        let at = io.now();
        for index in 0..self.options.count {
            let writer = index as usize % self.chat.people();
            let Some(out) = self.chat.slot(writer).and_then(|slot| io.out(slot)) else { continue };
            let to = self.options.target.jid(first + index);
            xml::write(out, ["<message type='chat' to='", &to, "' id='"]);
            Mark { run: self.run, sequence: 0, at }.write(out);
            out.extend_from_slice(b"'><body>written while you were away</body></message>");
        }
    }

    fn reopen(&mut self, io: &mut Io) {
        let burst = if self.options.burst == 0 { usize::MAX } else { self.options.burst };
        io.target.at_once = burst;
        self.opened_at = io.now();
        let first = self.options.target.first + self.options.pairs * 2;
        (0..self.options.count).for_each(|index| io.open(first + index));
    }

    fn advance(&mut self, io: &mut Io) {
        let watched = self.options.target.watched();
        let after = |duration: Duration| io.now() + duration.as_nanos() as u64;
        match self.phase {
            Phase::LoggingIn if self.ready == self.crowd.len() + self.chat.people() => {
                self.phase = Phase::Before { until: after(self.options.calm) };
                self.next_due = io.now();
                self.chat.begin_measuring();
            }
            Phase::Before { until } if io.now() >= until => {
                self.phase = Phase::Away { until: after(self.options.away) };
                self.before = Some(self.chat.latencies.clone());
                self.cut(io);
                self.write_to_absent(io);
            }
            Phase::Away { until } if io.now() >= until => {
                self.phase = Phase::Returning { until: after(self.options.patience) };
                self.chat.begin_measuring();
                self.meter = Some(Meter::start(&watched, io.now()));
                self.reopen(io);
            }
            Phase::Returning { until } if self.is_back() || io.now() >= until => {
                self.phase = Phase::Behind { until: after(self.options.calm) };
                self.used = self.meter.map(|meter| meter.stop(&watched, io.now()));
                self.meanwhile = Some(self.chat.latencies.clone());
            }
            Phase::Behind { until } if io.now() >= until => {
                self.phase = Phase::Draining { until: after(self.options.calm) };
            }
            _ => {}
        }
    }

    fn is_back(&self) -> bool {
        self.back as u64 + self.failed >= self.crowd.len() as u64
    }

    /// Those who stay chat at their rate.
    fn chat(&mut self, io: &mut Io) -> Duration {
        let interval = (1e9 / self.options.rate) as u64;
        while self.next_due <= io.now() {
            self.chat.send(io, self.next_sender);
            self.next_sender = (self.next_sender + 1) % self.chat.people();
            self.next_due += interval;
        }
        PAUSE.min(Duration::from_nanos(self.next_due - io.now()))
    }
}

impl Script for Reconnect<'_> {
    fn ready(&mut self, io: &mut Io, slot: usize) {
        let Some(member) = self.member(io, slot) else {
            self.chat.seat(io, slot);
            self.ready += 1;
            return;
        };
        self.crowd[member].slot = Some(slot);
        io.shrink(slot);
        if self.phase == Phase::LoggingIn {
            self.ready += 1;
            return;
        }
        self.back += 1;
        self.resumed += usize::from(io.is_resumed(slot));
        self.returns.record(io.now() - self.opened_at);
    }

    fn stanza(&mut self, io: &mut Io, slot: usize, stanza: &[u8]) {
        let head = frame::head(stanza);
        if head.kind != Kind::Message {
            return;
        }
        let Some(member) = self.member(io, slot) else {
            let index = self.chat.index(io, slot);
            self.chat.take(io, index, &head);
            return;
        };
        match Mark::read(head.id).filter(|mark| mark.run == self.run) {
            Some(mark) => {
                let arrival = self.crowd[member].heard.arrived(mark.sequence);
                self.kept.note(arrival);
            }
            None => self.kept.foreign += 1,
        }
    }

    fn ended(&mut self, io: &mut Io, slot: usize, _: bool, why: &Fault) -> Result<(), Fault> {
        if !matches!(self.phase, Phase::Returning { .. }) {
            return Err(Fault::Run(format!("session {slot} ended: {why}")));
        }
        if self.failed == 0 && !io.target.quiet {
            eprintln!("the first that did not come back: {why}");
        }
        self.failed += 1;
        Ok(())
    }

    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault> {
        match self.phase {
            Phase::LoggingIn => self.progress.say(io, "logging in", self.ready as u64, "sessions"),
            Phase::Returning { .. } => {
                self.progress.say(io, "coming back", self.back as u64, "sessions");
            }
            _ => self.progress.say(io, "chatting", self.chat.tally.arrived, "delivered"),
        }
        self.advance(io);
        match self.phase {
            Phase::LoggingIn => Ok(Turn::Wait(PAUSE)),
            Phase::Draining { .. } if self.missing() + self.chat.lost() == 0 => Ok(Turn::Done),
            Phase::Draining { until } if io.now() >= until => Ok(Turn::Done),
            Phase::Draining { .. } => Ok(Turn::Wait(PAUSE)),
            _ => Ok(Turn::Wait(self.chat(io))),
        }
    }
}
