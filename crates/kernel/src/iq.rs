//! Requests to us: one table (namespace, element, get or set, addressee).

use std::collections::HashMap;
use std::sync::Arc;

use skein_session::{Session, User};
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, IqType, Jid, Kind, Stanza};

use crate::contracts::{Roster, blocks};
use crate::ctx::Ctx;
use crate::feature::Future;
use crate::refusal::Refusal;

/// To whom a request is addressed that we answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Addressee {
    /// The domain.
    Server,
    /// The sender's own account: no `to`, or the own bare address.
    Own,
    /// The bare address of another account here.
    Other,
}

/// A request on its way to its handler.
pub struct Request {
    /// The server.
    pub ctx: Arc<Ctx>,
    /// Who asks.
    pub session: Arc<Session>,
    /// The IQ.
    pub stanza: Stanza,
    /// Whom it addresses.
    pub addressee: Addressee,
}

impl Request {
    /// The one child element (RFC 6120 section 8.2.3).
    ///
    /// # Errors
    /// `bad-request` if there is none or more than one.
    pub fn payload(&self) -> Result<Element<'_>, Refusal> {
        let mut children = self.stanza.children();
        match (children.next(), children.next()) {
            (Some(payload), None) => Ok(payload),
            _ => Err(Condition::BadRequest.into()),
        }
    }

    /// The bare address of the account that the request is about.
    pub fn subject(&self) -> Jid {
        match (&self.stanza.to, self.addressee) {
            (Some(to), Addressee::Other | Addressee::Server) => to.bare(),
            _ => self.session.user.jid.clone(),
        }
    }

    /// The account that the request is about, if the asker may see it: the own one, or a
    /// contact that lets the asker see its presence.
    ///
    /// The asker's own roster is looked at first, so that for strangers the answer and the
    /// time it takes are the same whether there is such an account or not.
    ///
    /// # Errors
    /// `service-unavailable` to everyone else, as for an account that does not exist.
    pub async fn visible(&self) -> Result<Arc<User>, Refusal> {
        let asker = &self.session.user;
        if self.addressee == Addressee::Own {
            return Ok(asker.clone());
        }
        let subject = self.subject();
        let sees = |watcher: &User, owner: &Jid| {
            watcher.slot::<Roster>().is_some_and(|roster| roster.with(owner).to)
        };
        if sees(asker, &subject)
            && let Some(owner) = self.ctx.user(&subject).await?
            && owner.slot::<Roster>().is_some_and(|roster| roster.with(&asker.jid).from)
            && !blocks(&owner, &self.session.jid)
        {
            return Ok(owner);
        }
        Err(Condition::ServiceUnavailable.into())
    }

    /// The account that the request is about, whoever asks, unless it blocks the asker.
    /// Only for what an account shows to everyone.
    ///
    /// # Errors
    /// `service-unavailable` as for an account that does not exist.
    pub async fn shown(&self) -> Result<Arc<User>, Refusal> {
        if self.addressee == Addressee::Own {
            return Ok(self.session.user.clone());
        }
        let owner = self.ctx.user(&self.subject()).await?;
        let owner = owner.filter(|owner| !blocks(owner, &self.session.jid));
        owner.ok_or_else(|| Condition::ServiceUnavailable.into())
    }

    /// An empty result.
    pub fn done(&self) -> Stanza {
        self.stanza.answer(Kind::Iq(IqType::Result))
    }

    /// A result with content.
    pub fn result(&self, content: impl FnOnce(&mut Writer)) -> Stanza {
        self.done().with_content(content)
    }
}

/// Answers a request.
pub type IqFn = fn(Request) -> Future<'static, Result<Stanza, Refusal>>;

/// One row of the table.
#[derive(Clone, Copy)]
pub struct IqEntry {
    /// Namespace of the payload.
    pub namespace: &'static str,
    /// Name of the payload.
    pub element: &'static str,
    /// Get or set.
    pub kind: IqType,
    /// Who is asked.
    pub addressee: Addressee,
    /// Who answers.
    pub handler: IqFn,
}

/// See the module.
#[derive(Default)]
pub struct IqTable {
    entries: HashMap<(&'static str, &'static str, IqType, Addressee), IqFn>,
}

impl IqTable {
    /// Adds a row; `false` if there is one already.
    #[must_use]
    pub fn add(&mut self, entry: IqEntry) -> bool {
        let key = (entry.namespace, entry.element, entry.kind, entry.addressee);
        self.entries.insert(key, entry.handler).is_none()
    }

    /// Who answers this payload.
    pub fn find(&self, payload: Element<'_>, kind: IqType, addressee: Addressee) -> Option<IqFn> {
        // Keys are static strings; a lookup by borrowed ones needs the same type,
        // which covariance of the tuple gives.
        let key: (&str, &str, IqType, Addressee) = (payload.ns(), payload.name(), kind, addressee);
        self.lookup(key)
    }

    fn lookup<'a>(&'a self, key: (&'a str, &'a str, IqType, Addressee)) -> Option<IqFn> {
        let entries: &HashMap<(&'a str, &'a str, IqType, Addressee), IqFn> = &self.entries;
        entries.get(&key).copied()
    }
}
