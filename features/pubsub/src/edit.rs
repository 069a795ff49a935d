//! Changes of a node: judged, written in one transaction with what follows from them, then
//! announced.

use skein_base::Timestamp;
use skein_db::{DbError, Tx};
use skein_kernel::Event;
use skein_kernel::contracts::{Audience, Change, Changes, FileId, Item};
use skein_xmpp::{Condition, ns};
use std::time::Duration;

use crate::Waiting;
use crate::displayed::mark_read;
use crate::notify::{self, Hearers, event};
use crate::place::{Call, Place, Stop};
use crate::proto::{
    write_configured, write_deleted, write_items_event, write_purged, write_retracted,
};
use crate::rules::{Access, Config, Full, error, is_private};
use crate::store::{self, Node, Stored};
use crate::stories;

/// Changes of one node that were judged.
pub(crate) struct Edit {
    pub(crate) name: String,
    pub(crate) node: Node,
    pub(crate) is_new: bool,
    pub(crate) changes: Vec<Change>,
    /// See [`Stored::publisher`].
    pub(crate) publisher: String,
}

/// What happened to a node, for those who want to know.
pub(crate) enum What {
    Item(Option<Stored>),
    Retracted(String),
    Purged,
    Deleted(Option<String>),
    Configured,
}

/// Changes that were written.
pub(crate) struct Done {
    pub(crate) name: String,
    pub(crate) hearers: Hearers,
    pub(crate) events: Vec<What>,
    /// Files that nothing names any more.
    pub(crate) files: Vec<FileId>,
}

/// A node that nobody made yet, configured by its kind and place.
pub(crate) fn fresh(call: &Call, name: &str) -> Node {
    let is_account = !matches!(call.place, Place::Service(_));
    let config = match name {
        ns::STORIES if is_account => Config::stories(),
        name if is_account && is_private(name) => Config::private(),
        _ => Config::new(call.place.base()),
    };
    Node { config, creator: call.creator().to_owned() }
}

/// For whom a node is.
pub(crate) const fn audience(config: &Config) -> Audience {
    match config.access {
        Access::Whitelist => Audience::Owner,
        Access::Open => Audience::Everyone,
        Access::Presence | Access::Roster | Access::Authorize => Audience::Contacts,
    }
}

impl Edit {
    /// Changes in the owner's name.
    pub(crate) fn plan(call: &Call, tx: &mut Tx<'_>, changes: Changes) -> Result<Self, Stop> {
        let Changes { node: name, audience, changes } = changes;
        let known = store::node(tx, call.owner(), call.place.base(), &name)?;
        let is_new = known.is_none();
        let node = known.unwrap_or_else(|| {
            let mut node = fresh(call, &name);
            if audience == Audience::Owner {
                node.config = Config::private();
            } else if audience == Audience::Everyone && !is_private(&name) {
                node.config.access = Access::Open;
            }
            node
        });
        let edit = Self { name, node, is_new, changes, publisher: String::new() };
        edit.judge(call, tx)?;
        Ok(edit)
    }

    /// Whether there is room for it.
    pub(crate) fn judge(&self, call: &Call, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (bounds, owner) = (call.bounds(), call.owner());
        let (nodes, used) = store::usage(tx, owner, &self.node.creator)?;
        if self.is_new && nodes >= bounds.nodes {
            return Err(error(Condition::Conflict, "max-nodes-exceeded").into());
        }
        let config = &self.node.config;
        let most = match config.max_payload {
            0 => bounds.item_bytes,
            own => bounds.item_bytes.min(own as usize),
        };
        let mut grown = 0;
        for change in &self.changes {
            let Change::Publish(item) = change else { continue };
            if item.payload.len() > most {
                return Err(error(Condition::NotAcceptable, "payload-too-big").into());
            }
            let before = store::publisher(tx, owner, &self.name, &item.id)?;
            if config.full == Full::Reject && before.is_none() {
                let limit = config.max_items.min(bounds.items);
                if store::count_items(tx, owner, &self.name)? >= i64::from(limit) {
                    return Err(error(Condition::NotAllowed, "max-items-exceeded").into());
                }
            }
            grown += store::bytes_of(item) - before.map_or(0, |(_, bytes)| bytes);
        }
        if grown > 0 && used.saturating_add(grown) > bounds.bytes {
            let full = skein_xmpp::StanzaError::new(Condition::ResourceConstraint);
            return Err(full.text("no more can be published; remove something first").into());
        }
        Ok(())
    }

    /// What features say that must follow from it.
    pub(crate) fn follow(&self, call: &Call, tx: &mut Tx<'_>) -> Result<Vec<Self>, Stop> {
        if !matches!(call.place, Place::Account(_)) {
            return Ok(Vec::new());
        }
        let changes = Changes {
            node: self.name.clone(),
            audience: audience(&self.node.config),
            changes: self.changes.clone(),
        };
        let mut edits = Vec::new();
        for follow in &call.ctx.contracts.followers {
            for more in follow(&call.ctx, tx, call.owner(), &changes)?? {
                edits.push(Self::plan(call, tx, more)?);
            }
        }
        Ok(edits)
    }

    /// Writes it.
    pub(crate) fn write(
        self,
        call: &Call,
        tx: &mut Tx<'_>,
        now: Timestamp,
    ) -> Result<Done, DbError> {
        let (owner, base) = (call.owner(), call.place.base());
        if self.is_new {
            store::put_node(tx, owner, base, &self.name, &self.node)?;
        }
        let config = &self.node.config;
        let (mut events, mut files) = (Vec::new(), Vec::new());
        for change in self.changes {
            match change {
                Change::Publish(item) => {
                    let item = Stored { item, publisher: self.publisher.clone() };
                    publish(call, tx, &self.name, config, item, now, &mut events)?;
                }
                Change::Retract(id) => {
                    if self.name == ns::STORIES
                        && let Some(story) = store::item(tx, owner, &self.name, &id, now)?
                    {
                        files.extend(stories::files(&call.ctx, tx, &story.item.payload)?);
                    }
                    if store::drop_item(tx, owner, &self.name, &id)? && config.notify_retract {
                        events.push(What::Retracted(id));
                    }
                }
                Change::Purge => {
                    store::purge(tx, owner, &self.name)?;
                    if config.notify_retract {
                        events.push(What::Purged);
                    }
                }
            }
        }
        let hearers = Hearers::load(&call.ctx, tx, &call.place, &self.name, config)?;
        Ok(Done { name: self.name, hearers, events, files })
    }
}

fn publish(
    call: &Call,
    tx: &mut Tx<'_>,
    name: &str,
    config: &Config,
    item: Stored,
    now: Timestamp,
    events: &mut Vec<What>,
) -> Result<(), DbError> {
    if config.persist {
        let life = Duration::from_secs(u64::from(config.item_expire));
        let times = (now, (!life.is_zero()).then(|| now.plus(life)));
        if let (_, Some(at)) = times {
            call.ctx.state::<Waiting>().due.ring(at);
        }
        let max = config.max_items.min(call.bounds().items);
        let gone = store::put_item(tx, call.owner(), name, &item, max, times)?;
        if config.full == Full::RetractOldest {
            events.extend(gone.into_iter().map(What::Retracted));
        }
        if let Place::Account(owner) = &call.place
            && name == ns::DISPLAYED
        {
            mark_read(&call.ctx.contracts, tx, owner, &item.item)?;
        }
    }
    events.push(What::Item(Some(item)));
    Ok(())
}

/// Writes all of `edits`.
pub(crate) fn write_all(
    call: &Call,
    tx: &mut Tx<'_>,
    edits: Vec<Edit>,
) -> Result<Vec<Done>, DbError> {
    let now = call.ctx.now();
    edits.into_iter().map(|edit| edit.write(call, tx, now)).collect()
}

/// Tells those who want to know.
pub(crate) async fn announce(call: &Call, done: Vec<Done>) {
    for Done { name, hearers, events, files } in done {
        stories::unname(&call.ctx, files).await;
        for what in events {
            let event = event(call.place.jid(), |writer| match &what {
                What::Item(item) => {
                    write_items_event(writer, &name, item.as_ref(), hearers.config.deliver_payloads)
                }
                What::Retracted(id) => write_retracted(writer, &name, id),
                What::Purged => write_purged(writer, &name),
                What::Deleted(redirect) => write_deleted(writer, &name, redirect.as_deref()),
                What::Configured => write_configured(writer, &name, &hearers.config),
            });
            let event = reply_to(call, &hearers, &what, event);
            notify::to_all(&call.ctx, &call.place, &name, &hearers, &event).await;
        }
        if let Place::Account(owner) = &call.place {
            let node = name.as_str().into();
            let published = Event::Published { owner: owner.clone(), node };
            call.ctx.route().notify(published).await;
        }
    }
}

/// Adds whom to reply to, if the node wants it said (`pubsub#itemreply`, XEP-0033).
fn reply_to(
    call: &Call,
    hearers: &Hearers,
    what: &What,
    event: skein_xmpp::Stanza,
) -> skein_xmpp::Stanza {
    use crate::rules::ItemReply;
    let What::Item(Some(item)) = what else { return event };
    let own = call.place.jid().as_str();
    let addresses: Vec<&str> = match (hearers.config.item_reply, &call.place) {
        (None, _) => return event,
        (Some(ItemReply::Publisher), _) if !item.publisher.is_empty() => vec![&item.publisher],
        (Some(ItemReply::Owner), Place::Service(_)) => {
            hearers.owners().map(skein_xmpp::Jid::as_str).collect()
        }
        _ => vec![own],
    };
    event.with_added(|writer| {
        writer.start("addresses", ns::ADDRESS);
        for jid in addresses {
            writer.start("address", ns::ADDRESS);
            writer.attr("type", "replyto");
            writer.attr("jid", jid);
            writer.end();
        }
        writer.end();
    })
}

/// An item without an id gets one that nobody guesses.
pub(crate) fn named(call: &Call, mut item: Item) -> Item {
    if item.id.is_empty() {
        item.id = made_up(call);
    }
    item
}

/// A name that nobody guesses.
pub(crate) fn made_up(call: &Call) -> String {
    let mut bytes = [0; 16];
    call.ctx.rng.fill(&mut bytes);
    skein_base::rng::to_hex(&bytes)
}
