//! Becoming contacts by an invitation.

use std::sync::Arc;

use skein_accounts::Accounts;
use skein_kernel::contracts::{Invitations, Subscription};
use skein_kernel::{Ctx, Future, Refusal};
use skein_session::User;
use skein_xmpp::{Jid, Stanza, ns};

/// See the contract.
pub(crate) struct Redeem;

impl Invitations for Redeem {
    fn redeem(
        &self,
        ctx: Arc<Ctx>,
        owner: Arc<User>,
        request: Stanza,
    ) -> Future<'static, Result<bool, Refusal>> {
        Box::pin(async move {
            let preauth = request.child("preauth", ns::PARS);
            let token =
                preauth.and_then(|preauth| preauth.attr("token")).map(|token| token.into_owned());
            let (Some(token), Some(from)) = (token, request.from.clone()) else { return Ok(false) };
            // What a contact elsewhere has in its list is not ours to change.
            if !ctx.serves(from.domain()) || from.same_bare(&owner.jid) {
                return Ok(false);
            }
            if !ctx.state::<Accounts>().redeem_contact(owner.account, &token).await? {
                return Ok(false);
            }
            befriend(&ctx, &owner.jid, &from.bare()).await?;
            Ok(true)
        })
    }
}

/// Both are in each other's list and see each other (XEP-0401 section 5.3); lists are
/// pushed, and presence is exchanged between those who are there.
pub(crate) async fn befriend(ctx: &Arc<Ctx>, one: &Jid, other: &Jid) -> Result<(), Refusal> {
    let (Some(one), Some(other)) = (ctx.user(one).await?, ctx.user(other).await?) else {
        return Ok(());
    };
    let both = |before: Subscription| Subscription {
        to: true,
        from: true,
        ask: false,
        pending_in: false,
        ..before
    };
    for (owner, contact) in [(&one, &other), (&other, &one)] {
        let book = ctx.contracts.roster.clone();
        book.change(ctx.clone(), owner.clone(), contact.jid.clone(), both, None).await?;
    }
    for (owner, contact) in [(&one, &other), (&other, &one)] {
        for mut presence in owner.available().iter().filter_map(|session| session.presence()) {
            presence.to = Some(contact.jid.clone());
            ctx.route().route(presence).await;
        }
    }
    Ok(())
}
