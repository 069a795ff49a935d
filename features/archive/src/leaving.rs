//! What a client never acknowledged when its session ends (XEP-0198 section 5): it goes to
//! the other clients of the account that are there and never got it, else it waits for the
//! next one. What another client has, or may still acknowledge, goes nowhere.

use std::sync::Arc;

use skein_base::{Fault, Timestamp};
use skein_db::{DbError, Job, Sql, Tx};
use skein_kernel::Ctx;
use skein_session::{Flag, LogRef, Owed, Pushed, Session};
use skein_xmpp::StreamError;
use tokio::sync::oneshot;

use crate::log::Archive;
use crate::offline::{Waiting, restore};
use crate::{readers, store};

static RECEIVED: Sql = Sql::new(
    "archive.received",
    "SELECT l.at, m.stanza FROM archive_log l JOIN archive_message m ON m.id = l.message
     WHERE l.account = $1 AND l.seq = $2 AND (l.flags & 1) = 0",
);

pub(crate) static STATEMENTS: &[&Sql] = &[&RECEIVED];

/// The session is over.
pub(crate) async fn leave(
    ctx: &Arc<Ctx>,
    session: &Arc<Session>,
    owed: &[Owed],
) -> Result<(), DbError> {
    let reads = session.is(Flag::ReadsArchive);
    if reads {
        // Reading is remembered from now on, however long the session was.
        readers::note(ctx, session).await;
    }
    let places = owed.iter().filter_map(|owed| owed.log.as_ref());
    let lost: Vec<i64> =
        places.filter(|place| place.let_go(!reads)).map(|place| place.seq).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let (tell, told) = oneshot::channel();
    let leaving = Leaving {
        ctx: ctx.clone(),
        session: session.clone(),
        lost,
        takers: Vec::new(),
        passed_on: Vec::new(),
        tell: Some(tell),
    };
    ctx.db.submit(Box::new(leaving)).await;
    told.await.unwrap_or(Ok(())).map_err(DbError::from)
}

/// Decides on the writer's thread, where no session ends and nothing is delivered meanwhile.
struct Leaving {
    ctx: Arc<Ctx>,
    session: Arc<Session>,
    lost: Vec<i64>,
    /// Those who get it.
    takers: Vec<Arc<Session>>,
    passed_on: Vec<Waiting>,
    tell: Option<oneshot::Sender<Result<(), Fault>>>,
}

impl Job for Leaving {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        let account = self.session.account();
        self.ctx.state::<Archive>().owing.unsettled(account);
        let others = self.session.user.available().into_iter();
        let mut others: Vec<Arc<Session>> =
            others.filter(|other| other.priority() >= 0 && !other.is(Flag::Ends)).collect();
        // Who came since waits for this, and gets it in its place among what is owed.
        let first = self.lost.iter().copied().min().unwrap_or(0);
        let waits = |other: &Arc<Session>| {
            let is_behind = other.with_outbox_mut(|outbox| outbox.is_behind());
            is_behind && other.given() < first
        };
        let is_owed =
            self.session.is(Flag::EndedAlone) || others.is_empty() || others.iter().any(waits);
        if is_owed {
            self.lost.iter().try_for_each(|seq| store::owe(tx, account, *seq))?;
        }
        if self.session.is(Flag::EndedAlone) {
            others.clear();
        }
        others.retain(|other| !(other.is(Flag::ReadsArchive) || is_owed && waits(other)));
        self.takers = others;
        self.passed_on.clear();
        for seq in self.lost.iter().filter(|_| !self.takers.is_empty()) {
            if let Some(row) = tx.query_one(&RECEIVED, &[account.0.into(), (*seq).into()])? {
                let (at, stanza) = (Timestamp(row.int(0)?), row.text(1)?.to_owned());
                self.passed_on.push(Waiting { seq: *seq, at, stanza });
            }
        }
        Ok(())
    }

    fn done(mut self: Box<Self>, outcome: Result<(), Fault>) {
        if outcome.is_ok() {
            // More may wait now than is assumed.
            self.ctx.state::<Archive>().owing.forget(self.session.account());
            for entry in &self.passed_on {
                let place = LogRef::given_to(entry.seq, self.takers.len());
                for taker in &self.takers {
                    pass_on(&self.ctx, taker, entry, &place);
                }
            }
            self.takers.iter().for_each(|taker| taker.wake());
        }
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(outcome);
        }
    }
}

fn pass_on(ctx: &Ctx, taker: &Session, entry: &Waiting, place: &LogRef) {
    let pushed = match restore(ctx, taker, entry) {
        Some(stanza) => taker.push(&ctx.shown(taker, &stanza), Some(place), false),
        None => Pushed::Ended,
    };
    match pushed {
        Pushed::Queued | Pushed::Wake => {}
        Pushed::Full => taker.kick(
            StreamError::new("policy-violation")
                .text("too much waits for this client; connect again to catch up"),
        ),
        Pushed::Ended => {
            place.let_go(false);
        }
    }
}
