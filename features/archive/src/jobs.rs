//! What is forgotten: by age, with the account, and what only served to know repetitions.

use std::sync::Arc;
use std::time::Duration;

use skein_base::{AccountId, Fault, Timestamp};
use skein_db::{DbError, Sql, Tx};
use skein_kernel::{Ctx, Event, Feature, Job};

use crate::log::Archive;
use crate::query::bounds;
use crate::{names, store};

// Leaps from account to account, and looks at the oldest entry of each.
static AGED: Sql = Sql::new(
    "archive.aged",
    "WITH RECURSIVE owners (account) AS (
         SELECT MIN(account) FROM archive_log
         UNION ALL
         SELECT (SELECT MIN(l.account) FROM archive_log l WHERE l.account > owners.account)
         FROM owners WHERE owners.account IS NOT NULL
     )
     SELECT account FROM owners WHERE account IS NOT NULL
       AND (SELECT l.at FROM archive_log l WHERE l.account = owners.account ORDER BY l.seq LIMIT 1) < $1",
);
static SENDERS: Sql = Sql::new(
    "archive.senders",
    "WITH RECURSIVE owners (account) AS (
         SELECT MIN(account) FROM archive_sent
         UNION ALL
         SELECT (SELECT MIN(s.account) FROM archive_sent s WHERE s.account > owners.account)
         FROM owners WHERE owners.account IS NOT NULL
     )
     SELECT account FROM owners WHERE account IS NOT NULL",
);

static STATEMENTS: &[&Sql] = &[&AGED, &SENDERS];

/// Entries removed in one transaction: others' messages wait for it, some milliseconds.
const BATCH: i64 = 500;
/// Accounts whose notes on sent messages are looked through in one transaction.
const SENDERS_AT_ONCE: usize = 20;
/// How often.
const HOURLY: Duration = Duration::from_secs(3600);
/// How long a client that lost its connection may repeat what it sent: long after its
/// session could be resumed.
const REPEATABLE: Duration = Duration::from_secs(24 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Adds the jobs.
pub(crate) fn register(feature: Feature) -> Feature {
    feature
        .tables(&[], STATEMENTS)
        .job(Job { name: "archive.retention", every: HOURLY, run: |ctx| Box::pin(retain(ctx)) })
        .job(Job {
            name: "archive.repetitions",
            every: HOURLY,
            run: |ctx| Box::pin(forget_sent(ctx)),
        })
        .on_rare(|ctx, event| {
            Box::pin(async move {
                if let Event::Removed { account, .. } = event {
                    told(forget(&ctx, account).await, "the log of a removed account stays behind");
                }
            })
        })
}

fn told(outcome: Result<(), DbError>, what: &'static str) {
    if let Err(error) = outcome {
        let fault = Fault::from(error);
        tracing::error!(target: "archive", %fault, what);
    }
}

async fn retain(ctx: Arc<Ctx>) {
    let days = ctx.config.archive.retention_days;
    if days > 0 {
        let before = ctx.now().minus(DAY * days);
        told(expire(&ctx, before).await, "old messages could not be removed");
    }
}

async fn expire(ctx: &Arc<Ctx>, before: Timestamp) -> Result<(), DbError> {
    for account in ctx.db.read(move |tx| accounts(tx, &AGED, &[before.0.into()])).await? {
        let below = ctx.db.read(move |tx| bounds::place_of(tx, account, before)).await?;
        while ctx.db.write(move |tx| store::expire(tx, account, below, BATCH)).await? > 0 {}
        names::ring(ctx.state::<Archive>());
    }
    Ok(())
}

async fn forget_sent(ctx: Arc<Ctx>) {
    let before = ctx.now().minus(REPEATABLE);
    let forgotten = async {
        let senders = ctx.db.read(|tx| accounts(tx, &SENDERS, &[])).await?;
        for some in senders.chunks(SENDERS_AT_ONCE) {
            let some = some.to_vec();
            let forget = move |tx: &mut Tx<'_>| {
                some.iter().try_for_each(|account| store::forget_sent(tx, *account, before))
            };
            ctx.db.write(forget).await?;
        }
        Ok(())
    };
    told(forgotten.await, "notes on sent messages could not be removed");
}

async fn forget(ctx: &Arc<Ctx>, account: AccountId) -> Result<(), DbError> {
    let at = ctx.clone();
    let forget = move |tx: &mut Tx<'_>| {
        at.state::<Archive>().forget_head(account);
        store::forget(tx, account, BATCH)
    };
    while ctx.db.write(forget.clone()).await? > 0 {}
    names::ring(ctx.state::<Archive>());
    Ok(())
}

fn accounts(
    tx: &mut Tx<'_>,
    sql: &'static Sql,
    asked: &[skein_db::Value],
) -> Result<Vec<AccountId>, DbError> {
    let mut accounts = Vec::new();
    tx.each(sql, asked, |row| {
        accounts.push(AccountId(row.int(0)?));
        Ok(())
    })?;
    Ok(accounts)
}
