//! Hears presence, asks, and takes the answer.

use std::sync::Arc;

use skein_kernel::{Ctx, Event, Future};
use skein_session::Session;
use skein_xmpp::disco::Info;
use skein_xmpp::{IqType, Kind, Stanza, ns};

use crate::book::Book;
use crate::proto::{Caps, Client};

/// A session sent available presence.
pub(crate) async fn presence(ctx: &Arc<Ctx>, session: &Arc<Session>, is_initial: bool) {
    let book = ctx.state::<Book>();
    let Some(caps) = session.presence().as_ref().and_then(Caps::read) else {
        return book.forget(session.id);
    };
    let is_same = book.of(session.id).is_some_and(|client| *client.ver == *caps.ver);
    if is_same || (caps.is_sha1 && book.claim(session.id, &caps.ver)) {
        if is_initial || !is_same {
            ctx.route().notify(Event::Capable(session.clone())).await;
        }
        return;
    }
    ctx.ask(session, |writer| caps.write_question(writer), answered);
}

/// The client told what it can do.
fn answered(ctx: Arc<Ctx>, session: Arc<Session>, answer: Stanza) -> Future<'static, ()> {
    Box::pin(async move {
        let query = answer.child("query", ns::DISCO_INFO).map(Info::read);
        // If its presence changed meanwhile to another unknown hash, a later question has
        // replaced this one; if to a known hash, there is nothing to learn.
        let caps = session.presence().as_ref().and_then(Caps::read);
        let (Kind::Iq(IqType::Result), Some(info), Some(caps)) = (answer.kind, query, caps) else {
            return;
        };
        let book = ctx.state::<Book>();
        if book.of(session.id).is_some_and(|client| *client.ver == *caps.ver) {
            return;
        }
        let shared = caps.is_borne_out_by(&info);
        book.learn(session.id, Client::new(&caps.ver, &info), shared);
        ctx.route().notify(Event::Capable(session)).await;
    })
}
