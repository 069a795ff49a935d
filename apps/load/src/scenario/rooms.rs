//! A room (XEP-0045): many join, one writes, everybody reads.

use std::collections::HashMap;
use std::time::Duration;

use clap::Args;
use memchr::memmem;

use crate::engine::{Engine, Fault, Script, Turn};
use crate::frame::{self, Kind};
use crate::histogram::Histogram;
use crate::io::Io;
use crate::ledger::{Ledger, Mark, Tally};
use crate::report::{Meter, Progress, Report, Used};
use crate::scenario::chat::BODY_BYTES;
use crate::scenario::{PAUSE, run_number, seconds};
use crate::target::Target;
use crate::xml;

#[derive(Debug, Clone, Args)]
pub(crate) struct RoomsOptions {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Domain of the rooms
    #[arg(long, default_value = "rooms.localhost")]
    pub(crate) service: String,
    /// People in the room
    #[arg(long, default_value_t = 100)]
    pub(crate) occupants: u32,
    /// Messages that the one who writes keeps under way
    #[arg(long, default_value_t = 4)]
    pub(crate) window: u32,
    /// Seconds measured
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub(crate) duration: Duration,
    /// Seconds of the same traffic before
    #[arg(long, default_value = "2", value_parser = seconds)]
    pub(crate) warmup: Duration,
    /// Seconds without any arrival after which the rest is lost
    #[arg(long, default_value = "20", value_parser = seconds)]
    pub(crate) patience: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    LoggingIn,
    Opening,
    Joining,
    Warming { until: u64 },
    Measuring { until: u64 },
    Draining { arrived: u64, until: u64 },
}

struct Occupant {
    slot: usize,
    has_joined: bool,
    heard: Ledger,
}

struct Rooms<'a> {
    options: &'a RoomsOptions,
    run: u32,
    room: String,
    tail: Vec<u8>,
    phase: Phase,
    occupants: Vec<Option<Occupant>>,
    logged_in: usize,
    joined: usize,
    sent: u32,
    /// How many have yet to get each message that is under way.
    under_way: HashMap<u32, usize>,
    tally: Tally,
    latencies: Histogram,
    arrived_before: u64,
    arrived_in_time: u64,
    joining: Option<Meter>,
    join: Option<Used>,
    meter: Option<Meter>,
    used: Option<Used>,
    fault: Option<Fault>,
    progress: Progress,
}

/// Runs the scenario.
pub(crate) fn run(options: &RoomsOptions) -> Result<(), Fault> {
    let mut engine = Engine::new(&options.target)?;
    (0..options.occupants).for_each(|index| engine.io.open(options.target.first + index));
    let run = run_number();
    let body: String = "all the world is a stage ".chars().cycle().take(BODY_BYTES).collect();
    let mut tail = Vec::new();
    xml::write(&mut tail, ["'><body>", &body, "</body></message>"]);
    let mut rooms = Rooms {
        options,
        run,
        room: format!("load-{run:x}@{}", options.service),
        tail,
        phase: Phase::LoggingIn,
        occupants: (0..options.occupants).map(|_| None).collect(),
        logged_in: 0,
        joined: 0,
        sent: 0,
        under_way: HashMap::new(),
        tally: Tally::default(),
        latencies: Histogram::new(),
        arrived_before: 0,
        arrived_in_time: 0,
        joining: None,
        join: None,
        meter: None,
        used: None,
        fault: None,
        progress: Progress::new(),
    };
    engine.run(&mut rooms)?;
    rooms.report()
}

impl Rooms<'_> {
    fn report(&self) -> Result<(), Fault> {
        let (Some(join), Some(used)) = (&self.join, &self.used) else { return Ok(()) };
        let target = &self.options.target;
        let mut report = Report::new("rooms", target);
        report.setting("occupants", self.options.occupants);
        report.setting("window", self.options.window);
        report.setting("seconds", self.options.duration.as_secs_f64());
        report.figure("all_joined_s", join.seconds);
        if !target.watched().is_empty() {
            report.figure("server_cpu_s_joining", join.cpu.server / 1_000.0);
        }
        let arrived = self.arrived_in_time as f64;
        report.figure("stanzas_per_s", arrived / used.seconds);
        report.cpu(&target.watched(), used, arrived, ("1000_stanzas", 1_000.0));
        report.latencies(&self.latencies);
        report.tally(&self.tally, self.lost());
        report.finish(target)
    }

    fn lost(&self) -> u64 {
        self.occupants.iter().flatten().map(|occupant| occupant.heard.lost(self.sent)).sum()
    }

    /// Person `index` enters the room, without its history.
    fn join(&self, io: &mut Io, index: usize) {
        let Some(occupant) = &self.occupants[index] else { return };
        let Some(out) = io.out(occupant.slot) else { return };
        let nick = index.to_string();
        xml::write(out, ["<presence to='", &self.room, "/n", &nick]);
        out.extend_from_slice(
            b"'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>",
        );
    }

    /// The one who made the room takes it as it is (XEP-0045 section 10.1.2).
    fn open(&self, io: &mut Io) {
        let Some(Some(owner)) = self.occupants.first() else { return };
        let Some(out) = io.out(owner.slot) else { return };
        xml::write(out, ["<iq type='set' id='open' to='", &self.room, "'>"]);
        out.extend_from_slice(
            b"<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>",
        );
    }

    fn send(&mut self, io: &mut Io) {
        let Some(Some(writer)) = self.occupants.first() else { return };
        let at = io.now();
        let Some(out) = io.out(writer.slot) else { return };
        xml::write(out, ["<message type='groupchat' to='", &self.room, "' id='"]);
        Mark { run: self.run, sequence: self.sent, at }.write(out);
        out.extend_from_slice(&self.tail);
        self.under_way.insert(self.sent, self.occupants.len());
        self.sent += 1;
    }

    fn is_sending(&self) -> bool {
        matches!(self.phase, Phase::Warming { .. } | Phase::Measuring { .. })
    }

    fn presence(&mut self, io: &mut Io, index: usize, stanza: &[u8], is_error: bool) {
        let Some(occupant) = self.occupants[index].as_mut().filter(|known| !known.has_joined)
        else {
            return;
        };
        if is_error {
            self.fault = Some(Fault::Run(format!("the room refuses person {index}")));
            return;
        }
        let is_own = [&b"code='110'"[..], b"code=\"110\""];
        if !is_own.iter().any(|mark| memmem::find(stanza, mark).is_some()) {
            return;
        }
        occupant.has_joined = true;
        self.joined += 1;
        if index == 0 {
            self.open(io);
        }
    }

    fn message(&mut self, io: &mut Io, index: usize, id: &[u8], is_error: bool) {
        let Some(mark) = Mark::read(id).filter(|mark| mark.run == self.run) else { return };
        if is_error {
            self.tally.refused += 1;
            self.fault = Some(Fault::Run("the room refuses a message".into()));
            return;
        }
        let Some(occupant) = &mut self.occupants[index] else { return };
        self.tally.note(occupant.heard.arrived(mark.sequence));
        if matches!(self.phase, Phase::Measuring { .. }) {
            self.latencies.record(io.now().saturating_sub(mark.at));
        }
        let Some(missing) = self.under_way.get_mut(&mark.sequence) else { return };
        *missing -= 1;
        if *missing == 0 {
            self.under_way.remove(&mark.sequence);
            if self.is_sending() {
                self.send(io);
            }
        }
    }

    fn advance(&mut self, io: &mut Io) {
        let watched = self.options.target.watched();
        match self.phase {
            Phase::LoggingIn if self.logged_in == self.occupants.len() => {
                self.phase = Phase::Opening;
                self.join(io, 0);
            }
            Phase::Joining if self.joined == self.occupants.len() => {
                self.join = self.joining.map(|meter| meter.stop(&watched, io.now()));
                let until = io.now() + self.options.warmup.as_nanos() as u64;
                self.phase = Phase::Warming { until };
                (0..self.options.window).for_each(|_| self.send(io));
            }
            Phase::Warming { until } if io.now() >= until => {
                let until = io.now() + self.options.duration.as_nanos() as u64;
                self.phase = Phase::Measuring { until };
                self.arrived_before = self.tally.arrived;
                self.meter = Some(Meter::start(&watched, io.now()));
            }
            Phase::Measuring { until } if io.now() >= until => {
                self.used = self.meter.map(|meter| meter.stop(&watched, io.now()));
                self.arrived_in_time = self.tally.arrived - self.arrived_before;
                self.phase = Phase::Draining { arrived: 0, until: u64::MAX };
            }
            Phase::Draining { arrived, .. } if arrived != self.tally.arrived || arrived == 0 => {
                let until = io.now() + self.options.patience.as_nanos() as u64;
                self.phase = Phase::Draining { arrived: self.tally.arrived, until };
            }
            _ => {}
        }
    }

    /// The room is open: everybody else comes at once.
    fn opened(&mut self, io: &mut Io) {
        self.phase = Phase::Joining;
        self.joining = Some(Meter::start(&self.options.target.watched(), io.now()));
        (1..self.occupants.len()).for_each(|index| self.join(io, index));
    }
}

impl Script for Rooms<'_> {
    fn ready(&mut self, io: &mut Io, slot: usize) {
        let Some(index) = self.index(io, slot) else { return };
        self.occupants[index] =
            Some(Occupant { slot, has_joined: false, heard: Ledger::default() });
        self.logged_in += 1;
    }

    fn stanza(&mut self, io: &mut Io, slot: usize, stanza: &[u8]) {
        let Some(index) = self.index(io, slot) else { return };
        let head = frame::head(stanza);
        match head.kind {
            Kind::Presence => self.presence(io, index, stanza, head.is_error()),
            Kind::Message => self.message(io, index, head.id, head.is_error()),
            Kind::Iq if head.id == b"open" && head.is_error() => {
                self.fault = Some(Fault::Run("the room cannot be opened".into()));
            }
            Kind::Iq if head.id == b"open" => self.opened(io),
            Kind::Iq | Kind::Other => {}
        }
    }

    fn ended(&mut self, _: &mut Io, slot: usize, _: bool, why: &Fault) -> Result<(), Fault> {
        Err(Fault::Run(format!("session {slot} of {} ended: {why}", self.occupants.len())))
    }

    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        match self.phase {
            Phase::LoggingIn => {
                self.progress.say(io, "logging in", self.logged_in as u64, "sessions");
            }
            Phase::Opening | Phase::Joining => {
                self.progress.say(io, "joining", self.joined as u64, "occupants");
            }
            _ => self.progress.say(io, "chatting", self.tally.arrived, "delivered"),
        }
        self.advance(io);
        match self.phase {
            Phase::Draining { .. } if self.lost() == 0 => Ok(Turn::Done),
            Phase::Draining { until, .. } if io.now() >= until => Ok(Turn::Done),
            _ => Ok(Turn::Wait(PAUSE)),
        }
    }
}

impl Rooms<'_> {
    fn index(&self, io: &Io, slot: usize) -> Option<usize> {
        let index = io.user(slot)?.checked_sub(self.options.target.first)? as usize;
        (index < self.occupants.len()).then_some(index)
    }
}
