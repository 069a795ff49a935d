//! The outgoing half of stream management (XEP-0198): what the client has not
//! acknowledged yet. A cache of the log beyond the client's cursor.

use std::collections::VecDeque;

use crate::place::LogRef;
use skein_base::Timestamp;
use skein_xmpp::{Stanza, ephemeral};

/// A stanza that is owed to a client.
#[derive(Debug, Clone)]
pub struct Owed {
    /// The stanza as it was sent.
    pub stanza: Stanza,
    /// Its place in the account's log, if it was kept there.
    pub log: Option<LogRef>,
}

impl Owed {
    /// About how many bytes it takes on the wire and here.
    fn bytes(&self) -> usize {
        self.stanza.content().len() + self.stanza.added().len()
    }
}

/// The client acknowledged more than was sent (XEP-0198 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooHigh {
    /// What the client claims to have handled.
    pub h: u32,
    /// How many stanzas were sent.
    pub sent: u32,
}

/// Stanzas sent and not yet acknowledged. Counters wrap at 2³².
#[derive(Debug, Default)]
pub struct Unacked {
    acked: u32,
    queue: VecDeque<Owed>,
    /// Of all stanzas in the queue.
    bytes: usize,
    /// An `<r/>` is on its way and not answered.
    pub asked: bool,
}

impl Unacked {
    /// Goes on from counters of an earlier process.
    pub fn restored(acked: u32, queue: VecDeque<Owed>) -> Self {
        let bytes = queue.iter().map(Owed::bytes).sum();
        Self { acked, queue, bytes, asked: false }
    }

    /// How many stanzas were sent, modulo 2³².
    pub fn sent(&self) -> u32 {
        self.acked.wrapping_add(self.queue.len() as u32)
    }

    /// The last `h` of the client.
    pub const fn acked(&self) -> u32 {
        self.acked
    }

    /// Stanzas that are owed.
    pub fn owed(&self) -> impl Iterator<Item = &Owed> {
        self.queue.iter()
    }

    /// Whether nothing is owed.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How many stanzas are owed.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// How many bytes they have.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Notes a stanza as sent.
    pub fn push(&mut self, owed: Owed) {
        self.bytes += owed.bytes();
        self.queue.push_back(owed);
    }

    /// Takes the content out of messages whose time is over. They stay in the count.
    pub fn empty_what_is_over(&mut self, now: Timestamp) {
        for owed in self.queue.iter_mut().filter(|owed| ephemeral::is_over(&owed.stanza, now)) {
            self.bytes -= owed.bytes();
            owed.stanza = owed.stanza.clone().with_content(|_| {});
        }
    }

    /// The client handled `h` stanzas: gives back those it newly acknowledges.
    ///
    /// # Errors
    /// If `h` is higher than what was sent, counted modulo 2³².
    pub fn acknowledge(&mut self, h: u32) -> Result<Vec<Owed>, TooHigh> {
        let newly = h.wrapping_sub(self.acked) as usize;
        if newly > self.queue.len() {
            return Err(TooHigh { h, sent: self.sent() });
        }
        self.asked = false;
        self.acked = h;
        let done: Vec<Owed> = self.queue.drain(..newly).collect();
        self.bytes -= done.iter().map(Owed::bytes).sum::<usize>();
        done.iter().filter_map(|owed| owed.log.as_ref()).for_each(LogRef::take);
        if self.queue.is_empty() {
            self.queue.shrink_to(0);
        }
        Ok(done)
    }

    /// Everything that is owed; nobody will acknowledge it any more.
    pub fn give_up(&mut self) -> Vec<Owed> {
        self.bytes = 0;
        std::mem::take(&mut self.queue).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xmpp::{Kind, MessageType};

    fn owed() -> Owed {
        Owed { stanza: Stanza::new(Kind::Message(MessageType::Chat)), log: None }
    }

    fn sent(acked: u32, count: usize) -> Unacked {
        Unacked::restored(acked, (0..count).map(|_| owed()).collect())
    }

    #[test]
    fn acknowledged_stanzas_are_no_longer_owed() {
        let mut unacked = sent(0, 3);
        assert_eq!(unacked.acknowledge(2).map(|done| done.len()), Ok(2));
        assert_eq!((unacked.acked(), unacked.sent(), unacked.owed().count()), (2, 3, 1));
        assert_eq!(unacked.acknowledge(2).map(|done| done.len()), Ok(0));
    }

    #[test]
    fn counters_wrap_at_two_to_the_32() {
        let mut unacked = sent(u32::MAX - 1, 4);
        assert_eq!(unacked.sent(), 2);
        assert_eq!(unacked.acknowledge(1).map(|done| done.len()), Ok(3));
        assert_eq!(unacked.acked(), 1);
    }

    #[test]
    fn acknowledging_more_than_was_sent_is_refused_and_changes_nothing() {
        let mut unacked = sent(5, 2);
        assert_eq!(unacked.acknowledge(8).map(|done| done.len()), Err(TooHigh { h: 8, sent: 7 }));
        assert_eq!(unacked.acknowledge(4).map(|done| done.len()), Err(TooHigh { h: 4, sent: 7 }));
        assert_eq!(unacked.owed().count(), 2);
    }

    #[test]
    fn what_is_over_is_counted_and_says_nothing() {
        let at = Timestamp::from_secs(10);
        let said = |at| {
            Stanza::new(Kind::Message(MessageType::Chat))
                .with_element("<body>x</body>".into())
                .with_added(|writer| ephemeral::write_expires(writer, at))
        };
        let mut unacked = Unacked::default();
        for end in [at, Timestamp::from_secs(11)] {
            unacked.push(Owed { stanza: said(end), log: None });
        }
        unacked.empty_what_is_over(at);
        let left: Vec<bool> = unacked.owed().map(|owed| owed.stanza.has_body()).collect();
        assert_eq!((left, unacked.sent()), (vec![false, true], 2));
        assert_eq!(unacked.acknowledge(2).map(|done| done.len()), Ok(2));
        assert_eq!(unacked.bytes(), 0);
    }

    #[test]
    fn bytes_are_counted_until_they_are_acknowledged() {
        let mut unacked = Unacked::default();
        let stanza = Stanza::new(Kind::Message(MessageType::Chat)).with_element("<a/>".into());
        for _ in 0..3 {
            unacked.push(Owed { stanza: stanza.clone(), log: None });
        }
        let all = unacked.bytes();
        assert!(all > 0);
        assert!(unacked.acknowledge(2).is_ok());
        assert_eq!((unacked.bytes(), unacked.len()), (all / 3, 1));
        assert_eq!(Unacked::restored(0, unacked.give_up().into()).bytes(), all / 3);
        assert_eq!(unacked.bytes(), 0);
    }
}
