//! Answers `<privacy/>`.

use std::sync::Arc;

use skein_kernel::contracts::{Aspect, Privacy};
use skein_kernel::{Ctx, Refusal, Request};
use skein_session::{Flag, User};
use skein_xmpp::Stanza;

use crate::proto::{read_rules, write_rules};
use crate::push::push;
use crate::{Doors, store};

/// All rules; from here on the session gets pushes.
pub(crate) async fn rules(request: Request) -> Result<Stanza, Refusal> {
    request.session.set(Flag::WatchesPrivacy, true);
    let rules = request.session.user.slot::<Privacy>().unwrap_or_default();
    Ok(request.result(|writer| write_rules(writer, &rules, |_| true)))
}

/// Changes some.
pub(crate) async fn set(request: Request) -> Result<Stanza, Refusal> {
    let changed = read_rules(request.payload()?)?;
    let (ctx, owner) = (request.ctx.clone(), request.session.user.clone());
    let account = owner.account;
    let aspects: Vec<Aspect> = changed.iter().map(|rule| rule.aspect).collect();
    let put = move |tx: &mut skein_db::Tx<'_>| {
        store::put_rules(tx, account, &changed)?;
        store::rules(tx, account)
    };
    // The slot follows the order of the writer, whoever waits for it.
    let before = owner.slot::<Privacy>().unwrap_or_default();
    let after = {
        let _turn = ctx.state::<Doors>().turns.of(account).await;
        let after = ctx.db.write(put).await?;
        owner.set_slot(after.clone());
        after
    };
    push(&owner, Flag::WatchesPrivacy, |writer| {
        write_rules(writer, &after, |aspect| aspects.contains(&aspect));
    });
    let is_shown = |aspect| before.of(aspect) != after.of(aspect);
    if [Aspect::LastSeen, Aspect::Picture, Aspect::Status].into_iter().any(is_shown) {
        tell_anew(&ctx, &owner).await;
    }
    Ok(request.done())
}

/// Presence holds some of what a rule hides: those who see it are told anew.
async fn tell_anew(ctx: &Arc<Ctx>, owner: &User) {
    for session in owner.available() {
        let Some(presence) = session.presence() else { continue };
        let contract = ctx.contracts.presence.clone();
        if let Err(refusal) = contract.outgoing(ctx.clone(), session.clone(), presence).await {
            tracing::debug!(target: "privacy", %refusal, "presence was not told anew");
        }
    }
}
