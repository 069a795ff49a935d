//! Signing in, before login: JSON over HTTP, since who asks has no stream yet.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use skein_accounts::{Accounts, Shown};
use skein_kernel::Ctx;
use skein_kernel::route::{Asked, Page};

use crate::proto::{decode, encode};

/// Where a challenge is had.
pub(crate) const CHALLENGE: &str = "/passkey/challenge";
/// Where it is answered.
pub(crate) const SIGN_IN: &str = "/passkey/sign-in";
/// Bytes of an answer: each part is bounded, and there are no others.
const BODY_BYTES: usize = 16 * 1024;

/// What a browser says of who wants in; all in base64url.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    id: String,
    handle: String,
    client: String,
    data: String,
    signature: String,
}

impl Json {
    fn shown(&self) -> Option<Shown> {
        Some(Shown {
            credential: decode(&self.id)?,
            handle: decode(&self.handle)?,
            client: decode(&self.client)?,
            data: decode(&self.data)?,
            signature: decode(&self.signature)?,
        })
    }
}

fn page(status: u16, body: &Value) -> Page {
    let body = body.to_string().into_bytes();
    Page { status, kind: "application/json", language: None, style: None, body }
}

fn refused(status: u16, error: &str) -> Page {
    page(status, &json!({ "error": error }))
}

pub(crate) async fn challenge(ctx: Arc<Ctx>, asked: Asked) -> Page {
    if !asked.rest.is_empty() {
        return refused(404, "item-not-found");
    }
    let challenge = ctx.state::<Accounts>().sign_in_challenge();
    page(
        200,
        &json!({ "challenge": encode(&challenge.bytes), "expiry": challenge.end.to_string() }),
    )
}

pub(crate) async fn sign_in(ctx: Arc<Ctx>, asked: Asked) -> Page {
    if !asked.rest.is_empty() {
        return refused(404, "item-not-found");
    }
    let accounts = ctx.state::<Accounts>();
    // Nobody is let in who comes from nowhere.
    let Some(peer) = asked.peer else { return refused(403, "not-authorized") };
    // A page of strangers spends none of the tries of who looks at it: no passkey is good there.
    let is_ours = |origin| ctx.config.passkey_origins().contains(origin);
    if !asked.origin.as_ref().is_none_or(is_ours) {
        return refused(403, "not-authorized");
    }
    if accounts.throttle().may_show(peer).is_err() {
        return refused(429, "temporary-auth-failure");
    }
    let json = serde_json::from_slice::<Json>(&asked.body).ok();
    let shown = json.filter(|_| asked.body.len() <= BODY_BYTES).and_then(|json| json.shown());
    let Some(shown) = shown else {
        accounts.throttle().not_shown(peer);
        return refused(400, "bad-request");
    };
    match accounts.sign_in_by_passkey(shown).await {
        Ok(Some(found)) => page(
            200,
            &json!({
                "address": found.jid.as_str(),
                "token": found.token.token.expose(),
                "expiry": found.token.expires.to_string(),
            }),
        ),
        Ok(None) => {
            accounts.throttle().not_shown(peer);
            refused(403, "not-authorized")
        }
        Err(fault) => {
            tracing::error!(target: "passkeys", %fault, "nobody can be let in by a passkey");
            refused(500, "internal-server-error")
        }
    }
}
