//! Nodes.

use skein_db::{DbError, Sql, Tx};

use super::{Owner, item, people};
use crate::rules::{Base, Config};

static NODE: Sql = Sql::new(
    "pubsub.node",
    "SELECT config, creator FROM pubsub_node WHERE owner = $1 AND node = $2",
);
static NODES: Sql = Sql::new(
    "pubsub.nodes",
    "SELECT node, config, creator FROM pubsub_node WHERE owner = $1 AND node > $2
     ORDER BY node LIMIT 1000",
);
static USAGE: Sql = Sql::new(
    "pubsub.usage",
    "SELECT COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM pubsub_node
     WHERE owner = $1 AND creator = $2",
);
static PUT_NODE: Sql = Sql::new(
    "pubsub.put_node",
    "INSERT INTO pubsub_node (owner, node, config, creator, bytes) VALUES ($1, $2, $3, $4, 0)",
);
static SET_CONFIG: Sql = Sql::new(
    "pubsub.set_config",
    "UPDATE pubsub_node SET config = $3 WHERE owner = $1 AND node = $2",
);
static ADD_BYTES: Sql = Sql::new(
    "pubsub.add_bytes",
    "UPDATE pubsub_node SET bytes = bytes + $3 WHERE owner = $1 AND node = $2",
);
static DROP_NODE: Sql =
    Sql::new("pubsub.drop_node", "DELETE FROM pubsub_node WHERE owner = $1 AND node = $2");
static FORGET: Sql = Sql::new("pubsub.forget_nodes", "DELETE FROM pubsub_node WHERE owner = $1");

pub(super) static STATEMENTS: &[&Sql] =
    &[&NODE, &NODES, &USAGE, &PUT_NODE, &SET_CONFIG, &ADD_BYTES, &DROP_NODE, &FORGET];

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) config: Config,
    /// The bare address of who made it, at a service; empty at an account.
    pub(crate) creator: String,
}

/// A node, if there is one of that name.
pub(crate) fn node(
    tx: &mut Tx<'_>,
    owner: Owner,
    base: Base,
    name: &str,
) -> Result<Option<Node>, DbError> {
    let Some(row) = tx.query_one(&NODE, &[owner.0.into(), name.into()])? else { return Ok(None) };
    Ok(Some(Node {
        config: Config::from_text(row.text(0)?, base),
        creator: row.text(1)?.to_owned(),
    }))
}

/// A thousand nodes behind the name `after`, by name.
pub(crate) fn nodes(
    tx: &mut Tx<'_>,
    owner: Owner,
    base: Base,
    after: &str,
) -> Result<Vec<(String, Node)>, DbError> {
    let rows = tx.query(&NODES, &[owner.0.into(), after.into()])?;
    rows.iter()
        .map(|row| {
            let config = Config::from_text(row.text(1)?, base);
            Ok((row.text(0)?.to_owned(), Node { config, creator: row.text(2)?.to_owned() }))
        })
        .collect()
}

/// How many nodes `creator` has made, and the bytes in them.
pub(crate) fn usage(tx: &mut Tx<'_>, owner: Owner, creator: &str) -> Result<(i64, i64), DbError> {
    let row = tx.query_one(&USAGE, &[owner.0.into(), creator.into()])?;
    row.map_or(Ok((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}

/// Makes a node, of which there is none of that name.
pub(crate) fn put_node(
    tx: &mut Tx<'_>,
    owner: Owner,
    base: Base,
    name: &str,
    node: &Node,
) -> Result<(), DbError> {
    let config = node.config.to_text(base);
    tx.run(
        &PUT_NODE,
        &[owner.0.into(), name.into(), config.as_str().into(), node.creator.as_str().into()],
    )
}

/// Configures a node.
pub(crate) fn set_config(
    tx: &mut Tx<'_>,
    owner: Owner,
    base: Base,
    name: &str,
    config: &Config,
) -> Result<(), DbError> {
    let text = config.to_text(base);
    tx.run(&SET_CONFIG, &[owner.0.into(), name.into(), text.as_str().into()])
}

/// The node's items have grown by so many bytes.
pub(super) fn add_bytes(
    tx: &mut Tx<'_>,
    owner: Owner,
    name: &str,
    bytes: i64,
) -> Result<(), DbError> {
    if bytes == 0 {
        return Ok(());
    }
    tx.run(&ADD_BYTES, &[owner.0.into(), name.into(), bytes.into()])
}

/// Removes a node and all that belongs to it; `false` if there is none.
pub(crate) fn drop_node(tx: &mut Tx<'_>, owner: Owner, name: &str) -> Result<bool, DbError> {
    item::purge(tx, owner, name)?;
    people::purge(tx, owner, name)?;
    Ok(tx.exec(&DROP_NODE, &[owner.0.into(), name.into()])? > 0)
}

pub(super) fn forget(tx: &mut Tx<'_>, owner: Owner) -> Result<(), DbError> {
    tx.run(&FORGET, &[owner.0.into()])
}
