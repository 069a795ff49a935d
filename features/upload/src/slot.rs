//! A request for a slot: the file is announced.

use std::sync::Arc;

use skein_base::Timestamp;
use skein_kernel::contracts::FileId;
use skein_kernel::{Ctx, Refusal};
use skein_session::User;
use skein_xml::Element;
use skein_xmpp::Stanza;

use crate::address;
use crate::proto::{self, SlotRequest};
use crate::rules::{self, Refused};
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
    let (mut id, mut secret) = ([0; 16], [0; 16]);
    ctx.rng.fill(&mut id);
    ctx.rng.fill(&mut secret);
    let file = File {
        id: FileId(id),
        account: user.account,
        secret,
        name: rules::name(&request.name),
        kind: request.kind.chars().take(127).filter(|c| !c.is_control()).collect(),
        shown: false,
        size: request.size,
        purpose: request.purpose,
        created: now,
        until: now.plus(ctx.config.limits.upload_begin).min(latest),
        latest,
        hash: None,
    };
    let (config, announced) = (ctx.config.clone(), file.clone());
    let outcome = ctx.db.write(move |tx| {
        let used = store::used(tx, announced.account, now)?;
        if let Err(refused) = rules::announce(&config, used, announced.size, now) {
            return Ok(Err(refused));
        }
        store::announce(tx, &announced)?;
        Ok::<Result<(), Refused>, skein_db::DbError>(Ok(()))
    });
    Ok(match outcome.await? {
        Err(refused) => proto::refusal(stanza, refused),
        Ok(()) => proto::slot(
            stanza,
            &address::put(&ctx.config, &file),
            &address::get(&ctx.config, &file),
        ),
    })
}
