//! Messages with a timer (XEP-0466), and messages that are kept aside for a while: when one
//! is due it goes from every log, from search, and with the files that only it names.
//!
//! What is due stands in a table by time; an alarm sleeps until the next of it. So a message
//! goes also if it became due while the server was down, and nothing is looked for in vain.
//!
//! Invariant: a row of these tables goes in the transaction that removes its message, for
//! the number of a message that is gone may be given again.

use std::sync::Arc;
use std::time::Duration;

use skein_base::{Fault, Timestamp};
use skein_db::{DbError, Row, Sql, Tx};
use skein_kernel::contracts::{Aside, AsideName, FileId};
use skein_kernel::{Alarm, Ctx, Feature};
use skein_xml::{Document, Limits};
use skein_xmpp::{Stanza, ephemeral};

use crate::log::Archive;
use crate::store;
use crate::{names, search};

static PUT: Sql = Sql::new(
    "archive.put_due",
    "INSERT INTO archive_due (message, at) VALUES ($1, $2)
     ON CONFLICT (message) DO UPDATE SET at = excluded.at",
);
static DUE: Sql = Sql::new(
    "archive.due",
    "SELECT message FROM archive_due WHERE at <= $1 ORDER BY at, message LIMIT $2",
);
static NEXT: Sql =
    Sql::new("archive.next_due", "SELECT at FROM archive_due ORDER BY at, message LIMIT 1");
static DROP: Sql = Sql::new("archive.drop_due", "DELETE FROM archive_due WHERE message = $1");
static PUT_ASIDE: Sql =
    Sql::new("archive.put_aside", "INSERT INTO archive_aside (name, message) VALUES ($1, $2)");
static ASIDE: Sql = Sql::new(
    "archive.aside",
    "SELECT a.message, m.stanza FROM archive_aside a JOIN archive_message m ON m.id = a.message
     WHERE a.name = $1",
);
static DROP_ASIDE: Sql =
    Sql::new("archive.drop_aside", "DELETE FROM archive_aside WHERE message = $1");
static EMPTY: Sql =
    Sql::new("archive.empty_message", "UPDATE archive_message SET stanza = '' WHERE id = $1");

static STATEMENTS: &[&Sql] = &[&PUT, &DUE, &NEXT, &DROP, &PUT_ASIDE, &ASIDE, &DROP_ASIDE, &EMPTY];

/// Messages removed in one transaction: others' messages wait for it, some milliseconds.
const BATCH: i64 = 250;
/// When what failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Adds the tables' statements and the alarm.
pub(crate) fn register(feature: Feature) -> Feature {
    feature.tables(&[], STATEMENTS).alarm(Alarm {
        name: "archive.expiry",
        bell: |ctx| &ctx.state::<Archive>().bell,
        run: |ctx| Box::pin(run(ctx)),
    })
}

/// Notes when a message goes that is kept under this number.
pub(crate) fn put(
    archive: &Archive,
    tx: &mut Tx<'_>,
    message: i64,
    stanza: &Stanza,
    at: Timestamp,
) -> Result<(), DbError> {
    ephemeral::end(stanza, at).map_or(Ok(()), |end| due(archive, tx, message, end))
}

fn due(archive: &Archive, tx: &mut Tx<'_>, message: i64, at: Timestamp) -> Result<(), DbError> {
    archive.bell.ring(at);
    tx.run(&PUT, &[message.into(), at.into()])
}

/// The message is gone.
pub(crate) fn forget(tx: &mut Tx<'_>, message: i64) -> Result<(), DbError> {
    [&DROP, &DROP_ASIDE].into_iter().try_for_each(|sql| tx.run(sql, &[message.into()]))
}

impl Aside for Archive {
    fn put(
        &self,
        tx: &mut Tx<'_>,
        name: AsideName,
        stanza: &Stanza,
        until: Timestamp,
    ) -> Result<(), DbError> {
        if tx.query_one(&ASIDE, &[name.into()])?.is_some() {
            return Ok(());
        }
        let message = self.next_message(tx)?;
        store::put_message(tx, message, &stanza.to_xml())?;
        names::put(tx, message, stanza)?;
        tx.run(&PUT_ASIDE, &[name.into(), message.into()])?;
        due(self, tx, message, until)
    }

    fn get(&self, tx: &mut Tx<'_>, name: AsideName) -> Result<Option<Stanza>, DbError> {
        let row = tx.query_one(&ASIDE, &[name.into()])?;
        let read = |row: Row| Ok::<_, DbError>(read(row.text(1)?));
        Ok(row.map(read).transpose()?.flatten())
    }

    fn remove(&self, tx: &mut Tx<'_>, name: AsideName, files: Timestamp) -> Result<(), DbError> {
        let Some(row) = tx.query_one(&ASIDE, &[name.into()])? else { return Ok(()) };
        let message = row.int(0)?;
        tx.run(&EMPTY, &[message.into()])?;
        due(self, tx, message, files)
    }

    fn names(&self, tx: &mut Tx<'_>, file: FileId) -> Result<bool, DbError> {
        names::is_named(tx, file)
    }
}

fn read(stanza: &str) -> Option<Stanza> {
    let document = Document::parse(stanza, &Limits::kept()).ok()?;
    Stanza::read(document.root()).ok()
}

/// Removes everything that is due.
async fn run(ctx: Arc<Ctx>) -> Option<Timestamp> {
    match remove_all(&ctx).await {
        Ok(next) => next,
        Err(error) => {
            let fault = Fault::from(error);
            tracing::error!(target: "archive", %fault, "messages stay that are due to go; tried again");
            Some(ctx.now().plus(AGAIN))
        }
    }
}

async fn remove_all(ctx: &Arc<Ctx>) -> Result<Option<Timestamp>, DbError> {
    loop {
        let now = ctx.now();
        let (removed, next) = ctx.db.write(move |tx| remove(tx, now)).await?;
        if removed > 0 {
            names::ring(ctx.state::<Archive>());
        }
        if next.is_none_or(|next| next > now) {
            return Ok(next);
        }
    }
}

/// Removes some of what is due at `now`; says how much, and when more is.
pub(crate) fn remove(
    tx: &mut Tx<'_>,
    now: Timestamp,
) -> Result<(usize, Option<Timestamp>), DbError> {
    let rows = tx.query(&DUE, &[now.into(), BATCH.into()])?;
    for row in &rows {
        let message = row.int(0)?;
        for (account, seq) in store::naming(tx, message)? {
            let last = store::head(tx, account)?;
            search::forget(tx, account, seq)?;
            tx.run(&store::DROP_ENTRY, &[account.0.into(), seq.into()])?;
            // If the newest entry goes, the log must not use its number again.
            if last.seq == seq {
                store::save_head(tx, account, last)?;
            }
        }
        names::drop_orphan(tx, message)?;
    }
    let next = tx.query_one(&NEXT, &[])?.map(|row| row.int(0)).transpose()?;
    Ok((rows.len(), next.map(Timestamp)))
}

#[cfg(test)]
mod tests;
