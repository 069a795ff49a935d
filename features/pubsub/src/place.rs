//! Where nodes are, and who asks.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{Roster, blocks, shows_node};
use skein_kernel::{Ctx, Refusal};
use skein_session::User;
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, IqType, Jid, Kind, Stanza, StanzaError};

use crate::rules::{Access, Affiliation, Base, Bounds, Kin, Standing, State};
use crate::store::{self, Node, Owner};

/// Whose nodes.
#[derive(Clone)]
pub(crate) enum Place {
    /// An account's own (XEP-0163).
    Account(Arc<User>),
    /// A service's, by its domain.
    Service(Jid),
    /// An account that does not exist. It has no nodes, and looking for them takes as long
    /// as for one that does.
    Nobody(Jid),
}

impl Place {
    /// The number under which its nodes are stored.
    pub(crate) fn owner(&self) -> Owner {
        match self {
            Self::Account(user) => user.account,
            Self::Service(domain) => service_number(domain.domain()),
            Self::Nobody(_) => AccountId(0),
        }
    }

    /// Its address.
    pub(crate) fn jid(&self) -> &Jid {
        match self {
            Self::Account(user) => &user.jid,
            Self::Service(jid) | Self::Nobody(jid) => jid,
        }
    }

    /// Whether the owner's privacy rules show a node there to somebody. To whom they do not it
    /// is as if there were none.
    pub(crate) fn shows(&self, node: &str, asker: &Jid) -> bool {
        match self {
            Self::Account(owner) => shows_node(owner, node, asker),
            Self::Service(_) | Self::Nobody(_) => true,
        }
    }

    /// What a node there is like that nobody configured.
    pub(crate) const fn base(&self) -> Base {
        match self {
            Self::Account(_) | Self::Nobody(_) => Base::Account,
            Self::Service(_) => Base::Service,
        }
    }
}

/// The number of a service: below zero, where no account is, and the same at each start.
fn service_number(domain: &str) -> AccountId {
    let hash = Sha256::digest(domain.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    AccountId(i64::from_be_bytes(first) | i64::MIN)
}

/// A request on its way to its handler, wherever it came from.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) ctx: Arc<Ctx>,
    pub(crate) place: Place,
    /// Who asks: a full address, if it is a client.
    pub(crate) asker: Jid,
    pub(crate) kin: Kin,
    pub(crate) stanza: Stanza,
}

/// Why a transaction stops.
pub(crate) enum Stop {
    /// The peer's doing; nothing was written yet.
    Reject(StanzaError),
    Db(DbError),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<StanzaError> for Stop {
    fn from(error: StanzaError) -> Self {
        Self::Reject(error)
    }
}

impl From<Condition> for Stop {
    fn from(condition: Condition) -> Self {
        Self::Reject(condition.into())
    }
}

fn outcome<T>(done: Result<T, Stop>) -> Result<Result<T, StanzaError>, DbError> {
    match done {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Reject(error)) => Ok(Err(error)),
        Err(Stop::Db(error)) => Err(error),
    }
}

impl Call {
    /// The one child element (RFC 6120 section 8.2.3).
    pub(crate) fn payload(&self) -> Result<Element<'_>, Refusal> {
        self.stanza.children().next().ok_or_else(|| Condition::BadRequest.into())
    }

    /// An empty result.
    pub(crate) fn done(&self) -> Stanza {
        self.stanza.answer(Kind::Iq(IqType::Result))
    }

    /// A result with content.
    pub(crate) fn result(&self, content: impl FnOnce(&mut Writer)) -> Stanza {
        self.done().with_content(content)
    }

    pub(crate) fn owner(&self) -> Owner {
        self.place.owner()
    }

    pub(crate) fn bounds(&self) -> Bounds {
        Bounds::of(&self.ctx)
    }

    /// Whom a node of the asker is counted for.
    pub(crate) fn creator(&self) -> &str {
        match self.place {
            Place::Service(_) => self.asker.bare_str(),
            Place::Account(_) | Place::Nobody(_) => "",
        }
    }

    /// Who stands as publisher of what the asker publishes; nobody if it is the owner of an
    /// account, which goes without saying.
    pub(crate) fn publisher(&self) -> String {
        if self.kin == Kin::Owner { String::new() } else { self.asker.bare_str().to_owned() }
    }

    /// Runs `read` on a snapshot.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&Self, &mut Tx<'_>) -> Result<T, Stop> + Send + 'static,
    {
        let call = self.clone();
        Ok(self.ctx.db.read(move |tx| outcome(read(&call, tx))).await??)
    }

    /// Runs `write` and returns when its writes are durable. It may run again, and must
    /// refuse before it writes.
    pub(crate) async fn write<T, F>(&self, mut write: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnMut(&Self, &mut Tx<'_>) -> Result<T, Stop> + Send + 'static,
    {
        let call = self.clone();
        Ok(self.ctx.db.write(move |tx| outcome(write(&call, tx))).await??)
    }

    /// A node, and how the asker stands to it.
    pub(crate) fn look(
        &self,
        tx: &mut Tx<'_>,
        name: &str,
    ) -> Result<Option<(Node, Standing)>, DbError> {
        if !self.place.shows(name, &self.asker) {
            return Ok(None);
        }
        let Some(node) = store::node(tx, self.owner(), self.place.base(), name)? else {
            return Ok(None);
        };
        let standing = self.standing(tx, name, &node)?;
        Ok(Some((node, standing)))
    }

    /// As [`Call::look`].
    ///
    /// # Errors
    /// `item-not-found` if there is no such node.
    pub(crate) fn find(&self, tx: &mut Tx<'_>, name: &str) -> Result<(Node, Standing), Stop> {
        self.look(tx, name)?.ok_or_else(|| Condition::ItemNotFound.into())
    }

    /// As [`Call::find`], for what only owners may do.
    ///
    /// # Errors
    /// `forbidden` to everyone else.
    pub(crate) fn own(&self, tx: &mut Tx<'_>, name: &str) -> Result<(Node, Standing), Stop> {
        let (node, standing) = self.find(tx, name)?;
        if standing.affiliation == Affiliation::Owner {
            return Ok((node, standing));
        }
        Err(Condition::Forbidden.into())
    }

    /// How the asker stands to a node.
    pub(crate) fn standing(
        &self,
        tx: &mut Tx<'_>,
        name: &str,
        node: &Node,
    ) -> Result<Standing, DbError> {
        if self.kin == Kin::Owner {
            let affiliation = Affiliation::Owner;
            return Ok(Standing {
                kin: self.kin,
                affiliation,
                state: State::None,
                in_group: false,
            });
        }
        let affiliation = store::affiliation(tx, self.owner(), name, &self.asker)?;
        let mut state = State::None;
        for one in store::subscribed_of(tx, self.owner(), name, &self.asker)? {
            if state != State::Subscribed {
                state = one.state;
            }
        }
        let in_group = node.config.access == Access::Roster
            && grouped(&self.ctx, tx, self.owner(), &node.config.groups)?
                .contains(&self.asker.bare());
        Ok(Standing { kin: self.kin, affiliation, state, in_group })
    }
}

/// The contacts of an account that are in one of `groups`.
pub(crate) fn grouped(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    owner: Owner,
    groups: &[String],
) -> Result<Vec<Jid>, DbError> {
    ctx.contracts.roster.grouped(tx, owner, groups)
}

/// Where the nodes of the bare address `owner` are, and how `asker` stands to it. The
/// asker's own roster is looked at first, as [`skein_kernel::Request::visible`] does.
pub(crate) async fn at_account(
    ctx: &Arc<Ctx>,
    asker: &Arc<User>,
    owner: &Jid,
) -> Result<(Place, Kin), DbError> {
    if *owner == asker.jid {
        return Ok((Place::Account(asker.clone()), Kin::Owner));
    }
    let user = ctx.user(owner).await?.filter(|owner| !blocks(owner, &asker.jid));
    let Some(user) = user else {
        return Ok((Place::Nobody(owner.clone()), Kin::Stranger));
    };
    let sees = |watcher: &User, owner: &Jid| {
        watcher.slot::<Roster>().is_some_and(|roster| roster.with(owner).to)
    };
    let shows = user.slot::<Roster>().is_some_and(|roster| roster.with(&asker.jid).from);
    let kin = if sees(asker, owner) && shows { Kin::Contact } else { Kin::Stranger };
    Ok((Place::Account(user), kin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_numbers_of_their_own_that_no_account_has() {
        let (one, other) = (service_number("pubsub.a.example"), service_number("pubsub.b.example"));
        assert!(one.0 < 0 && other.0 < 0 && one != other);
        assert_eq!(one, service_number("pubsub.a.example"));
    }
}
