//! Sessions that wait to be resumed after a restart of the server are where they were:
//! their clients believe to be inside, and would hear nothing and not know it.

use std::sync::Arc;

use skein_kernel::Ctx;
use skein_session::Session;
use skein_xmpp::{Jid, Kind, PresenceType, Stanza, ns};

use crate::domains;
use crate::handle::entry::enter;
use crate::room::table::Rooms;

/// Enters the rooms in which the session was; tells it of those that do not let it in.
pub(crate) async fn enter_again(ctx: &Arc<Ctx>, session: &Arc<Session>) {
    let hosts = domains(&ctx.config);
    let is_place =
        |to: &&Jid| to.resource().is_some() && hosts.iter().any(|host| host == to.domain());
    let places: Vec<Jid> =
        session.with_directed(|directed| directed.iter().filter(is_place).cloned().collect());
    for place in places {
        if !is_let_in(ctx, session, &place).await {
            session.with_directed(|directed| directed.retain(|known| *known != place));
            session.send(&removed(session, place));
        }
    }
}

async fn is_let_in(ctx: &Arc<Ctx>, session: &Arc<Session>, place: &Jid) -> bool {
    let rooms = ctx.state::<Rooms>();
    let Ok(Some(room)) = rooms.find(ctx, place).await else { return false };
    let outcome = enter(ctx, &room, session.clone(), arrival(session, place)).await;
    rooms.release(room, ctx.now());
    outcome.is_ok()
}

/// What the client would say, as far as it is known; it has the messages of the past.
fn arrival(session: &Session, place: &Jid) -> Stanza {
    let mut stanza = Stanza::new(Kind::Presence(PresenceType::Available));
    stanza.from = Some(session.jid.clone());
    stanza.to = Some(place.clone());
    let shown = session.presence();
    stanza.with_content(|writer| {
        writer.start("x", ns::MUC);
        writer.start("history", ns::MUC);
        writer.attr("maxstanzas", "0");
        writer.end();
        writer.end();
        for child in shown.iter().flat_map(Stanza::children) {
            if child.ns() == ns::CLIENT && ["show", "status"].contains(&child.name()) {
                writer.leaf(child.name(), ns::CLIENT, &child.text());
            }
        }
    })
}

/// The client is not inside any more, since the server was restarted (XEP-0045 section 15.6.2).
fn removed(session: &Session, place: Jid) -> Stanza {
    let mut stanza = Stanza::new(Kind::Presence(PresenceType::Unavailable));
    stanza.from = Some(place);
    stanza.to = Some(session.jid.clone());
    stanza.with_content(|writer| {
        writer.start("x", ns::MUC_USER);
        writer.start("item", ns::MUC_USER);
        writer.attr("affiliation", "none");
        writer.attr("role", "none");
        writer.end();
        for code in ["110", "332"] {
            writer.start("status", ns::MUC_USER);
            writer.attr("code", code);
            writer.end();
        }
        writer.end();
    })
}
