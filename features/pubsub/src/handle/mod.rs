//! Answers requests: load, decide, apply. The same at accounts and at services; `host.rs`
//! is the door of a service.

mod discovery;
mod host;
mod node;
mod people;
mod publish;
mod retrieve;
mod spaces;
mod subscribe;

use skein_kernel::{Refusal, Request};
use skein_xmpp::{Condition, IqType, Kind, Stanza, ns};

pub(crate) use discovery::{ids, info, listed};
pub(crate) use host::visit;

use crate::place::{Call, at_account};
use crate::proto::{GetRequest, OwnerRequest, SetRequest};
use crate::rules::Kin;

/// A request to an account.
pub(crate) async fn request(request: Request) -> Result<Stanza, Refusal> {
    let (ctx, asker) = (request.ctx, request.session);
    let owner = request.stanza.to.as_ref().map_or_else(|| asker.user.jid.clone(), |to| to.bare());
    let (place, kin) = at_account(&ctx, &asker.user, &owner).await?;
    let asker = asker.jid.clone();
    let call = Call { ctx, place, asker, kin, stanza: request.stanza };
    hidden(kin, answer(&call).await)
}

/// Strangers get the answer of an account that does not exist, whatever was wrong.
pub(crate) fn hidden<T>(kin: Kin, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
    match outcome {
        Err(Refusal::Reject(_)) if kin == Kin::Stranger => {
            Err(Condition::ServiceUnavailable.into())
        }
        outcome => outcome,
    }
}

/// Answers a request in a namespace of XEP-0060.
async fn answer(call: &Call) -> Result<Stanza, Refusal> {
    let pubsub = call.payload()?;
    let is_set = call.stanza.kind == Kind::Iq(IqType::Set);
    if pubsub.ns() == ns::PUBSUB_OWNER {
        return owner(call, OwnerRequest::read(pubsub, is_set)?).await;
    }
    match is_set {
        true => set(call, SetRequest::read(pubsub)?).await,
        false => get(call, GetRequest::read(pubsub)?).await,
    }
}

async fn get(call: &Call, request: GetRequest) -> Result<Stanza, Refusal> {
    match request {
        GetRequest::Items(items) => retrieve::items(call, items).await,
        GetRequest::Subscriptions(node) => subscribe::list(call, node).await,
        GetRequest::Affiliations(node) => people::own(call, node).await,
        GetRequest::Options { node, jid } => subscribe::options(call, node, jid).await,
        GetRequest::DefaultOptions => Ok(subscribe::default_options(call)),
    }
}

async fn set(call: &Call, request: SetRequest) -> Result<Stanza, Refusal> {
    match request {
        SetRequest::Publish(publish) => publish::publish(call, publish).await,
        SetRequest::Retract { node, id, notify } => publish::retract(call, node, id, notify).await,
        SetRequest::Create { node, config } => node::create(call, node, config).await,
        SetRequest::Subscribe { node, jid, options } => {
            subscribe::subscribe(call, node, jid, options).await
        }
        SetRequest::Unsubscribe { node, jid } => subscribe::unsubscribe(call, node, jid).await,
        SetRequest::Options { node, jid, options } => {
            subscribe::set_options(call, node, jid, options).await
        }
    }
}

async fn owner(call: &Call, request: OwnerRequest) -> Result<Stanza, Refusal> {
    match request {
        OwnerRequest::Config(node) => node::config(call, node).await,
        OwnerRequest::Default => Ok(node::default(call)?),
        OwnerRequest::Configure(node, form) => node::configure(call, node, form).await,
        OwnerRequest::Delete(node, redirect) => node::delete(call, node, redirect).await,
        OwnerRequest::Purge(node) => node::purge(call, node).await,
        OwnerRequest::Affiliations(node) => people::affiliations(call, node).await,
        OwnerRequest::SetAffiliations(node, list) => {
            people::set_affiliations(call, node, list).await
        }
        OwnerRequest::Subscriptions(node) => people::subscriptions(call, node).await,
        OwnerRequest::SetSubscriptions(node, list) => {
            people::set_subscriptions(call, node, list).await
        }
    }
}
