//! One server at a time on a PostgreSQL database. SQLite's file lies in a data folder that
//! its server holds; a database that is reached by URL needs a lease.
//!
//! The lease is a row with an epoch. Its owner renews it; whoever takes it over counts the
//! epoch up. Every transaction of the owner begins with a look at the row that locks it
//! against a change until the commit: so a server that was taken for dead and was only
//! slow can write nothing once another has the lease, whatever its clock says.
//!
//! Times are the database's, so that clocks of machines need not agree.

use std::fs;
use std::time::Duration;

use skein_base::Fault;

use crate::error::{DbError, OpenError};
use crate::migrate::in_transaction;
use crate::row::Row;
use crate::sql::Sql;
use crate::tx::Tx;

/// How long a lease holds without being renewed. A server that lost its machine keeps
/// its successor waiting for so long; a database that restarts does not take it away.
const LASTS: i64 = 30_000_000;
/// How often it is renewed: several times, before it would be over.
pub(crate) const RENEWAL: Duration = Duration::from_secs(5);

/// Only ever run on PostgreSQL; two servers may start at once.
const CREATE: &str = "CREATE TABLE IF NOT EXISTS db_lease (id BIGINT NOT NULL PRIMARY KEY, \
    epoch BIGINT NOT NULL, host TEXT NOT NULL, place TEXT NOT NULL, process BIGINT NOT NULL, \
    started BIGINT NOT NULL, until BIGINT NOT NULL)";
static FIRST: Sql = Sql::new(
    "db.lease.first",
    "INSERT INTO db_lease (id, epoch, host, place, process, started, until)
     VALUES (1, 0, '', '', 0, 0, 0) ON CONFLICT (id) DO NOTHING",
);
static LOOK: Sql = Sql::new(
    "db.lease.look",
    "SELECT epoch, host, place, process, started,
         until - CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)
     FROM db_lease WHERE id = 1 FOR UPDATE",
);
static TAKE: Sql = Sql::new(
    "db.lease.take",
    "UPDATE db_lease SET epoch = $1, host = $2, place = $3, process = $4, started = $5,
         until = $6 + CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)
     WHERE id = 1",
);
static RENEW: Sql = Sql::new(
    "db.lease.renew",
    "UPDATE db_lease
     SET until = $2 + CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)
     WHERE id = 1 AND epoch = $1",
);

/// A server process, as others tell it from themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The machine's name, for people.
    pub host: String,
    /// Within what process numbers mean something: this run of the machine, and the
    /// name space of its processes. Empty if that is not known.
    pub place: String,
    /// The process's number.
    pub process: i64,
    /// When it started, in ticks of the machine: numbers are used again.
    pub started: i64,
}

impl Owner {
    /// The process that asks.
    pub fn this_process() -> Self {
        let process = i64::from(std::process::id());
        let read = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned());
        let place = || -> std::io::Result<String> {
            let space = fs::read_link("/proc/self/ns/pid")?;
            Ok(format!("{} {}", read("/proc/sys/kernel/random/boot_id")?, space.display()))
        };
        Self {
            host: read("/proc/sys/kernel/hostname").unwrap_or_default(),
            place: place().unwrap_or_default(),
            process,
            started: started(process).unwrap_or(0),
        }
    }

    /// Whether it certainly is no more: `self` is a process of the same place.
    fn knows_to_be_gone(&self, other: &Self) -> bool {
        !self.place.is_empty()
            && self.place == other.place
            && started(other.process) != Some(other.started)
    }
}

/// When the process of that number started; `None` if there is none.
fn started(process: i64) -> Option<i64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is a name in brackets and may hold anything; this is the 22nd.
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// Takes the lease for `owner`: gives its epoch, which [`Tx::hold_lease`] wants.
///
/// # Errors
/// [`OpenError::Taken`] if another server has it.
pub(crate) fn take(tx: &mut Tx<'_>, owner: &Owner) -> Result<i64, OpenError> {
    let engine = |error: DbError| OpenError::Engine(Fault::from(error));
    // Two that create it at once: one fails, and finds it there the second time.
    if in_transaction(tx, |tx| tx.script("db.lease.create", CREATE)).is_err() {
        in_transaction(tx, |tx| tx.script("db.lease.create", CREATE)).map_err(engine)?;
    }
    let taken = in_transaction(tx, |tx| {
        tx.exec(&FIRST, &[])?;
        let row = tx.query_one(&LOOK, &[])?;
        let row = row.ok_or_else(|| Fault::new("the lease's row is missing"))?;
        let (epoch, left, holder) = (row.int(0)?, row.int(5)?, holder(&row)?);
        if left > 0 && holder != *owner && !owner.knows_to_be_gone(&holder) {
            return Ok(Err(OpenError::Taken {
                host: holder.host,
                process: holder.process,
                seconds: 1 + (left - 1) / 1_000_000,
            }));
        }
        tx.exec(
            &TAKE,
            &[
                (epoch + 1).into(),
                owner.host.as_str().into(),
                owner.place.as_str().into(),
                owner.process.into(),
                owner.started.into(),
                LASTS.into(),
            ],
        )?;
        Ok(Ok(epoch + 1))
    });
    taken.map_err(engine)?
}

fn holder(row: &Row) -> Result<Owner, DbError> {
    Ok(Owner {
        host: row.text(1)?.to_owned(),
        place: row.text(2)?.to_owned(),
        process: row.int(3)?,
        started: row.int(4)?,
    })
}

/// The lease of `epoch` goes on from now. Nothing happens if another server has it: the
/// transaction did not begin then.
pub(crate) fn renew(tx: &mut Tx<'_>, epoch: i64) -> Result<(), DbError> {
    in_transaction(tx, |tx| tx.run(&RENEW, &[epoch.into(), LASTS.into()]))
}

/// Gives the lease of `epoch` back, so that the next server need not wait.
pub(crate) fn release(tx: &mut Tx<'_>, epoch: i64) -> Result<(), DbError> {
    in_transaction(tx, |tx| tx.run(&RENEW, &[epoch.into(), (-LASTS).into()]))
}
