//! What service discovery says of nodes (XEP-0060 sections 5.2 to 5.5).

use skein_kernel::Refusal;
use skein_xmpp::disco::{Identity, Info};
use skein_xmpp::form::{Field, Form};
use skein_xmpp::{Condition, ns};

use crate::place::{Call, Place};
use crate::proto::Filter;
use crate::rules::{Access, Affiliation, Config, State, may_read, unreadable};
use crate::store;

/// Nodes that are looked at for one answer.
const LOOKED_AT: usize = 10_000;

/// The nodes that the asker may know of, with their titles: at an account what it may read,
/// at a service all but closed ones.
pub(crate) async fn listed(call: &Call, filter: Filter) -> Result<Vec<(String, String)>, Refusal> {
    call.read(move |call, tx| {
        let (owner, base) = (call.owner(), call.place.base());
        let is_service = matches!(call.place, Place::Service(_));
        let mut listed = Vec::new();
        let (mut after, mut seen) = (String::new(), 0);
        loop {
            let nodes = store::nodes(tx, owner, base, &after)?;
            let Some((last, _)) = nodes.last() else { break };
            after.clone_from(last);
            seen += nodes.len();
            for (name, node) in nodes {
                if !filter.shows(&node.config.kind) || !call.place.shows(&name, &call.asker) {
                    continue;
                }
                let is_open = is_service && node.config.access != Access::Whitelist;
                let shown = is_open || {
                    let standing = call.standing(tx, &name, &node)?;
                    may_read(node.config.access, &standing)
                };
                if shown {
                    listed.push((name, node.config.title));
                }
            }
            if seen >= LOOKED_AT {
                break;
            }
        }
        Ok(listed)
    })
    .await
}

/// The ids of a node's items, oldest first.
pub(crate) async fn ids(call: &Call, name: String) -> Result<Vec<String>, Refusal> {
    call.read(move |call, tx| {
        let (node, standing) = call.find(tx, &name)?;
        if !may_read(node.config.access, &standing) {
            return Err(unreadable(&node.config, &standing).into());
        }
        let ids = store::ids(tx, call.owner(), &name, call.bounds().items, call.ctx.now())?;
        Ok(ids.into_iter().map(|(id, _)| id).collect())
    })
    .await
}

/// What a node is (section 5.3) and is about (section 5.4).
pub(crate) async fn info(call: &Call, name: String) -> Result<Info, Refusal> {
    call.read(move |call, tx| {
        let (node, standing) = call.find(tx, &name)?;
        let config = &node.config;
        let is_closed =
            config.access == Access::Whitelist || matches!(call.place, Place::Account(_));
        if is_closed && !may_read(config.access, &standing) {
            return Err(match call.place {
                // It is not listed, so it is not described.
                Place::Service(_) => Condition::ItemNotFound.into(),
                _ => unreadable(config, &standing).into(),
            });
        }
        let affiliated = store::affiliated(tx, call.owner(), &name)?;
        let mut owners: Vec<String> = affiliated
            .iter()
            .filter(|(_, affiliation)| *affiliation == Affiliation::Owner)
            .map(|(jid, _)| jid.as_str().to_owned())
            .collect();
        if let Place::Account(user) = &call.place {
            owners.push(user.jid.as_str().to_owned());
        }
        let all = store::subscribers(tx, call.owner(), &name)?;
        let subscribers = all.iter().filter(|one| one.state == State::Subscribed).count();
        let items = store::count_items(tx, call.owner(), &name)?;
        Ok(described(
            config,
            owners,
            &[("num_subscribers", subscribers.to_string()), ("num_items", items.to_string())],
        ))
    })
    .await
}

fn described(config: &Config, owners: Vec<String>, counts: &[(&str, String)]) -> Info {
    let field = |name: &str, values: Vec<String>| Field { var: format!("pubsub#{name}"), values };
    let mut fields = vec![field("owner", owners)];
    for (name, value) in [
        ("title", &config.title),
        ("description", &config.description),
        ("type", &config.kind),
        ("language", &config.language),
    ] {
        if !value.is_empty() {
            fields.push(field(name, vec![value.clone()]));
        }
    }
    fields.push(field("access_model", vec![config.access.name().to_owned()]));
    fields.push(field("publish_model", vec![config.publish.name().to_owned()]));
    fields.extend(counts.iter().map(|(name, value)| field(name, vec![value.clone()])));
    let form = Form { form_type: Some(ns::PUBSUB_META.into()), fields, cancelled: false };
    let identity = |kind: &str| Identity {
        category: "pubsub".into(),
        kind: kind.into(),
        name: config.title.clone(),
        ..Identity::default()
    };
    Info {
        identities: vec![identity("leaf")],
        features: vec![ns::PUBSUB.into()],
        forms: vec![form],
    }
}
