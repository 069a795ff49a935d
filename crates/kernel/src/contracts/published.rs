//! What accounts publish about themselves (XEP-0163), as other features see it.

use std::sync::Arc;

use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_session::{Session, User};
use skein_xmpp::disco::Info;
use skein_xmpp::{Jid, StanzaError};

use crate::ctx::Ctx;
use crate::feature::Future;
use crate::refusal::Refusal;

/// A published item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name within the node.
    pub id: String,
    /// One element that declares its namespace.
    pub payload: String,
}

/// A change of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An item is new, or has new content.
    Publish(Item),
    /// An item is taken back; nothing if there is none.
    Retract(String),
    /// All items are gone, and perhaps the node.
    Purge,
}

/// For whom a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The owner alone (XEP-0223).
    Owner,
    /// Those who may see the owner's presence, or some of them.
    Contacts,
    /// Everyone.
    Everyone,
}

/// Changes of one node of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The node.
    pub node: String,
    /// For whom it is. A node that does not exist is made for them; one that exists stays
    /// as it is.
    pub audience: Audience,
    /// In order.
    pub changes: Vec<Change>,
}

/// Says what must follow from changes that a client makes, in the same transaction, or
/// refuses them. What it gives is written and announced; nothing follows from that.
pub type FollowFn = fn(
    &Ctx,
    &mut Tx<'_>,
    AccountId,
    &Changes,
) -> Result<Result<Vec<Changes>, StanzaError>, DbError>;

/// Makes changes from what it reads. May run again if the transaction is repeated.
pub type MakeFn =
    Box<dyn FnMut(&Ctx, &mut Tx<'_>) -> Result<Result<Vec<Changes>, StanzaError>, DbError> + Send>;

/// See the module.
pub trait Published: Send + Sync {
    /// The newest items of a node, oldest first; none if there is no such node.
    ///
    /// # Errors
    /// What the database says.
    fn items(
        &self,
        tx: &mut Tx<'_>,
        owner: AccountId,
        node: &str,
        max: u32,
    ) -> Result<Vec<Item>, DbError>;

    /// One item.
    ///
    /// # Errors
    /// What the database says.
    fn item(
        &self,
        tx: &mut Tx<'_>,
        owner: AccountId,
        node: &str,
        id: &str,
    ) -> Result<Option<Item>, DbError>;

    /// Changes nodes in the owner's name and tells those who want to know. A change may be
    /// refused by a bound or by a feature that follows the node; nothing is changed then.
    fn change(
        &self,
        ctx: Arc<Ctx>,
        owner: Arc<User>,
        make: MakeFn,
    ) -> Future<'static, Result<(), Refusal>>;

    /// The item `id` of a node, or its newest, if `asker` may see it. Who may not see the
    /// account gets what an account that does not exist gives.
    fn read(
        &self,
        ctx: Arc<Ctx>,
        asker: Arc<Session>,
        owner: Jid,
        node: String,
        id: Option<String>,
    ) -> Future<'static, Result<Option<Item>, Refusal>>;

    /// The nodes of an account that `asker` may read: name and title of each.
    fn nodes(
        &self,
        ctx: Arc<Ctx>,
        asker: Arc<Session>,
        owner: Jid,
    ) -> Future<'static, Result<Vec<(String, String)>, Refusal>>;

    /// The ids of a node's items (XEP-0060 section 5.5).
    fn ids(
        &self,
        ctx: Arc<Ctx>,
        asker: Arc<Session>,
        owner: Jid,
        node: String,
    ) -> Future<'static, Result<Vec<String>, Refusal>>;

    /// What service discovery says of a node (XEP-0060 sections 5.3 and 5.4).
    fn info(
        &self,
        ctx: Arc<Ctx>,
        asker: Arc<Session>,
        owner: Jid,
        node: String,
    ) -> Future<'static, Result<Info, Refusal>>;
}
