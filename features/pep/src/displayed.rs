//! Message displayed synchronisation (XEP-0490 section 3.5): a marker that says how far
//! the sender has read is published for its other devices, and not sent on.

use std::sync::Arc;

use skein_db::{DbError, Tx};
use skein_kernel::contracts::Capabilities;
use skein_kernel::{Envelope, Sending, Write};
use skein_session::User;
use skein_xml::Element;
use skein_xmpp::ns;

use crate::notify::{event, to_own};
use crate::proto::{standing_alone, write_items_event};
use crate::rules::{Config, ITEM_BYTES, NODES};
use crate::store::{self, Item};

fn is_displayed(child: Element<'_>) -> bool {
    child.is("displayed", ns::DISPLAYED)
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
