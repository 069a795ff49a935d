//! A request for a slot: the file is announced.

use std::sync::Arc;

use skein_base::{AccountId, Timestamp};
use skein_db::DbError;
use skein_kernel::contracts::FileId;
use skein_kernel::{Ctx, Refusal};
use skein_session::User;
use skein_xml::Element;
use skein_xmpp::Stanza;

use crate::address;
use crate::proto::{self, SlotRequest};
use crate::rules::{self, Purpose, Refused};
use crate::store::{self, File};

/// Answers `stanza`, whose payload is `request`, of `user`.
pub(crate) async fn request(
    ctx: &Arc<Ctx>,
    user: &User,
    stanza: &Stanza,
    request: Element<'_>,
) -> Result<Stanza, Refusal> {
    let request = SlotRequest::read(request)?;
    let now = ctx.now();
    if request.before.is_some_and(|before| before <= now) {
        return Err(skein_xmpp::StanzaError::new(skein_xmpp::Condition::BadRequest)
            .text("expire-before is over")
            .into());
    }
    let latest = request.before.unwrap_or(Timestamp(i64::MAX));
    let file = File {
        name: rules::name(&request.name),
        kind: request.kind.chars().take(127).filter(|c| !c.is_control()).collect(),
        size: request.size,
        purpose: request.purpose,
        until: now.plus(ctx.config.limits.upload_begin).min(latest),
        latest,
        ..new(ctx, user.account)
    };
    Ok(match announce(ctx, &file).await? {
        Err(refused) => proto::refusal(stanza, refused),
        Ok(()) => proto::slot(
            stanza,
            &address::put(&ctx.config, &file),
            &address::get(&ctx.config, &file),
        ),
    })
}

/// A file of `account` of which nothing is known yet; it goes with its messages.
pub(crate) fn new(ctx: &Ctx, account: AccountId) -> File {
    let (mut id, mut secret) = ([0; 16], [0; 16]);
    ctx.rng.fill(&mut id);
    ctx.rng.fill(&mut secret);
    let now = ctx.now();
    File {
        id: FileId(id),
        account,
        secret,
        name: String::new(),
        kind: String::new(),
        shown: false,
        size: 0,
        purpose: Purpose::Message,
        created: now,
        until: now.plus(ctx.config.limits.upload_begin),
        latest: Timestamp(i64::MAX),
        hash: None,
    }
}

/// Announces a file, if its account may have it.
pub(crate) async fn announce(ctx: &Arc<Ctx>, file: &File) -> Result<Result<(), Refused>, DbError> {
    let (config, announced) = (ctx.config.clone(), file.clone());
    let outcome = ctx.db.write(move |tx| {
        let used = store::used(tx, announced.account, announced.created)?;
        if let Err(refused) = rules::announce(&config, used, announced.size, announced.created) {
            return Ok(Err(refused));
        }
        store::announce(tx, &announced)?;
        Ok(Ok(()))
    });
    outcome.await
}
