//! The files that messages name: when the last message that names a file is gone, whoever
//! stores the file hears of it, and it goes too. What lost a name stands in a table until it is
//! told of; an alarm tells as soon as somebody rings.

use std::sync::Arc;
use std::time::Duration;

use skein_base::{Fault, Timestamp};
use skein_db::{DbError, Sql, Tx};
use skein_kernel::contracts::{FileId, named};
use skein_kernel::{Alarm, Ctx, Event, Feature};
use skein_xmpp::Stanza;

use crate::expiry;
use crate::log::Archive;

static NAME: Sql = Sql::new(
    "archive.name",
    "INSERT INTO archive_names (message, file) VALUES ($1, $2) ON CONFLICT DO NOTHING",
);
static NAMES_OF: Sql =
    Sql::new("archive.names_of", "DELETE FROM archive_names WHERE message = $1 RETURNING file");
static UNNAME: Sql = Sql::new(
    "archive.unname",
    "INSERT INTO archive_unnamed (file) VALUES ($1) ON CONFLICT (file) DO NOTHING",
);
static UNNAMED: Sql = Sql::new(
    "archive.unnamed",
    "SELECT file, (SELECT COUNT(*) FROM archive_names n WHERE n.file = u.file)
     FROM archive_unnamed u LIMIT 500",
);
static IS_NAMED: Sql =
    Sql::new("archive.is_named", "SELECT 1 FROM archive_names WHERE file = $1 LIMIT 1");
static TOLD: Sql = Sql::new("archive.told", "DELETE FROM archive_unnamed WHERE file = $1");
static DROP_ORPHAN: Sql = Sql::new(
    "archive.drop_orphan",
    "DELETE FROM archive_message WHERE id = $1
       AND NOT EXISTS (SELECT 1 FROM archive_log WHERE message = $1)",
);
static REPLACE: Sql =
    Sql::new("archive.replace", "UPDATE archive_message SET stanza = $2 WHERE id = $1");

static STATEMENTS: &[&Sql] =
    &[&NAME, &NAMES_OF, &UNNAME, &UNNAMED, &IS_NAMED, &TOLD, &DROP_ORPHAN, &REPLACE];

/// When what failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Adds the statements and the alarm.
pub(crate) fn register(feature: Feature) -> Feature {
    feature.tables(&[], STATEMENTS).alarm(Alarm {
        name: "archive.files",
        bell: |ctx| &ctx.state::<Archive>().unnamed,
        run: |ctx| Box::pin(run(ctx)),
    })
}

/// Files may have lost names: they are told of at once.
pub(crate) fn ring(archive: &Archive) {
    archive.unnamed.ring(Timestamp::default());
}

/// Tells of all that lost names.
async fn run(ctx: Arc<Ctx>) -> Option<Timestamp> {
    loop {
        match tell(&ctx).await {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => {
                let fault = Fault::from(error);
                tracing::error!(target: "archive", %fault, "files of messages that are gone stay; tried again");
                return Some(ctx.now().plus(AGAIN));
            }
        }
    }
}

/// Notes the files that a message names which is kept under this number.
pub(crate) fn put(tx: &mut Tx<'_>, message: i64, stanza: &Stanza) -> Result<(), DbError> {
    named(stanza).iter().try_for_each(|file| tx.run(&NAME, &[message.into(), file.0.into()]))
}

/// Another message stands in place of this one.
pub(crate) fn replace(
    archive: &Archive,
    tx: &mut Tx<'_>,
    message: i64,
    stanza: &Stanza,
) -> Result<(), DbError> {
    tx.run(&REPLACE, &[message.into(), stanza.to_xml().into()])?;
    if forget(tx, message)? {
        ring(archive);
    }
    put(tx, message, stanza)
}

/// Removes a message if no log has it. Whoever does that rings afterwards.
pub(crate) fn drop_orphan(tx: &mut Tx<'_>, message: i64) -> Result<(), DbError> {
    if tx.exec(&DROP_ORPHAN, &[message.into()])? > 0 {
        expiry::forget(tx, message)?;
        forget(tx, message)?;
    }
    Ok(())
}

/// The same for a message that was kept only until it was given. Who got it still wants
/// its files.
pub(crate) fn drop_given(tx: &mut Tx<'_>, message: i64) -> Result<(), DbError> {
    if tx.exec(&DROP_ORPHAN, &[message.into()])? > 0 {
        expiry::forget(tx, message)?;
        tx.query(&NAMES_OF, &[message.into()])?;
    }
    Ok(())
}

/// Says whether it named any.
fn forget(tx: &mut Tx<'_>, message: i64) -> Result<bool, DbError> {
    let names = tx.query(&NAMES_OF, &[message.into()])?;
    for row in &names {
        tx.run(&UNNAME, &[row.bytes(0)?.into()])?;
    }
    Ok(!names.is_empty())
}

/// Whether a message names the file.
pub(crate) fn is_named(tx: &mut Tx<'_>, file: FileId) -> Result<bool, DbError> {
    Ok(tx.query_one(&IS_NAMED, &[file.0.into()])?.is_some())
}

/// Of the files that lost a name, how many there are, and those that have no other. What has another
/// is forgotten in the same transaction: it may lose that one before anybody is told of the rest.
pub(crate) fn gone(tx: &mut Tx<'_>) -> Result<(usize, Vec<FileId>), DbError> {
    let unnamed = tx.query(&UNNAMED, &[])?;
    let mut gone = Vec::new();
    for row in &unnamed {
        match row.int(1)? {
            0 => gone.push(FileId(row.blob(0)?.try_into().unwrap_or_default())),
            _ => tx.run(&TOLD, &[row.bytes(0)?.into()])?,
        }
    }
    Ok((unnamed.len(), gone))
}

/// Tells of the files that no message names any more; forgets them once that is done, so
/// that none is forgotten untold. Says how many files lost a name.
async fn tell(ctx: &Arc<Ctx>) -> Result<usize, DbError> {
    // The writer has all behind it that was rung for.
    let (unnamed, gone) = ctx.db.write(gone).await?;
    if !gone.is_empty() {
        ctx.route().notify(Event::Unnamed(gone.iter().copied().collect())).await;
        let done =
            move |tx: &mut Tx<'_>| gone.iter().try_for_each(|file| tx.run(&TOLD, &[file.0.into()]));
        ctx.db.write(done).await?;
    }
    Ok(unnamed)
}
