//! Tables: nodes, items, and people who have to do with them.

mod item;
mod node;
mod people;

use skein_base::AccountId;
use skein_db::{DbError, Migration, Sql, Tx};
use skein_xmpp::Jid;

pub(crate) use item::{
    Stored, bytes_of, count_items, drop_expired, drop_item, ids, item, items, items_between,
    next_expiry, publisher, purge, put_item, refit,
};
pub(crate) use node::{Node, drop_node, node, nodes, put_node, set_config, usage};
pub(crate) use people::{
    Subscriber, affiliated, affiliation, affiliations_of, orphans, put_affiliation,
    put_subscription, subscribed_of, subscriber, subscribers, subscriptions, subscriptions_of,
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { feature: "pep", number: 1, sql: include_str!("../../migrations/0001_pep.sql") },
    Migration {
        feature: "pubsub",
        number: 1,
        sql: include_str!("../../migrations/0001_nodes.sql"),
    },
];

pub(crate) static STATEMENTS: &[&[&Sql]] =
    &[node::STATEMENTS, item::STATEMENTS, people::STATEMENTS];

/// Whose nodes: an account, or a service under a number below zero.
pub(crate) type Owner = AccountId;

/// The account is gone: its nodes, and where it had to do with others'.
pub(crate) fn forget(tx: &mut Tx<'_>, owner: Owner, jid: &Jid) -> Result<(), DbError> {
    for (at, node) in orphans(tx, jid)? {
        drop_node(tx, at, &node)?;
    }
    node::forget(tx, owner)?;
    item::forget(tx, owner)?;
    people::forget(tx, owner, jid)
}

#[cfg(test)]
mod tests;
