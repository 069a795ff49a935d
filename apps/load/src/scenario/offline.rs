//! Messages to people who are away; then these log in, and then once more.

use std::time::Duration;

use clap::Args;

use crate::engine::{Engine, Fault, Script, Turn};
use crate::frame::{self, Kind};
use crate::io::Io;
use crate::ledger::{Ledger, Mark, Tally};
use crate::report::{Meter, Progress, Report};
use crate::scenario::{PAUSE, run_number, seconds};
use crate::target::Target;
use crate::xml;

#[derive(Debug, Clone, Args)]
pub(crate) struct OfflineOptions {
    #[command(flatten)]
    pub(crate) target: Target,
    /// Accounts that write
    #[arg(long, default_value_t = 4)]
    pub(crate) senders: u32,
    /// Accounts that are away, numbered after the senders
    #[arg(long, default_value_t = 20)]
    pub(crate) absent: u32,
    /// Messages in all
    #[arg(long, default_value_t = 4_000)]
    pub(crate) messages: u32,
    /// Messages after which a sender waits until the server has answered a ping
    #[arg(long, default_value_t = 10)]
    pub(crate) batch: u32,
    /// Seconds without any arrival after which the rest is lost
    #[arg(long, default_value = "3", value_parser = seconds)]
    pub(crate) patience: Duration,
}

/// Runs the scenario.
pub(crate) fn run(options: &OfflineOptions) -> Result<(), Fault> {
    let target = &options.target;
    let watched = target.watched();
    let mut engine = Engine::new(target)?;
    let mut leaving = Leaving::new(options);
    (0..options.senders).for_each(|index| engine.io.open(target.first + index));
    let meter = Meter::start(&watched, engine.io.now());
    engine.run(&mut leaving)?;
    let stored = meter.stop(&watched, engine.io.now());
    let sent = f64::from(leaving.sent());

    let mut returning = Returning::new(options, leaving.run);
    let meter = Meter::start(&watched, engine.io.now());
    returning.enter(&mut engine)?;
    let fetched = meter.stop(&watched, engine.io.now());
    let first = returning.tally;
    let lost = returning.lost();
    returning.enter(&mut engine)?;
    let again = returning.tally.doubled - first.doubled + returning.tally.arrived - first.arrived;

    let mut report = Report::new("offline", target);
    report.setting("senders", options.senders);
    report.setting("absent", options.absent);
    report.figure("sent", sent);
    report.figure("stored_per_s", sent / stored.seconds);
    report.cpu(&watched, &stored, sent, ("1000_stored", 1_000.0));
    report.cpu(&watched, &fetched, sent, ("1000_fetched", 1_000.0));
    report.tally(&first, lost);
    report.figure("again_at_second_login", again as f64);
    report.figure("refused_at_senders", leaving.refused as f64);
    report.finish(target)
}

/// The senders.
struct Leaving<'a> {
    options: &'a OfflineOptions,
    run: u32,
    /// How many each sender has written, over all recipients.
    written: Vec<u32>,
    gone: u32,
    refused: u64,
    progress: Progress,
}

impl<'a> Leaving<'a> {
    fn new(options: &'a OfflineOptions) -> Self {
        let written = vec![0; options.senders as usize];
        Self { options, run: run_number(), written, gone: 0, refused: 0, progress: Progress::new() }
    }

    fn sent(&self) -> u32 {
        self.written.iter().sum()
    }

    /// Sends the next batch and a ping, or leaves. Messages to one recipient are
    /// numbered so that the number also tells the sender: see [`Returning::stanza`].
    fn batch(&mut self, io: &mut Io, slot: usize) {
        let Some(sender) = io.user(slot).map(|user| user - self.options.target.first) else {
            return;
        };
        let share = self.options.messages / self.options.senders;
        let at = io.now();
        let Some(written) = self.written.get_mut(sender as usize) else { return };
        if *written >= share {
            io.close(slot);
            return;
        }
        let Some(out) = io.out(slot) else { return };
        for number in *written..share.min(*written + self.options.batch) {
            let (round, recipient) = (number / self.options.absent, number % self.options.absent);
            let target = &self.options.target;
            let to = target.jid(target.first + self.options.senders + recipient);
            xml::write(out, ["<message type='chat' to='", &to, "' id='"]);
            let sequence = round * self.options.senders + sender;
            Mark { run: self.run, sequence, at }.write(out);
            out.extend_from_slice(b"'><body>you were away and missed this</body></message>");
            *written += 1;
        }
        xml::ping(out, self.options.target.domain(), "ping");
    }
}

impl Script for Leaving<'_> {
    fn ready(&mut self, io: &mut Io, slot: usize) {
        self.batch(io, slot);
    }

    fn stanza(&mut self, io: &mut Io, slot: usize, stanza: &[u8]) {
        let head = frame::head(stanza);
        match head.kind {
            Kind::Iq if head.id == b"ping" => self.batch(io, slot),
            Kind::Message if head.is_error() => self.refused += 1,
            _ => {}
        }
    }

    fn ended(&mut self, _: &mut Io, _: usize, _: bool, why: &Fault) -> Result<(), Fault> {
        if !matches!(why, Fault::Left) {
            return Err(Fault::Run(format!("a sender's session ended: {why}")));
        }
        self.gone += 1;
        Ok(())
    }

    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault> {
        self.progress.say(io, "storing", u64::from(self.sent()), "sent");
        Ok(if self.gone == self.options.senders { Turn::Done } else { Turn::Wait(PAUSE) })
    }
}

/// The recipients, at each of their logins.
struct Returning<'a> {
    options: &'a OfflineOptions,
    run: u32,
    ledgers: Vec<Ledger>,
    tally: Tally,
    slots: Vec<usize>,
    gone: u32,
    heard_at: u64,
    progress: Progress,
}

impl<'a> Returning<'a> {
    fn new(options: &'a OfflineOptions, run: u32) -> Self {
        let directions = (options.senders * options.absent) as usize;
        Self {
            options,
            run,
            ledgers: (0..directions).map(|_| Ledger::default()).collect(),
            tally: Tally::default(),
            slots: Vec::new(),
            gone: 0,
            heard_at: 0,
            progress: Progress::new(),
        }
    }

    /// Everyone logs in, listens until nothing comes, and leaves.
    fn enter(&mut self, engine: &mut Engine) -> Result<(), Fault> {
        self.slots.clear();
        self.gone = 0;
        self.heard_at = u64::MAX;
        let first = self.options.target.first + self.options.senders;
        (0..self.options.absent).for_each(|index| engine.io.open(first + index));
        engine.run(self)
    }

    fn lost(&self) -> u64 {
        let share = self.options.messages / self.options.senders;
        let recipients = self.options.absent;
        let all = self.ledgers.iter().enumerate().map(|(direction, ledger)| {
            let recipient = direction as u32 / self.options.senders;
            ledger.lost(share / recipients + u32::from(recipient < share % recipients))
        });
        all.sum()
    }
}

impl Script for Returning<'_> {
    fn ready(&mut self, io: &mut Io, slot: usize) {
        self.slots.push(slot);
        self.heard_at = io.now();
    }

    fn stanza(&mut self, io: &mut Io, slot: usize, stanza: &[u8]) {
        let head = frame::head(stanza);
        if head.kind != Kind::Message {
            return;
        }
        self.heard_at = io.now();
        let Some(mark) = Mark::read(head.id).filter(|mark| mark.run == self.run) else {
            self.tally.foreign += 1;
            return;
        };
        let senders = self.options.senders;
        let first = self.options.target.first + senders;
        let Some(recipient) = io.user(slot).map(|user| user - first) else { return };
        let direction = recipient * senders + mark.sequence % senders;
        let arrival = self.ledgers[direction as usize].arrived(mark.sequence / senders);
        self.tally.note(arrival);
    }

    fn ended(&mut self, _: &mut Io, _: usize, _: bool, why: &Fault) -> Result<(), Fault> {
        if !matches!(why, Fault::Left) {
            return Err(Fault::Run(format!("a recipient's session ended: {why}")));
        }
        self.gone += 1;
        Ok(())
    }

    fn turn(&mut self, io: &mut Io) -> Result<Turn, Fault> {
        self.progress.say(io, "fetching", self.tally.arrived, "arrived");
        let all_here = self.slots.len() == self.options.absent as usize;
        let quiet = io.now().saturating_sub(self.heard_at);
        if all_here && quiet >= self.options.patience.as_nanos() as u64 {
            std::mem::take(&mut self.slots).into_iter().for_each(|slot| io.close(slot));
        }
        Ok(if self.gone == self.options.absent { Turn::Done } else { Turn::Wait(PAUSE) })
    }
}
