//! The door of a service: what reaches its domain.

use skein_kernel::{Refusal, Reply, Visit};
use skein_xmpp::disco::{Identity, Info};
use skein_xmpp::rsm::{Page, PageRequest};
use skein_xmpp::{Condition, IqType, Kind, Stanza, ns};

use super::retrieve::cut;
use super::{answer, ids, info, listed, people};
use crate::SERVICE_FEATURES;
use crate::place::{Call, Place};
use crate::proto::{Authorization, Filter};
use crate::rules::{Kin, LISTED};

/// Deals with a stanza to a service. Presence says nothing to it; a message may be an
/// owner's answer to who asked to subscribe.
pub(crate) async fn visit(visit: Visit) -> Result<Reply, Refusal> {
    let Visit { ctx, stanza, .. } = visit;
    let (Some(asker), Some(to)) = (stanza.from.clone(), stanza.to.clone()) else {
        return Ok(Reply::Nothing);
    };
    let is_service = to.local().is_none() && to.resource().is_none();
    let kind = stanza.kind;
    let place = Place::Service(to.to_domain());
    let call = Call { ctx, place, asker, kin: Kin::Guest, stanza };
    match kind {
        Kind::Iq(IqType::Get | IqType::Set) if is_service => {
            request(&call).await.map(Reply::Answer)
        }
        Kind::Iq(IqType::Get | IqType::Set) => Err(Condition::ServiceUnavailable.into()),
        Kind::Message(_) if !kind.is_error() => {
            if let Some(found) = Authorization::read(&call.stanza) {
                people::authorize(&call, found).await?;
            }
            Ok(Reply::Nothing)
        }
        _ => Ok(Reply::Nothing),
    }
}

async fn request(call: &Call) -> Result<Stanza, Refusal> {
    let payload = call.payload()?;
    let node = payload.attr("node").filter(|node| !node.is_empty()).map(|node| node.into_owned());
    let is_get = call.stanza.kind == Kind::Iq(IqType::Get);
    match (payload.ns(), payload.name(), is_get) {
        (ns::PUBSUB | ns::PUBSUB_OWNER, "pubsub", _) => answer(call).await,
        (ns::DISCO_INFO, "query", true) => {
            let info = match node.clone() {
                Some(node) => info(call, node).await?,
                None => service(),
            };
            Ok(call.result(|writer| {
                writer.start("query", ns::DISCO_INFO);
                if let Some(node) = &node {
                    writer.attr("node", node);
                }
                info.write(writer);
                writer.end();
            }))
        }
        (ns::DISCO_ITEMS, "query", true) => {
            items(call, node, Filter::read(payload)?, PageRequest::read(payload)?).await
        }
        (ns::PING, "ping", true) => Ok(call.done()),
        _ => Err(Condition::ServiceUnavailable.into()),
    }
}

fn service() -> Info {
    let mut features: Vec<String> =
        SERVICE_FEATURES.iter().map(|feature| (*feature).to_owned()).collect();
    features.sort_unstable();
    let identity =
        Identity { category: "pubsub".into(), kind: "service".into(), ..Identity::default() };
    Info { identities: vec![identity], features, forms: Vec::new() }
}

/// The nodes of the service, or the items of a node, a page at a time.
async fn items(
    call: &Call,
    node: Option<String>,
    filter: Filter,
    mut page: PageRequest,
) -> Result<Stanza, Refusal> {
    let list: Vec<(String, String)> = match node.clone() {
        Some(node) => ids(call, node).await?.into_iter().map(|id| (id, String::new())).collect(),
        None => listed(call, filter).await?,
    };
    page.max = Some(page.max.unwrap_or(LISTED).min(LISTED));
    let keys: Vec<(String, i64)> = list.iter().map(|(name, _)| (name.clone(), 0)).collect();
    let range = cut(&keys, &page).ok_or(Condition::ItemNotFound)?;
    let shown = &list[range.clone()];
    let is_whole = shown.len() == list.len();
    let set = Page {
        first: shown.first().map(|(name, _)| (name.clone(), Some(range.start))),
        last: shown.last().map(|(name, _)| name.clone()),
        count: Some(list.len()),
    };
    Ok(call.result(|writer| {
        writer.start("query", ns::DISCO_ITEMS);
        if let Some(node) = &node {
            writer.attr("node", node);
        }
        for (name, title) in shown {
            writer.start("item", ns::DISCO_ITEMS);
            writer.attr("jid", call.place.jid().as_str());
            if node.is_some() {
                writer.attr("name", name);
            } else {
                writer.attr("node", name);
                if !title.is_empty() {
                    writer.attr("name", title);
                }
            }
            writer.end();
        }
        if !is_whole {
            set.write(writer);
        }
        writer.end();
    }))
}
