//! What has happened since the start, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use skein_xmpp::Kind;

/// Stanzas by kind. They are added up apart and counted once for a whole batch, since
/// all threads share these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Messages.
    pub messages: u64,
    /// Presence.
    pub presences: u64,
    /// Requests and answers.
    pub iqs: u64,
}

impl Tally {
    /// Counts a stanza.
    pub const fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Message(_) => self.messages += 1,
            Kind::Presence(_) => self.presences += 1,
            Kind::Iq(_) => self.iqs += 1,
        }
    }
}

/// Numbers that only grow.
#[derive(Debug, Default)]
pub struct Counters {
    received: [AtomicU64; 3],
    delivered: [AtomicU64; 3],
}

impl Counters {
    /// Clients sent these.
    pub fn received(&self, tally: Tally) {
        add(&self.received, tally);
    }

    /// The router put these into the outboxes of sessions.
    pub fn delivered(&self, tally: Tally) {
        add(&self.delivered, tally);
    }

    /// What clients sent and what the router delivered.
    pub fn read(&self) -> (Tally, Tally) {
        (read(&self.received), read(&self.delivered))
    }
}

fn add(to: &[AtomicU64; 3], tally: Tally) {
    for (counter, more) in to.iter().zip([tally.messages, tally.presences, tally.iqs]) {
        if more > 0 {
            counter.fetch_add(more, Ordering::Relaxed);
        }
    }
}

fn read(from: &[AtomicU64; 3]) -> Tally {
    let [messages, presences, iqs] = from.each_ref().map(|counter| counter.load(Ordering::Relaxed));
    Tally { messages, presences, iqs }
}

#[cfg(test)]
mod tests {
    use skein_xmpp::MessageType;

    use super::*;

    #[test]
    fn tallies_add_up() {
        let counters = Counters::default();
        let mut tally = Tally::default();
        tally.add(Kind::Message(MessageType::Chat));
        counters.received(tally);
        counters.received(tally);
        assert_eq!(counters.read(), (Tally { messages: 2, ..Tally::default() }, Tally::default()));
    }
}
