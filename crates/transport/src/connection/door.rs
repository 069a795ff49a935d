//! Meets what the negotiation demands: accounts, tokens, resumption, binding.

use std::net::IpAddr;
use std::sync::Arc;

use skein_accounts::{Attempt, FastToken, Proof, Used};
use skein_base::{AccountId, Fault, Timestamp};
use skein_kernel::contracts::CAPS_NODE;
use skein_sasl::{Mechanism, SaslError};
use skein_session::{Device, Flag, Session, SessionId, User};
use skein_stream::negotiation::{Bind, Demand, FastTokens, Login, Negotiation, Setup};
use skein_stream::{Framing, framing};
use skein_xmpp::{Condition, Jid, StanzaError, StreamError};
use subtle::ConstantTimeEq;

use super::conversation::take_note;
use super::{Attached, Service};

/// What came of a demand.
#[derive(Debug)]
pub enum Met {
    /// The client speaks next.
    GoOn,
    /// Flush, then start TLS.
    StartTls,
    /// A session is bound or resumed: flush, then converse.
    Attached(Attached),
    /// The client closed the stream.
    Closed,
}

/// One connection's negotiation with all that it has found out so far.
pub struct Door {
    service: Service,
    /// The machine.
    pub negotiation: Negotiation,
    peer: IpAddr,
    framing: Framing,
    opened: Timestamp,
    invitation: Option<String>,
    account: Option<AccountId>,
    tokens: Vec<FastToken>,
    /// How the client tries to log in.
    proof: Proof,
    /// The attempt under way.
    attempt: Option<Attempt>,
}

fn broken(fault: &Fault) -> StreamError {
    tracing::error!(target: "transport", %fault, "a login could not be handled");
    StreamError::new("internal-server-error")
}

impl Door {
    /// For a connection from `peer`.
    pub fn new(service: Service, setup: Setup, peer: IpAddr) -> Self {
        let framing = setup.framing;
        let opened = service.ctx().now();
        Self {
            service,
            negotiation: Negotiation::new(setup),
            peer,
            framing,
            opened,
            invitation: None,
            account: None,
            tokens: Vec::new(),
            proof: Proof::Password,
            attempt: None,
        }
    }

    /// What the negotiation has to know of a connection.
    pub fn setup(service: &Service, framing: Framing, is_tls: bool, is_loopback: bool) -> Setup {
        let config = &service.ctx().config;
        let (registers, invites) = service.registrar.advertises();
        Setup {
            domains: config.domains.clone(),
            framing,
            can_start_tls: framing == Framing::Tcp && !is_tls,
            // Over HTTP a connection from this machine is a proxy's that ends TLS, or a
            // browser's, which counts its own machine as secure too.
            secure: is_tls
                || (is_loopback && (config.c2s.allow_plaintext || framing != Framing::Tcp)),
            bindings: skein_sasl::Bindings::default(),
            registers,
            invites,
            inline: service.router.inline().iter().map(|inline| inline.namespace).collect(),
            caps: (CAPS_NODE, service.ctx().contracts.discovery.ver().to_owned()),
            before_login: service.limits(false),
            after_login: service.limits(true),
            attempts: config.limits.sasl_attempts,
            announced: service.announced.clone(),
        }
    }

    /// Meets a demand and those that follow from it.
    ///
    /// # Errors
    /// The stream must end with this error.
    pub async fn meet(&mut self, demand: Demand) -> Result<Met, StreamError> {
        let mut next = Some(demand);
        while let Some(demand) = next {
            next = match demand {
                Demand::Nothing => None,
                Demand::StartTls => return Ok(Met::StartTls),
                Demand::Closed => return Ok(Met::Closed),
                Demand::Keys { jid, mechanism } => self.keys(&jid, mechanism).await?,
                Demand::Password { jid, password } => {
                    if self.is_throttled(&jid, Proof::Password).await {
                        self.negotiation.refused(SaslError::TemporaryAuthFailure)?
                    } else {
                        let checked = self.service.accounts.check_password(&jid, password).await;
                        self.account = checked.map_err(|fault| broken(&fault))?;
                        self.negotiation.checked(self.account.is_some())?
                    }
                }
                Demand::Tokens { jid, client, mechanism } => {
                    self.tokens(&jid, &client, mechanism).await?
                }
                Demand::BeforeLogin(stanza) => {
                    let registrar = self.service.registrar.clone();
                    let domain = self.negotiation.domain().to_owned();
                    let answer =
                        registrar.answer(stanza, &domain, self.peer, &mut self.invitation).await;
                    self.negotiation.answered(answer);
                    None
                }
                Demand::Failed { jid, end } => {
                    if let Some(jid) = jid {
                        self.service.accounts.throttle().failed(self.peer, &jid, self.proof);
                    }
                    self.attempt = None;
                    match end {
                        Some(error) => return Err(error),
                        None => None,
                    }
                }
                Demand::Welcome(login) => self.welcome(login).await?,
                Demand::Resume { jid, previd, h } => match self.resume(&jid, &previd, h).await? {
                    Ok(attached) => return Ok(Met::Attached(attached)),
                    Err(handled) => self.negotiation.not_resumed(Condition::ItemNotFound, handled),
                },
                Demand::Bind(bind) => match self.bind(*bind).await? {
                    Some(attached) => return Ok(Met::Attached(attached)),
                    None => None,
                },
            };
        }
        Ok(Met::GoOn)
    }

    /// Waits as long as earlier failures cost; `true` if nothing may be tried now.
    async fn is_throttled(&mut self, jid: &Jid, proof: Proof) -> bool {
        self.proof = proof;
        self.attempt = None;
        let Ok(attempt) = self.service.accounts.throttle().may_log_in(self.peer, jid, proof) else {
            return true;
        };
        if !attempt.delay.is_zero() {
            tokio::time::sleep(attempt.delay).await;
        }
        self.attempt = Some(attempt);
        false
    }

    async fn keys(
        &mut self,
        jid: &Jid,
        mechanism: Mechanism,
    ) -> Result<Option<Demand>, StreamError> {
        let Mechanism::Scram(hash, _) = mechanism else { return Ok(None) };
        if self.is_throttled(jid, Proof::Password).await {
            return self.negotiation.refused(SaslError::TemporaryAuthFailure);
        }
        let found = self.service.accounts.keys(jid, hash).await.map_err(|fault| broken(&fault))?;
        self.account = found.account;
        let nonce = framing::stream_id(&*self.service.ctx().rng);
        self.negotiation.keys(found.keys, &nonce)
    }

    async fn tokens(
        &mut self,
        jid: &Jid,
        client: &str,
        mechanism: Mechanism,
    ) -> Result<Option<Demand>, StreamError> {
        if self.is_throttled(jid, Proof::Token).await {
            return self.negotiation.refused(SaslError::TemporaryAuthFailure);
        }
        let accounts = &self.service.accounts;
        let found = accounts.fast_tokens(jid, client, mechanism.name()).await;
        self.tokens = found.map_err(|fault| broken(&fault))?;
        let secrets = self.tokens.iter().map(|token| token.token.clone()).collect();
        self.negotiation.tokens(&FastTokens { secrets })
    }

    /// The proof was right: notes the login, uses and hands out tokens.
    async fn welcome(&mut self, mut login: Box<Login>) -> Result<Option<Demand>, StreamError> {
        let accounts = self.service.accounts.clone();
        let mut renew = false;
        if let Some(token) = login.token_used.and_then(|at| self.tokens.get(at)) {
            match accounts.used_token(token, login.count).await.map_err(|fault| broken(&fault))? {
                Used::Accepted { account, renew: old } => {
                    self.account = Some(account);
                    renew = old;
                }
                Used::Refused => {
                    return self.negotiation.turned_away(*login, SaslError::NotAuthorized);
                }
                Used::Expired => {
                    return self.negotiation.turned_away(*login, SaslError::CredentialsExpired);
                }
            }
        }
        // Made-up keys belong to nobody, whatever the proof says.
        let Some(account) = self.account else {
            return self.negotiation.turned_away(*login, SaslError::NotAuthorized);
        };
        let agent = login.agent.clone().filter(|agent| !agent.id.is_empty());
        let agent = agent.as_ref().map(|a| (a.id.as_str(), a.software.as_str(), a.device.as_str()));
        if let Some(agent) = agent {
            if login.forget_token {
                accounts
                    .invalidate_tokens(account, agent.0)
                    .await
                    .map_err(|fault| broken(&fault))?;
            } else if let Some(mechanism) =
                login.token_wanted.or((renew).then_some(login.mechanism))
            {
                let issued = accounts.issue_token(account, agent, mechanism.name()).await;
                let issued = issued.map_err(|fault| broken(&fault))?;
                login.token = Some((issued.token.expose().clone(), issued.expires));
            }
        }
        accounts.throttle().succeeded(self.peer, &login.jid);
        self.attempt = None;
        accounts.logged_in(account, agent);
        Ok(self.negotiation.welcomed(login))
    }

    async fn user(&self, jid: &Jid) -> Result<Arc<User>, StreamError> {
        let user = self.service.ctx().user(jid).await.map_err(|error| broken(&error.into()))?;
        user.ok_or(StreamError::new("not-authorized"))
    }

    /// `Err` tells how many stanzas were handled, if the session was this account's.
    async fn resume(
        &mut self,
        jid: &Jid,
        previd: &str,
        h: u32,
    ) -> Result<Result<Attached, Option<u32>>, StreamError> {
        let user = self.user(jid).await?;
        let sessions = user.sessions();
        let known = |session: &&Arc<Session>| {
            let own = session.previd();
            !own.is_empty() && bool::from(own.as_bytes().ct_eq(previd.as_bytes()))
        };
        let Some(session) = sessions.iter().find(known) else {
            let ctx = self.service.ctx();
            let handled = skein_session::store::handled_of(&ctx.db, user.account, previd).await;
            return Ok(Err(handled.map_err(|error| broken(&error.into()))?));
        };
        // Input of the old connection that is being handled counts.
        let guard = session.handling().await;
        let now = self.service.ctx().now();
        let taken = session.with_outbox_mut(|outbox| {
            let acknowledged = outbox.unacked()?.acknowledge(h).ok()?;
            Some((acknowledged, outbox.resume(self.framing, &session.jid, self.opened, now)))
        });
        let Some((acknowledged, epoch)) = taken else { return Ok(Err(None)) };
        take_note(&self.service, session, &acknowledged).await;
        let Some(epoch) = epoch else { return Ok(Err(None)) };
        // A resumed stream begins as an active one (XEP-0352 section 4.2).
        session.set(Flag::Inactive, false);
        session.with_outbox_mut(|outbox| outbox.release());
        // The old connection's task sees the new epoch and leaves.
        session.wake();
        let handled = session.handled();
        if !session.is_durable() {
            let stored = skein_session::store::store_handled(&self.service.ctx().db, session).await;
            stored.map_err(|error| broken(&error.into()))?;
        }
        drop(guard);
        self.negotiation.resumed(&session.jid, previd, handled);
        Ok(Ok(Attached { session: session.clone(), epoch }))
    }

    async fn bind(&mut self, bind: Bind) -> Result<Option<Attached>, StreamError> {
        let user = self.user(&bind.login.jid).await?;
        let jid = match self.address(&bind) {
            Ok(jid) => jid,
            Err(error) => {
                self.negotiation.not_bound(bind, &error)?;
                return Ok(None);
            }
        };
        let ctx = self.service.ctx().clone();
        let agent = bind.login.agent.as_ref().filter(|agent| !agent.id.is_empty());
        let key = agent.map_or_else(|| jid.resource().unwrap_or_default(), |agent| &agent.id);
        let device = Device { key: key.into() };
        let id = SessionId(ctx.rng.next_u64() >> 1);
        let session =
            Arc::new(Session::new(jid.clone(), user, id, device, self.framing, ctx.now()));
        if let Err(error) = self.service.router.bind(&session).await {
            self.negotiation.not_bound(bind, &error)?;
            return Ok(None);
        }
        for request in &bind.inline {
            let known = self
                .service
                .router
                .inline()
                .iter()
                .find(|known| known.namespace == request.root().ns());
            if let Some(known) = known {
                (known.handler)(&session, request.root());
            }
        }
        if bind.active == Some(false) {
            session.set(Flag::Inactive, true);
        }
        let enabled = match bind.enable {
            None => None,
            Some(enable) => Some(self.service.manage(&session, enable).await),
        };
        let enabled =
            enabled.as_ref().map(|resumable| resumable.as_ref().map(|(id, max)| (&**id, *max)));
        self.negotiation.bound(&bind, &jid, enabled);
        Ok(Some(Attached { session, epoch: 0 }))
    }

    /// The full address: the client's resource, or one of ours where it has no wish
    /// or Bind 2 lets us choose (XEP-0386 section 5.1).
    fn address(&self, bind: &Bind) -> Result<Jid, StanzaError> {
        let ctx = self.service.ctx();
        let agent = bind.login.agent.as_ref().map(|agent| agent.id.as_str()).unwrap_or_default();
        let resource = match (&bind.resource, &bind.tag) {
            (Some(resource), _) => resource.clone(),
            (None, tag) => {
                let tag = tag.as_deref().unwrap_or(if bind.is_bind2 { "client" } else { "" });
                // A client with an id gets the same resource each time.
                let suffix = match agent {
                    "" => framing::stream_id(&*ctx.rng)[..12].to_owned(),
                    id => short_hash(ctx.secret.expose(), id),
                };
                if tag.is_empty() { suffix } else { format!("{tag}.{suffix}") }
            }
        };
        let too_long = resource.len() > ctx.config.limits.resource_bytes;
        let jid = bind.login.jid.with_resource(&resource).ok().filter(|_| !too_long);
        jid.ok_or_else(|| {
            StanzaError::new(Condition::BadRequest).text("this resource cannot be used")
        })
    }
}

fn short_hash(secret: &[u8; 32], text: &str) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    skein_base::rng::to_hex(&aws_lc_rs::hmac::sign(&key, text.as_bytes()).as_ref()[..6])
}
