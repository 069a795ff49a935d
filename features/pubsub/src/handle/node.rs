//! Nodes as a whole (XEP-0060 sections 8.1 to 8.5).

use skein_db::Tx;
use skein_kernel::Refusal;
use skein_kernel::contracts::Change;
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, Stanza, StanzaError};

use crate::Waiting;
use crate::edit::{self, Done, Edit, What, fresh, made_up};
use crate::notify::Hearers;
use crate::place::{Call, Place, Stop};
use crate::proto::{write_config, write_created, write_default};
use crate::rules::{Access, Affiliation, Base, Config, Kin, error, is_private};
use crate::store::{self, Node};

/// Who may make nodes: the account at its own, accounts of this server at a service.
fn may_create(call: &Call) -> Result<(), StanzaError> {
    let may = match call.place {
        Place::Service(_) => call.ctx.serves(call.asker.domain()) && call.asker.local().is_some(),
        Place::Account(_) | Place::Nobody(_) => call.kin == Kin::Owner,
    };
    if may { Ok(()) } else { Err(Condition::Forbidden.into()) }
}

/// Configures a node by a form.
fn apply(call: &Call, name: &str, node: &mut Node, form: &Form) -> Result<(), StanzaError> {
    node.config.apply(form, call.place.base())?;
    let is_opened = node.config.access != Access::Whitelist;
    if is_opened && call.place.base() == Base::Account && is_private(name) {
        return Err(error(Condition::NotAcceptable, "unsupported-access-model"));
    }
    Ok(())
}

/// A node that is made now, configured by `form`.
pub(super) fn prepare(
    call: &Call,
    tx: &mut Tx<'_>,
    name: &str,
    form: Option<&Form>,
) -> Result<Edit, Stop> {
    may_create(call)?;
    let mut node = fresh(call, name);
    if let Some(form) = form {
        apply(call, name, &mut node, form)?;
    }
    let publisher = call.publisher();
    let edit = Edit { name: name.to_owned(), node, is_new: true, changes: Vec::new(), publisher };
    edit.judge(call, tx)?;
    Ok(edit)
}

/// Who makes a node at a service is its owner.
pub(super) fn put_owner(call: &Call, tx: &mut Tx<'_>, edit: &Edit) -> Result<(), Stop> {
    if let Place::Service(_) = call.place
        && edit.is_new
    {
        let owner = Affiliation::Owner;
        store::put_affiliation(tx, call.owner(), &edit.name, &call.asker.bare(), owner)?;
    }
    Ok(())
}

/// Makes a node.
pub(super) async fn create(
    call: &Call,
    name: Option<String>,
    config: Option<Form>,
) -> Result<Stanza, Refusal> {
    let name = match (name, &call.place) {
        (Some(name), _) => name,
        (None, Place::Service(_)) => made_up(call),
        // Personal nodes have well-known names; none is made up.
        (None, _) => return Err(error(Condition::NotAcceptable, "nodeid-required").into()),
    };
    let of = name.clone();
    call.write(move |call, tx| {
        may_create(call)?;
        if store::node(tx, call.owner(), call.place.base(), &of)?.is_some() {
            return Err(Condition::Conflict.into());
        }
        let edit = prepare(call, tx, &of, config.as_ref())?;
        put_owner(call, tx, &edit)?;
        edit.write(call, tx, call.ctx.now())?;
        Ok(())
    })
    .await?;
    Ok(call.result(|writer| write_created(writer, &name)))
}

/// A node's configuration.
pub(super) async fn config(call: &Call, name: String) -> Result<Stanza, Refusal> {
    let of = name.clone();
    let (node, _) = call.read(move |call, tx| call.own(tx, &of)).await?;
    Ok(call.result(|writer| write_config(writer, &name, &node.config)))
}

/// The configuration of a node that nobody configured.
pub(super) fn default(call: &Call) -> Result<Stanza, StanzaError> {
    may_create(call)?;
    Ok(call.result(|writer| write_default(writer, call.place.base())))
}

/// Changes a node's configuration.
pub(super) async fn configure(call: &Call, name: String, form: Form) -> Result<Stanza, Refusal> {
    let done = call
        .write(move |call, tx| {
            let (mut node, _) = call.own(tx, &name)?;
            if form.cancelled {
                return Ok(None);
            }
            let before = node.config.clone();
            apply(call, &name, &mut node, &form)?;
            let (owner, config) = (call.owner(), &node.config);
            if *config == before {
                return Ok(None);
            }
            store::set_config(tx, owner, call.place.base(), &name, config)?;
            if (config.max_items, config.item_expire) != (before.max_items, before.item_expire) {
                let max = config.max_items.min(call.bounds().items);
                store::refit(tx, owner, &name, (max, config.item_expire), call.ctx.now())?;
                call.ctx.state::<Waiting>().due.ring(call.ctx.now());
            }
            let hearers = Hearers::load(&call.ctx, tx, &call.place, &name, config)?;
            let events = if config.notify_config { vec![What::Configured] } else { Vec::new() };
            Ok(Some(Done { name: name.clone(), hearers, events, files: Vec::new() }))
        })
        .await?;
    edit::announce(call, done.into_iter().collect()).await;
    Ok(call.done())
}

/// Removes a node.
pub(super) async fn delete(
    call: &Call,
    name: String,
    redirect: Option<String>,
) -> Result<Stanza, Refusal> {
    let done = call
        .write(move |call, tx| {
            let (node, _) = call.own(tx, &name)?;
            let hearers = Hearers::load(&call.ctx, tx, &call.place, &name, &node.config)?;
            let follows = emptied(call, &name, node).follow(call, tx)?;
            store::drop_node(tx, call.owner(), &name)?;
            let mut done = edit::write_all(call, tx, follows)?;
            let events = match hearers.config.notify_delete {
                true => vec![What::Deleted(redirect.clone())],
                false => Vec::new(),
            };
            done.insert(0, Done { name: name.clone(), hearers, events, files: Vec::new() });
            Ok(done)
        })
        .await?;
    edit::announce(call, done).await;
    Ok(call.done())
}

/// Removes all items of a node.
pub(super) async fn purge(call: &Call, name: String) -> Result<Stanza, Refusal> {
    let done = call
        .write(move |call, tx| {
            let (node, _) = call.own(tx, &name)?;
            let edit = emptied(call, &name, node);
            let mut edits = edit.follow(call, tx)?;
            edits.insert(0, edit);
            Ok(edit::write_all(call, tx, edits)?)
        })
        .await?;
    edit::announce(call, done).await;
    Ok(call.done())
}

fn emptied(call: &Call, name: &str, node: Node) -> Edit {
    Edit {
        name: name.to_owned(),
        node,
        is_new: false,
        changes: vec![Change::Purge],
        publisher: call.publisher(),
    }
}

/// Whether a form of preconditions names only what is known: else none can be met.
pub(super) fn meets(call: &Call, config: &Config, form: &Form) -> bool {
    config.meets(form, call.place.base(), call.bounds().items)
}
