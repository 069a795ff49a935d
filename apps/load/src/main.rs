//! `skein-load`: loads an XMPP server and says what it did and what that cost it.
//!
//! It must cost less for each message than any server it measures, since it shares
//! the machine with it: one thread, one epoll, stanzas told apart by their ends and not parsed.

mod binding;
mod compact;
mod engine;
mod frame;
mod histogram;
mod io;
mod ledger;
mod link;
mod login;
mod process;
mod report;
mod sasl2;
mod scenario;
mod scram;
mod target;
mod xml;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use scenario::{archive, day, idle, logins, offline, pairs, reconnect, relay, rooms};

#[derive(Debug, Parser)]
#[command(version, about = "A load generator for XMPP servers")]
struct Options {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// Two accounts of each pair write to each other
    Pairs(pairs::PairsOptions),
    /// Log in, get one answer, leave
    Login(logins::LoginOptions),
    /// Sessions that do nothing: memory of the server
    Idle(idle::IdleOptions),
    /// Fill archives and page through them
    Archive(archive::ArchiveOptions),
    /// Write to people who are away; they come twice
    Offline(offline::OfflineOptions),
    /// Many join a room, one writes, everybody reads
    Rooms(rooms::RoomsOptions),
    /// A crowd is cut off, comes back by its tokens and resumes, while others chat
    Reconnect(reconnect::ReconnectOptions),
    /// People come and go, chat, talk in rooms and read their archives
    Day(day::DayOptions),
    /// A bare relay to compare servers with: the limit
    Relay(relay::RelayOptions),
}

fn main() -> ExitCode {
    let done = match Options::parse().scenario {
        Scenario::Pairs(options) => pairs::run(&options),
        Scenario::Login(options) => logins::run(&options),
        Scenario::Idle(options) => idle::run(&options),
        Scenario::Archive(options) => archive::run(&options),
        Scenario::Offline(options) => offline::run(&options),
        Scenario::Rooms(options) => rooms::run(&options),
        Scenario::Reconnect(options) => reconnect::run(&options),
        Scenario::Day(options) => day::run(&options),
        Scenario::Relay(options) => relay::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("skein-load: {fault}");
            ExitCode::FAILURE
        }
    }
}
