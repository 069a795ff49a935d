//! Nodes and their items.

use skein_base::AccountId;
use skein_db::{DbError, Migration, Row, Sql, Tx};

use crate::rules::{Config, ITEMS};

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { feature: "pep", number: 1, sql: include_str!("../migrations/0001_nodes.sql") }];

static NODE: Sql =
    Sql::new("pep.node", "SELECT config FROM pep_node WHERE account = $1 AND node = $2");
static NODES: Sql = Sql::new(
    "pep.nodes",
    "SELECT node, config FROM pep_node WHERE account = $1 ORDER BY node LIMIT 1000",
);
static COUNT: Sql = Sql::new("pep.count", "SELECT COUNT(*) FROM pep_node WHERE account = $1");
static PUT_NODE: Sql = Sql::new(
    "pep.put_node",
    "INSERT INTO pep_node (account, node, config) VALUES ($1, $2, $3)
     ON CONFLICT (account, node) DO UPDATE SET config = excluded.config",
);
static DROP_NODE: Sql =
    Sql::new("pep.drop_node", "DELETE FROM pep_node WHERE account = $1 AND node = $2");
static PURGE: Sql = Sql::new("pep.purge", "DELETE FROM pep_item WHERE account = $1 AND node = $2");
static ITEMS_OF: Sql = Sql::new(
    "pep.items",
    "SELECT id, payload FROM pep_item WHERE account = $1 AND node = $2 ORDER BY seq DESC LIMIT $3",
);
static ITEM: Sql = Sql::new(
    "pep.item",
    "SELECT id, payload FROM pep_item WHERE account = $1 AND node = $2 AND id = $3",
);
static PUT_ITEM: Sql = Sql::new(
    "pep.put_item",
    "INSERT INTO pep_item (account, node, id, seq, payload) VALUES ($1, $2, $3,
         (SELECT COALESCE(MAX(seq), 0) + 1 FROM pep_item WHERE account = $1 AND node = $2), $4)
     ON CONFLICT (account, node, id) DO UPDATE SET seq = excluded.seq, payload = excluded.payload",
);
static DROP_ITEM: Sql =
    Sql::new("pep.drop_item", "DELETE FROM pep_item WHERE account = $1 AND node = $2 AND id = $3");
static PRUNE: Sql = Sql::new(
    "pep.prune",
    "DELETE FROM pep_item WHERE account = $1 AND node = $2 AND seq <= COALESCE(
         (SELECT i.seq FROM pep_item i WHERE i.account = $1 AND i.node = $2
          ORDER BY i.seq DESC LIMIT 1 OFFSET $3), -1)",
);
static FORGET_ITEMS: Sql = Sql::new("pep.forget_items", "DELETE FROM pep_item WHERE account = $1");
static FORGET_NODES: Sql = Sql::new("pep.forget_nodes", "DELETE FROM pep_node WHERE account = $1");

pub(crate) static STATEMENTS: &[&Sql] = &[
    &NODE,
    &NODES,
    &COUNT,
    &PUT_NODE,
    &DROP_NODE,
    &PURGE,
    &ITEMS_OF,
    &ITEM,
    &PUT_ITEM,
    &DROP_ITEM,
    &PRUNE,
    &FORGET_ITEMS,
    &FORGET_NODES,
];

/// A published item; the payload is one element that declares its namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) payload: String,
}

fn item_of(row: &Row) -> Result<Item, DbError> {
    Ok(Item { id: row.text(0)?.to_owned(), payload: row.text(1)?.to_owned() })
}

/// A node's configuration, if there is such a node.
pub(crate) fn node(
    tx: &mut Tx<'_>,
    account: AccountId,
    node: &str,
) -> Result<Option<Config>, DbError> {
    let row = tx.query_one(&NODE, &[account.0.into(), node.into()])?;
    row.map(|row| row.text(0).map(Config::from_text)).transpose()
}

/// All nodes of an account.
pub(crate) fn nodes(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<(String, Config)>, DbError> {
    let rows = tx.query(&NODES, &[account.0.into()])?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), Config::from_text(row.text(1)?)))).collect()
}

/// How many nodes an account has.
pub(crate) fn count(tx: &mut Tx<'_>, account: AccountId) -> Result<i64, DbError> {
    tx.query_one(&COUNT, &[account.0.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// Makes or configures a node.
pub(crate) fn put_node(
    tx: &mut Tx<'_>,
    account: AccountId,
    node: &str,
    config: &Config,
) -> Result<(), DbError> {
    tx.run(&PUT_NODE, &[account.0.into(), node.into(), config.to_text().as_str().into()])?;
    tx.run(&PRUNE, &[account.0.into(), node.into(), i64::from(config.max_items).into()])
}

/// Removes a node and its items; `false` if there is none.
pub(crate) fn drop_node(tx: &mut Tx<'_>, account: AccountId, node: &str) -> Result<bool, DbError> {
    purge(tx, account, node)?;
    Ok(tx.exec(&DROP_NODE, &[account.0.into(), node.into()])? > 0)
}

/// Removes a node's items.
pub(crate) fn purge(tx: &mut Tx<'_>, account: AccountId, node: &str) -> Result<(), DbError> {
    tx.run(&PURGE, &[account.0.into(), node.into()])
}

/// The newest items, newest first.
pub(crate) fn items(
    tx: &mut Tx<'_>,
    account: AccountId,
    node: &str,
    max: u32,
) -> Result<Vec<Item>, DbError> {
    let max = i64::from(max.min(ITEMS));
    let rows = tx.query(&ITEMS_OF, &[account.0.into(), node.into(), max.into()])?;
    rows.iter().map(item_of).collect()
}

/// One item.
pub(crate) fn item(
    tx: &mut Tx<'_>,
    account: AccountId,
    node: &str,
    id: &str,
) -> Result<Option<Item>, DbError> {
    let row = tx.query_one(&ITEM, &[account.0.into(), node.into(), id.into()])?;
    row.map(|row| item_of(&row)).transpose()
}

/// Stores an item as the newest and forgets the oldest beyond the node's bound.
pub(crate) fn put_item(
    tx: &mut Tx<'_>,
    account: AccountId,
    node: &str,
    item: &Item,
    max: u32,
) -> Result<(), DbError> {
    let Item { id, payload } = item;
    tx.run(
        &PUT_ITEM,
        &[account.0.into(), node.into(), id.as_str().into(), payload.as_str().into()],
    )?;
    tx.run(&PRUNE, &[account.0.into(), node.into(), i64::from(max).into()])
}

/// Removes an item; `false` if there is none.
pub(crate) fn drop_item(
    tx: &mut Tx<'_>,
    account: AccountId,
    node: &str,
    id: &str,
) -> Result<bool, DbError> {
    Ok(tx.exec(&DROP_ITEM, &[account.0.into(), node.into(), id.into()])? > 0)
}

/// The account is gone.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET_ITEMS, &[account.0.into()])?;
    tx.run(&FORGET_NODES, &[account.0.into()])
}

#[cfg(test)]
mod tests;
