//! Rooms and affiliations: named SQL and thin functions.

mod affiliations;
mod rooms;
#[cfg(test)]
mod tests;
mod whispers;

use skein_db::{Migration, Sql};

pub(crate) use affiliations::{
    Kept, affiliations, drop_affiliation, forget_account, mark_delivered, put_affiliation,
};
pub(crate) use rooms::{
    Listed, Saved, forgotten, gone, list, load, remove, save, set_subject, set_vcard,
};

pub(crate) use whispers::{Pair, acquaintance, whispered};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { feature: "rooms", number: 1, sql: include_str!("../../migrations/0001_rooms.sql") },
    Migration {
        feature: "rooms",
        number: 2,
        sql: include_str!("../../migrations/0002_whispers.sql"),
    },
];

pub(crate) static STATEMENTS: &[&[&Sql]] =
    &[rooms::STATEMENTS, affiliations::STATEMENTS, whispers::STATEMENTS];
