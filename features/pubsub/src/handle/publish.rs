//! Publication and retraction (XEP-0060 sections 7.1 and 7.2).

use skein_db::Tx;
use skein_kernel::Refusal;
use skein_kernel::contracts::{Change, Item};
use skein_xmpp::{Condition, Stanza, StanzaError};

use super::node::{meets, prepare, put_owner};
use super::spaces;
use crate::edit::{self, Done, Edit, What, named};
use crate::notify::Hearers;
use crate::place::{Call, Stop};
use crate::proto::{Publish, write_published};
use crate::rules::{Affiliation, Config, error, may_publish};
use crate::store::{self, Stored};

/// Publishes an item, making the node if there is none and the asker may.
pub(super) async fn publish(call: &Call, mut publish: Publish) -> Result<Stanza, Refusal> {
    publish.item = publish.item.map(|item| named(call, item));
    let job = publish.clone();
    let done = call
        .write(move |call, tx| {
            let mut edit = open(call, tx, &job)?;
            check(&edit.node.config, job.item.as_ref())?;
            // Who publishes for others does not overwrite what others published.
            let owner = call.owner();
            if let Some(item) = &job.item {
                if !edit.is_new
                    && let Some((by, _)) = store::publisher(tx, owner, &edit.name, &item.id)?
                    && by != edit.publisher
                {
                    let (_, standing) = call.find(tx, &edit.name)?;
                    if standing.affiliation != Affiliation::Owner {
                        return Err(Condition::Forbidden.into());
                    }
                }
                edit.changes = vec![Change::Publish(item.clone())];
            }
            edit.judge(call, tx)?;
            let mut edits = edit.follow(call, tx)?;
            put_owner(call, tx, &edit)?;
            let is_empty = edit.changes.is_empty();
            edits.insert(0, edit);
            let mut done = edit::write_all(call, tx, edits)?;
            if is_empty && let Some(first) = done.first_mut() {
                first.events.push(What::Item(None));
            }
            Ok(done)
        })
        .await?;
    if let Some(item) = &publish.item {
        spaces::grown(call, &publish.node, item).await;
    }
    edit::announce(call, done).await;
    let id = publish.item.as_ref().map(|item| item.id.as_str());
    Ok(call.result(|writer| write_published(writer, &publish.node, id)))
}

/// The node of a publication: as it is if the asker may publish and it meets the
/// preconditions, else made by them.
fn open(call: &Call, tx: &mut Tx<'_>, publish: &Publish) -> Result<Edit, Stop> {
    let unmet = || error(Condition::Conflict, "precondition-not-met");
    let form = publish.preconditions.as_ref();
    let Some((node, standing)) = call.look(tx, &publish.node)? else {
        return match prepare(call, tx, &publish.node, form) {
            // An option that is not known here is one that cannot be met.
            Err(Stop::Reject(refused))
                if form.is_some() && refused.condition == Condition::NotAcceptable =>
            {
                Err(unmet().into())
            }
            prepared => prepared,
        };
    };
    if !may_publish(node.config.publish, &standing) {
        return Err(Condition::Forbidden.into());
    }
    if form.is_some_and(|form| !meets(call, &node.config, form)) {
        return Err(unmet().into());
    }
    let (name, publisher) = (publish.node.clone(), call.publisher());
    Ok(Edit { name, node, is_new: false, changes: Vec::new(), publisher })
}

/// Whether what is published is what the node holds (section 7.1.3).
fn check(config: &Config, item: Option<&Item>) -> Result<(), StanzaError> {
    let holds_something = config.persist || config.deliver_payloads;
    match item {
        None if holds_something => Err(error(Condition::BadRequest, "item-required")),
        None => Ok(()),
        Some(_) if !holds_something => Err(error(Condition::BadRequest, "item-forbidden")),
        Some(item) if item.payload.is_empty() && config.deliver_payloads => {
            Err(error(Condition::BadRequest, "payload-required"))
        }
        Some(_) => Ok(()),
    }
}

/// Takes an item back: an owner any, others what they published themselves.
pub(super) async fn retract(
    call: &Call,
    name: String,
    id: String,
    notify: bool,
) -> Result<Stanza, Refusal> {
    let done = call
        .write(move |call, tx| {
            let (node, standing) = call.find(tx, &name)?;
            let is_owner = standing.affiliation == Affiliation::Owner;
            if !is_owner && !may_publish(node.config.publish, &standing) {
                return Err(Condition::Forbidden.into());
            }
            let Some((by, _)) = store::publisher(tx, call.owner(), &name, &id)? else {
                return Err(Condition::ItemNotFound.into());
            };
            if !is_owner && by != call.publisher() {
                return Err(Condition::Forbidden.into());
            }
            let tells = node.config.notify_retract;
            let changes = vec![Change::Retract(id.clone())];
            let publisher = call.publisher();
            let edit = Edit { name: name.clone(), node, is_new: false, changes, publisher };
            let mut edits = edit.follow(call, tx)?;
            edits.insert(0, edit);
            let mut done = edit::write_all(call, tx, edits)?;
            if notify
                && !tells
                && let Some(first) = done.first_mut()
            {
                first.events.push(What::Retracted(id.clone()));
            }
            Ok(done)
        })
        .await?;
    edit::announce(call, done).await;
    Ok(call.done())
}

/// What a new subscriber is given: the newest item, if there is one.
pub(super) fn last(
    call: &Call,
    tx: &mut Tx<'_>,
    name: &str,
    config: &Config,
) -> Result<Option<Stored>, Stop> {
    use crate::rules::SendLast;
    if config.send_last == SendLast::Never || !config.deliver {
        return Ok(None);
    }
    Ok(store::items(tx, call.owner(), name, 1, call.ctx.now())?.pop())
}

/// News of a node without an event: for who is told otherwise.
pub(super) fn hearers(
    call: &Call,
    tx: &mut Tx<'_>,
    name: &str,
    config: &Config,
) -> Result<Done, Stop> {
    let hearers = Hearers::load(&call.ctx, tx, &call.place, name, config)?;
    Ok(Done { name: name.to_owned(), hearers, events: Vec::new(), files: Vec::new() })
}
