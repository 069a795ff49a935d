//! What a component that the operator trusts does for accounts (XEP-0356): it reads and
//! changes rosters, and asks in an account's name for what the account has published.

use std::sync::Arc;

use skein_kernel::contracts::{Roster, Subscription, told};
use skein_kernel::{Addressee, Refusal, Request};
use skein_session::{Device, Session, SessionId, Unacked, User};
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, IqType, Jid, Kind, Stanza, StanzaError, ns};

use crate::Router;
use crate::iq;

/// What may be asked in an account's name, of the account itself.
const ASKED: [&str; 2] = [ns::PUBSUB, ns::PUBSUB_OWNER];

/// The permissions, for the component to know (section 4); what
/// of presence it learns is `presence`.
pub(crate) fn write_permissions(writer: &mut Writer, presence: &str) {
    writer.start("privilege", ns::PRIVILEGE);
    let mut permission = |access: &str, kind: &str, push: Option<&str>| {
        writer.start("perm", ns::PRIVILEGE);
        writer.attr("access", access);
        writer.attr("type", kind);
        if let Some(push) = push {
            writer.attr("push", push);
        }
        writer.end();
    };
    permission("roster", "both", Some("true"));
    permission("message", "outgoing", None);
    permission("presence", presence, None);
    writer.start("perm", ns::PRIVILEGE);
    writer.attr("access", "iq");
    for namespace in ASKED {
        writer.start("namespace", ns::PRIVILEGE);
        writer.attr("ns", namespace);
        writer.attr("type", "both");
        writer.end();
    }
    writer.end();
    writer.end();
}

/// Whether it is a request that needs a privilege.
pub(crate) fn is_privileged(payload: Element<'_>) -> bool {
    payload.is("query", ns::ROSTER) || payload.is("privileged_iq", ns::PRIVILEGE)
}

impl Router {
    /// Does what a request of the component at `domain` asks for an account, and answers it.
    pub(crate) async fn act(&self, domain: &str, stanza: &Stanza) -> Option<Stanza> {
        match self.try_act(domain, stanza).await {
            Ok(answer) => Some(answer),
            Err(refusal) => stanza.error(&refusal.into_answer()?),
        }
    }

    async fn try_act(&self, domain: &str, stanza: &Stanza) -> Result<Stanza, Refusal> {
        let ctx = &self.core.ctx;
        let (Some(account), Some(payload)) = (&stanza.to, stanza.children().next()) else {
            return Err(Condition::BadRequest.into());
        };
        let owner = ctx.user(account).await?.ok_or(Condition::ItemNotFound)?;
        if payload.is("query", ns::ROSTER) {
            let answer = self.ask(&owner, stanza.clone()).await?;
            if stanza.kind == Kind::Iq(IqType::Set) {
                self.subscribe(domain, &owner, payload).await?;
            }
            return Ok(answer);
        }
        let inner = inner(stanza, payload, account)?;
        let answer = match self.ask(&owner, inner.clone()).await {
            Ok(answer) => answer,
            Err(refusal) => {
                let error = refusal.into_error();
                inner.error(&error).ok_or(Condition::BadRequest)?
            }
        };
        let result = stanza.answer(Kind::Iq(IqType::Result));
        Ok(result.with_content(|writer| {
            writer.start("privilege", ns::PRIVILEGE);
            writer.start("forwarded", ns::FORWARD);
            answer.write(writer);
            writer.end();
            writer.end();
        }))
    }

    /// Asks the account in its owner's name, as a device of theirs would that nobody sees.
    async fn ask(&self, owner: &Arc<User>, stanza: Stanza) -> Result<Stanza, Refusal> {
        let ctx = &self.core.ctx;
        let jid = owner.jid.with_resource("privileged").map_err(|_| Condition::JidMalformed)?;
        let device = Device { key: "privileged".into() };
        let id = SessionId(ctx.rng.next_u64());
        let session = Session::restored(jid, owner.clone(), id, device, Unacked::default(), 0);
        let session = Arc::new(session);
        let addressee = Addressee::Own;
        let request = Request { ctx: ctx.clone(), session, stanza, addressee };
        iq::answer(&self.core, request).await
    }

    /// Contacts at the component's own domain have the subscription that it says: it keeps
    /// both ends.
    async fn subscribe(
        &self,
        domain: &str,
        owner: &Arc<User>,
        query: Element<'_>,
    ) -> Result<(), Refusal> {
        let ctx = &self.core.ctx;
        for item in query.children().filter(|child| child.is("item", ns::ROSTER)) {
            let jid = item.attr("jid").and_then(|jid| Jid::parse(&jid).ok());
            let Some(contact) = jid.filter(|jid| jid.domain() == domain) else { continue };
            let change: fn(Subscription) -> Subscription =
                match item.attr("subscription").as_deref() {
                    Some("both") => |_| Subscription { to: true, from: true, ..Default::default() },
                    Some("to") => |_| Subscription { to: true, ..Default::default() },
                    Some("from") => |_| Subscription { from: true, ..Default::default() },
                    _ => continue,
                };
            let before = owner.slot::<Roster>().unwrap_or_default().with(&contact);
            let book = ctx.contracts.roster.clone();
            let (_, after) =
                book.change(ctx.clone(), owner.clone(), contact.clone(), change, None).await?;
            if after.from && !before.from {
                for presence in owner.available().iter().filter_map(|session| session.presence()) {
                    let mut presence = told(owner, &contact, &presence).unwrap_or(presence);
                    presence.to = Some(contact.clone());
                    ctx.route().route(presence).await;
                }
            }
        }
        Ok(())
    }
}

/// The request that stands in `<privileged_iq/>` (section 5.3).
fn inner(outer: &Stanza, payload: Element<'_>, account: &Jid) -> Result<Stanza, StanzaError> {
    let mut children = payload.children();
    let (Some(iq), None) = (children.next(), children.next()) else {
        return Err(Condition::BadRequest.into());
    };
    if iq.ns() != ns::CLIENT {
        return Err(Condition::Forbidden.into());
    }
    let mut inner = Stanza::read(iq).map_err(|_| Condition::BadRequest)?;
    let is_allowed = inner.children().next().is_some_and(|asked| ASKED.contains(&asked.ns()));
    let is_own = |jid: &Option<Jid>| jid.as_ref().is_none_or(|jid| jid == account);
    if inner.kind != outer.kind || !is_own(&inner.from) || !is_allowed {
        return Err(Condition::Forbidden.into());
    }
    if !is_own(&inner.to) {
        return Err(StanzaError::new(Condition::FeatureNotImplemented)
            .text("only the account itself may be asked"));
    }
    inner.from = Some(account.clone());
    inner.to = Some(account.clone());
    Ok(inner)
}
