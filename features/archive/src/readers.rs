//! Devices that read the archive themselves: remembered from one session to the next, so
//! that a client which asks for the archive only once it is available is not given the
//! same messages as offline messages before.
//!
//! What the archive does not show is given to them all the same.

use std::sync::Arc;
use std::time::Duration;

use skein_base::{AccountId, Fault, Timestamp};
use skein_db::{DbError, Sql, Tx};
use skein_kernel::{Ctx, Feature, Job};
use skein_session::Session;

use crate::log::Archive;

static LOOK: Sql =
    Sql::new("archive.reader", "SELECT at FROM archive_reader WHERE account = $1 AND device = $2");
static NOTE: Sql = Sql::new(
    "archive.note_reader",
    "INSERT INTO archive_reader (account, device, at) VALUES ($1, $2, $3)
     ON CONFLICT (account, device) DO UPDATE SET at = excluded.at",
);
static BOUND: Sql = Sql::new(
    "archive.bound_readers",
    "DELETE FROM archive_reader WHERE account = $1 AND device NOT IN
         (SELECT device FROM archive_reader WHERE account = $1 ORDER BY at DESC LIMIT 32)",
);
// The last one of an account stays: that it has a client that reads is of use for longer.
static EXPIRE: Sql = Sql::new(
    "archive.expire_readers",
    "DELETE FROM archive_reader WHERE at < $1 AND EXISTS
         (SELECT 1 FROM archive_reader other WHERE other.account = archive_reader.account
          AND (other.at > archive_reader.at
               OR (other.at = archive_reader.at AND other.device > archive_reader.device)))",
);
static ANY: Sql =
    Sql::new("archive.any_reader", "SELECT 1 FROM archive_reader WHERE account = $1 LIMIT 1");
static FORGET: Sql =
    Sql::new("archive.forget_readers", "DELETE FROM archive_reader WHERE account = $1");

static STATEMENTS: &[&Sql] = &[&LOOK, &NOTE, &BOUND, &EXPIRE, &ANY, &FORGET];

/// How long a device counts as one that reads. Too long, and a device whose new client
/// does not read the archive shows nothing of what waits for it; too short, and a device
/// that comes back from a holiday gets messages twice, which clients recognise by their
/// ids. So the mistake that hides messages may last a week at most.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);
/// How often those that stopped are forgotten.
const HOURLY: Duration = Duration::from_secs(3600);

/// Adds the table and the job.
pub(crate) fn register(feature: Feature) -> Feature {
    feature.tables(&[], STATEMENTS).job(Job {
        name: "archive.readers",
        every: HOURLY,
        run: |ctx| {
            Box::pin(async move {
                let before = ctx.now().minus(REMEMBERED);
                told(ctx.db.write(move |tx| tx.run(&EXPIRE, &[before.0.into()])).await);
            })
        },
    })
}

/// The session reads the archive, or did until now. If that cannot be written down, the
/// device gets something twice.
pub(crate) async fn note(ctx: &Arc<Ctx>, session: &Session) {
    let (account, now) = (session.account(), ctx.now());
    let device = device(ctx.state::<Archive>(), session);
    told(ctx.db.write(move |tx| remember(tx, account, device, now)).await);
}

fn told(outcome: Result<(), DbError>) {
    if let Err(error) = outcome {
        let fault = Fault::from(error);
        tracing::warn!(target: "archive", %fault, "who reads the archive was not noted");
    }
}

/// The device behind a session, as the table names it.
pub(crate) fn device(archive: &Archive, session: &Session) -> i64 {
    archive.ids.hash(&["reader", &session.device.key])
}

pub(crate) fn remember(
    tx: &mut Tx<'_>,
    account: AccountId,
    device: i64,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.run(&NOTE, &[account.0.into(), device.into(), now.0.into()])?;
    // A client that is another device at each login must not fill the table.
    tx.run(&BOUND, &[account.0.into()])
}

/// Whether the device read the archive lately.
pub(crate) fn reads(
    tx: &mut Tx<'_>,
    account: AccountId,
    device: i64,
    now: Timestamp,
) -> Result<bool, DbError> {
    let row = tx.query_one(&LOOK, &[account.0.into(), device.into()])?;
    let at = row.map(|row| row.int(0)).transpose()?;
    Ok(at.is_some_and(|at| at >= now.minus(REMEMBERED).0))
}

/// Whether any device of the account has read the archive, however long ago.
pub(crate) fn is_any(tx: &mut Tx<'_>, account: AccountId) -> Result<bool, DbError> {
    Ok(tx.query_one(&ANY, &[account.0.into()])?.is_some())
}

/// The account is no more.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET, &[account.0.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{BEGIN, worlds};

    const DAY: Duration = Duration::from_secs(24 * 3600);
    const ROWS: Sql = Sql::new("test.readers", "SELECT COUNT(*) FROM archive_reader");

    #[tokio::test]
    async fn who_reads_is_remembered_for_some_days_and_by_device() {
        for world in worlds().await {
            world.write(|tx| remember(tx, AccountId(1), 7, BEGIN)).await;
            let reads_after = async |account, device, days: u32| {
                let now = BEGIN.plus(DAY * days);
                world.read(move |tx| reads(tx, AccountId(account), device, now)).await
            };
            assert!(reads_after(1, 7, 6).await, "{}", world.engine());
            assert!(!reads_after(1, 7, 8).await, "forgotten after a week");
            assert!(!reads_after(1, 8, 0).await, "another device");
            assert!(!reads_after(2, 7, 0).await, "another account");
            world.write(|tx| remember(tx, AccountId(1), 7, BEGIN.plus(DAY * 5))).await;
            assert!(reads_after(1, 7, 8).await, "it read again");
            world.write(|tx| forget(tx, AccountId(1))).await;
            assert!(!reads_after(1, 7, 5).await, "{}", world.engine());
        }
    }

    #[tokio::test]
    async fn the_devices_of_an_account_are_bounded() {
        for world in worlds().await {
            for device in 0..40 {
                let now = Timestamp(BEGIN.0 + device);
                world.write(move |tx| remember(tx, AccountId(1), device, now)).await;
            }
            assert_eq!(world.number(&ROWS).await, 32, "{}", world.engine());
            assert!(world.read(|tx| reads(tx, AccountId(1), 39, BEGIN)).await);
            assert!(!world.read(|tx| reads(tx, AccountId(1), 0, BEGIN)).await);
        }
    }
}
