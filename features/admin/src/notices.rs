//! What administrators tell people: at once, once a day, once an account
//! (XEP-0133 sections 4.22 to 4.28).

use std::sync::Arc;

use parking_lot::Mutex;
use skein_base::Timestamp;
use skein_db::DbError;
use skein_kernel::{Ctx, Refusal};
use skein_session::Session;
use skein_xmpp::{Jid, Kind, MessageType, Stanza, ns};

use crate::run::{Call, Outcome};
use crate::store::{self, Notice, NoticeKind};
use crate::waiting::Watch;

type Ran = Result<Outcome, Refusal>;

/// What is told to people.
#[derive(Default)]
pub(crate) struct Board {
    /// The notices as they are in force; `None` until somebody asked for them.
    notices: Mutex<Option<Arc<[Notice]>>>,
    pub(crate) waiting: Watch,
}

impl Board {
    async fn notices(&self, ctx: &Ctx) -> Result<Arc<[Notice]>, DbError> {
        if let Some(notices) = self.notices.lock().clone() {
            return Ok(notices);
        }
        let notices: Arc<[Notice]> = ctx.db.read(store::notices).await?.into();
        *self.notices.lock() = Some(notices.clone());
        Ok(notices)
    }

    fn forget(&self) {
        *self.notices.lock() = None;
    }
}

fn message(ctx: &Ctx, to: &Jid, text: &str) -> Stanza {
    let mut message = Stanza::new(Kind::Message(MessageType::Headline));
    message.from = Some(to.to_domain());
    message.to = Some(to.clone());
    message.id = Some(format!("notice-{:016x}", ctx.rng.next_u64()).into());
    message.with_content(|writer| writer.leaf("body", ns::CLIENT, text))
}

/// Somebody has come: tells what they have not heard yet.
pub(crate) async fn greet(ctx: &Arc<Ctx>, session: &Arc<Session>) -> Result<(), DbError> {
    let notices = ctx.state::<Board>().notices(ctx).await?;
    if notices.is_empty() {
        return Ok(());
    }
    let account = session.account();
    let all = notices.clone();
    let due = ctx.db.write(move |tx| store::take_due(tx, account, &all)).await?;
    for notice in due {
        session.send(&message(ctx, &session.jid, &notice.text));
    }
    Ok(())
}

/// Tells everybody who is online.
pub(crate) fn tell_everybody(ctx: &Ctx, text: &str) -> usize {
    let mut told = 0;
    for session in ctx.sessions.all().iter().filter(|session| session.presence().is_some()) {
        session.send(&message(ctx, &session.jid, text));
        told += 1;
    }
    told
}

pub(crate) async fn announce(call: Call) -> Ran {
    let told = tell_everybody(&call.ctx, &call.text("announcement")?);
    let note = Some(format!("told to {told} devices"));
    Ok(Outcome { note, ..Outcome::default() })
}

async fn put(call: &Call, kind: NoticeKind, text: Option<String>, at: Timestamp) -> Ran {
    call.ctx.db.write(move |tx| store::put_notice(tx, kind, text.as_deref(), at)).await?;
    call.ctx.state::<Board>().forget();
    Ok(Outcome::default())
}

/// Those who are online hear of it now, others when they come.
pub(crate) async fn set_motd(call: Call) -> Ran {
    let text = call.text("motd")?;
    put(&call, NoticeKind::Motd, Some(text), call.ctx.now()).await?;
    for session in call.ctx.sessions.all().iter().filter(|session| session.presence().is_some()) {
        greet(&call.ctx, session).await?;
    }
    Ok(Outcome::default())
}

/// Nobody who has heard it hears it again.
pub(crate) async fn edit_motd(call: Call) -> Ran {
    let text = call.text("motd")?;
    let notices = call.ctx.state::<Board>().notices(&call.ctx).await?;
    let old = notices.iter().find(|notice| notice.kind == NoticeKind::Motd);
    let at = old.map_or_else(|| call.ctx.now(), |old| old.at);
    put(&call, NoticeKind::Motd, Some(text), at).await
}

pub(crate) async fn delete_motd(call: Call) -> Ran {
    put(&call, NoticeKind::Motd, None, call.ctx.now()).await
}

/// For accounts that are made from now on.
pub(crate) async fn set_welcome(call: Call) -> Ran {
    let text = call.text("welcome")?;
    put(&call, NoticeKind::Welcome, Some(text), call.ctx.now()).await
}

pub(crate) async fn delete_welcome(call: Call) -> Ran {
    put(&call, NoticeKind::Welcome, None, call.ctx.now()).await
}
