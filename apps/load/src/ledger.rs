//! What one receiver got of what one sender sent: lost, doubled, out of order.

use std::collections::BTreeSet;

/// The account of one direction of a conversation, whose messages are numbered from 0.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    next: u32,
    missing: BTreeSet<u32>,
}

/// What an arrival was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    InOrder,
    OutOfOrder,
    Doubled,
}

impl Ledger {
    /// Notes the arrival of message `sequence`.
    pub(crate) fn arrived(&mut self, sequence: u32) -> Arrival {
        if sequence == self.next {
            self.next += 1;
            return Arrival::InOrder;
        }
        if sequence > self.next {
            self.missing.extend(self.next..sequence);
            self.next = sequence + 1;
            return Arrival::InOrder;
        }
        if self.missing.remove(&sequence) { Arrival::OutOfOrder } else { Arrival::Doubled }
    }

    /// Whether message `sequence` has not arrived yet.
    pub(crate) fn misses(&self, sequence: u32) -> bool {
        sequence >= self.next || self.missing.contains(&sequence)
    }

    /// How many of the first `sent` have not arrived.
    pub(crate) fn lost(&self, sent: u32) -> u64 {
        self.missing.len() as u64 + u64::from(sent.saturating_sub(self.next))
    }
}

/// Sums over all directions.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) arrived: u64,
    pub(crate) doubled: u64,
    pub(crate) out_of_order: u64,
    /// Messages of an earlier run.
    pub(crate) foreign: u64,
    /// Messages that came back as errors.
    pub(crate) refused: u64,
}

impl Tally {
    pub(crate) fn note(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::InOrder => self.arrived += 1,
            Arrival::OutOfOrder => {
                self.arrived += 1;
                self.out_of_order += 1;
            }
            Arrival::Doubled => self.doubled += 1,
        }
    }
}

/// The id of a message: which run, which number of its sender, when it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) run: u32,
    pub(crate) sequence: u32,
    /// Nanoseconds since the generator started.
    pub(crate) at: u64,
}

impl Mark {
    /// Writes the mark as `run.sequence.at` in hexadecimal.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        hex(out, u64::from(self.run));
        out.push(b'.');
        hex(out, u64::from(self.sequence));
        out.push(b'.');
        hex(out, self.at);
    }

    /// Reads what [`Mark::write`] wrote.
    pub(crate) fn read(id: &[u8]) -> Option<Self> {
        let mut parts = [0u64; 3];
        let mut part = 0;
        for byte in id {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                b'.' if part < 2 => {
                    part += 1;
                    continue;
                }
                _ => return None,
            };
            parts[part] = parts[part] << 4 | u64::from(digit);
        }
        let [run, sequence, at] = parts;
        let (Ok(run), Ok(sequence), 2) = (run.try_into(), sequence.try_into(), part) else {
            return None;
        };
        Some(Self { run, sequence, at })
    }
}

fn hex(out: &mut Vec<u8>, value: u64) {
    let digits = (64 - value.leading_zeros()).div_ceil(4).max(1);
    for digit in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(value >> (digit * 4) & 15) as usize]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gap_that_closes_later_is_out_of_order_and_not_lost() {
        let mut ledger = Ledger::default();
        let arrivals: Vec<_> = [0, 2, 1, 1, 5].into_iter().map(|n| ledger.arrived(n)).collect();
        use Arrival::{Doubled, InOrder, OutOfOrder};
        assert_eq!(arrivals, [InOrder, InOrder, OutOfOrder, Doubled, InOrder]);
        assert_eq!(ledger.lost(7), 3);
    }

    #[test]
    fn mark_reads_back_and_strange_ids_are_none() {
        let mark = Mark { run: 0xdead_beef, sequence: 0, at: 123_456_789_012 };
        let mut id = Vec::new();
        mark.write(&mut id);
        assert_eq!(Mark::read(&id), Some(mark));
        for strange in ["", "1.2", "1.2.3.4", "1.2.x", "1ffffffff.2.3"] {
            assert_eq!(Mark::read(strange.as_bytes()), None, "{strange}");
        }
    }
}
