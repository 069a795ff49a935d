//! The room's archive (XEP-0313 section 3.1.2): for those inside, and members who are away.

use std::sync::Arc;

use skein_kernel::contracts::{PageSizes, Reading, is_in_one};
use skein_kernel::{Refusal, Reply};
use skein_session::Pushed;
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, StreamError, ns};

use crate::handle::At;
use crate::rules::affiliation::Affiliation;

/// The form's field of XEP-0431.
const FULLTEXT: &str = "{urn:xmpp:fulltext:0}fulltext";

/// A query, the form, the metadata.
pub(crate) async fn query(at: At) -> Result<Reply, Refusal> {
    may_read(&at)?;
    let payload = at.stanza.child("query", ns::MAM);
    let searches = payload.and_then(Form::read).is_some_and(|form| form.value(FULLTEXT).is_some());
    if searches {
        catch_up(&at).await?;
    }
    let limits = &at.ctx.config.limits;
    let (hints, reader) = (at.ctx.clone(), at.session.clone());
    let reading = Reading {
        sizes: PageSizes { default: limits.page_default, max: limits.page_max },
        reader: at.session.account(),
        hint: Arc::new(move |stanza| hints.shown_otherwise(&reader, stanza)),
    };
    let (ctx, log, request) = (at.ctx.clone(), at.room.log.clone(), at.stanza.clone());
    let read = move |tx: &mut skein_db::Tx<'_>| match ctx.contracts.log.shared() {
        Some(logs) => logs.query(tx, &log, &request, &reading).map(Some),
        None => Ok(None),
    };
    let queried = at.ctx.db.read(read).await?.ok_or(Condition::ServiceUnavailable)??;
    let session = &at.session;
    for message in &queried.messages {
        if session.push(message, None, false) == Pushed::Full {
            session.kick(
                StreamError::new("policy-violation")
                    .text("pages are asked for faster than they are read; connect again"),
            );
            return Err(Refusal::Answered);
        }
    }
    if !queried.messages.is_empty() {
        session.wake();
    }
    Ok(Reply::Answer(queried.answer))
}

/// Whether the asker may read what was said.
pub(crate) fn may_read(at: &At) -> Result<(), Refusal> {
    let state = at.room.state();
    let config = &state.config;
    let affiliation = state.affiliation(&at.session.user.jid);
    let is_inside = state.inside(at.session.id).is_some();
    // Whoever may enter an open room may read it; R01: nobody else.
    let is_shown = config.public || is_in_one(&at.session.user, &config.circles);
    let is_open = !config.members_only && !config.password_protected && is_shown;
    let is_stranger = affiliation == Affiliation::None;
    if affiliation >= Affiliation::Member || (is_stranger && (is_inside || is_open)) {
        return Ok(());
    }
    Err(Condition::Forbidden.into())
}

/// Makes searchable what came since the last search.
async fn catch_up(at: &At) -> Result<(), Refusal> {
    let mut more = true;
    while more {
        let (ctx, log) = (at.ctx.clone(), at.room.log.clone());
        let index = move |tx: &mut skein_db::Tx<'_>| match ctx.contracts.log.shared() {
            Some(logs) => logs.index(tx, &log),
            None => Ok(false),
        };
        more = at.ctx.db.write(index).await?;
    }
    Ok(())
}
