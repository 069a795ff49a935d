//! Affiliations and subscriptions.

use skein_base::AccountId;
use skein_db::{DbError, Row, Sql, Tx};
use skein_xmpp::Jid;

use super::Owner;
use crate::rules::{Affiliation, State};

static AFFILIATION: Sql = Sql::new(
    "pubsub.affiliation",
    "SELECT affiliation FROM pubsub_affiliation WHERE owner = $1 AND node = $2 AND jid = $3",
);
static AFFILIATED: Sql = Sql::new(
    "pubsub.affiliated",
    "SELECT jid, affiliation FROM pubsub_affiliation WHERE owner = $1 AND node = $2 LIMIT 10000",
);
static AFFILIATIONS_OF: Sql = Sql::new(
    "pubsub.affiliations_of",
    "SELECT node, affiliation FROM pubsub_affiliation WHERE owner = $1 AND jid = $2 LIMIT 10000",
);
static PUT_AFFILIATION: Sql = Sql::new(
    "pubsub.put_affiliation",
    "INSERT INTO pubsub_affiliation (owner, node, jid, affiliation) VALUES ($1, $2, $3, $4)
     ON CONFLICT (owner, node, jid) DO UPDATE SET affiliation = excluded.affiliation",
);
static DROP_AFFILIATION: Sql = Sql::new(
    "pubsub.drop_affiliation",
    "DELETE FROM pubsub_affiliation WHERE owner = $1 AND node = $2 AND jid = $3",
);
static ORPHANS: Sql = Sql::new(
    "pubsub.orphans",
    "SELECT a.owner, a.node FROM pubsub_affiliation a WHERE a.jid = $1 AND a.affiliation = 'owner'
         AND NOT EXISTS (SELECT 1 FROM pubsub_affiliation b WHERE b.owner = a.owner
             AND b.node = a.node AND b.affiliation = 'owner' AND b.jid <> a.jid) LIMIT 10000",
);
static SUBSCRIBER: Sql = Sql::new(
    "pubsub.subscriber",
    "SELECT jid, state, deliver FROM pubsub_subscription
     WHERE owner = $1 AND node = $2 AND jid = $3",
);
static SUBSCRIBED_OF: Sql = Sql::new(
    "pubsub.subscribed_of",
    "SELECT jid, state, deliver FROM pubsub_subscription
     WHERE owner = $1 AND node = $2 AND bare = $3 LIMIT 100",
);
static SUBSCRIBERS: Sql = Sql::new(
    "pubsub.subscribers",
    "SELECT jid, state, deliver FROM pubsub_subscription WHERE owner = $1 AND node = $2
     LIMIT 10000",
);
static SUBSCRIPTIONS_OF: Sql = Sql::new(
    "pubsub.subscriptions_of",
    "SELECT jid, state, deliver, node FROM pubsub_subscription WHERE owner = $1 AND bare = $2
     LIMIT 10000",
);
static COUNTS: Sql = Sql::new(
    "pubsub.subscription_counts",
    "SELECT (SELECT COUNT(*) FROM pubsub_subscription WHERE owner = $1 AND bare = $2),
         (SELECT COUNT(*) FROM pubsub_subscription WHERE owner = $1 AND node = $3)",
);
static PUT_SUBSCRIPTION: Sql = Sql::new(
    "pubsub.put_subscription",
    "INSERT INTO pubsub_subscription (owner, node, jid, bare, state, deliver)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (owner, node, jid) DO UPDATE SET state = excluded.state,
         deliver = excluded.deliver",
);
static DROP_SUBSCRIPTION: Sql = Sql::new(
    "pubsub.drop_subscription",
    "DELETE FROM pubsub_subscription WHERE owner = $1 AND node = $2 AND jid = $3",
);
static PURGE_AFFILIATIONS: Sql = Sql::new(
    "pubsub.purge_affiliations",
    "DELETE FROM pubsub_affiliation WHERE owner = $1 AND node = $2",
);
static PURGE_SUBSCRIPTIONS: Sql = Sql::new(
    "pubsub.purge_subscriptions",
    "DELETE FROM pubsub_subscription WHERE owner = $1 AND node = $2",
);
static FORGET_AFFILIATIONS: Sql = Sql::new(
    "pubsub.forget_affiliations",
    "DELETE FROM pubsub_affiliation WHERE owner = $1 OR jid = $2",
);
static FORGET_SUBSCRIPTIONS: Sql = Sql::new(
    "pubsub.forget_subscriptions",
    "DELETE FROM pubsub_subscription WHERE owner = $1 OR bare = $2",
);

pub(super) static STATEMENTS: &[&Sql] = &[
    &AFFILIATION,
    &AFFILIATED,
    &AFFILIATIONS_OF,
    &PUT_AFFILIATION,
    &DROP_AFFILIATION,
    &ORPHANS,
    &SUBSCRIBER,
    &SUBSCRIBED_OF,
    &SUBSCRIBERS,
    &SUBSCRIPTIONS_OF,
    &COUNTS,
    &PUT_SUBSCRIPTION,
    &DROP_SUBSCRIPTION,
    &PURGE_AFFILIATIONS,
    &PURGE_SUBSCRIPTIONS,
    &FORGET_AFFILIATIONS,
    &FORGET_SUBSCRIPTIONS,
];

/// A subscription of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscriber {
    /// The address that is told: bare, or one device.
    pub(crate) jid: Jid,
    pub(crate) state: State,
    /// The subscriber wants to be told at the moment.
    pub(crate) deliver: bool,
}

/// An address that was stored was one; anything else is passed over.
fn subscriber_of(row: &Row) -> Result<Option<Subscriber>, DbError> {
    let (jid, state, deliver) = (row.text(0)?, row.text(1)?, row.int(2)? != 0);
    Ok(Jid::parse(jid).ok().map(|jid| {
        let state = State::named(state).unwrap_or(State::None);
        Subscriber { jid, state, deliver }
    }))
}

fn all(rows: &[Row]) -> Result<Vec<Subscriber>, DbError> {
    rows.iter().filter_map(|row| subscriber_of(row).transpose()).collect()
}

/// How a bare address stands to a node.
pub(crate) fn affiliation(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    jid: &Jid,
) -> Result<Affiliation, DbError> {
    let row = tx.query_one(&AFFILIATION, &[owner.0.into(), node.into(), jid.bare_str().into()])?;
    let named = row.map(|row| row.text(0).map(Affiliation::named)).transpose()?.flatten();
    Ok(named.unwrap_or(Affiliation::None))
}

/// All who stand somehow to a node.
pub(crate) fn affiliated(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
) -> Result<Vec<(Jid, Affiliation)>, DbError> {
    let mut found = Vec::new();
    for row in tx.query(&AFFILIATED, &[owner.0.into(), node.into()])? {
        let (jid, affiliation) = (Jid::parse(row.text(0)?), Affiliation::named(row.text(1)?));
        found.extend(jid.ok().zip(affiliation));
    }
    Ok(found)
}

/// How a bare address stands to each node of an owner.
pub(crate) fn affiliations_of(
    tx: &mut Tx<'_>,
    owner: Owner,
    jid: &Jid,
) -> Result<Vec<(String, Affiliation)>, DbError> {
    let mut found = Vec::new();
    for row in tx.query(&AFFILIATIONS_OF, &[owner.0.into(), jid.bare_str().into()])? {
        let affiliation = Affiliation::named(row.text(1)?);
        found.extend(affiliation.map(|known| (row.text(0).unwrap_or_default().to_owned(), known)));
    }
    Ok(found)
}

/// Sets how a bare address stands to a node.
pub(crate) fn put_affiliation(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    jid: &Jid,
    affiliation: Affiliation,
) -> Result<(), DbError> {
    let key = [owner.0.into(), node.into(), jid.bare_str().into()];
    if affiliation == Affiliation::None {
        return tx.run(&DROP_AFFILIATION, &key);
    }
    let [owner, node, jid] = key;
    tx.run(&PUT_AFFILIATION, &[owner, node, jid, affiliation.name().into()])
}

/// The nodes that have no owner but `jid`.
pub(crate) fn orphans(tx: &mut Tx<'_>, jid: &Jid) -> Result<Vec<(Owner, String)>, DbError> {
    let rows = tx.query(&ORPHANS, &[jid.bare_str().into()])?;
    rows.iter().map(|row| Ok((AccountId(row.int(0)?), row.text(1)?.to_owned()))).collect()
}

/// The subscription of exactly that address.
pub(crate) fn subscriber(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    jid: &Jid,
) -> Result<Option<Subscriber>, DbError> {
    let row = tx.query_one(&SUBSCRIBER, &[owner.0.into(), node.into(), jid.as_str().into()])?;
    Ok(row.map(|row| subscriber_of(&row)).transpose()?.flatten())
}

/// The subscriptions of all addresses of an account.
pub(crate) fn subscribed_of(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    jid: &Jid,
) -> Result<Vec<Subscriber>, DbError> {
    all(&tx.query(&SUBSCRIBED_OF, &[owner.0.into(), node.into(), jid.bare_str().into()])?)
}

/// All subscriptions of a node.
pub(crate) fn subscribers(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
) -> Result<Vec<Subscriber>, DbError> {
    all(&tx.query(&SUBSCRIBERS, &[owner.0.into(), node.into()])?)
}

/// All subscriptions of an account to nodes of an owner.
pub(crate) fn subscriptions_of(
    tx: &mut Tx<'_>,
    owner: Owner,
    jid: &Jid,
) -> Result<Vec<(String, Subscriber)>, DbError> {
    let mut found = Vec::new();
    for row in tx.query(&SUBSCRIPTIONS_OF, &[owner.0.into(), jid.bare_str().into()])? {
        let node = row.text(3)?.to_owned();
        found.extend(subscriber_of(&row)?.map(|subscriber| (node, subscriber)));
    }
    Ok(found)
}

/// How many subscriptions an account has at an owner, and a node has in all.
pub(crate) fn subscriptions(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    jid: &Jid,
) -> Result<(i64, i64), DbError> {
    let row = tx.query_one(&COUNTS, &[owner.0.into(), jid.bare_str().into(), node.into()])?;
    row.map_or(Ok((0, 0)), |row| Ok((row.int(0)?, row.int(1)?)))
}

/// Sets a subscription; `State::None` ends it.
pub(crate) fn put_subscription(
    tx: &mut Tx<'_>,
    owner: Owner,
    node: &str,
    subscriber: &Subscriber,
) -> Result<(), DbError> {
    let Subscriber { jid, state, deliver } = subscriber;
    if *state == State::None {
        return tx.run(&DROP_SUBSCRIPTION, &[owner.0.into(), node.into(), jid.as_str().into()]);
    }
    tx.run(
        &PUT_SUBSCRIPTION,
        &[
            owner.0.into(),
            node.into(),
            jid.as_str().into(),
            jid.bare_str().into(),
            state.name().into(),
            i64::from(*deliver).into(),
        ],
    )
}

/// The node is gone.
pub(super) fn purge(tx: &mut Tx<'_>, owner: Owner, node: &str) -> Result<(), DbError> {
    tx.run(&PURGE_AFFILIATIONS, &[owner.0.into(), node.into()])?;
    tx.run(&PURGE_SUBSCRIPTIONS, &[owner.0.into(), node.into()])
}

/// The account is gone.
pub(super) fn forget(tx: &mut Tx<'_>, owner: Owner, jid: &Jid) -> Result<(), DbError> {
    tx.run(&FORGET_AFFILIATIONS, &[owner.0.into(), jid.bare_str().into()])?;
    tx.run(&FORGET_SUBSCRIPTIONS, &[owner.0.into(), jid.bare_str().into()])
}
