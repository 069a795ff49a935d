//! Message displayed synchronisation (XEP-0490 section 3.5): a marker that says how far
//! the sender has read is published for its other devices, and not sent on.

use std::sync::Arc;

use skein_db::{DbError, Tx};
use skein_kernel::contracts::{Capabilities, Log};
use skein_kernel::{Envelope, Sending, Write};
use skein_session::User;
use skein_xml::{Document, Element, Limits};
use skein_xmpp::{Jid, ns};

use crate::notify::{event, to_own};
use crate::proto::{standing_alone, write_items_event};
use crate::rules::{Config, ITEM_BYTES, NODES};
use crate::store::{self, Item};

fn is_displayed(child: Element<'_>) -> bool {
    child.is("displayed", ns::DISPLAYED)
}

/// Tells the log how far its owner has read, so that unread counts follow: the item's id
/// is the conversation, its payload names a message of the owner's archive. What names
/// none (a message of a room, one that was removed) changes nothing.
pub(crate) fn mark_read(
    log: &dyn Log,
    tx: &mut Tx<'_>,
    owner: &User,
    item: &Item,
) -> Result<(), DbError> {
    let Ok(payload) = Document::parse(&item.payload, &Limits::kept()) else { return Ok(()) };
    let stanza_id =
        payload.root().child("stanza-id", ns::STANZA_ID).filter(|_| is_displayed(payload.root()));
    let by = stanza_id.and_then(|of| Jid::parse(&of.attr("by")?).ok());
    let id = stanza_id.and_then(|of| of.attr("id"));
    if let (Some(id), Ok(peer)) = (id, Jid::parse(&item.id))
        && by.is_some_and(|by| by == owner.jid)
    {
        log.read_up_to(tx, owner.account, &peer, &id)?;
    }
    Ok(())
}

/// Takes `<displayed/>` out of a message that leaves and publishes it with the message.
pub(crate) fn record(sending: &Sending<'_>, envelope: &mut Envelope) {
    let Some(displayed) = envelope.stanza.children().find(|child| is_displayed(*child)) else {
        return;
    };
    let payload = standing_alone(displayed);
    let is_complete =
        displayed.child("stanza-id", ns::STANZA_ID).is_some() && payload.len() <= ITEM_BYTES;
    // The item is named by the address as the client wrote it.
    if let Some(to) = envelope.stanza.to.as_ref().filter(|_| is_complete) {
        envelope.writes.push(Box::new(Displayed {
            owner: sending.session.user.clone(),
            capabilities: sending.ctx.contracts.capabilities.clone(),
            log: sending.ctx.contracts.log.clone(),
            item: Item { id: to.as_str().to_owned(), payload },
            kept: false,
        }));
    }
    envelope.stanza.strip(is_displayed);
}

/// The publication, written with its message.
struct Displayed {
    owner: Arc<User>,
    capabilities: Arc<dyn Capabilities>,
    log: Arc<dyn Log>,
    item: Item,
    kept: bool,
}

impl Write for Displayed {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        let account = self.owner.account;
        let config = match store::node(tx, account, ns::DISPLAYED)? {
            Some(config) => config,
            None if store::count(tx, account)? >= NODES => return Ok(()),
            None => {
                let config = Config::private();
                store::put_node(tx, account, ns::DISPLAYED, &config)?;
                config
            }
        };
        store::put_item(tx, account, ns::DISPLAYED, &self.item, config.max_items)?;
        mark_read(&*self.log, tx, &self.owner, &self.item)?;
        self.kept = true;
        Ok(())
    }

    fn done(&mut self) {
        if self.kept {
            // Whatever the node's access, how far somebody has read concerns nobody else.
            let event = event(&self.owner.jid, |writer| {
                write_items_event(writer, ns::DISPLAYED, &self.item, true);
            });
            to_own(&*self.capabilities, &self.owner, ns::DISPLAYED, &event);
        }
    }
}
