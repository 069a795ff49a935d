//! Invitations by link.
//!
//! XEP-0401: two ad-hoc commands make invitations, to become a contact and (for
//! administrators) to an account. XEP-0379: a subscription request that shows an
//! invitation of its addressee makes both contacts. Whoever made an account by
//! somebody's invitation becomes a contact of that person. [`page`] is what people see
//! who open the link in a browser.
//!
//! Invariants: an invitation is used once for each of its uses, whatever is tried at
//! the same time; a token that is not good says nothing about why.

mod commands;
mod contacts;
mod landing;
mod links;
mod routes;
mod words;

use std::sync::Arc;

use skein_kernel::route::{Method, Route};
use skein_kernel::{Command, Event, Feature, Spec, Subject};

pub use landing::{Page, page};
pub use links::{PATH, landing_url, uri};

/// The feature. It needs `Accounts` among the services of the platform.
pub fn feature() -> Feature {
    Feature::new("invites", "invites people to an account or to become contacts, by a link")
        .specs(&[
            Spec { name: "XEP-0379", version: "0.3.3", title: "Pre-Authenticated Roster Subscription" },
            Spec { name: "XEP-0401", version: "0.5.0", title: "Ad-hoc Account Invitation Generation" },
        ])
        .discovered(Subject::Server, &[commands::INVITE, commands::CREATE_ACCOUNT])
        .command(Command {
            node: commands::INVITE,
            name: "Invite somebody",
            for_administrators: false,
            run: |request| Box::pin(commands::execute(request)),
        })
        .command(Command {
            node: commands::CREATE_ACCOUNT,
            name: "Make an account for somebody",
            for_administrators: true,
            run: |request| Box::pin(commands::execute(request)),
        })
        .route(Route {
            method: Method::Get,
            prefix: PATH,
            handler: |ctx, asked| Box::pin(routes::show(ctx, asked)),
        })
        .provides(|provides| provides.invitations = Some(Arc::new(contacts::Redeem)))
        .on_rare(|ctx, event| {
            Box::pin(async move {
                if let Event::Joined { jid, inviter } = event
                    && let Err(refusal) = contacts::befriend(&ctx, &inviter, &jid).await
                {
                    tracing::error!(target: "invites", %refusal, "a new account is not a contact of its inviter");
                }
            })
        })
}
