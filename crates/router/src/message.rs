//! The way of a message, and of IQs between sessions.

use std::sync::Arc;

use skein_kernel::stage::Pipeline;
use skein_kernel::{Envelope, Host, Receiving, Reply, Sending, Side, Verdict, Visit};
use skein_session::{Flag, Session, User};
use skein_xmpp::{Condition, Jid, Kind, Stanza, StanzaError};
use smallvec::SmallVec;

use crate::Core;
use crate::batch::Batch;
use crate::handling::Waits;
use crate::rules::{Decision, Resource, decide, decide_for_nobody};

/// A message that a session sends: the sender's stages, then [`receive`]. Gives it back where
/// something has to be waited for.
pub(crate) fn send(
    core: &Core,
    session: &Arc<Session>,
    mut stanza: Stanza,
    batch: &mut Batch,
) -> Option<Waits> {
    let sending = Sending { ctx: &core.ctx, session, now: batch.at() };
    for guards in [&core.pipeline.limit, &core.pipeline.guard] {
        match Pipeline::judge(guards, &sending, &stanza) {
            Verdict::Pass => {}
            Verdict::Reject(error) => {
                batch.refuse(&stanza, &error);
                return None;
            }
            Verdict::Drop(reason) => {
                dropped(reason);
                return None;
            }
        }
    }
    for stamp in &core.pipeline.stamp {
        stamp(&sending, &mut stanza);
    }
    // Without an addressee it is for the sender's own account (RFC 6120 section 10.3.1).
    let to = stanza.to.get_or_insert_with(|| session.user.jid.clone());
    if let Some(host) = core.ctx.host(to.domain()) {
        return Some(Waits::Visit(host, stanza));
    }
    if !core.is_local(to) {
        batch.refuse(&stanza, &no_federation());
        return None;
    }
    match core.ctx.loaded(to) {
        Some(user) => converse(core, session, stanza, Some(&user), batch),
        None => return Some(Waits::Absent(stanza)),
    }
    None
}

/// The same behind the sender's stages, to an account that is not loaded.
pub(crate) async fn send_to(
    core: &Arc<Core>,
    session: &Arc<Session>,
    stanza: Stanza,
    batch: &mut Batch,
) {
    let Some(to) = &stanza.to else { return };
    match find(core, to).await {
        Ok(user) => converse(core, session, stanza, user.as_ref(), batch),
        Err(error) => batch.refuse(&stanza, &error),
    }
}

fn converse(
    core: &Core,
    session: &Arc<Session>,
    stanza: Stanza,
    user: Option<&Arc<User>>,
    batch: &mut Batch,
) {
    let mut envelope = Envelope::new(stanza, Some(session.clone()));
    if let Err(Some(error)) = receive(core, &mut envelope, user, batch) {
        return batch.refuse(&envelope.stanza, &error);
    }
    if user.is_some() {
        keep_sent(core, session, &mut envelope, batch);
    }
    batch.add(envelope);
}

/// The sender's record and copies.
fn keep_sent(core: &Core, session: &Arc<Session>, envelope: &mut Envelope, batch: &Batch) {
    let sending = Sending { ctx: &core.ctx, session, now: batch.at() };
    for stage in core.pipeline.record.iter().chain(&core.pipeline.copy) {
        stage(&sending, envelope);
    }
    bind_keeps(envelope);
}

/// A stanza that a feature made: no sender's stages, no session to answer.
pub(crate) async fn arrive(core: &Arc<Core>, stanza: Stanza, batch: &mut Batch) {
    let Some(to) = stanza.to.clone() else { return };
    if let Some(host) = core.ctx.host(to.domain()) {
        return visit(core, host, None, stanza, batch).await;
    }
    if !core.is_local(&to) {
        return;
    }
    if let Kind::Presence(_) = stanza.kind {
        let presence = core.ctx.contracts.presence.clone();
        if let Err(refusal) = presence.incoming(core.ctx.clone(), stanza).await {
            dropped(refusal.into_error().condition.name());
        }
        return;
    }
    let Ok(user) = find(core, &to).await else { return };
    let mut envelope = Envelope::new(stanza, None);
    match receive(core, &mut envelope, user.as_ref(), batch) {
        Ok(()) => {
            bind_keeps(&mut envelope);
            batch.add(envelope);
        }
        Err(error) => tell_host(core, &envelope.stanza, error, batch).await,
    }
}

/// What came from a component or another host is answered as a client's is.
async fn tell_host(
    core: &Arc<Core>,
    stanza: &Stanza,
    error: Option<StanzaError>,
    batch: &mut Batch,
) {
    let host = stanza.from.as_ref().and_then(|from| core.ctx.host(from.domain()));
    let answer = error.and_then(|error| stanza.error(&error));
    if let (Some(host), Some(answer)) = (host, answer) {
        Box::pin(visit(core, host, None, answer, batch)).await;
    }
}

/// A stanza for a domain that a feature answers for.
pub(crate) async fn visit(
    core: &Arc<Core>,
    host: Host,
    session: Option<&Arc<Session>>,
    stanza: Stanza,
    batch: &mut Batch,
) {
    let visit = Visit { ctx: core.ctx.clone(), session: session.cloned(), stanza: stanza.clone() };
    match (host.handler)(visit).await {
        Ok(Reply::Nothing) => {}
        Ok(Reply::Answer(answer)) => give_back(core, session, answer, batch).await,
        Ok(Reply::Envelope(envelope)) => batch.add(envelope),
        Ok(Reply::Converse(mut envelope)) => {
            if let Some(session) = session {
                keep_sent(core, session, &mut envelope, batch);
            }
            batch.add(envelope);
        }
        Err(refusal) => {
            let error = refusal.into_answer().and_then(|error| stanza.error(&error));
            if let Some(error) = error {
                give_back(core, session, error, batch).await;
            }
        }
    }
}

/// An answer of a host: to the session that asked, or wherever the stanza came from.
async fn give_back(
    core: &Arc<Core>,
    session: Option<&Arc<Session>>,
    answer: Stanza,
    batch: &mut Batch,
) {
    match session {
        Some(_) => batch.answer(Some(answer)),
        None => core.ctx.route().route(answer).await,
    }
}

/// Log entries are added by several stages; receivers chosen before an entry
/// existed learn of it here.
fn bind_keeps(envelope: &mut Envelope) {
    for at in 0..envelope.targets.len() {
        let target = &envelope.targets[at];
        if target.keep.is_some() {
            continue;
        }
        let account = target.session.account();
        let entries = envelope.keeps.iter().enumerate();
        let mut own = entries.filter(|(_, keep)| keep.owner.account == account);
        // A message to oneself is one entry; a carbon of it must name the same.
        let found = own.next().and_then(|(at, _)| u8::try_from(at).ok());
        envelope.targets[at].keep = found;
    }
}

/// The user that an address of ours belongs to; `None` for an account that does not exist.
async fn find(core: &Arc<Core>, to: &Jid) -> Result<Option<Arc<User>>, StanzaError> {
    if to.local().is_none() {
        return Ok(None);
    }
    core.ctx.user(to).await.map_err(|error| skein_kernel::Refusal::from(error).into_error())
}

/// The recipient's side. `Err(None)` means silence.
fn receive(
    core: &Core,
    envelope: &mut Envelope,
    user: Option<&Arc<User>>,
    batch: &Batch,
) -> Result<(), Option<StanzaError>> {
    let Some(user) = user else {
        return Err(match decide_for_nobody(envelope.stanza.kind) {
            Decision::Error(condition) => Some(condition.into()),
            _ => None,
        });
    };
    let receiving = Receiving::new(&core.ctx, user, batch.at());
    match core.pipeline.admits(&receiving, &envelope.stanza) {
        Verdict::Pass => {}
        Verdict::Reject(error) => return Err(Some(error)),
        Verdict::Drop(reason) => {
            dropped(reason);
            return Err(None);
        }
    }
    let resource = envelope.stanza.to.as_ref().and_then(Jid::resource);
    let sessions = user.sessions();
    let facts: SmallVec<[Resource; 4]> =
        sessions.iter().map(|session| fact(session, resource)).collect();
    let decision = decide(envelope.stanza.kind, resource.is_some(), &facts);
    let chosen = |fact: &Resource| match decision {
        Decision::Match => fact.matches,
        Decision::NonNegative => fact.priority.is_some_and(|priority| priority >= 0),
        Decision::Available => fact.priority.is_some(),
        _ => false,
    };
    match decision {
        Decision::Error(condition) => return Err(Some(condition.into())),
        Decision::Ignore | Decision::OnBehalf => return Err(None),
        _ => {}
    }
    for keep in &core.pipeline.keep {
        keep(&receiving, envelope);
    }
    let can_wait = envelope.can_wait();
    for (session, _) in sessions.into_iter().zip(&facts).filter(|(_, fact)| chosen(fact)) {
        envelope.send_to(session, None, Side::Received, can_wait);
    }
    let stage =
        if decision == Decision::Absent { &core.pipeline.absent } else { &core.pipeline.fan };
    for handler in stage {
        handler(&receiving, envelope);
    }
    Ok(())
}

fn fact(session: &Session, resource: Option<&str>) -> Resource {
    Resource {
        matches: resource.is_some() && session.jid.resource() == resource,
        priority: session.is(Flag::Available).then(|| session.priority()),
    }
}

/// Asks the guards about a stanza that is no message; refuses it if one of them does.
pub(crate) fn may_leave(
    core: &Core,
    session: &Arc<Session>,
    stanza: &Stanza,
    batch: &mut Batch,
) -> bool {
    let sending = Sending { ctx: &core.ctx, session, now: batch.at() };
    match Pipeline::judge(&core.pipeline.guard, &sending, stanza) {
        Verdict::Pass => true,
        Verdict::Reject(error) => {
            batch.refuse(stanza, &error);
            false
        }
        Verdict::Drop(reason) => {
            dropped(reason);
            false
        }
    }
}

/// An IQ answer to a session, or any IQ addressed to a full JID; the guards let it pass.
pub(crate) fn forward(core: &Arc<Core>, session: &Arc<Session>, stanza: Stanza, batch: &mut Batch) {
    let Some(to) = stanza.to.clone() else { return };
    if !core.is_local(&to) {
        return batch.refuse(&stanza, &no_federation());
    }
    let Some(target) = core.ctx.session(&to) else {
        return batch.refuse(&stanza, &Condition::ServiceUnavailable.into());
    };
    let receiving = Receiving::new(&core.ctx, &target.user, batch.at());
    if core.pipeline.admits(&receiving, &stanza) != Verdict::Pass {
        return batch.refuse(&stanza, &Condition::ServiceUnavailable.into());
    }
    let mut envelope = Envelope::new(stanza, Some(session.clone()));
    envelope.send_to(target.clone(), None, Side::Received, false);
    batch.add(envelope);
}

fn no_federation() -> StanzaError {
    StanzaError::new(Condition::RemoteServerNotFound).text("this server does not reach that domain")
}

fn dropped(reason: &'static str) {
    tracing::debug!(target: "router", reason, "a stanza was dropped");
}
