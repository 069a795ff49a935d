//! Hears presence, asks, and takes the answer.

use std::sync::Arc;

use skein_base::Timestamp;
use skein_kernel::{Ctx, Event, Future, PATIENCE};
use skein_session::Session;
use skein_xmpp::disco::Info;
use skein_xmpp::{IqType, Kind, Stanza, ns};

use crate::book::Book;
use crate::proto::{Caps, Client};
use crate::store;

/// A session sent available presence.
pub(crate) async fn presence(ctx: &Arc<Ctx>, session: &Arc<Session>, is_initial: bool) {
    let book = ctx.state::<Book>();
    let Some(caps) = session.presence().as_ref().and_then(Caps::read) else {
        return book.forget(session.id);
    };
    let is_same = book.of(session.id).is_some_and(|client| *client.ver == *caps.ver);
    if is_same || claim(ctx, session, &caps).await {
        if is_initial || !is_same {
            ctx.route().notify(Event::Capable(session.clone())).await;
        }
        return;
    }
    ask(ctx, session, &caps);
}

fn ask(ctx: &Arc<Ctx>, session: &Arc<Session>, caps: &Caps) {
    ctx.state::<Book>().ask(session.id, ctx.now().plus(PATIENCE));
    ctx.ask(session, |writer| caps.write_question(writer), answered);
}

/// A session of an earlier process waits to be resumed: it is notified as before. Its
/// client is asked if that is not known, and answers when it returns.
pub(crate) async fn restored(ctx: &Arc<Ctx>, session: &Arc<Session>) {
    if let Some(caps) = session.presence().as_ref().and_then(Caps::read)
        && !claim(ctx, session, &caps).await
    {
        ask(ctx, session, &caps);
    }
}

/// Whether it is known what clients of this hash can do; then it is of this session.
async fn claim(ctx: &Arc<Ctx>, session: &Session, caps: &Caps) -> bool {
    if !caps.is_sha1 {
        return false;
    }
    let book = ctx.state::<Book>();
    if book.claim(session.id, &caps.ver) {
        return true;
    }
    let ver = caps.ver.clone();
    // If it cannot be read, the client is asked.
    if let Ok(Some(client)) = ctx.db.read(move |tx| store::find(tx, &ver)).await {
        book.recall(client);
    }
    book.claim(session.id, &caps.ver)
}

/// The client told what it can do.
fn answered(ctx: Arc<Ctx>, session: Arc<Session>, answer: Stanza) -> Future<'static, ()> {
    Box::pin(async move {
        let query = answer.child("query", ns::DISCO_INFO).map(Info::read);
        // If its presence changed meanwhile to another unknown hash, a later question has
        // replaced this one; if to a known hash, there is nothing to learn.
        let caps = session.presence().as_ref().and_then(Caps::read);
        let book = ctx.state::<Book>();
        let (Kind::Iq(IqType::Result), Some(info), Some(caps)) = (answer.kind, query, caps) else {
            return book.ask(session.id, Timestamp::default());
        };
        if book.of(session.id).is_some_and(|client| *client.ver == *caps.ver) {
            return;
        }
        let shared = caps.is_borne_out_by(&info);
        let client = Arc::new(Client::new(&caps.ver, &info));
        book.learn(session.id, client.clone(), shared);
        if shared {
            let at = ctx.now();
            if let Err(error) = ctx.db.write(move |tx| store::put(tx, &client, at)).await {
                tracing::warn!(target: "caps", %error, "a client will be asked again after a restart");
            }
        }
        ctx.route().notify(Event::Capable(session)).await;
    })
}
