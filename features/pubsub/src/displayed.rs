//! Message displayed synchronisation (XEP-0490 section 3.5): a marker that says how far
//! the sender has read is published for its other devices, and not sent on.

use std::sync::Arc;

use skein_base::Timestamp;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{Contracts, Item, read_room};
use skein_kernel::{Envelope, Sending, Write};
use skein_session::User;
use skein_xml::{Document, Element, Limits};
use skein_xmpp::{Jid, ns};

use crate::Waiting;
use crate::held::Held;
use crate::notify::event;
use crate::proto::{standing_alone, write_items_event};
use crate::rules::{Base, Bounds, Config};
use crate::store::{self, Node, Stored};

fn is_displayed(child: Element<'_>) -> bool {
    child.is("displayed", ns::DISPLAYED)
}

/// Tells the log how far its owner has read, so that unread counts follow: the item's id
/// is the conversation, its payload names a message of the owner's archive, or of the room's
/// that the conversation is. What names none (one that was removed) changes nothing.
pub(crate) fn mark_read(
    contracts: &Contracts,
    tx: &mut Tx<'_>,
    owner: &User,
    item: &Item,
) -> Result<(), DbError> {
    let Ok(payload) = Document::parse(&item.payload, &Limits::kept()) else { return Ok(()) };
    let stanza_id =
        payload.root().child("stanza-id", ns::STANZA_ID).filter(|_| is_displayed(payload.root()));
    let by = stanza_id.and_then(|of| Jid::parse(&of.attr("by")?).ok());
    let id = stanza_id.and_then(|of| of.attr("id"));
    let (Some(id), Some(by), Ok(peer)) = (id, by, Jid::parse(&item.id)) else { return Ok(()) };
    if by == owner.jid {
        contracts.log.read_up_to(tx, owner.account, &peer, &id)?;
    } else if by == peer {
        read_room(contracts, tx, &owner.jid, &peer, &id)?;
    }
    Ok(())
}

/// Takes `<displayed/>` out of a message that leaves and publishes it with the message.
pub(crate) fn record(sending: &Sending<'_>, envelope: &mut Envelope) {
    let Some(displayed) = envelope.stanza.children().find(|child| is_displayed(*child)) else {
        return;
    };
    let bounds = Bounds::of(sending.ctx);
    let payload = standing_alone(displayed);
    let is_complete =
        displayed.child("stanza-id", ns::STANZA_ID).is_some() && payload.len() <= bounds.item_bytes;
    // The item is named by the address as the client wrote it.
    if let Some(to) = envelope.stanza.to.as_ref().filter(|_| is_complete) {
        let item = Item { id: to.as_str().to_owned(), payload };
        envelope.writes.push(Box::new(Displayed {
            owner: sending.session.user.clone(),
            contracts: sending.ctx.contracts.clone(),
            held: sending.ctx.state::<Waiting>().held.clone(),
            item: Stored { item, publisher: String::new() },
            bounds,
            now: sending.now,
            kept: false,
        }));
    }
    envelope.stanza.strip(is_displayed);
}

/// The publication, written with its message.
struct Displayed {
    owner: Arc<User>,
    contracts: Contracts,
    held: Arc<Held>,
    item: Stored,
    bounds: Bounds,
    now: Timestamp,
    kept: bool,
}

impl Write for Displayed {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        let account = self.owner.account;
        let config = match store::node(tx, account, Base::Account, ns::DISPLAYED)? {
            Some(node) => node.config,
            None if store::usage(tx, account, "")?.0 >= self.bounds.nodes => return Ok(()),
            None => {
                let node = Node { config: Config::private(), creator: String::new() };
                store::put_node(tx, account, Base::Account, ns::DISPLAYED, &node)?;
                node.config
            }
        };
        let max = config.max_items.min(self.bounds.items);
        store::put_item(tx, account, ns::DISPLAYED, &self.item, max, (self.now, None))?;
        mark_read(&self.contracts, tx, &self.owner, &self.item.item)?;
        self.kept = true;
        Ok(())
    }

    fn done(&mut self) {
        if self.kept {
            // Whatever the node's access, how far somebody has read concerns nobody else.
            let event = event(&self.owner.jid, |writer| {
                write_items_event(writer, ns::DISPLAYED, Some(&self.item), true);
            });
            let capabilities = &*self.contracts.capabilities;
            for session in self.owner.available() {
                self.held.offer(capabilities, self.now, &session, (ns::DISPLAYED, &event));
            }
        }
    }
}
