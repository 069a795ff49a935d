//! What components send (XEP-0114, XEP-0356).

use skein_kernel::Subject;
use skein_session::component::Component;
use skein_xml::Element;
use skein_xmpp::{
    Condition, IqType, Jid, Kind, MessageType, PresenceType, Stanza, StanzaError, StreamError, ns,
};

use crate::Router;
use crate::batch::Batch;
use crate::{message, privileged};

impl Router {
    /// Handles stanzas of the component that answers for `domain`, in their order. When it
    /// returns, all their effects are durable.
    ///
    /// # Errors
    /// The component's stream must end: it speaks for another domain, or to nobody. What it
    /// said before has its effects.
    pub async fn hear_component(
        &self,
        domain: &str,
        stanzas: Vec<Stanza>,
    ) -> Result<(), StreamError> {
        let core = &self.core;
        let mut batch = Batch::new(core.clone(), None);
        let mut outcome = Ok(());
        for stanza in stanzas {
            if let Err(error) = check(domain, &stanza) {
                outcome = Err(error);
                break;
            }
            match stanza.kind {
                Kind::Message(_) => {
                    let stanza = match self.unwrap(domain, &stanza) {
                        None => Ok(stanza),
                        Some(inner) => inner,
                    };
                    match stanza {
                        Ok(stanza) => message::arrive(core, stanza, &mut batch).await,
                        Err(error) => message::arrive(core, error, &mut batch).await,
                    }
                }
                Kind::Iq(kind) if kind.is_request() && self.is_ours(&stanza) => {
                    batch.commit().await;
                    if let Some(answer) = self.answer_component(domain, &stanza).await {
                        message::arrive(core, answer, &mut batch).await;
                    }
                }
                Kind::Iq(_) | Kind::Presence(_) => {
                    batch.commit().await;
                    message::arrive(core, stanza, &mut batch).await;
                }
            }
        }
        batch.commit().await;
        outcome
    }

    /// Tells a component that has connected what it may do for accounts (XEP-0356 section
    /// 4.1), and who is there, if it may know that (section 7).
    pub fn greet(&self, domain: &str, component: &Component) {
        let ctx = &self.core.ctx;
        let Ok(to) = Jid::parse(domain) else { return };
        if !self.is_privileged(domain) {
            return;
        }
        let names = |domains: &[String]| domains.iter().any(|own| own == domain);
        let presence = match &ctx.config.components {
            config if names(&config.roster_presence) => "roster",
            config if names(&config.managed_presence) => "managed_entity",
            _ => "none",
        };
        let mut message = Stanza::new(Kind::Message(MessageType::Normal));
        message.from = Jid::parse(ctx.config.domain()).ok();
        message.to = Some(to.clone());
        message.id = Some(format!("privilege-{:016x}", ctx.rng.next_u64()).into());
        component
            .push(&message.with_content(|writer| privileged::write_permissions(writer, presence)));
        if presence == "none" {
            return;
        }
        for session in ctx.sessions.all() {
            let Some(mut presence) = session.presence() else { continue };
            presence.to = Some(to.clone());
            component.tell(&presence);
            // Whoever went meanwhile may have been told before this.
            if session.presence().is_none() {
                let mut gone = Stanza::new(Kind::Presence(PresenceType::Unavailable));
                (gone.from, gone.to) = (Some(session.jid.clone()), Some(to.clone()));
                component.tell(&gone);
            }
        }
    }

    fn is_privileged(&self, domain: &str) -> bool {
        self.core.ctx.config.components.privileged.iter().any(|own| own == domain)
    }

    /// Whether a request is for the server or an account itself and not for a session.
    fn is_ours(&self, stanza: &Stanza) -> bool {
        stanza.to.as_ref().is_some_and(|to| to.is_bare() && self.core.is_local(to))
    }

    /// Components ask the server whether it is there and what it can do. Accounts show
    /// nothing to strangers, and a component is one unless it is privileged.
    async fn answer_component(&self, domain: &str, stanza: &Stanza) -> Option<Stanza> {
        let payload = stanza.children().next()?;
        let for_server = stanza.to.as_ref().is_some_and(|to| to.local().is_none());
        if !for_server && privileged::is_privileged(payload) {
            return match self.is_privileged(domain) {
                true => self.act(domain, stanza).await,
                false => stanza.error(&Condition::Forbidden.into()),
            };
        }
        let is_get = stanza.kind == Kind::Iq(IqType::Get);
        let is = |name, namespace| for_server && is_get && payload.is(name, namespace);
        let result = stanza.answer(Kind::Iq(IqType::Result));
        if is("ping", ns::PING) {
            return Some(result);
        }
        if is("query", ns::DISCO_INFO) && payload.attr("node").is_none() {
            let info = self.core.ctx.contracts.discovery.info(Subject::Server);
            return Some(result.with_content(|writer| {
                writer.start("query", ns::DISCO_INFO);
                info.write(writer);
                writer.end();
            }));
        }
        stanza.error(&Condition::ServiceUnavailable.into())
    }

    /// The message that a privileged component sends for an account (XEP-0356 section 4.3),
    /// or the error that answers it. `None` for any other message.
    fn unwrap(&self, domain: &str, stanza: &Stanza) -> Option<Result<Stanza, Stanza>> {
        let privilege = stanza.child("privilege", ns::PRIVILEGE)?;
        let to = stanza.to.as_ref()?;
        if to.local().is_some() || !self.core.is_local(to) {
            return None;
        }
        let inner = match self.is_privileged(domain) {
            true => self.inner(privilege, to),
            false => Err(Condition::Forbidden.into()),
        };
        match inner {
            Ok(inner) => Some(Ok(inner)),
            Err(error) => stanza.error(&error).map(Err),
        }
    }

    /// Only a bare address of the domain that was asked may stand as the sender.
    fn inner(&self, privilege: Element<'_>, server: &Jid) -> Result<Stanza, StanzaError> {
        let forwarded = privilege.child("forwarded", ns::FORWARD).ok_or(Condition::BadRequest)?;
        let mut children = forwarded.children();
        let (Some(message), None) = (children.next(), children.next()) else {
            return Err(Condition::BadRequest.into());
        };
        let inner = Stanza::read(message).map_err(|_| Condition::BadRequest)?;
        if !matches!(inner.kind, Kind::Message(_)) || inner.to.is_none() {
            return Err(Condition::BadRequest.into());
        }
        let speaks_for = |from: &Jid| {
            from.is_bare() && from.local().is_some() && from.domain() == server.domain()
        };
        if !inner.from.as_ref().is_some_and(speaks_for) {
            return Err(Condition::Forbidden.into());
        }
        Ok(inner)
    }
}

fn check(domain: &str, stanza: &Stanza) -> Result<(), StreamError> {
    if stanza.from.as_ref().is_none_or(|from| from.domain() != domain) {
        return Err(StreamError::new("invalid-from").text("a component speaks for its own domain"));
    }
    if stanza.to.is_none() {
        return Err(StreamError::new("improper-addressing"));
    }
    Ok(())
}
