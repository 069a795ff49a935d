//! Items.

use skein_base::Timestamp;
use skein_db::{DbError, Row, Sql, Tx, Value};
use skein_kernel::contracts::Item;
use skein_xmpp::ns;

use super::Owner;
use super::node::add_bytes;

static ITEMS: Sql = Sql::new(
    "pubsub.items",
    "SELECT id, publisher, payload FROM pubsub_item WHERE owner = $1 AND node = $2
         AND (expires IS NULL OR expires > $3) ORDER BY seq DESC LIMIT $4",
);
static BETWEEN: Sql = Sql::new(
    "pubsub.items_between",
    "SELECT id, publisher, payload FROM pubsub_item WHERE owner = $1 AND node = $2
         AND seq BETWEEN $3 AND $4 AND (expires IS NULL OR expires > $5) ORDER BY seq DESC LIMIT 10000",
);
static IDS: Sql = Sql::new(
    "pubsub.ids",
    "SELECT id, seq FROM pubsub_item WHERE owner = $1 AND node = $2
         AND (expires IS NULL OR expires > $3) ORDER BY seq DESC LIMIT $4",
);
static ITEM: Sql = Sql::new(
    "pubsub.item",
    "SELECT id, publisher, payload FROM pubsub_item WHERE owner = $1 AND node = $2 AND id = $3
         AND (expires IS NULL OR expires > $4)",
);
static PUBLISHER: Sql = Sql::new(
    "pubsub.publisher",
    "SELECT publisher, bytes FROM pubsub_item WHERE owner = $1 AND node = $2 AND id = $3",
);
static COUNT: Sql = Sql::new(
    "pubsub.count_items",
    "SELECT COUNT(*) FROM pubsub_item WHERE owner = $1 AND node = $2",
);
static PUT: Sql = Sql::new(
    "pubsub.put_item",
    "INSERT INTO pubsub_item (owner, node, id, seq, bytes, at, expires, publisher, payload)
     VALUES ($1, $2, $3,
         (SELECT COALESCE(MAX(seq), 0) + 1 FROM pubsub_item WHERE owner = $1 AND node = $2),
         $4, $5, $6, $7, $8)
     ON CONFLICT (owner, node, id) DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes,
         at = excluded.at, expires = excluded.expires, publisher = excluded.publisher,
         payload = excluded.payload",
);
static DROP: Sql = Sql::new(
    "pubsub.drop_item",
    "DELETE FROM pubsub_item WHERE owner = $1 AND node = $2 AND id = $3 RETURNING bytes",
);
static PRUNE: Sql = Sql::new(
    "pubsub.prune",
    "DELETE FROM pubsub_item WHERE owner = $1 AND node = $2 AND seq <= COALESCE(
         (SELECT i.seq FROM pubsub_item i WHERE i.owner = $1 AND i.node = $2
          ORDER BY i.seq DESC LIMIT 1 OFFSET $3), -1) RETURNING id, bytes",
);
static PURGE: Sql =
    Sql::new("pubsub.purge", "DELETE FROM pubsub_item WHERE owner = $1 AND node = $2");
static EMPTY: Sql =
    Sql::new("pubsub.empty", "UPDATE pubsub_node SET bytes = 0 WHERE owner = $1 AND node = $2");
static DROP_OVER: Sql = Sql::new(
    "pubsub.drop_over",
    "DELETE FROM pubsub_item WHERE owner = $1 AND node = $2 AND expires <= $3 RETURNING bytes",
);
static EXPIRE_AFTER: Sql = Sql::new(
    "pubsub.expire_after",
    "UPDATE pubsub_item SET expires = at + $3 WHERE owner = $1 AND node = $2",
);
static EXPIRE_NEVER: Sql = Sql::new(
    "pubsub.expire_never",
    "UPDATE pubsub_item SET expires = NULL WHERE owner = $1 AND node = $2",
);
static EXPIRED: Sql = Sql::new(
    "pubsub.expired",
    "SELECT owner, node, id, payload FROM pubsub_item WHERE expires <= $1 ORDER BY expires LIMIT 250",
);
static NEXT_EXPIRY: Sql = Sql::new(
    "pubsub.next_expiry",
    "SELECT expires FROM pubsub_item WHERE expires IS NOT NULL ORDER BY expires LIMIT 1",
);
static FORGET: Sql = Sql::new("pubsub.forget_items", "DELETE FROM pubsub_item WHERE owner = $1");

pub(super) static STATEMENTS: &[&Sql] = &[
    &ITEMS,
    &BETWEEN,
    &IDS,
    &ITEM,
    &PUBLISHER,
    &COUNT,
    &PUT,
    &DROP,
    &PRUNE,
    &PURGE,
    &EMPTY,
    &DROP_OVER,
    &EXPIRE_AFTER,
    &EXPIRE_NEVER,
    &EXPIRED,
    &NEXT_EXPIRY,
    &FORGET,
];

/// An item and who published it: a bare address, or nobody if it is the account itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) item: Item,
    pub(crate) publisher: String,
}

fn stored(row: &Row) -> Result<Stored, DbError> {
    Ok(Stored {
        item: Item { id: row.text(0)?.to_owned(), payload: row.text(2)?.to_owned() },
        publisher: row.text(1)?.to_owned(),
    })
}

/// Bytes that an item counts.
pub(crate) fn bytes_of(item: &Item) -> i64 {
    i64::try_from(item.id.len() + item.payload.len()).unwrap_or(i64::MAX)
}

/// The newest items, newest first.
pub(crate) fn items(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    max: u32,
    now: Timestamp,
) -> Result<Vec<Stored>, DbError> {
    let rows =
        tx.query(&ITEMS, &[owner.0.into(), node.into(), now.0.into(), i64::from(max).into()])?;
    rows.iter().map(stored).collect()
}

/// The items whose places in the node lie from `first` to `last`, newest first.
pub(crate) fn items_between(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    (first, last): (i64, i64),
    now: Timestamp,
) -> Result<Vec<Stored>, DbError> {
    let rows = tx
        .query(&BETWEEN, &[owner.0.into(), node.into(), first.into(), last.into(), now.0.into()])?;
    rows.iter().map(stored).collect()
}

/// Id and place of the newest items, oldest first.
pub(crate) fn ids(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    max: u32,
    now: Timestamp,
) -> Result<Vec<(String, i64)>, DbError> {
    let rows =
        tx.query(&IDS, &[owner.0.into(), node.into(), now.0.into(), i64::from(max).into()])?;
    rows.iter().rev().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
}

/// One item.
pub(crate) fn item(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    id: &str,
    now: Timestamp,
) -> Result<Option<Stored>, DbError> {
    let row = tx.query_one(&ITEM, &[owner.0.into(), node.into(), id.into(), now.0.into()])?;
    row.map(|row| stored(&row)).transpose()
}

/// Who published an item, and how many bytes it counts.
pub(crate) fn publisher(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    id: &str,
) -> Result<Option<(String, i64)>, DbError> {
    let row = tx.query_one(&PUBLISHER, &[owner.0.into(), node.into(), id.into()])?;
    row.map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).transpose()
}

/// How many items a node has.
pub(crate) fn count_items(tx: &mut Tx<'_>, owner: Owner, node: &str) -> Result<i64, DbError> {
    tx.query_one(&COUNT, &[owner.0.into(), node.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// Stores an item as the newest, until `expires`, and forgets the oldest beyond `max`, whose
/// ids it gives.
pub(crate) fn put_item(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    new: &Stored,
    max: u32,
    (now, expires): (Timestamp, Option<Timestamp>),
) -> Result<Vec<String>, DbError> {
    let before = publisher(tx, owner, node, &new.item.id)?.map_or(0, |(_, bytes)| bytes);
    let mut grown = bytes_of(&new.item) - before;
    tx.run(
        &PUT,
        &[
            owner.0.into(),
            node.into(),
            new.item.id.as_str().into(),
            bytes_of(&new.item).into(),
            now.0.into(),
            expires.map_or(Value::Null, |at| at.0.into()),
            new.publisher.as_str().into(),
            new.item.payload.as_str().into(),
        ],
    )?;
    let mut gone = Vec::new();
    for row in tx.query(&PRUNE, &[owner.0.into(), node.into(), i64::from(max).into()])? {
        gone.push(row.text(0)?.to_owned());
        grown -= row.int(1)?;
    }
    add_bytes(tx, owner, node, grown)?;
    Ok(gone)
}

/// Removes an item; `false` if there is none.
pub(crate) fn drop_item(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    id: &str,
) -> Result<bool, DbError> {
    let Some(row) = tx.query_one(&DROP, &[owner.0.into(), node.into(), id.into()])? else {
        return Ok(false);
    };
    add_bytes(tx, owner, node, -row.int(0)?)?;
    Ok(true)
}

/// Fits the items to a new configuration: at most `max`, each gone `seconds` after its
/// publication, or never if 0.
pub(crate) fn refit(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    (max, seconds): (u32, u32),
    now: Timestamp,
) -> Result<(), DbError> {
    let mut gone = 0;
    // What is over already does not come back.
    for row in tx.query(&DROP_OVER, &[owner.0.into(), node.into(), now.0.into()])? {
        gone += row.int(0)?;
    }
    for row in tx.query(&PRUNE, &[owner.0.into(), node.into(), i64::from(max).into()])? {
        gone += row.int(1)?;
    }
    add_bytes(tx, owner, node, -gone)?;
    match seconds {
        0 => tx.run(&EXPIRE_NEVER, &[owner.0.into(), node.into()]),
        seconds => {
            let span = i64::from(seconds) * 1_000_000;
            tx.run(&EXPIRE_AFTER, &[owner.0.into(), node.into(), span.into()])
        }
    }
}

/// Items that were removed because their time has come.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expired {
    pub(crate) items: usize,
    /// The payloads of those that were stories.
    pub(crate) stories: Vec<String>,
}

/// Removes some of the items whose time has come.
pub(crate) fn drop_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<Expired, DbError> {
    let mut gone = Expired::default();
    for row in tx.query(&EXPIRED, &[now.0.into()])? {
        let (owner, node) = (row.int(0)?, row.text(1)?);
        drop_item(tx, skein_base::AccountId(owner), node, row.text(2)?)?;
        gone.items += 1;
        if node == ns::STORIES {
            gone.stories.push(row.text(3)?.to_owned());
        }
    }
    Ok(gone)
}

/// When the next item goes by itself.
pub(crate) fn next_expiry(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, DbError> {
    let row = tx.query_one(&NEXT_EXPIRY, &[])?;
    Ok(row.map(|row| row.int(0)).transpose()?.map(Timestamp))
}

/// Removes a node's items.
pub(crate) fn purge(tx: &mut Tx<'_>, owner: Owner, node: &str) -> Result<(), DbError> {
    tx.run(&PURGE, &[owner.0.into(), node.into()])?;
    tx.run(&EMPTY, &[owner.0.into(), node.into()])
}

pub(super) fn forget(tx: &mut Tx<'_>, owner: Owner) -> Result<(), DbError> {
    tx.run(&FORGET, &[owner.0.into()])
}
