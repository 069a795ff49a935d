//! Rooms and affiliations: named SQL and thin functions.

mod affiliations;
mod circles;
mod hats;
mod invitations;
mod links;
mod members;
mod pins;
mod policy;
mod requests;
mod rooms;
mod search;
#[cfg(test)]
mod tests;
mod versions;
mod whispers;

use skein_db::{Migration, Sql};

pub(crate) use affiliations::{
    Kept, affiliations, drop_affiliation, forget_account, mark_delivered, put_affiliation,
    take_back_delivered,
};
pub(crate) use circles::{affiliation, is_there_for};
pub(crate) use hats::{drop_hat, give_hat, hats, put_hat, take_hat};
pub(crate) use invitations::{
    Invited, drop_invitation, forget_unanswered, invitations, put_invitation,
};
pub(crate) use links::{
    Link, address, forget_expired, link, links, put_link, revoke_link, use_link,
};
pub(crate) use members::{cursors, mark_seen, membership, memberships};
pub(crate) use pins::{Pin, drop_pin, pins, put_pin};
pub(crate) use policy::{policy, put_policy};
pub(crate) use requests::{Asked, count_requests, drop_request, put_request, request, requests};
pub(crate) use rooms::{Saved, forgotten, gone, load, remove, save, set_subject, set_vcard};
pub(crate) use search::{Entry, count_members, search};
pub(crate) use versions::{add_change, changed_since, version};

pub(crate) use whispers::{Pair, acquaintance, whispered};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { feature: "rooms", number: 1, sql: include_str!("../../migrations/0001_rooms.sql") },
    Migration {
        feature: "rooms",
        number: 2,
        sql: include_str!("../../migrations/0002_whispers.sql"),
    },
    Migration {
        feature: "rooms",
        number: 3,
        sql: include_str!("../../migrations/0003_groups.sql"),
    },
    Migration {
        feature: "rooms",
        number: 4,
        sql: include_str!("../../migrations/0004_versions.sql"),
    },
    Migration {
        feature: "rooms",
        number: 5,
        sql: include_str!("../../migrations/0005_invitations.sql"),
    },
];

pub(crate) static STATEMENTS: &[&[&Sql]] = &[
    rooms::STATEMENTS,
    affiliations::STATEMENTS,
    circles::STATEMENTS,
    hats::STATEMENTS,
    invitations::STATEMENTS,
    links::STATEMENTS,
    members::STATEMENTS,
    pins::STATEMENTS,
    policy::STATEMENTS,
    requests::STATEMENTS,
    search::STATEMENTS,
    versions::STATEMENTS,
    whispers::STATEMENTS,
];
