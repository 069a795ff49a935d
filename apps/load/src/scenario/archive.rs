//! The archive (XEP-0313): filled by live messages, then paged forward.

use std::time::Duration;

use clap::Args;
use memchr::memmem;

use crate::engine::{Engine, Fault, Script, Turn};
use crate::frame::{self, Kind};
use crate::histogram::Histogram;
use crate::io::Io;
use crate::ledger::{Ledger, Mark, Tally};
use crate::report::{Meter, Progress, Report, Used};
use crate::scenario::chat::Chat;
use crate::scenario::{PAUSE, seconds};
use crate::target::Target;
use crate::xml;

#[derive(Debug, Clone, Args)]
pub(crate) struct ArchiveOptions {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Accounts, in pairs
    #[arg(long, default_value_t = 20)]
    pub(crate) users: u32,
    /// Messages that each account writes first
    #[arg(long, default_value_t = 500)]
    pub(crate) fill: u32,
    /// Messages that each session keeps under way while filling
    #[arg(long, default_value_t = 4)]
    pub(crate) window: u32,
    /// Accounts that page through their archives, one query under way each
    #[arg(long, default_value_t = 10)]
    pub(crate) clients: u32,
    /// Messages a page
    #[arg(long, default_value_t = 50)]
    pub(crate) page: u32,
    /// Seconds of paging
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub(crate) duration: Duration,
}

/// How long filling waits for a message before it counts the rest as lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the scenario.
pub(crate) fn run(options: &ArchiveOptions) -> Result<(), Fault> {
    let target = &options.target;
    let watched = target.watched();
    let people = options.users.next_multiple_of(2).max(2);
    let mut engine = Engine::new(target)?;
    (0..people).for_each(|index| engine.io.open(target.first + index));
    let chat = Chat::new(target, people, "");
    let mut filling =
        Filling { options, chat, seated: 0, meter: None, grown: (0, 0), progress: Progress::new() };
    engine.run(&mut filling)?;
    let now = engine.io.now();
    let filled = filling.meter.map(|meter| meter.stop(&watched, now));

    let mut paging = Paging::new(options, filling.chat);
    let meter = Meter::start(&watched, engine.io.now());
    engine.run(&mut paging)?;
    paging.report(filled, &meter.stop(&watched, engine.io.now()))
}

/// Writes the messages that are read afterwards.
struct Filling<'a> {
    options: &'a ArchiveOptions,
    chat: Chat,
    seated: usize,
    meter: Option<Meter>,
    /// How many had arrived, and when that number last changed.
    grown: (u64, u64),
    progress: Progress,
}

impl Script for Filling<'_> {
    fn ready(&mut self, io: &mut Io, slot: usize) {
        self.chat.seat(io, slot);
        self.seated += 1;
    }

    fn stanza(&mut self, io: &mut Io, slot: usize, stanza: &[u8]) {
        let head = frame::head(stanza);
        let index = self.chat.index(io, slot);
        if head.kind == Kind::Message
            && let Some(sender) = self.chat.take(io, index, &head)
            && self.chat.sent_by(sender) < self.options.fill
        {
            self.chat.send(io, sender);
        }
    }

    fn ended(&mut self, _: &mut Io, slot: usize, _: bool, why: &Fault) -> Result<(), Fault> {
        Err(Fault::Run(format!("session {slot} ended while filling: {why}")))
    }

    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault> {
        self.progress.say(io, "filling", self.chat.tally.arrived, "delivered");
        if self.meter.is_none() && self.seated == self.chat.people() {
            self.meter = Some(Meter::start(&self.options.target.watched(), io.now()));
            for index in 0..self.chat.people() {
                let window = self.options.window.min(self.options.fill);
                (0..window).for_each(|_| self.chat.send(io, index));
            }
        }
        let all = self.chat.people() as u64 * u64::from(self.options.fill);
        let heard = self.chat.tally.arrived + self.chat.tally.refused;
        if self.meter.is_none() || self.grown.0 != heard {
            self.grown = (heard, io.now());
        }
        let stalled = io.now() - self.grown.1 >= PATIENCE.as_nanos() as u64;
        Ok(if heard >= all || stalled { Turn::Done } else { Turn::Wait(PAUSE) })
    }
}

struct Reader {
    slot: Option<usize>,
    to_partner: [String; 2],
    after: Vec<u8>,
    asked_at: u64,
    sweeps: u32,
    sent: Ledger,
    received: Ledger,
}

/// Reads the archives page by page, and from the start again.
struct Paging<'a> {
    options: &'a ArchiveOptions,
    chat: Chat,
    readers: Vec<Reader>,
    tally: Tally,
    pages: u64,
    messages: u64,
    errors: u64,
    until: Option<u64>,
    latencies: Histogram,
    progress: Progress,
}

impl<'a> Paging<'a> {
    fn new(options: &'a ArchiveOptions, chat: Chat) -> Self {
        let clients = (options.clients as usize).min(chat.people());
        let readers = (0..clients).map(|index| {
            let partner = options.target.jid(options.target.first + (index as u32 ^ 1));
            Reader {
                slot: chat.slot(index),
                to_partner: [format!(" to='{partner}"), format!(" to=\"{partner}")],
                after: Vec::new(),
                asked_at: 0,
                sweeps: 0,
                sent: Ledger::default(),
                received: Ledger::default(),
            }
        });
        let readers = readers.collect();
        Self {
            options,
            chat,
            readers,
            tally: Tally::default(),
            pages: 0,
            messages: 0,
            errors: 0,
            until: None,
            latencies: Histogram::new(),
            progress: Progress::new(),
        }
    }

    fn ask(&mut self, io: &mut Io, index: usize) {
        let reader = &mut self.readers[index];
        reader.asked_at = io.now();
        let Some(out) = reader.slot.and_then(|slot| io.out(slot)) else { return };
        let open = "<iq type='set' id='page'><query xmlns='urn:xmpp:mam:2' queryid='q'>\
            <set xmlns='http://jabber.org/protocol/rsm'><max>";
        xml::write(out, [open, &self.options.page.to_string(), "</max>"]);
        if !reader.after.is_empty() {
            out.extend_from_slice(b"<after>");
            out.extend_from_slice(&reader.after);
            out.extend_from_slice(b"</after>");
        }
        out.extend_from_slice(b"</set></query></iq>");
    }

    /// Checks an archived message of the first time through.
    fn check(&mut self, index: usize, stanza: &[u8]) {
        let reader = &mut self.readers[index];
        let inner = memmem::find(&stanza[1..], b"<message").map(|at| &stanza[at + 1..]);
        let Some(inner) = inner else { return };
        let mark = Mark::read(frame::head(inner).id).filter(|mark| mark.run == self.chat.run());
        let Some(mark) = mark else {
            self.tally.foreign += 1;
            return;
        };
        let tag = inner.split(|byte| *byte == b'>').next().unwrap_or_default();
        let to_partner = reader.to_partner.iter().any(|to| frame::holds(tag, to));
        let ledger = if to_partner { &mut reader.sent } else { &mut reader.received };
        let arrival = ledger.arrived(mark.sequence);
        self.tally.note(arrival);
    }

    fn page_done(&mut self, io: &mut Io, index: usize, fin: &[u8]) {
        self.pages += 1;
        let reader = &mut self.readers[index];
        self.latencies.record(io.now().saturating_sub(reader.asked_at));
        let complete = ["complete='true'", "complete=\"true\""];
        match frame::text(fin, "last") {
            Some(last) if !complete.iter().any(|text| frame::holds(fin, text)) => {
                reader.after = last.to_vec();
            }
            _ => {
                reader.after.clear();
                reader.sweeps += 1;
            }
        }
        self.ask(io, index);
    }

    fn report(&self, filled: Option<Used>, used: &Used) -> Result<(), Fault> {
        let target = &self.options.target;
        let mut report = Report::new("archive", target);
        report.setting("users", self.options.users);
        report.setting("fill", self.options.fill);
        report.setting("clients", self.options.clients);
        report.setting("page", self.options.page);
        let sent = self.chat.sent() as f64;
        if let Some(filled) = filled.filter(|_| sent > 0.0) {
            report.figure("fill_messages_per_s", sent / filled.seconds);
            let cost = filled.cpu.server / sent * 1_000.0;
            report.figure("fill_server_cpu_ms_per_1000_messages", cost);
            report.figure("fill_lost", self.chat.lost() as f64);
        }
        report.figure("pages_per_s", self.pages as f64 / used.seconds);
        report.figure("messages_per_page", self.messages as f64 / self.pages.max(1) as f64);
        report.cpu(&target.watched(), used, self.pages as f64, ("page", 1.0));
        report.latencies(&self.latencies);
        report.figure("errors", self.errors as f64);
        report.figure("unfinished_archives", self.unfinished() as f64);
        // What an archive not read to its end still holds cannot be called lost.
        let readers = self.readers.iter().enumerate().filter(|(_, reader)| reader.sweeps > 0);
        let lost = readers.map(|(index, reader)| {
            reader.sent.lost(self.chat.sent_by(index))
                + reader.received.lost(self.chat.sent_by(index ^ 1))
        });
        report.tally(&self.tally, lost.sum());
        report.finish(target)
    }

    fn unfinished(&self) -> usize {
        self.readers.iter().filter(|reader| reader.sweeps == 0).count()
    }
}

impl Script for Paging<'_> {
    fn ready(&mut self, _: &mut Io, _: usize) {}

    fn stanza(&mut self, io: &mut Io, slot: usize, stanza: &[u8]) {
        let index = self.chat.index(io, slot);
        if index >= self.readers.len() {
            return;
        }
        let head = frame::head(stanza);
        match head.kind {
            Kind::Message if frame::holds(stanza, "urn:xmpp:mam:2") => {
                self.messages += 1;
                if self.readers[index].sweeps == 0 {
                    self.check(index, stanza);
                }
            }
            Kind::Iq if head.id == b"page" && head.is_error() => self.errors += 1,
            Kind::Iq if head.id == b"page" => self.page_done(io, index, stanza),
            _ => {}
        }
    }

    fn ended(&mut self, _: &mut Io, slot: usize, _: bool, why: &Fault) -> Result<(), Fault> {
        Err(Fault::Run(format!("session {slot} ended while paging: {why}")))
    }

    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault> {
        self.progress.say(io, "paging", self.pages, "pages");
        let Some(until) = self.until else {
            self.until = Some(io.now() + self.options.duration.as_nanos() as u64);
            (0..self.readers.len()).for_each(|index| self.ask(io, index));
            return Ok(Turn::Wait(PAUSE));
        };
        let over = io.now() >= until || self.errors >= self.readers.len() as u64;
        Ok(if over { Turn::Done } else { Turn::Wait(PAUSE) })
    }
}
