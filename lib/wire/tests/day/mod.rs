//! A synthetic day of somebody with a phone: what goes over the stream, in order, as
//! it stands in WebSocket messages. Deterministic: the same seed gives the same day.
//!
//! The table is made from days of the people of [`Cast::training`]; it is judged by
//! days of [`Cast::unseen`]: other seeds, names, servers, words, and a
//! client that no training day has.

#![allow(dead_code, reason = "each program that includes this uses another part")]

mod chance;
mod client;
mod scenes;

pub(crate) use chance::Chance;
use client::Client;

/// One element on the stream.
pub(crate) struct Line {
    /// What it is, for tables.
    pub(crate) kind: &'static str,
    /// Whether the client sent it.
    pub(crate) is_sent: bool,
    /// The element, declaring its namespace.
    pub(crate) xml: String,
}

/// Whose words, names and clients.
pub(crate) struct Cast {
    pub(crate) names: &'static [&'static str],
    pub(crate) servers: &'static [&'static str],
    pub(crate) english: Vec<&'static str>,
    pub(crate) chinese: Vec<&'static str>,
    clients: &'static [Client],
}

fn lines(text: &'static str) -> Vec<&'static str> {
    text.lines().filter(|line| !line.is_empty()).collect()
}

impl Cast {
    /// Those that the table may learn from.
    pub(crate) fn training() -> Self {
        Self {
            names: &[
                "anna",
                "bo.chen",
                "carol",
                "dmitri",
                "eve92",
                "farid",
                "grace-lee",
                "hans",
                "wang_lei",
                "liu.yang",
            ],
            servers: &["example.org", "chat.example.net", "im.example.com"],
            english: lines(include_str!("../../training/english.txt")),
            chinese: lines(include_str!("../../training/chinese.txt")),
            clients: client::KNOWN,
        }
    }

    /// Those that nobody learned from.
    pub(crate) fn unseen() -> Self {
        Self {
            names: &[
                "oskar", "priya.n", "quentin", "rosa_m", "sven", "tamara", "umut", "zhao.min",
                "xu-jing", "yusuf7",
            ],
            servers: &["talk.test.example", "myhome.example", "verein.example"],
            english: lines(include_str!("english.txt")),
            chinese: lines(include_str!("chinese.txt")),
            clients: client::ALL,
        }
    }
}

/// A day: whose, and what was said.
pub(crate) struct Day {
    /// The full address of the phone.
    pub(crate) own: String,
    pub(crate) lines: Vec<Line>,
}

/// The day of `seed`.
pub(crate) fn day(cast: &Cast, seed: u64) -> Day {
    let mut day = scenes::Scenes::new(cast, Chance::new(seed));
    day.log_in();
    day.catch_up();
    for _ in 0..10 {
        day.chat();
        day.room();
        day.idle();
        if day.chance.one_in(3) {
            day.reconnect();
        }
    }
    day.finish()
}
