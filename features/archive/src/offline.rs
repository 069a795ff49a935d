//! Offline messages (XEP-0160): what is owed goes to a client that becomes available
//! and does not read the archive itself.

use std::sync::Arc;

use skein_base::{Fault, Timestamp};
use skein_db::{DbError, Sql};
use skein_kernel::{Ctx, Event};
use skein_session::{Flag, LogRef, Owed, Pushed, Session};
use skein_xml::{Document, Limits};
use skein_xmpp::delay::write_delay;
use skein_xmpp::{Stanza, ns};

use crate::log::Archive;
use crate::store::{self, over};

/// Entries given at a time; the next ones follow when these are acknowledged or written.
const AT_ONCE: i64 = 200;

pub(crate) static OWED: Sql = over!(
    "archive_log_owed",
    "archive.owed",
    "SELECT l.seq, l.at, m.stanza FROM archive_log l",
    "JOIN archive_message m ON m.id = l.message
     WHERE l.account = $1 AND l.seq > $2 AND (l.flags & 4) <> 0 ORDER BY l.seq LIMIT $3",
);

/// Hears of sessions that come, acknowledge and end.
pub(crate) async fn hear(ctx: Arc<Ctx>, event: Event) {
    let outcome = match event {
        Event::Available(session) if !session.is(Flag::ReadsArchive) => give(&ctx, &session).await,
        Event::Acknowledged { session, seq } => settle(&ctx, &session, seq).await,
        Event::Ended { session, owed } => owe_again(&ctx, &session, &owed).await,
        _ => Ok(()),
    };
    if let Err(error) = outcome {
        let fault = Fault::from(error);
        tracing::error!(target: "archive", %fault, "offline messages could not be handled");
    }
}

struct Waiting {
    seq: i64,
    at: Timestamp,
    stanza: String,
}

/// Gives all that is owed, oldest first.
async fn give(ctx: &Arc<Ctx>, session: &Arc<Session>) -> Result<(), DbError> {
    let account = session.account();
    let mut last = 0;
    loop {
        let after = last;
        let waiting = ctx
            .db
            .read(move |tx| {
                let mut waiting = Vec::new();
                tx.each(&OWED, &[account.0.into(), after.into(), AT_ONCE.into()], |row| {
                    let at = Timestamp(row.int(1)?);
                    waiting.push(Waiting { seq: row.int(0)?, at, stanza: row.text(2)?.to_owned() });
                    Ok(())
                })?;
                Ok(waiting)
            })
            .await?;
        let Some(newest) = waiting.last().map(|entry| entry.seq) else { return Ok(()) };
        last = newest;
        for entry in &waiting {
            if !push(ctx, session, entry) {
                return Ok(());
            }
        }
        session.wake();
        if session.is(Flag::Resumable) {
            // The client's acknowledgement settles them.
            session.set(Flag::CatchesUp, true);
        } else {
            settle(ctx, session, newest).await?;
        }
        if (waiting.len() as i64) < AT_ONCE {
            return Ok(());
        }
    }
}

/// Puts one entry into the outbox; `false` once nothing more goes in.
fn push(ctx: &Ctx, session: &Session, entry: &Waiting) -> bool {
    let Some(stanza) = restore(ctx, session, entry) else {
        // S22: one row that cannot be read keeps nobody from the rest.
        tracing::error!(target: "archive", seq = entry.seq, "an entry cannot be read and was passed over");
        return true;
    };
    matches!(session.push(&stanza, Some(LogRef(entry.seq)), false), Pushed::Queued | Pushed::Wake)
}

fn restore(ctx: &Ctx, session: &Session, entry: &Waiting) -> Option<Stanza> {
    let document = Document::parse(&entry.stanza, &Limits::after_login()).ok()?;
    let stanza = Stanza::read(document.root()).ok()?;
    let owner = &session.user.jid;
    let id = ctx.state::<Archive>().ids.id(session.account(), entry.seq);
    Some(stanza.with_added(|writer| {
        write_delay(writer, &owner.to_domain(), entry.at);
        writer.start("stanza-id", ns::STANZA_ID);
        writer.attr("by", owner.as_str());
        writer.attr("id", &id);
        writer.end();
    }))
}

/// What was given up to `seq` is owed no more.
async fn settle(ctx: &Arc<Ctx>, session: &Session, seq: i64) -> Result<(), DbError> {
    let account = session.account();
    let at = ctx.clone();
    ctx.db
        .write(move |tx| {
            at.state::<Archive>().forget_head(account);
            store::given(tx, account, seq)
        })
        .await
}

/// What a client never acknowledged waits for the next one, unless another client of the
/// account was there to get it, or this one reads the archive when it returns.
async fn owe_again(ctx: &Arc<Ctx>, session: &Session, owed: &[Owed]) -> Result<(), DbError> {
    if session.is(Flag::ReadsArchive) || !session.user.available().is_empty() {
        return Ok(());
    }
    let account = session.account();
    let places: Vec<i64> = owed.iter().filter_map(|owed| owed.log).map(|LogRef(seq)| seq).collect();
    if places.is_empty() {
        return Ok(());
    }
    ctx.db
        .write(move |tx| {
            for seq in &places {
                store::owe(tx, account, *seq)?;
            }
            Ok(())
        })
        .await
}
