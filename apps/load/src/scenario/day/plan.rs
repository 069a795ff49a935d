//! When each person comes, goes, returns and writes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::scenario::chance::Chance;

use super::DayOptions;

/// How often in a day somebody goes away and returns.
const ABSENCES: u32 = 2;

/// What somebody does at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    Come,
    Go,
    Write,
    Remark,
}

/// What comes next, by whom, soonest first.
pub(super) type Plan = BinaryHeap<Reverse<(u64, u32, Deed)>>;

/// Nanoseconds that the day takes.
pub(super) fn length(options: &DayOptions) -> u64 {
    (options.minutes * 60e9) as u64
}

/// The plan of a day that begins at `from`: the same for every server.
pub(super) fn make(options: &DayOptions, from: u64) -> Plan {
    let length = length(options) as f64;
    let mut chance = Chance::new(u64::from(options.people));
    let mut plan = Plan::new();
    for index in 0..options.people {
        let mut add = |share: f64, deed| {
            plan.push(Reverse((from + (length * share) as u64, index, deed)));
        };
        // Who owns a room stays all day, so that the room does.
        if !index.is_multiple_of(options.room) {
            add(chance.between(0.0, 0.2), Deed::Come);
            for absence in 0..ABSENCES {
                let begin = 0.3 + 0.3 * f64::from(absence) + chance.between(0.0, 0.15);
                add(begin, Deed::Go);
                add(begin + chance.between(0.02, 0.1), Deed::Come);
            }
            add(chance.between(0.9, 1.0), Deed::Go);
        }
        // Most is written around noon.
        for _ in 0..options.messages {
            add(0.1 + 0.4 * (chance.between(0.0, 1.0) + chance.between(0.0, 1.0)), Deed::Write);
        }
        for _ in 0..options.remarks {
            add(chance.between(0.25, 0.9), Deed::Remark);
        }
    }
    plan
}
