//! Registration before login (XEP-0077 section 3.1.1, XEP-0445).

use std::net::IpAddr;
use std::sync::Arc;

use skein_accounts::{Accounts, CreateError, NewAccount, Password, State};
use skein_base::Secret;
use skein_base::limits::REASON_BYTES;
use skein_config::Registration;
use skein_kernel::{Ctx, Event, Refusal};
use skein_xmpp::{Condition, IqType, Jid, Kind, Stanza, StanzaError, ns};

use crate::proto::{Asked, refused, weak, write_fields};

/// Who asks.
struct Newcomer<'a> {
    ctx: &'a Arc<Ctx>,
    accounts: &'a Accounts,
    domain: &'a str,
    peer: IpAddr,
    preauth: &'a mut Option<String>,
}

/// Answers an IQ that came on a stream to `domain` from the address `peer` before
/// login. `preauth` holds the invitation that was shown on this stream; it is empty
/// at first. `None` means that the stanza is not about registration: nothing else may
/// be asked before login (RFC 6120 section 4.9.3.12, `not-authorized`).
pub async fn before_login(
    ctx: &Arc<Ctx>,
    accounts: &Accounts,
    domain: &str,
    peer: IpAddr,
    preauth: &mut Option<String>,
    stanza: Stanza,
) -> Option<Stanza> {
    let Kind::Iq(kind) = stanza.kind else { return None };
    let elsewhere = stanza.to.as_ref().is_some_and(|to| to.as_str() != domain);
    let is_ours = stanza.has("query", ns::REGISTER) || stanza.has("preauth", ns::PARS);
    if !kind.is_request() || elsewhere || !is_ours {
        return None;
    }
    let mut newcomer = Newcomer { ctx, accounts, domain, peer, preauth };
    let answered = match kind {
        IqType::Get => newcomer.fields(&stanza).await,
        _ if stanza.has("preauth", ns::PARS) => newcomer.show(&stanza).await,
        _ => newcomer.register(&stanza).await,
    };
    match answered {
        Ok(answer) => Some(answer),
        // The request may hold a password: it is not shown again (XEP-0077 section 3.3).
        Err(refusal) => stanza.with_content(|_| ()).error(&refusal.into_error()),
    }
}

impl Newcomer<'_> {
    fn mode(&self) -> Registration {
        self.ctx.config.access.registration
    }

    /// Whether this stream may make an account at all.
    fn may(&self) -> Result<(), Refusal> {
        match self.mode() {
            Registration::Closed => Err(StanzaError::new(Condition::ServiceUnavailable)
                .text("accounts are made by the operator")
                .into()),
            Registration::Invite if self.preauth.is_none() => {
                Err(StanzaError::new(Condition::NotAllowed)
                    .text("this server lets people in by invitation: open your invitation link")
                    .into())
            }
            _ => Ok(()),
        }
    }

    /// Whether an account of theirs has to be let in. Whoever was invited has been
    /// approved by that.
    fn waits(&self) -> bool {
        self.mode() == Registration::Approval && self.preauth.is_none()
    }

    /// What is to be filled in.
    async fn fields(&self, stanza: &Stanza) -> Result<Stanza, Refusal> {
        if !stanza.has("query", ns::REGISTER) {
            return Err(Condition::BadRequest.into());
        }
        self.may()?;
        let invite = match &*self.preauth {
            Some(token) => self.accounts.invite(token).await?,
            None => None,
        };
        let reserved = invite.as_ref().and_then(|invite| invite.jid.local());
        Ok(stanza
            .answer(Kind::Iq(IqType::Result))
            .with_content(|writer| write_fields(writer, reserved, self.waits())))
    }

    /// An invitation is shown (XEP-0445 section 4). Not used up by that.
    async fn show(&mut self, stanza: &Stanza) -> Result<Stanza, Refusal> {
        let token = stanza.child("preauth", ns::PARS).and_then(|preauth| preauth.attr("token"));
        let token = token.ok_or(Condition::BadRequest)?.into_owned();
        let found = self.accounts.invite(&token).await?;
        let good = found.filter(|invite| invite.jid.domain() == self.domain);
        if good.is_none() || self.mode() == Registration::Closed {
            return Err(StanzaError::new(Condition::ItemNotFound)
                .text("the invitation was used, has expired, or never existed")
                .into());
        }
        *self.preauth = Some(token);
        Ok(stanza.answer(Kind::Iq(IqType::Result)))
    }

    async fn register(&mut self, stanza: &Stanza) -> Result<Stanza, Refusal> {
        self.may()?;
        let query = stanza.child("query", ns::REGISTER).ok_or(Condition::BadRequest)?;
        let Asked::Credentials { username: Some(username), password: Some(password), reason } =
            Asked::read(query)?
        else {
            return Err(StanzaError::new(Condition::NotAcceptable)
                .text("fill in a name and a password")
                .into());
        };
        let reason = reason.unwrap_or_default();
        if reason.len() > REASON_BYTES {
            return Err(StanzaError::new(Condition::NotAcceptable)
                .text(format!("write at most {REASON_BYTES} bytes of why you ask"))
                .into());
        }
        let new = self.new_account(&username, &password, reason)?;
        // An invitation is a limit of its own; a family behind one address may use theirs.
        if self.preauth.is_none() {
            self.accounts.throttle().may_register(self.peer).map_err(|_| {
                StanzaError::new(Condition::ResourceConstraint)
                    .text("too many accounts were made from your network; try again later")
            })?;
        }
        if self.accounts.find(&new.jid).await?.is_some() {
            return Err(refused(&CreateError::Exists).into());
        }
        let (jid, waits) = (new.jid.clone(), new.state == State::Pending);
        let created = self.accounts.create(new).await.map_err(|error| match error {
            CreateError::Fault(fault) => Refusal::Fault(fault),
            error => refused(&error).into(),
        })?;
        self.accounts.throttle().registered(self.peer);
        if waits {
            tracing::info!(target: "register", "an account waits for approval");
            self.ctx.route().notify(Event::AccountAsked).await;
        }
        let invite = created.invite.filter(|invite| invite.subscribe);
        if let Some(inviter) = invite.and_then(|invite| invite.inviter_jid) {
            self.ctx.route().notify(Event::Joined { jid, inviter }).await;
        }
        *self.preauth = None;
        Ok(stanza.answer(Kind::Iq(IqType::Result)))
    }

    fn new_account(
        &self,
        username: &str,
        password: &Secret<String>,
        reason: String,
    ) -> Result<NewAccount, Refusal> {
        let jid = Jid::from_parts(Some(username), self.domain, None).map_err(|_| {
            StanzaError::new(Condition::NotAcceptable)
                .text("that name has characters it cannot have")
        })?;
        let password =
            Password::chosen(password.expose(), &jid, &self.ctx.config.limits).map_err(weak)?;
        let state = if self.waits() { State::Pending } else { State::Active };
        Ok(NewAccount {
            state,
            reason,
            invite: self.preauth.clone(),
            ..NewAccount::new(jid, password)
        })
    }
}
