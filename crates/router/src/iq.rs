//! Requests: answered from the table, or passed on to a session.

use std::sync::Arc;

use skein_kernel::{Addressee, Refusal, Request};
use skein_session::Session;
use skein_xmpp::{Condition, Kind, Stanza, StanzaError};

use crate::Core;
use crate::batch::Batch;
use crate::message;

/// Handles a get or set of `session`.
pub(crate) async fn request(
    core: &Arc<Core>,
    session: &Arc<Session>,
    stanza: Stanza,
    batch: &mut Batch,
) {
    if !message::may_leave(core, session, &stanza, batch) {
        return;
    }
    if let Some(host) = stanza.to.as_ref().and_then(|to| core.ctx.host(to.domain())) {
        return message::visit(core, host, Some(session), stanza, batch).await;
    }
    let Some(addressee) = addressee(core, session, &stanza) else {
        return message::forward(core, session, stanza, batch);
    };
    let request = Request {
        ctx: core.ctx.clone(),
        session: session.clone(),
        stanza: stanza.clone(),
        addressee,
    };
    match answer(core, request).await {
        Ok(answer) => batch.answer(Some(answer)),
        Err(refusal) => {
            if let Some(error) = refusal.into_answer() {
                batch.refuse(&stanza, &error);
            }
        }
    }
}

/// Whom of us it addresses; `None` if it is for a session or another server.
fn addressee(core: &Core, session: &Session, stanza: &Stanza) -> Option<Addressee> {
    let Some(to) = &stanza.to else { return Some(Addressee::Own) };
    if !to.is_bare() || !core.is_local(to) {
        return None;
    }
    Some(match to.local() {
        None => Addressee::Server,
        Some(_) if *to == session.user.jid => Addressee::Own,
        Some(_) => Addressee::Other,
    })
}

/// Answers a request to us.
pub(crate) async fn answer(core: &Arc<Core>, request: Request) -> Result<Stanza, Refusal> {
    let Kind::Iq(kind) = request.stanza.kind else { return Err(Condition::BadRequest.into()) };
    let Some(handler) = core.iqs.find(request.payload()?, kind, request.addressee) else {
        return Err(StanzaError::new(Condition::ServiceUnavailable).into());
    };
    handler(request).await
}
