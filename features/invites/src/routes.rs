//! The landing page over HTTP.

use std::sync::Arc;

use skein_accounts::Accounts;
use skein_kernel::Ctx;
use skein_kernel::route::{Asked, Page};

use crate::landing;

/// Shows the invitation whose token the path ends with.
pub(crate) async fn show(ctx: Arc<Ctx>, asked: Asked) -> Page {
    let invite = match ctx.state::<Accounts>().invite(&asked.rest).await {
        Ok(invite) => invite,
        Err(fault) => {
            tracing::error!(target: "invites", %fault, "an invitation was not looked up");
            None
        }
    };
    let domain =
        invite.as_ref().map_or(ctx.config.domain(), |invite| invite.jid.domain()).to_owned();
    let page = landing::page(&ctx.config, &domain, invite.as_ref(), &asked);
    Page {
        status: if page.is_good { 200 } else { 404 },
        kind: "text/html; charset=utf-8",
        language: Some(page.language),
        style: Some(landing::STYLE),
        body: page.html.into_bytes(),
    }
}
