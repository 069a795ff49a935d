//! Nodes as a whole (XEP-0060 section 8).

use skein_kernel::{Refusal, Request};
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, Stanza};

use super::publish::make;
use crate::notify::{event, to_all};
use crate::proto::{write_config, write_created, write_deleted, write_purged};
use crate::store;

/// Makes a node.
pub(crate) async fn create(
    request: &Request,
    node: String,
    config: Option<Form>,
) -> Result<Stanza, Refusal> {
    let (account, of) = (request.session.account(), node.clone());
    request
        .ctx
        .db
        .write(move |tx| {
            if store::node(tx, account, &of)?.is_some() {
                return Ok(Err(Condition::Conflict.into()));
            }
            make(tx, account, &of, config.as_ref())
        })
        .await??;
    Ok(request.result(|writer| write_created(writer, &node)))
}

/// A node's configuration.
pub(crate) async fn config(request: &Request, node: String) -> Result<Stanza, Refusal> {
    let (account, of) = (request.session.account(), node.clone());
    let config = request.ctx.db.read(move |tx| store::node(tx, account, &of)).await?;
    let config = config.ok_or(Condition::ItemNotFound)?;
    Ok(request.result(|writer| write_config(writer, &node, &config)))
}

/// Changes a node's configuration.
pub(crate) async fn configure(
    request: &Request,
    node: String,
    form: Form,
) -> Result<Stanza, Refusal> {
    let account = request.session.account();
    if form.cancelled {
        return Ok(request.done());
    }
    request
        .ctx
        .db
        .write(move |tx| {
            let Some(mut config) = store::node(tx, account, &node)? else {
                return Ok(Err(Condition::ItemNotFound.into()));
            };
            if let Err(error) = config.apply(&form) {
                return Ok(Err(error));
            }
            store::put_node(tx, account, &node, &config)?;
            Ok(Ok(()))
        })
        .await??;
    Ok(request.done())
}

/// Removes a node.
pub(crate) async fn delete(request: &Request, node: String) -> Result<Stanza, Refusal> {
    let owner = &request.session.user;
    let (account, of) = (owner.account, node.clone());
    let config = request
        .ctx
        .db
        .write(move |tx| {
            let config = store::node(tx, account, &of)?;
            store::drop_node(tx, account, &of)?;
            Ok(config)
        })
        .await?
        .ok_or(Condition::ItemNotFound)?;
    if config.notify_delete {
        let event = event(&owner.jid, |writer| write_deleted(writer, &node));
        to_all(&request.ctx, owner, &node, config.access, &event);
    }
    Ok(request.done())
}

/// Removes all items of a node.
pub(crate) async fn purge(request: &Request, node: String) -> Result<Stanza, Refusal> {
    let owner = &request.session.user;
    let (account, of) = (owner.account, node.clone());
    let config = request
        .ctx
        .db
        .write(move |tx| {
            store::purge(tx, account, &of)?;
            store::node(tx, account, &of)
        })
        .await?
        .ok_or(Condition::ItemNotFound)?;
    if config.notify_retract {
        let event = event(&owner.jid, |writer| write_purged(writer, &node));
        to_all(&request.ctx, owner, &node, config.access, &event);
    }
    Ok(request.done())
}
