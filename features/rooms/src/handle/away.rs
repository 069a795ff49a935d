//! Members of whom no client is inside: who pushes hears of what they miss, and those of
//! their clients that asked to are told that there is something (XEP-0437).

use std::sync::Arc;

use skein_base::Fault;
use skein_db::Tx;
use skein_kernel::{Ctx, Event, Stored};
use skein_session::Session;
use skein_xmpp::{Jid, Kind, MessageType, PresenceType, Stanza, ns};
use tokio::runtime::Handle;

use crate::room::table::Rooms;
use crate::room::{Room, State};
use crate::rules::affiliation::Affiliation;
use crate::store;

/// Brings news from the writer's thread to where features hear of events.
pub(crate) struct Call(Handle);

impl Call {
    /// Within the runtime.
    pub(crate) fn new() -> Self {
        Self(Handle::current())
    }

    /// A message is kept and sent to those inside.
    pub(crate) fn tell(
        &self,
        ctx: &Arc<Ctx>,
        room: &Arc<Room>,
        state: &mut State,
        stanza: &Stanza,
        stored: &Stored,
    ) {
        if !says_something(stanza) {
            return;
        }
        let away = state.away();
        if away.is_empty() {
            return;
        }
        tell_watchers(ctx, room.jid(), &away);
        self.missed(ctx, room.jid(), away, stanza, &stored.id);
    }

    /// A whisper is kept for somebody of whom no client is there.
    pub(crate) fn tell_of_whisper(
        &self,
        ctx: &Arc<Ctx>,
        room: &Jid,
        receiver: &Jid,
        stanza: &Stanza,
        id: &str,
    ) {
        if says_something(stanza) {
            self.missed(ctx, room, Arc::new([receiver.clone()]), stanza, id);
        }
    }

    fn missed(&self, ctx: &Arc<Ctx>, room: &Jid, away: Arc<[Jid]>, stanza: &Stanza, id: &str) {
        let event = missed(room, away, stanza, id);
        let ctx = ctx.clone();
        self.0.spawn(async move { ctx.route().notify(event).await });
    }
}

/// The client of a member that was inside is gone and had not acknowledged these messages:
/// they are missed as if it had not been there.
pub(crate) async fn tell_of_lost(
    ctx: &Arc<Ctx>,
    room: &Room,
    who: &Jid,
    lost: &[(String, Stanza)],
) {
    let news: Vec<_> = lost.iter().filter(|(_, stanza)| says_something(stanza)).collect();
    if news.is_empty() || room.state().affiliation(who) < Affiliation::Member {
        return;
    }
    let away: Arc<[Jid]> = Arc::new([who.clone()]);
    tell_watchers(ctx, room.jid(), &away);
    for (id, stanza) in news {
        let mut kept = stanza.clone();
        kept.to = None;
        ctx.route().notify(missed(room.jid(), away.clone(), &kept, id)).await;
    }
}

fn missed(room: &Jid, away: Arc<[Jid]>, stanza: &Stanza, id: &str) -> Event {
    Event::Missed { room: room.clone(), away, message: Arc::new(stanza.clone()), id: id.into() }
}

/// Those of their clients that asked to are told that the room is active.
fn tell_watchers(ctx: &Ctx, room: &Jid, away: &[Jid]) {
    for session in ctx.state::<Rooms>().watchers(room, away) {
        send(&session, std::slice::from_ref(room));
    }
}

/// Whether there is something to read: a moderator's word that something is gone is none.
fn says_something(stanza: &Stanza) -> bool {
    stanza.has_body() || is_encrypted(stanza)
}

/// OMEMO in both versions.
fn is_encrypted(stanza: &Stanza) -> bool {
    stanza.has_any("urn:xmpp:omemo:2") || stanza.has_any("eu.siacs.conversations.axolotl")
}

/// Tells a session that rooms have something new.
fn send(session: &Session, rooms: &[Jid]) {
    let Some(host) = rooms.first().map(Jid::to_domain) else { return };
    let mut stanza = Stanza::new(Kind::Message(MessageType::Normal));
    stanza.from = Some(host);
    stanza.to = Some(session.jid.clone());
    let stanza = stanza.with_content(|writer| {
        writer.start("rai", ns::RAI);
        rooms.iter().for_each(|room| writer.leaf("activity", ns::RAI, room.as_str()));
        writer.end();
    });
    session.send(&stanza);
}

/// Presence to the host itself: a client subscribes to the activity of rooms, or ends it.
pub(crate) async fn watch(ctx: &Arc<Ctx>, session: Option<Arc<Session>>, stanza: &Stanza) {
    let rooms = ctx.state::<Rooms>();
    match (stanza.kind, session) {
        (Kind::Presence(PresenceType::Available), Some(session)) if stanza.has("rai", ns::RAI) => {
            let host = stanza.to.as_ref().map_or("", |to| to.domain()).to_owned();
            if !rooms.watch(&session, &host) {
                return;
            }
            match active(ctx, &session, &host).await {
                Ok(active) => {
                    active.iter().for_each(|room| rooms.has_told(session.id, room));
                    send(&session, &active);
                }
                Err(fault) => {
                    tracing::error!(target: "rooms", %fault, "nobody was told of active rooms");
                }
            }
        }
        (Kind::Presence(PresenceType::Unavailable), _) => {
            if let Some(from) = &stanza.from {
                rooms.unwatch(from);
            }
        }
        _ => {}
    }
}

/// The rooms of a host that have something which the account has not got, and in which no
/// client of it is.
async fn active(ctx: &Arc<Ctx>, session: &Session, host: &str) -> Result<Vec<Jid>, Fault> {
    let (reading, who) = (ctx.clone(), session.user.jid.clone());
    let read = move |tx: &mut Tx<'_>| {
        let Some(logs) = reading.contracts.log.shared() else { return Ok(Vec::new()) };
        let mut active = Vec::new();
        for (membership, delivered) in store::cursors(tx, &who)? {
            if logs.unread(tx, &membership.log, delivered.max(membership.seen))? > 0 {
                active.push(membership.log.jid);
            }
        }
        Ok(active)
    };
    let mut active = ctx.db.read(read).await?;
    let rooms = ctx.state::<Rooms>();
    let is_inside = |room: &Jid| {
        rooms.loaded(room).is_some_and(|room| room.state().of(&session.user.jid).next().is_some())
    };
    active.retain(|room| room.domain() == host && !is_inside(room));
    Ok(active)
}
