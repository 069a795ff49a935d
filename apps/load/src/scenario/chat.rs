//! Users 2i and 2i+1 write to each other: the traffic of `pairs`, and what fills archives.

use crate::frame::Head;
use crate::histogram::Histogram;
use crate::io::Io;
use crate::ledger::{Arrival, Ledger, Mark, Tally};
use crate::scenario::run_number;
use crate::target::Target;
use crate::xml;

/// Bytes of text in each message, as in every published comparison of ours.
pub(crate) const BODY_BYTES: usize = 100;

/// How a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As it was sent, or kept while its receiver was away.
    Live { was_kept: bool },
    /// With a page of the archive, which live messages may have overtaken.
    Page,
}

/// The conversations of an even number of accounts.
pub(crate) struct Chat {
    run: u32,
    first: u32,
    heads: Vec<Vec<u8>>,
    tail: Vec<u8>,
    people: Vec<Person>,
    /// Of all that came, from the first message on.
    pub(crate) tally: Tally,
    /// Of what came since [`Chat::begin_measuring`].
    pub(crate) latencies: Histogram,
    measuring: bool,
}

struct Person {
    slot: Option<usize>,
    sent: u32,
    from_partner: Ledger,
}

impl Chat {
    /// `extra` is markup for each message, after its body.
    pub(crate) fn new(target: &Target, people: u32, extra: &str) -> Self {
        let mut heads = Vec::new();
        for index in 0..people {
            let mut head = Vec::new();
            let partner = target.jid(target.first + (index ^ 1));
            xml::write(&mut head, ["<message type='chat' to='", &partner, "' id='"]);
            heads.push(head);
        }
        let body: String = "all the world is a stage ".chars().cycle().take(BODY_BYTES).collect();
        let mut tail = Vec::new();
        xml::write(&mut tail, ["'><body>", &body, "</body>"]);
        tail.extend_from_slice(extra.as_bytes());
        tail.extend_from_slice(b"</message>");
        let people =
            (0..people).map(|_| Person { slot: None, sent: 0, from_partner: Ledger::default() });
        Self {
            run: run_number(),
            first: target.first,
            heads,
            tail,
            people: people.collect(),
            tally: Tally::default(),
            latencies: Histogram::new(),
            measuring: false,
        }
    }

    pub(crate) fn run(&self) -> u32 {
        self.run
    }

    pub(crate) fn people(&self) -> usize {
        self.people.len()
    }

    /// Which of the people `slot` is; notes where they can be reached.
    pub(crate) fn seat(&mut self, io: &Io, slot: usize) -> usize {
        let index = self.index(io, slot);
        self.people[index].slot = Some(slot);
        index
    }

    pub(crate) fn slot(&self, index: usize) -> Option<usize> {
        self.people[index].slot
    }

    pub(crate) fn index(&self, io: &Io, slot: usize) -> usize {
        let user = io.user(slot).unwrap_or(self.first);
        (user - self.first) as usize % self.people.len()
    }

    pub(crate) fn begin_measuring(&mut self) {
        self.latencies = Histogram::new();
        self.measuring = true;
    }

    pub(crate) fn end_measuring(&mut self) {
        self.measuring = false;
    }

    /// Person `index` writes to their partner.
    pub(crate) fn send(&mut self, io: &mut Io, index: usize) {
        let at = io.now();
        let person = &mut self.people[index];
        let Some(out) = person.slot.and_then(|slot| io.out(slot)) else { return };
        let mark = Mark { run: self.run, sequence: person.sent, at };
        out.extend_from_slice(&self.heads[index]);
        mark.write(out);
        out.extend_from_slice(&self.tail);
        person.sent += 1;
    }

    /// Takes a message that came live to person `index`; yields whose message is thereby done with.
    pub(crate) fn take(&mut self, io: &Io, index: usize, head: &Head<'_>) -> Option<usize> {
        self.take_by(Way::Live { was_kept: false }, io, index, head)
    }

    /// The same by any way. How long somebody was away is no latency.
    pub(crate) fn take_by(
        &mut self,
        way: Way,
        io: &Io,
        index: usize,
        head: &Head<'_>,
    ) -> Option<usize> {
        let mark = Mark::read(head.id).filter(|mark| mark.run == self.run);
        let Some(mark) = mark else {
            self.tally.foreign += 1;
            return None;
        };
        if head.is_error() {
            self.tally.refused += 1;
            return Some(index);
        }
        let arrival = self.people[index].from_partner.arrived(mark.sequence);
        self.tally.note(match arrival {
            Arrival::OutOfOrder if way == Way::Page => Arrival::InOrder,
            arrival => arrival,
        });
        if self.measuring && way == (Way::Live { was_kept: false }) {
            self.latencies.record(io.now().saturating_sub(mark.at));
        }
        Some(index ^ 1)
    }

    /// Whether person `index` has not got message `sequence` of their partner.
    pub(crate) fn misses(&self, index: usize, sequence: u32) -> bool {
        self.people[index].from_partner.misses(sequence)
    }

    pub(crate) fn sent_by(&self, index: usize) -> u32 {
        self.people[index].sent
    }

    pub(crate) fn sent(&self) -> u64 {
        self.people.iter().map(|person| u64::from(person.sent)).sum()
    }

    /// Messages that were neither delivered nor refused.
    pub(crate) fn lost(&self) -> u64 {
        let people = self.people.iter().enumerate();
        let missing =
            people.map(|(index, person)| person.from_partner.lost(self.sent_by(index ^ 1)));
        missing.sum::<u64>().saturating_sub(self.tally.refused)
    }
}
