//! Offline messages (XEP-0160): what is owed goes to a client that becomes available
//! and does not read the archive itself.
//!
//! It goes in rounds, as far as there is room for it. The next round follows when the
//! client acknowledged enough (XEP-0198) or, without that, when everything was written;
//! so a client gets all of it in one session, however much it is. Live messages wait
//! meanwhile, so that the order is that of the log.

use std::sync::Arc;

use skein_base::{Fault, Timestamp};
use skein_db::{DbError, Job, Sql, Tx};
use skein_kernel::{Ctx, Event};
use skein_session::{Flag, LogRef, Pushed, Session};
use skein_xml::{Document, Limits};
use skein_xmpp::delay::write_delay;
use skein_xmpp::{Stanza, StreamError, ns};
use tokio::sync::oneshot;

use crate::leaving;
use crate::log::Archive;
use crate::readers;
use crate::store::{self, over};

/// Entries given at a time; the next ones follow when these are in the outbox.
const AT_ONCE: i64 = 200;

pub(crate) static OWED: Sql = over!(
    "archive_log_owed",
    "archive.owed",
    "SELECT l.seq, l.at, m.stanza FROM archive_log l",
    "JOIN archive_message m ON m.id = l.message
     WHERE l.account = $1 AND l.seq > $2 AND (l.flags & 4) <> 0
       AND (l.seq > $3 OR (l.flags & 2) = 0)
     ORDER BY l.seq LIMIT $4",
);
/// Hears of sessions that come, acknowledge and end.
pub(crate) async fn hear(ctx: Arc<Ctx>, event: Event) {
    let outcome = match event {
        Event::Available(session) => give(&ctx, &session).await,
        Event::Acknowledged { session, seq } => go_on(&ctx, &session, seq).await,
        Event::Drained(session) => go_on(&ctx, &session, session.given()).await,
        Event::Ended { session, owed } => leaving::leave(&ctx, &session, &owed).await,
        _ => Ok(()),
    };
    if let Err(error) = outcome {
        let fault = Fault::from(error);
        tracing::error!(target: "archive", %fault, "offline messages could not be handled");
    }
}

pub(crate) struct Waiting {
    pub(crate) seq: i64,
    pub(crate) at: Timestamp,
    pub(crate) stanza: String,
}

/// Gives what is owed, oldest first, until there is no more of it or no more room; live
/// messages wait meanwhile. A client that reads the archive itself gets what it does not
/// find there.
async fn give(ctx: &Arc<Ctx>, session: &Arc<Session>) -> Result<(), DbError> {
    session.with_outbox_mut(|outbox| outbox.fall_behind());
    if ctx.db.at_once(|| catches_up(ctx, session)).unwrap_or(false) {
        return Ok(());
    }
    loop {
        let (tell, told) = oneshot::channel();
        let round = Giving {
            ctx: ctx.clone(),
            session: session.clone(),
            withheld: 0,
            waiting: Vec::new(),
            is_early: false,
            tell: Some(tell),
        };
        ctx.db.submit(Box::new(round)).await;
        match told.await {
            Ok(Given::Round) => {}
            Ok(Given::All | Given::NoRoom | Given::Later) | Err(_) => return Ok(()),
        }
    }
}

/// Where nothing is owed and nothing was, the session is told so without a look into the log;
/// `false` if that is not known. Nothing is committed or delivered meanwhile.
fn catches_up(ctx: &Ctx, session: &Session) -> bool {
    let is_owed_nothing = !session.user.is_ending()
        && session.given() == 0
        && session.withheld().unwrap_or(0) == 0
        && ctx.state::<Archive>().owing.is_settled(session.account());
    if is_owed_nothing {
        if session.withheld().is_none() {
            session.set_withheld(0);
        }
        give_what_waited(session);
    }
    is_owed_nothing
}

/// Everything older was given: live messages follow.
fn give_what_waited(session: &Session) {
    match session.with_outbox_mut(|outbox| outbox.catch_up()) {
        Pushed::Full => session.kick(
            StreamError::new("policy-violation")
                .text("too much waits for this client; connect again to catch up"),
        ),
        Pushed::Wake => session.wake(),
        Pushed::Queued | Pushed::Ended => {}
    }
}

/// The client has what was given up to `seq`: that is owed no more, and what is left follows.
async fn go_on(ctx: &Arc<Ctx>, session: &Arc<Session>, seq: i64) -> Result<(), DbError> {
    settle(ctx, session, seq).await?;
    let (is_behind, is_calm) =
        session.with_outbox_mut(|outbox| (outbox.is_behind(), outbox.is_calm()));
    if is_behind && !is_calm {
        // The next acknowledgement comes by here too.
        session.set(Flag::CatchesUp, true);
    }
    if is_behind && is_calm { give(ctx, session).await } else { Ok(()) }
}

/// What became of one round.
enum Given {
    /// All of its entries went into the outbox; there may be more.
    Round,
    /// Nothing more is owed.
    All,
    /// The rest follows when the client has taken what is there.
    NoRoom,
    /// Another session of the account is ending; what it leaves comes first.
    Later,
}

/// One round of giving, on the writer's thread: there nothing is committed or delivered
/// between the look at the log and the moment from which the session gets live messages.
struct Giving {
    ctx: Arc<Ctx>,
    session: Arc<Session>,
    /// See [`Session::withheld`].
    withheld: i64,
    waiting: Vec<Waiting>,
    /// See [`Given::Later`].
    is_early: bool,
    tell: Option<oneshot::Sender<Given>>,
}

impl Giving {
    fn read(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.waiting.clear();
        let (account, given) = (self.session.account(), self.session.given());
        let params = [account.0.into(), given.into(), self.withheld.into(), AT_ONCE.into()];
        tx.each(&OWED, &params, |row| {
            let at = Timestamp(row.int(1)?);
            self.waiting.push(Waiting { seq: row.int(0)?, at, stanza: row.text(2)?.to_owned() });
            Ok(())
        })
    }

    /// Moves entries into the outbox; says whether all of them found room.
    fn hand_over(&mut self) -> bool {
        // Two rounds of one session may be in one transaction; what one gave the other passes over.
        let given = self.session.given();
        let mut has_given = false;
        let mut has_room = true;
        for entry in self.waiting.iter().filter(|entry| entry.seq > given) {
            has_room = push(&self.ctx, &self.session, entry);
            if !has_room {
                break;
            }
            self.session.set_given(entry.seq);
            has_given = true;
        }
        if has_given || !has_room {
            // To be settled, and gone on with.
            self.session.set(Flag::CatchesUp, true);
        }
        has_room
    }
}

impl Job for Giving {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self.is_early = self.session.user.is_ending();
        if self.is_early {
            return Ok(());
        }
        self.withheld = self.session.withheld().unwrap_or(0);
        self.read(tx)?;
        if self.waiting.is_empty() && self.withheld == 0 && self.session.given() == 0 {
            self.ctx.state::<Archive>().owing.settled(self.session.account());
        }
        // Decided once, when the client becomes available: what comes later it may have
        // missed in the archive. Who has read in this session before gets the rest.
        let is_open = self.session.withheld().is_none() && !self.session.is(Flag::ReadsArchive);
        if self.waiting.is_empty() || !is_open {
            return Ok(());
        }
        let account = self.session.account();
        let device = readers::device(self.ctx.state::<Archive>(), &self.session);
        if readers::reads(tx, account, device, self.ctx.now())? {
            self.withheld = store::head(tx, account)?.seq;
            self.read(tx)?;
        }
        Ok(())
    }

    fn done(mut self: Box<Self>, outcome: Result<(), Fault>) {
        if self.is_early {
            if let Some(tell) = self.tell.take() {
                let _ = tell.send(Given::Later);
            }
            return;
        }
        if let Err(fault) = &outcome {
            tracing::error!(target: "archive", %fault, "offline messages could not be read");
            self.ctx.state::<Archive>().owing.unsettled(self.session.account());
            self.waiting.clear();
        }
        if outcome.is_ok() && self.session.withheld().is_none() {
            self.session.set_withheld(self.withheld);
        }
        let given = match self.hand_over() {
            false => Given::NoRoom,
            true if (self.waiting.len() as i64) < AT_ONCE => Given::All,
            true => Given::Round,
        };
        if matches!(given, Given::All) {
            give_what_waited(&self.session);
        }
        self.session.wake();
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(given);
        }
    }
}

/// Puts one entry into the outbox; `false` if there is no room for it now.
fn push(ctx: &Ctx, session: &Session, entry: &Waiting) -> bool {
    let Some(stanza) = restore(ctx, session, entry) else {
        // S22: one row that cannot be read keeps nobody from the rest.
        tracing::error!(target: "archive", seq = entry.seq, "an entry cannot be read and was passed over");
        return true;
    };
    let place = LogRef::owed(entry.seq);
    let shown = ctx.shown(session, &stanza);
    session.with_outbox_mut(|outbox| {
        outbox.has_room()
            && matches!(outbox.give(&shown, Some(&place)), Pushed::Queued | Pushed::Wake)
    })
}

/// The entry as it is given late (XEP-0203).
pub(crate) fn restore(ctx: &Ctx, session: &Session, entry: &Waiting) -> Option<Stanza> {
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

/// What was given up to `seq` is owed no more; what was withheld from a client that reads
/// the archive is, until it reads it.
async fn settle(ctx: &Arc<Ctx>, session: &Session, seq: i64) -> Result<(), DbError> {
    let account = session.account();
    let at = ctx.clone();
    let withheld = session.withheld().unwrap_or(0);
    ctx.db
        .write(move |tx| {
            at.state::<Archive>().forget_head(account);
            store::given(tx, account, withheld, seq)
        })
        .await
}
