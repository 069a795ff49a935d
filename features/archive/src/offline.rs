//! Offline messages (XEP-0160): what is owed goes to a client that becomes available
//! and does not read the archive itself.

use std::sync::Arc;

use skein_base::{Fault, Timestamp};
use skein_db::{DbError, Job, Sql, Tx};
use skein_kernel::{Ctx, Event};
use skein_session::{Flag, LogRef, Owed, Pushed, Session};
use skein_xml::{Document, Limits};
use skein_xmpp::delay::write_delay;
use skein_xmpp::{Stanza, ns};
use tokio::sync::oneshot;

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
        Event::Available(session) => give(&ctx, &session).await,
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

/// Gives all that is owed, oldest first; live messages wait meanwhile. A client that reads
/// the archive itself has settled what it read and gets the rest.
async fn give(ctx: &Arc<Ctx>, session: &Arc<Session>) -> Result<(), DbError> {
    session.with_outbox_mut(|outbox| outbox.fall_behind());
    loop {
        let (tell, told) = oneshot::channel();
        let round = Giving {
            ctx: ctx.clone(),
            session: session.clone(),
            waiting: Vec::new(),
            tell: Some(tell),
        };
        ctx.db.submit(Box::new(round)).await;
        let Ok(Given { last, is_all }) = told.await else { return Ok(()) };
        if let Some(last) = last
            && !session.is(Flag::Resumable)
        {
            settle(ctx, session, last).await?;
        }
        if is_all {
            return Ok(());
        }
    }
}

/// What became of one round.
struct Given {
    /// The newest entry given.
    last: Option<i64>,
    /// Nothing more is owed, or the client takes no more.
    is_all: bool,
}

/// One round of giving, on the writer's thread: there nothing is committed or delivered
/// between the look at the log and the moment from which the session gets live messages.
struct Giving {
    ctx: Arc<Ctx>,
    session: Arc<Session>,
    waiting: Vec<Waiting>,
    tell: Option<oneshot::Sender<Given>>,
}

impl Job for Giving {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.waiting.clear();
        let params = [self.session.account().0.into(), self.session.given().into(), AT_ONCE.into()];
        tx.each(&OWED, &params, |row| {
            let at = Timestamp(row.int(1)?);
            self.waiting.push(Waiting { seq: row.int(0)?, at, stanza: row.text(2)?.to_owned() });
            Ok(())
        })
    }

    fn done(mut self: Box<Self>, outcome: Result<(), Fault>) {
        if let Err(fault) = &outcome {
            tracing::error!(target: "archive", %fault, "offline messages could not be read");
            self.waiting.clear();
        }
        let mut last = None;
        let mut has_room = true;
        // Two rounds of one session may be in one transaction; what one gave the other passes over.
        let given = self.session.given();
        for entry in self.waiting.iter().filter(|entry| entry.seq > given) {
            has_room = has_room && push(&self.ctx, &self.session, entry);
            if has_room {
                self.session.set_given(entry.seq);
                last = Some(entry.seq);
            }
        }
        if last.is_some() && self.session.is(Flag::Resumable) {
            // The client's acknowledgement settles them.
            self.session.set(Flag::CatchesUp, true);
        }
        let is_all = !has_room || (self.waiting.len() as i64) < AT_ONCE;
        if is_all {
            self.session.with_outbox_mut(|outbox| outbox.catch_up());
        }
        self.session.wake();
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(Given { last, is_all });
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
    let place = Some(LogRef(entry.seq));
    let pushed = session.with_outbox_mut(|outbox| outbox.give(&stanza, place));
    matches!(pushed, Pushed::Queued | Pushed::Wake)
}

fn restore(ctx: &Ctx, session: &Session, entry: &Waiting) -> Option<Stanza> {
    let document = Document::parse(&entry.stanza, &Limits::kept()).ok()?;
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
