//! Answers clients that read the log themselves (XEP-0313).
//!
//! `proto.rs` reads and writes what stands on the wire; `bounds.rs` turns ids and times
//! into places in the log; `walk.rs` fetches; `page.rs` makes one page of it;
//! `metadata.rs` tells the ends.
//!
//! Invariants: every statement names the account that asks, and an id of another's log
//! is as unknown as nonsense; pages join without a gap or a repetition whatever is
//! written meanwhile, because they are cut by place and never by time.

pub(crate) mod beside;
pub(crate) mod bounds;
pub(crate) mod metadata;
pub(crate) mod page;
pub(crate) mod proto;
#[cfg(test)]
mod tests;
pub(crate) mod walk;

use std::sync::Arc;

use skein_base::Fault;
use skein_db::DbError;
use skein_kernel::{Addressee, Ctx, Feature, Refusal, Request, Subject};
use skein_session::{Flag, Pushed, Session};
use skein_xmpp::{Condition, IqType, Stanza, StanzaError, StreamError, ns};

use crate::log::Archive;
use crate::{conversations, readers, search, store};
use page::{Read, Sizes};
use proto::{Query, Results, write_fin, write_form};

/// Why a read inside a transaction ends: the client's doing or ours.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The client gets this error.
    Refuse(StanzaError),
    /// The database failed.
    Db(DbError),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl Stop {
    /// As a read of the database returns it.
    pub(crate) fn split<T>(outcome: Result<T, Self>) -> Result<Result<T, StanzaError>, DbError> {
        match outcome {
            Ok(value) => Ok(Ok(value)),
            Err(Self::Refuse(error)) => Ok(Err(error)),
            Err(Self::Db(error)) => Err(error),
        }
    }
}

/// Adds what clients may ask.
pub(crate) fn register(feature: Feature) -> Feature {
    let advertised = &[ns::MAM, ns::MAM_EXTENDED, ns::FULLTEXT];
    feature
        .tables(&[], bounds::STATEMENTS)
        .tables(&[], walk::STATEMENTS)
        .tables(&[], metadata::STATEMENTS)
        .tables(&[], search::STATEMENTS)
        .iq((ns::MAM, "query"), IqType::Set, Addressee::Own, |request| Box::pin(answer(request)))
        .iq((ns::MAM, "query"), IqType::Get, Addressee::Own, |request| Box::pin(form(request)))
        .iq((ns::MAM, "metadata"), IqType::Get, Addressee::Own, |request| {
            Box::pin(metadata::get(request))
        })
        // M01: others' archives are closed, and whether there is such an account is not told.
        .iq((ns::MAM, "query"), IqType::Set, Addressee::Other, |request| Box::pin(forbid(request)))
        .iq((ns::MAM, "query"), IqType::Get, Addressee::Other, |request| Box::pin(forbid(request)))
        .iq((ns::MAM, "metadata"), IqType::Get, Addressee::Other, |request| {
            Box::pin(forbid(request))
        })
        // Clients look on the domain too (fluux-messenger#561, profanity#2202).
        .discovered(Subject::Account, advertised)
        .discovered(Subject::Server, advertised)
}

pub(crate) async fn forbid(_: Request) -> Result<Stanza, Refusal> {
    Err(Condition::Forbidden.into())
}

async fn form(request: Request) -> Result<Stanza, Refusal> {
    Ok(request.result(write_form))
}

/// Sends one page, then its end.
async fn answer(request: Request) -> Result<Stanza, Refusal> {
    let query = Query::read(request.payload()?)?;
    let (ctx, session) = (&request.ctx, &request.session);
    if query.filter.fulltext.is_some() {
        search::catch_up(ctx, session.account()).await?;
    }
    if query.filter.with.is_some() {
        conversations::catch_up(ctx, session.account()).await?;
    }
    let only_counts = query.page.max == Some(0);
    let flip = query.flip;
    let read = read(ctx, session, query).await?;
    if !only_counts && !session.set(Flag::ReadsArchive, true) {
        readers::note(ctx, session).await;
    }
    if !send(session, &read.messages, flip) {
        return Err(Refusal::Answered);
    }
    if !read.owed.is_empty() {
        settle(ctx, session, read.owed).await;
    }
    Ok(request.result(|writer| write_fin(writer, &read.page, read.complete)))
}

async fn read(ctx: &Arc<Ctx>, session: &Arc<Session>, query: Query) -> Result<Read, Refusal> {
    let account = session.account();
    let limits = &ctx.config.limits;
    let sizes = Sizes {
        default: limits.page_default,
        max: limits.page_max,
        bytes: limits.outbox_bytes / 2,
    };
    let results =
        Results::new(session.user.jid.clone(), session.jid.clone(), query.queryid.clone());
    let (hints, reader) = (ctx.clone(), session.clone());
    let hint = move |stanza: &Stanza| hints.shown_otherwise(&reader, stanza);
    let mut results = results.hinted(Box::new(hint));
    let at = ctx.clone();
    let outcome = ctx.db.read(move |tx| {
        let archive = at.state::<Archive>();
        Stop::split(page::read(tx, archive, account, &query, sizes, &mut results))
    });
    Ok(outcome.await??)
}

/// Puts the results into the client's outbox; `false` if the session ends for it.
fn send(session: &Session, messages: &[Stanza], flip: bool) -> bool {
    let mut push = |message: &Stanza| match session.push(message, None, false) {
        Pushed::Queued | Pushed::Wake => true,
        Pushed::Ended => false,
        Pushed::Full => {
            session.kick(
                StreamError::new("policy-violation")
                    .text("pages are asked for faster than they are read; connect again"),
            );
            false
        }
    };
    let sent = if flip { messages.iter().rev().all(&mut push) } else { messages.iter().all(push) };
    if !messages.is_empty() {
        session.wake();
    }
    sent
}

/// What the client read here is owed to no other. If this fails another client gets a
/// message twice, so the page is answered all the same.
async fn settle(ctx: &Arc<Ctx>, session: &Session, owed: Vec<i64>) {
    let (at, account) = (ctx.clone(), session.account());
    let settled = ctx.db.write(move |tx| {
        at.state::<Archive>().owing.forget(account);
        owed.iter().try_for_each(|seq| store::settle(tx, account, *seq))
    });
    if let Err(error) = settled.await {
        let fault = Fault::from(error);
        tracing::error!(target: "archive", %fault, "entries that were read stay owed");
    }
}
