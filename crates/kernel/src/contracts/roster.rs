//! Who may see whom: the roster as other features see it.

use std::collections::HashMap;
use std::sync::Arc;

use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_session::User;
use skein_xmpp::Jid;

use crate::ctx::Ctx;
use crate::feature::Future;
use crate::refusal::Refusal;

/// The state of a subscription between the owner and a contact (RFC 6121 appendix A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Subscription {
    /// The owner sees the contact's presence.
    pub to: bool,
    /// The contact sees the owner's presence.
    pub from: bool,
    /// The owner asked to see the contact and has no answer.
    pub ask: bool,
    /// The contact asked to see the owner and has no answer.
    pub pending_in: bool,
    /// The owner will let the contact see it without being asked (section 3.4).
    pub pre_approved: bool,
}

/// Contacts and the state of each subscription, by bare address.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    /// Entries, those that are merely asked for included.
    pub contacts: HashMap<Jid, Subscription>,
}

impl Roster {
    /// The state with a contact, whichever of its devices is named.
    pub fn with(&self, contact: &Jid) -> Subscription {
        self.contacts.get(contact.bare_str()).copied().unwrap_or_default()
    }

    /// Contacts that see the owner's presence.
    pub fn watchers(&self) -> impl Iterator<Item = &Jid> {
        self.contacts.iter().filter(|(_, state)| state.from).map(|(contact, _)| contact)
    }

    /// Contacts whose presence the owner sees.
    pub fn watched(&self) -> impl Iterator<Item = &Jid> {
        self.contacts.iter().filter(|(_, state)| state.to).map(|(contact, _)| contact)
    }
}

/// The rosters. Each connected user has a slot of type [`Roster`].
pub trait RosterBook: Send + Sync {
    /// Changes the subscription between `owner` and `contact` by `change`; stores it,
    /// refreshes the owner's slot and pushes the entry to the owner's interested
    /// sessions (RFC 6121 section 2.1.6). Gives the states before and after.
    ///
    /// `request` is the subscription request to keep for the owner to answer later.
    fn change(
        &self,
        ctx: Arc<Ctx>,
        owner: Arc<User>,
        contact: Jid,
        change: fn(Subscription) -> Subscription,
        request: Option<skein_xmpp::Stanza>,
    ) -> Future<'static, Result<(Subscription, Subscription), Refusal>>;

    /// The contacts of an account that are in one of `groups`, by bare address.
    ///
    /// # Errors
    /// What the database says.
    fn grouped(
        &self,
        tx: &mut Tx<'_>,
        owner: AccountId,
        groups: &[String],
    ) -> Result<Vec<Jid>, DbError>;

    /// The subscription requests that wait for the owner's answer (section 3.1.3).
    fn requests(
        &self,
        ctx: Arc<Ctx>,
        owner: Arc<User>,
    ) -> Future<'static, Result<Vec<skein_xmpp::Stanza>, Refusal>>;
}
