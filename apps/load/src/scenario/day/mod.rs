//! A day in minutes: people come and go, chat in pairs with chat states and receipts, talk in
//! rooms, and read their archives when they return.
//!
//! What a pair writes is counted whole: at the end everybody returns, and each message must
//! have come once, live, from what waited, or with a page of the archive.

mod plan;

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use clap::Args;
use memchr::memmem;

use crate::engine::{Engine, Fault, Script, Turn};
use crate::frame::{self, Kind};
use crate::histogram::Histogram;
use crate::io::Io;
use crate::ledger::Mark;
use crate::report::{Meter, Progress, Report, Used};
use crate::scenario::chat::{Chat, Way};
use crate::scenario::{PAUSE, run_number, seconds};
use crate::target::Target;
use crate::xml;

use plan::{Deed, Plan};

#[derive(Debug, Clone, Args)]
pub(crate) struct DayOptions {
    #[command(flatten)]
    pub(crate) target: Target,
    /// People, an even number
    #[arg(long, default_value_t = 500)]
    pub(crate) people: u32,
    /// Minutes that the day takes
    #[arg(long, default_value_t = 3.0)]
    pub(crate) minutes: f64,
    /// Messages that each person writes to the partner in the day
    #[arg(long, default_value_t = 40)]
    pub(crate) messages: u32,
    /// Messages that each person writes into the room
    #[arg(long, default_value_t = 4)]
    pub(crate) remarks: u32,
    /// People of one room
    #[arg(long, default_value_t = 20)]
    pub(crate) room: u32,
    /// Domain of the rooms
    #[arg(long, default_value = "rooms.localhost")]
    pub(crate) service: String,
    /// Seconds without any arrival after which the rest is lost
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub(crate) patience: Duration,
}

/// Nanoseconds between two looks at the server's memory.
const LOOK: u64 = 5_000_000_000;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Those who own the rooms come and open them.
    Opening,
    Day {
        until: u64,
    },
    Evening {
        arrived: u64,
        until: u64,
    },
}

struct Person {
    /// Logged in, or about to be.
    is_wanted: bool,
    is_here: bool,
    /// Messages that a page of the archive brought, which may come live as well.
    read: HashSet<u32>,
}

struct Day<'a> {
    options: &'a DayOptions,
    run: u32,
    chat: Chat,
    people: Vec<Person>,
    deeds: Plan,
    phase: Phase,
    opened: u32,
    logins: u64,
    remarks: u64,
    pages: u64,
    others: u64,
    errors: u64,
    room_latencies: Histogram,
    most_kib: f64,
    look_at: u64,
    meter: Option<Meter>,
    used: Option<Used>,
    progress: Progress,
}

/// Runs the scenario.
pub(crate) fn run(options: &DayOptions) -> Result<(), Fault> {
    let mut engine = Engine::new(&options.target)?;
    let mut chat =
        Chat::new(&options.target, options.people, "<request xmlns='urn:xmpp:receipts'/>");
    chat.begin_measuring();
    let person = |_| Person { is_wanted: false, is_here: false, read: HashSet::new() };
    let mut day = Day {
        options,
        run: run_number().wrapping_add(1),
        chat,
        people: (0..options.people).map(person).collect(),
        deeds: Plan::new(),
        phase: Phase::Opening,
        opened: 0,
        logins: 0,
        remarks: 0,
        pages: 0,
        others: 0,
        errors: 0,
        room_latencies: Histogram::new(),
        most_kib: 0.0,
        look_at: 0,
        meter: None,
        used: None,
        progress: Progress::new(),
    };
    for owner in (0..options.people).step_by(options.room as usize) {
        day.come(&mut engine.io, owner);
    }
    engine.run(&mut day)?;
    day.report()
}

impl Day<'_> {
    fn report(&self) -> Result<(), Fault> {
        let Some(used) = &self.used else { return Ok(()) };
        let target = &self.options.target;
        let mut report = Report::new("day", target);
        report.setting("people", self.options.people);
        report.setting("minutes", self.options.minutes);
        let arrived = self.chat.tally.arrived + self.remarks + self.others;
        report.figure("delivered_per_s", arrived as f64 / used.seconds);
        report.cpu(&target.watched(), used, arrived as f64, ("1000_stanzas", 1_000.0));
        report.latencies(&self.chat.latencies);
        report.latencies_as("room", &self.room_latencies);
        report.figure("logins", self.logins as f64);
        report.figure("pages", self.pages as f64);
        report.figure("remarks", self.remarks as f64);
        report.figure("rss_most_mib", self.most_kib / 1024.0);
        report.figure("errors", self.errors as f64);
        report.tally(&self.chat.tally, self.chat.lost());
        report.finish(target)
    }

    fn room(&self, index: u32) -> String {
        let room = index / self.options.room;
        format!("day-{:x}-{room}@{}", self.run, self.options.service)
    }

    fn owns_a_room(&self, index: u32) -> bool {
        index.is_multiple_of(self.options.room)
    }

    fn come(&mut self, io: &mut Io, index: u32) {
        let person = &mut self.people[index as usize];
        if !person.is_wanted {
            person.is_wanted = true;
            io.open(self.options.target.first + index);
        }
    }

    fn go(&mut self, io: &mut Io, index: u32) {
        let person = &mut self.people[index as usize];
        let slot = self.chat.slot(index as usize).filter(|_| person.is_here);
        // Who is still on the way stays.
        if let Some(slot) = slot {
            person.is_here = false;
            person.is_wanted = false;
            io.close(slot);
        }
    }

    fn act(&mut self, io: &mut Io, index: u32, deed: Deed) {
        let is_here = self.people[index as usize].is_here;
        match deed {
            Deed::Come => self.come(io, index),
            Deed::Go => self.go(io, index),
            Deed::Write if is_here => self.write(io, index),
            Deed::Remark if is_here => self.remark(io, index),
            Deed::Write | Deed::Remark => {}
        }
    }

    /// A chat state, then the message.
    fn write(&mut self, io: &mut Io, index: u32) {
        let partner = self.options.target.jid(self.options.target.first + (index ^ 1));
        let Some(out) = self.chat.slot(index as usize).and_then(|slot| io.out(slot)) else {
            return;
        };
        let state = "'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>";
        xml::write(out, ["<message type='chat' to='", &partner, state]);
        self.chat.send(io, index as usize);
    }

    fn remark(&mut self, io: &mut Io, index: u32) {
        let room = self.room(index);
        let at = io.now();
        let Some(out) = self.chat.slot(index as usize).and_then(|slot| io.out(slot)) else {
            return;
        };
        xml::write(out, ["<message type='groupchat' to='", &room, "' id='"]);
        Mark { run: self.run, sequence: index, at }.write(out);
        out.extend_from_slice(b"'><body>all the men and women merely players</body></message>");
    }

    /// What a client does first: it enters its room and reads what it missed.
    fn settle(&self, io: &mut Io, slot: usize, index: u32) {
        let Some(out) = io.out(slot) else { return };
        let nick = index.to_string();
        xml::write(out, ["<presence to='", &self.room(index), "/n", &nick]);
        out.extend_from_slice(
            b"'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>\
            <iq type='set' id='page'><query xmlns='urn:xmpp:mam:2'>\
            <set xmlns='http://jabber.org/protocol/rsm'><max>50</max><before/></set></query></iq>",
        );
        if self.owns_a_room(index) && self.phase == Phase::Opening {
            xml::write(out, ["<iq type='set' id='open' to='", &self.room(index), "'>"]);
            out.extend_from_slice(
                b"<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>",
            );
        }
    }

    /// A message that a page of the archive brought.
    fn read(&mut self, io: &Io, index: usize, stanza: &[u8]) {
        let inner = memmem::find(&stanza[1..], b"<message").map(|at| &stanza[at + 1..]);
        let Some(head) = inner.map(frame::head) else { return };
        let Some(mark) = Mark::read(head.id).filter(|mark| mark.run == self.chat.run()) else {
            return;
        };
        let tag = inner.and_then(|inner| inner.split(|byte| *byte == b'>').next());
        let own = self.options.target.jid(self.options.target.first + index as u32);
        let to = [format!(" to='{own}"), format!(" to=\"{own}")];
        let is_mine = tag.is_some_and(|tag| to.iter().any(|to| frame::holds(tag, to)));
        if is_mine && self.chat.misses(index, mark.sequence) {
            self.people[index].read.insert(mark.sequence);
            self.chat.take_by(Way::Page, io, index, &head);
        }
    }

    fn message(&mut self, io: &mut Io, slot: usize, index: usize, stanza: &[u8]) {
        let head = frame::head(stanza);
        if frame::holds(stanza, "urn:xmpp:mam:2") {
            return self.read(io, index, stanza);
        }
        let Some(mark) = Mark::read(head.id) else {
            self.errors += u64::from(head.is_error());
            self.others += 1;
            return;
        };
        if mark.run == self.run {
            self.remarks += 1;
            self.room_latencies.record(io.now().saturating_sub(mark.at));
            return;
        }
        if self.people[index].read.contains(&mark.sequence) {
            return;
        }
        let way = Way::Live { was_kept: frame::holds(stanza, "urn:xmpp:delay") };
        self.chat.take_by(way, io, index, &head);
        let partner = self.options.target.jid(self.options.target.first + (index as u32 ^ 1));
        if let Some(out) = io.out(slot) {
            xml::write(out, ["<message type='chat' to='", &partner]);
            out.extend_from_slice(b"'><received xmlns='urn:xmpp:receipts' id='");
            out.extend_from_slice(head.id);
            out.extend_from_slice(b"'/></message>");
        }
    }

    fn advance(&mut self, io: &mut Io) {
        let watched = self.options.target.watched();
        let rooms = self.options.people.div_ceil(self.options.room);
        match self.phase {
            Phase::Opening if self.opened == rooms => {
                self.deeds = plan::make(self.options, io.now());
                let until = io.now() + plan::length(self.options);
                self.phase = Phase::Day { until };
                self.meter = Some(Meter::start(&watched, io.now()));
            }
            Phase::Day { until } if io.now() >= until => {
                self.used = self.meter.map(|meter| meter.stop(&watched, io.now()));
                self.chat.end_measuring();
                (0..self.options.people).for_each(|index| self.come(io, index));
                self.phase = Phase::Evening { arrived: 0, until: u64::MAX };
            }
            Phase::Evening { arrived, .. }
                if arrived != self.chat.tally.arrived || arrived == 0 =>
            {
                let until = io.now() + self.options.patience.as_nanos() as u64;
                self.phase = Phase::Evening { arrived: self.chat.tally.arrived, until };
            }
            _ => {}
        }
        if io.now() >= self.look_at && !watched.is_empty() {
            self.look_at = io.now() + LOOK;
            self.most_kib = self.most_kib.max(watched.memory().rss_kib);
        }
    }
}

impl Script for Day<'_> {
    fn ready(&mut self, io: &mut Io, slot: usize) {
        let index = self.chat.seat(io, slot);
        self.people[index].is_here = true;
        self.logins += 1;
        self.settle(io, slot, index as u32);
    }

    fn stanza(&mut self, io: &mut Io, slot: usize, stanza: &[u8]) {
        let index = self.chat.index(io, slot);
        let head = frame::head(stanza);
        match head.kind {
            Kind::Message => self.message(io, slot, index, stanza),
            Kind::Iq if head.type_ == b"get" => {
                let Some(out) = io.out(slot) else { return };
                xml::answer(out, head.id);
            }
            Kind::Iq if head.id == b"open" => {
                self.opened += 1;
                self.errors += u64::from(head.is_error());
            }
            Kind::Iq if head.id == b"page" => {
                self.pages += 1;
                self.errors += u64::from(head.is_error());
            }
            Kind::Presence => {
                self.others += 1;
                self.errors += u64::from(head.is_error());
            }
            Kind::Iq | Kind::Other => {}
        }
    }

    fn ended(&mut self, _: &mut Io, slot: usize, _: bool, why: &Fault) -> Result<(), Fault> {
        match why {
            Fault::Left => Ok(()),
            why => Err(Fault::Run(format!("session {slot} ended: {why}"))),
        }
    }

    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault> {
        self.progress.say(io, "living", self.chat.tally.arrived + self.remarks, "delivered");
        self.advance(io);
        while let Some(Reverse((at, index, deed))) = self.deeds.peek().copied() {
            if at > io.now() {
                return Ok(Turn::Wait(PAUSE.min(Duration::from_nanos(at - io.now()))));
            }
            self.deeds.pop();
            self.act(io, index, deed);
        }
        match self.phase {
            Phase::Evening { .. } if self.chat.lost() == 0 => Ok(Turn::Done),
            Phase::Evening { until, .. } if io.now() >= until => Ok(Turn::Done),
            _ => Ok(Turn::Wait(PAUSE)),
        }
    }
}
