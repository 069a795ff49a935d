//! Publication and retraction (XEP-0060 sections 7.1 and 7.2).

use skein_base::{AccountId, rng::to_hex};
use skein_db::{DbError, Tx};
use skein_kernel::{Refusal, Request};
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, Stanza, StanzaError, ns};

use crate::displayed::mark_read;
use crate::notify::{event, to_all};
use crate::proto::{Publish, write_items_event, write_published, write_retracted};
use crate::rules::{Config, NODES, error};
use crate::store;

/// Publishes an item, making the node if there is none.
pub(crate) async fn publish(request: &Request, mut publish: Publish) -> Result<Stanza, Refusal> {
    let owner = &request.session.user;
    let account = owner.account;
    if publish.item.id.is_empty() {
        let mut bytes = [0; 16];
        request.ctx.rng.fill(&mut bytes);
        publish.item.id = to_hex(&bytes);
    }
    let (job, log, of) = (publish.clone(), request.ctx.contracts.log.clone(), owner.clone());
    let config = request
        .ctx
        .db
        .write(move |tx| {
            let found = open(tx, account, &job.node, job.preconditions.as_ref())?;
            if let Ok(config) = &found
                && config.persist
            {
                store::put_item(tx, account, &job.node, &job.item, config.max_items)?;
                if job.node == ns::DISPLAYED {
                    mark_read(&*log, tx, &of, &job.item)?;
                }
            }
            Ok(found)
        })
        .await??;
    let Publish { node, item, .. } = &publish;
    let event =
        event(&owner.jid, |writer| write_items_event(writer, node, item, config.deliver_payloads));
    to_all(&request.ctx, owner, node, config.access, &event);
    Ok(request.result(|writer| write_published(writer, node, &item.id)))
}

/// The node of a publication: as it is if it meets the preconditions, else made by them.
fn open(
    tx: &mut Tx<'_>,
    account: AccountId,
    node: &str,
    preconditions: Option<&Form>,
) -> Result<Result<Config, StanzaError>, DbError> {
    let met = |config: &Config| preconditions.is_none_or(|form| config.meets(form));
    match store::node(tx, account, node)? {
        Some(config) if met(&config) => Ok(Ok(config)),
        Some(_) => Ok(Err(error(Condition::Conflict, "precondition-not-met"))),
        None => make(tx, account, node, preconditions),
    }
}

/// Makes a node, configured by `form`.
pub(super) fn make(
    tx: &mut Tx<'_>,
    account: AccountId,
    node: &str,
    form: Option<&Form>,
) -> Result<Result<Config, StanzaError>, DbError> {
    let mut config = Config::default();
    if let Err(error) = form.map_or(Ok(()), |form| config.apply(form)) {
        return Ok(Err(error));
    }
    if store::count(tx, account)? >= NODES {
        return Ok(Err(error(Condition::Conflict, "max-nodes-exceeded")));
    }
    store::put_node(tx, account, node, &config)?;
    Ok(Ok(config))
}

/// Takes an item back.
pub(crate) async fn retract(
    request: &Request,
    node: String,
    id: String,
    notify: bool,
) -> Result<Stanza, Refusal> {
    let owner = &request.session.user;
    let account = owner.account;
    let (of, item) = (node.clone(), id.clone());
    let config = request
        .ctx
        .db
        .write(move |tx| {
            let config = store::node(tx, account, &of)?;
            Ok(if store::drop_item(tx, account, &of, &item)? { config } else { None })
        })
        .await?
        .ok_or(Condition::ItemNotFound)?;
    if notify || config.notify_retract {
        let event = event(&owner.jid, |writer| write_retracted(writer, &node, &id));
        to_all(&request.ctx, owner, &node, config.access, &event);
    }
    Ok(request.done())
}
