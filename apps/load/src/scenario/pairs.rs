//! One-to-one messages: as many as the server can carry, or at a fixed rate.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::engine::{Engine, Fault, Script, Turn};
use crate::frame::{self, Kind};
use crate::io::Io;
use crate::report::{Meter, Progress, Report, Used};
use crate::scenario::chat::Chat;
use crate::scenario::{PAUSE, seconds};
use crate::target::Target;
use crate::xml;

/// How messages are kept out of the archive, or in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Archive {
    /// As the server is configured.
    Default,
    /// Each account's preference `never` (XEP-0441).
    Never,
    /// Each account's preference `always` (XEP-0441).
    Always,
    /// A `no-store` hint on each message (XEP-0334).
    Hint,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct PairsOptions {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Pairs of accounts; both of a pair write
    #[arg(long, default_value_t = 100)]
    pub(crate) pairs: u32,
    /// Messages that each session keeps under way
    #[arg(long, default_value_t = 4)]
    pub(crate) window: u32,
    /// Messages a second in all, whatever the server does, instead of a window
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// Seconds measured
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub(crate) duration: Duration,
    /// Seconds of the same traffic before
    #[arg(long, default_value = "2", value_parser = seconds)]
    pub(crate) warmup: Duration,
    /// Seconds without any arrival after which the rest is lost
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub(crate) patience: Duration,
    /// Archive preference
    #[arg(long, value_enum, default_value = "default")]
    pub(crate) archive: Archive,
    /// With stream management (XEP-0198)
    #[arg(long)]
    pub(crate) sm: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Preparing,
    Warming { until: u64 },
    Measuring { until: u64 },
    Draining { arrived: u64, until: u64 },
}

struct Pairs<'a> {
    options: &'a PairsOptions,
    chat: Chat,
    phase: Phase,
    /// What each person has still to hear before it may write.
    awaited: Vec<u8>,
    prepared: usize,
    /// Stanzas that each person has received since it enabled stream management.
    handled: Vec<u32>,
    next_due: u64,
    next_sender: usize,
    latest_send: u64,
    arrived_before: u64,
    arrived_in_time: u64,
    meter: Option<Meter>,
    used: Option<Used>,
    fault: Option<Fault>,
    progress: Progress,
}

/// Runs the scenario.
pub(crate) fn run(options: &PairsOptions) -> Result<(), Fault> {
    let mut engine = Engine::new(&options.target)?;
    let hint = "<no-store xmlns='urn:xmpp:hints'/>";
    let extra = if options.archive == Archive::Hint { hint } else { "" };
    let people = options.pairs * 2;
    (0..people).for_each(|index| engine.io.open(options.target.first + index));
    let mut pairs = Pairs {
        options,
        chat: Chat::new(&options.target, people, extra),
        phase: Phase::Preparing,
        awaited: vec![0; people as usize],
        prepared: 0,
        handled: vec![0; people as usize],
        next_due: 0,
        next_sender: 0,
        latest_send: 0,
        arrived_before: 0,
        arrived_in_time: 0,
        meter: None,
        used: None,
        fault: None,
        progress: Progress::new(),
    };
    engine.run(&mut pairs)?;
    pairs.report()
}

impl Pairs<'_> {
    fn report(&self) -> Result<(), Fault> {
        let Some(used) = &self.used else { return Ok(()) };
        let Self { options, chat, .. } = self;
        let target = &options.target;
        let mut report = Report::new("pairs", target);
        report.setting("pairs", options.pairs);
        match options.rate {
            Some(rate) => report.setting("rate", rate),
            None => report.setting("window", options.window),
        }
        report.setting("archive", format!("{:?}", options.archive).to_lowercase());
        report.setting("stream_management", options.sm);
        report.setting("seconds", options.duration.as_secs_f64());
        let arrived = self.arrived_in_time as f64;
        report.figure("delivered_per_s", arrived / used.seconds);
        report.cpu(&target.watched(), used, arrived, ("1000_messages", 1_000.0));
        report.latencies(&chat.latencies);
        report.tally(&chat.tally, chat.lost());
        if options.rate.is_some() {
            report.figure("latest_send_ms", self.latest_send as f64 / 1e6);
        }
        report.finish(target)
    }

    /// One of the answers that person `index` needs has come.
    fn prepare(&mut self, index: usize) {
        self.awaited[index] -= 1;
        self.prepared += usize::from(self.awaited[index] == 0);
    }

    fn begin(&mut self, io: &mut Io) {
        self.phase = Phase::Warming { until: io.now() + self.options.warmup.as_nanos() as u64 };
        self.next_due = io.now();
        if self.options.rate.is_none() {
            for index in 0..self.chat.people() {
                (0..self.options.window).for_each(|_| self.chat.send(io, index));
            }
        }
    }

    /// Sends what is due at the fixed rate; yields how long nothing is.
    fn send_due(&mut self, io: &mut Io, rate: f64) -> Duration {
        let interval = (1e9 / rate) as u64;
        while self.next_due <= io.now() {
            self.latest_send = self.latest_send.max(io.now() - self.next_due);
            self.chat.send(io, self.next_sender);
            self.next_sender = (self.next_sender + 1) % self.chat.people();
            self.next_due += interval;
        }
        PAUSE.min(Duration::from_nanos(self.next_due - io.now()))
    }

    fn is_sending(&self) -> bool {
        matches!(self.phase, Phase::Warming { .. } | Phase::Measuring { .. })
    }

    fn advance(&mut self, io: &mut Io) -> Turn {
        let watched = self.options.target.watched();
        match self.phase {
            Phase::Preparing if self.prepared == self.chat.people() => self.begin(io),
            Phase::Warming { until } if io.now() >= until => {
                let duration = self.options.duration.as_nanos() as u64;
                self.phase = Phase::Measuring { until: io.now() + duration };
                self.arrived_before = self.chat.tally.arrived;
                self.latest_send = 0;
                self.chat.begin_measuring();
                self.meter = Some(Meter::start(&watched, io.now()));
            }
            Phase::Measuring { until } if io.now() >= until => {
                self.used = self.meter.map(|meter| meter.stop(&watched, io.now()));
                self.arrived_in_time = self.chat.tally.arrived - self.arrived_before;
                self.chat.end_measuring();
                self.phase = Phase::Draining { arrived: 0, until: u64::MAX };
            }
            Phase::Draining { .. } if self.chat.lost() == 0 => return Turn::Done,
            Phase::Draining { until, .. } if io.now() >= until => return Turn::Done,
            Phase::Draining { arrived, .. }
                if arrived != self.chat.tally.arrived || arrived == 0 =>
            {
                let until = io.now() + self.options.patience.as_nanos() as u64;
                self.phase = Phase::Draining { arrived: self.chat.tally.arrived, until };
            }
            _ => {}
        }
        Turn::Wait(PAUSE)
    }

    fn hear(&mut self, io: &mut Io, slot: usize, index: usize, stanza: &[u8]) {
        if stanza.starts_with(b"<enabled") {
            self.handled[index] = 0;
            self.prepare(index);
        } else if stanza.starts_with(b"<r ") || stanza.starts_with(b"<r/") {
            let handled = self.handled[index].to_string();
            if let Some(out) = io.out(slot) {
                xml::write(out, ["<a xmlns='urn:xmpp:sm:3' h='", &handled, "'/>"]);
            }
        } else if stanza.starts_with(b"<failed") {
            self.fault = Some(Fault::Run("the server refuses stream management".into()));
        }
    }
}

impl Script for Pairs<'_> {
    fn ready(&mut self, io: &mut Io, slot: usize) {
        let index = self.chat.seat(io, slot);
        let Some(out) = io.out(slot) else { return };
        self.awaited[index] = 1;
        if self.options.sm {
            out.extend_from_slice(b"<enable xmlns='urn:xmpp:sm:3'/>");
            self.awaited[index] += 1;
        }
        let preference = match self.options.archive {
            Archive::Never => Some("never"),
            Archive::Always => Some("always"),
            Archive::Default | Archive::Hint => None,
        };
        if let Some(preference) = preference {
            let open = "<iq type='set' id='prefs'><prefs xmlns='urn:xmpp:mam:2' default='";
            xml::write(out, [open, preference, "'><always/><never/></prefs></iq>"]);
            self.awaited[index] += 1;
        }
        self.prepare(index);
    }

    fn stanza(&mut self, io: &mut Io, slot: usize, stanza: &[u8]) {
        let index = self.chat.index(io, slot);
        let head = frame::head(stanza);
        if head.kind == Kind::Other {
            self.hear(io, slot, index, stanza);
            return;
        }
        self.handled[index] = self.handled[index].wrapping_add(1);
        if head.kind == Kind::Iq && head.id == b"prefs" {
            if head.is_error() {
                self.fault = Some(Fault::Run("the server refuses archive preferences".into()));
            }
            self.prepare(index);
        }
        if head.kind == Kind::Message
            && let Some(sender) = self.chat.take(io, index, &head)
            && self.options.rate.is_none()
            && self.is_sending()
        {
            self.chat.send(io, sender);
        }
    }

    fn ended(&mut self, _: &mut Io, slot: usize, _: bool, why: &Fault) -> Result<(), Fault> {
        Err(Fault::Run(format!("session {slot} of {} ended: {why}", self.chat.people())))
    }

    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        if self.phase == Phase::Preparing {
            self.progress.say(io, "logging in", self.prepared as u64, "sessions");
        } else {
            self.progress.say(io, "chatting", self.chat.tally.arrived, "delivered");
        }
        let turn = self.advance(io);
        match self.options.rate {
            Some(rate) if self.is_sending() => Ok(Turn::Wait(self.send_due(io, rate))),
            _ => Ok(turn),
        }
    }
}
