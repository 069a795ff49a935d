//! Answers requests: load, decide, apply.

mod node;
mod publish;
mod retrieve;

use std::sync::Arc;

use skein_kernel::{Addressee, Refusal, Request};
use skein_session::User;
use skein_xmpp::{Condition, IqType, Kind, Stanza};

use crate::proto::{Items, OwnerRequest, SetRequest};
use crate::rules::Viewer;

/// Retrieves items, one's own or another account's.
pub(crate) async fn get(request: Request) -> Result<Stanza, Refusal> {
    let (owner, viewer) = viewer(&request).await?;
    match Items::read(request.payload()?) {
        Ok(items) => retrieve::items(&request, &owner, viewer, items).await,
        Err(_) if viewer == Viewer::Stranger => Err(Condition::ServiceUnavailable.into()),
        Err(error) => Err(error.into()),
    }
}

/// Publishes, retracts, makes a node.
pub(crate) async fn set(request: Request) -> Result<Stanza, Refusal> {
    only_owner(&request).await?;
    match SetRequest::read(request.payload()?)? {
        SetRequest::Publish(publish) => publish::publish(&request, publish).await,
        SetRequest::Retract { node, id, notify } => {
            publish::retract(&request, node, id, notify).await
        }
        SetRequest::Create { node, config } => node::create(&request, node, config).await,
    }
}

/// Looks at a node's configuration or changes it, empties or removes a node.
pub(crate) async fn owner(request: Request) -> Result<Stanza, Refusal> {
    only_owner(&request).await?;
    let is_set = request.stanza.kind == Kind::Iq(IqType::Set);
    match OwnerRequest::read(request.payload()?, is_set)? {
        OwnerRequest::Config(node) => node::config(&request, node).await,
        OwnerRequest::Default => Ok(request.result(crate::proto::write_default)),
        OwnerRequest::Configure(node, form) => node::configure(&request, node, form).await,
        OwnerRequest::Delete(node) => node::delete(&request, node).await,
        OwnerRequest::Purge(node) => node::purge(&request, node).await,
    }
}

/// Whose nodes the request is about, and how the asker stands to that account.
async fn viewer(request: &Request) -> Result<(Arc<User>, Viewer), Refusal> {
    if request.addressee == Addressee::Own {
        return Ok((request.session.user.clone(), Viewer::Owner));
    }
    match request.visible().await {
        Ok(owner) => Ok((owner, Viewer::Contact)),
        Err(Refusal::Reject(_)) => Ok((request.shown().await?, Viewer::Stranger)),
        Err(fault) => Err(fault),
    }
}

/// Nobody changes another's nodes; those who may not see the account learn not even that.
async fn only_owner(request: &Request) -> Result<(), Refusal> {
    if request.addressee == Addressee::Own {
        return Ok(());
    }
    request.visible().await?;
    Err(Condition::Forbidden.into())
}
