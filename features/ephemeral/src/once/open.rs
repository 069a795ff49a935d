//! One device opens it.

use std::sync::Arc;

use skein_base::Timestamp;
use skein_base::rng::to_hex;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{AsideName, Log};
use skein_kernel::{Ctx, Refusal, Request};
use skein_session::Session;
use skein_xmpp::delay::write_forwarded;
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, ns};

use super::{FETCHED, store};

/// What an attempt to open brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// The content; it is gone from here.
    Content(Stanza),
    /// It was the account's, and is gone.
    Gone,
    /// It was never the account's.
    Unknown,
}

/// `<open/>`: gives the content to this device and to no other.
pub(crate) async fn open(request: Request) -> Result<Stanza, Refusal> {
    let name = name(&request)?;
    let (log, account) = (request.ctx.contracts.log.clone(), request.session.account());
    let now = request.ctx.now();
    let opened = request.ctx.db.write(move |tx| take(tx, &*log, name, account, now)).await?;
    let content = match opened {
        Opened::Content(content) => content,
        Opened::Gone => return Err(Condition::Gone.into()),
        Opened::Unknown => return Err(Condition::ItemNotFound.into()),
    };
    tell(&request.ctx, &request.session, &content, name).await;
    Ok(request.result(|writer| {
        writer.start("content", ns::VIEW_ONCE);
        writer.attr("id", &to_hex(&name));
        write_forwarded(writer, &content, None);
        writer.end();
    }))
}

/// In one transaction: who may have it has it, and it is not here any more.
pub(super) fn take(
    tx: &mut Tx<'_>,
    log: &dyn Log,
    name: AsideName,
    account: skein_base::AccountId,
    now: Timestamp,
) -> Result<Opened, DbError> {
    let missing = |known: Option<bool>| known.map_or(Opened::Unknown, |_| Opened::Gone);
    let Some(aside) = log.aside() else { return Ok(Opened::Unknown) };
    let Some(content) = aside.get(tx, name)? else {
        return Ok(missing(store::opened(tx, name, account)?));
    };
    if !store::open(tx, name, account, now)? {
        return Ok(missing(store::opened(tx, name, account)?));
    }
    if !store::is_awaited(tx, name)? {
        aside.remove(tx, name, now.plus(FETCHED))?;
    }
    Ok(Opened::Content(content))
}

/// `<done/>`: the files were fetched.
pub(crate) async fn done(request: Request) -> Result<Stanza, Refusal> {
    let name = name(&request)?;
    let (log, account) = (request.ctx.contracts.log.clone(), request.session.account());
    let now = request.ctx.now();
    let known = request.ctx.db.write(move |tx| {
        let has_opened = store::opened(tx, name, account)? == Some(true);
        if has_opened
            && !store::is_awaited(tx, name)?
            && let Some(aside) = log.aside()
        {
            aside.remove(tx, name, now)?;
        }
        Ok(has_opened)
    });
    if known.await? { Ok(request.done()) } else { Err(Condition::ItemNotFound.into()) }
}

/// The other devices of both sides learn that it was opened. Of a whisper the receiver's alone
/// do: others of the room know its sender by a nickname.
async fn tell(ctx: &Arc<Ctx>, session: &Session, content: &Stanza, name: AsideName) {
    let own = session.user.jid.clone();
    let sender = content.from.as_ref().map(Jid::bare).filter(|from| ctx.serves(from.domain()));
    for to in [Some(own.clone()), sender.filter(|sender| *sender != own)].into_iter().flatten() {
        let mut notice = Stanza::new(Kind::Message(MessageType::Chat));
        notice.from = Some(own.clone());
        notice.to = Some(to);
        notice.id = Some(format!("opened-{:016x}", ctx.rng.next_u64()).into());
        let notice = notice.with_content(|writer| {
            writer.start("opened", ns::VIEW_ONCE);
            writer.attr("id", &to_hex(&name));
            writer.end();
            writer.leaf("store", ns::HINTS, "");
        });
        ctx.route().route(notice).await;
    }
}

/// The name in the request: 32 hexadecimal digits.
fn name(request: &Request) -> Result<AsideName, Refusal> {
    let id = request.payload()?.attr("id").ok_or(Condition::BadRequest)?;
    read_name(&id).ok_or_else(|| Condition::ItemNotFound.into())
}

fn read_name(id: &str) -> Option<AsideName> {
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(id, 16).ok().map(u128::to_be_bytes)
}
