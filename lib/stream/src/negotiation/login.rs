//! The SASL exchange, the same behind SASL 1 and SASL 2, and what it leads to.

use skein_base::Timestamp;
use skein_sasl::{
    Bindings, Mechanism, Offer, PlainRequest, SaslError, ScramKeys, ScramServer, TokenRequest,
    authorized,
};
use skein_xml::{Document, Element};
use skein_xmpp::{Jid, Stanza, ns};

use crate::live::Enable;

use super::{Demand, Negotiation, State};

/// Which profile the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Profile {
    /// RFC 6120 section 6.
    Sasl1,
    /// XEP-0388.
    Sasl2,
}

/// What the client told about itself (XEP-0388 section 2.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserAgent {
    /// Its stable id.
    pub id: String,
    /// The program.
    pub software: String,
    /// The machine.
    pub device: String,
}

/// Somebody who is logged in, and what came with the login.
#[derive(Debug)]
pub struct Login {
    /// The account.
    pub jid: Jid,
    /// By which mechanism.
    pub mechanism: Mechanism,
    /// The client.
    pub agent: Option<UserAgent>,
    /// It asked for a token of this mechanism (XEP-0484).
    pub token_wanted: Option<Mechanism>,
    /// It logged in by this token's place in the list that [`Negotiation::tokens`] got.
    pub token_used: Option<usize>,
    /// The count that makes a token's use unique (XEP-0484 section 3.4).
    pub count: Option<u32>,
    /// It wants that token forgotten.
    pub forget_token: bool,
    /// The token issued, to be told.
    pub token: Option<(String, Timestamp)>,
    pub(super) profile: Profile,
    pub(super) additional: Vec<u8>,
    pub(super) resume: Option<(String, u32)>,
    pub(super) bind: Option<Document>,
    pub(super) not_resumed: Option<Vec<u8>>,
}

impl Login {
    pub(super) fn via_sasl2(&self) -> bool {
        self.profile == Profile::Sasl2
    }
}

/// A request to bind a resource.
#[derive(Debug)]
pub struct Bind {
    /// Who.
    pub login: Login,
    /// The resource that the client would like.
    pub resource: Option<String>,
    /// Bind 2's tag: the server makes a resource that begins with it (XEP-0386).
    pub tag: Option<String>,
    /// Whether it is Bind 2, whose resources the server makes.
    pub is_bind2: bool,
    /// An inline request for stream management.
    pub enable: Option<Enable>,
    /// The client says that it is inactive (XEP-0352) or active.
    pub active: Option<bool>,
    /// Other inline requests.
    pub inline: Vec<Document>,
    pub(super) iq: Option<Stanza>,
}

impl Bind {
    pub(super) fn plain(login: Login, iq: Stanza, resource: Option<String>) -> Self {
        Self {
            login,
            resource,
            tag: None,
            is_bind2: false,
            enable: None,
            active: None,
            inline: Vec::new(),
            iq: Some(iq),
        }
    }

    pub(super) fn bind2(mut login: Login) -> Self {
        let request = login.bind.take();
        let mut bind = Self {
            login,
            resource: None,
            tag: None,
            is_bind2: true,
            enable: None,
            active: None,
            inline: Vec::new(),
            iq: None,
        };
        let Some(request) = request else { return bind };
        for child in request.root().children() {
            match (child.name(), child.ns()) {
                ("tag", ns::BIND2) => bind.tag = Some(child.text().into_owned()),
                ("enable", ns::SM) => bind.enable = Some(Enable::read(child)),
                ("inactive", ns::CSI) => bind.active = Some(false),
                ("active", ns::CSI) => bind.active = Some(true),
                _ => bind.inline.extend(copy(child)),
            }
        }
        bind
    }
}

/// An element on its own.
pub(super) fn copy(element: Element<'_>) -> Option<Document> {
    let mut writer = skein_xml::Writer::new();
    writer.element(element);
    Document::parse(&writer.finish_text(), &skein_xml::Limits::kept()).ok()
}

/// A token as the store knows it.
#[derive(Debug)]
pub struct FastTokens {
    /// The secrets that this client may use now: the current one and the one before.
    pub secrets: Vec<skein_base::Secret<String>>,
}

/// Where an exchange stands.
#[derive(Debug)]
pub(super) enum Step {
    /// The client sent its choice without data; the first data comes next.
    Initial,
    /// Keys are being looked up.
    ScramKeys(Box<ScramServer>),
    /// The challenge is out.
    ScramFinal(Box<ScramServer>),
    /// A password is being checked.
    Password,
    /// Tokens are being looked up.
    Token(TokenRequest),
}

/// An exchange.
#[derive(Debug)]
pub(super) struct LoginState {
    pub(super) login: Login,
    pub(super) step: Step,
    /// Whose login it is once the first message was read.
    pub(super) claimed: Option<Jid>,
}

impl LoginState {
    pub(super) fn new(profile: Profile, mechanism: Mechanism, nobody: Jid) -> Self {
        Self {
            login: Login {
                jid: nobody,
                mechanism,
                agent: None,
                token_wanted: None,
                token_used: None,
                count: None,
                forget_token: false,
                token: None,
                profile,
                additional: Vec::new(),
                resume: None,
                bind: None,
                not_resumed: None,
            },
            step: Step::Initial,
            claimed: None,
        }
    }
}

impl Negotiation {
    /// The exchange's next message from the client.
    pub(super) fn exchange(
        &mut self,
        mut state: LoginState,
        data: &[u8],
    ) -> Result<Option<Demand>, skein_xmpp::StreamError> {
        match state.step {
            Step::Initial => match self.first(&mut state, data) {
                Ok(demand) => {
                    self.state = State::Login(Box::new(state));
                    Ok(Some(demand))
                }
                Err(error) => self.fail(&state, error),
            },
            Step::ScramFinal(ref scram) => match scram.finish(data, &self.setup.bindings) {
                Ok(last) => {
                    state.login.additional = last;
                    Ok(Some(self.succeed(state)))
                }
                Err(error) => self.fail(&state, error),
            },
            Step::ScramKeys(_) | Step::Password | Step::Token(_) => {
                self.fail(&state, SaslError::MalformedRequest)
            }
        }
    }

    fn first(&self, state: &mut LoginState, data: &[u8]) -> Result<Demand, SaslError> {
        let mechanism = state.login.mechanism;
        if mechanism == Mechanism::Plain {
            let request = PlainRequest::parse(data)?;
            let jid = authorized(request.authzid(), request.username(), &self.domain)?;
            state.claimed = Some(jid.clone());
            state.step = Step::Password;
            return Ok(Demand::Password { jid, password: request.into_password() });
        }
        if mechanism.is_token() {
            let request = TokenRequest::parse(mechanism, data)?;
            let jid = authorized(None, request.username(), &self.domain)?;
            let client =
                state.login.agent.as_ref().map(|agent| agent.id.clone()).unwrap_or_default();
            if client.is_empty() {
                return Err(SaslError::MalformedRequest);
            }
            state.claimed = Some(jid.clone());
            state.step = Step::Token(request);
            return Ok(Demand::Tokens { jid, client, mechanism });
        }
        let scram = ScramServer::start(mechanism, data, &self.offer)?;
        let jid = authorized(scram.authzid(), scram.username(), &self.domain)?;
        state.claimed = Some(jid.clone());
        state.step = Step::ScramKeys(Box::new(scram));
        Ok(Demand::Keys { jid, mechanism })
    }

    /// Meets [`Demand::Keys`]. `nonce` is fresh and printable.
    ///
    /// # Errors
    /// The stream must end with this error.
    pub fn keys(
        &mut self,
        keys: ScramKeys,
        nonce: &str,
    ) -> Result<Option<Demand>, skein_xmpp::StreamError> {
        let Some(mut state) = self.take_login() else { return Ok(None) };
        let Step::ScramKeys(mut scram) = state.step else { return Ok(None) };
        let challenge = scram.challenge(keys, nonce);
        self.challenge(state.login.profile, &challenge);
        state.step = Step::ScramFinal(scram);
        self.state = State::Login(Box::new(state));
        Ok(None)
    }

    /// Meets [`Demand::Password`].
    ///
    /// # Errors
    /// The stream must end with this error.
    pub fn checked(&mut self, is_right: bool) -> Result<Option<Demand>, skein_xmpp::StreamError> {
        let Some(state) = self.take_login() else { return Ok(None) };
        if is_right {
            Ok(Some(self.succeed(state)))
        } else {
            self.fail(&state, SaslError::NotAuthorized)
        }
    }

    /// Meets [`Demand::Tokens`].
    ///
    /// # Errors
    /// The stream must end with this error.
    pub fn tokens(
        &mut self,
        tokens: &FastTokens,
    ) -> Result<Option<Demand>, skein_xmpp::StreamError> {
        let Some(mut state) = self.take_login() else { return Ok(None) };
        let Step::Token(request) = &state.step else { return Ok(None) };
        let bindings: &Bindings = &self.setup.bindings;
        let checked = tokens.secrets.iter().map(|secret| request.check(secret, bindings));
        match checked.enumerate().find_map(|(at, answer)| Some((at, answer.ok()?))) {
            Some((at, answer)) => {
                state.login.token_used = Some(at);
                state.login.additional = answer;
                Ok(Some(self.succeed(state)))
            }
            None => self.fail(&state, SaslError::NotAuthorized),
        }
    }

    /// The driver would not have it: the account may not log in now.
    ///
    /// # Errors
    /// The stream must end with this error.
    pub fn refused(&mut self, error: SaslError) -> Result<Option<Demand>, skein_xmpp::StreamError> {
        match self.take_login() {
            Some(state) => self.fail(&state, error),
            None => Ok(None),
        }
    }

    /// Instead of [`Negotiation::welcomed`]: the account may not log in after all.
    ///
    /// # Errors
    /// The stream must end with this error.
    pub fn turned_away(
        &mut self,
        login: Login,
        error: SaslError,
    ) -> Result<Option<Demand>, skein_xmpp::StreamError> {
        let claimed = Some(login.jid.clone());
        self.fail(&LoginState { login, step: Step::Initial, claimed }, error)
    }

    fn take_login(&mut self) -> Option<LoginState> {
        match std::mem::replace(&mut self.state, State::Stranger) {
            State::Login(state) => Some(*state),
            state => {
                self.state = state;
                None
            }
        }
    }

    fn succeed(&mut self, mut state: LoginState) -> Demand {
        if let Some(jid) = state.claimed {
            state.login.jid = jid;
        }
        Demand::Welcome(Box::new(state.login))
    }

    /// Meets [`Demand::Welcome`]: the login stands. Gives the next demand.
    pub fn welcomed(&mut self, login: Box<Login>) -> Option<Demand> {
        if login.via_sasl2() {
            return Some(self.go_on_sasl2(login));
        }
        self.success1(&login);
        self.state = State::Reopening(login);
        None
    }

    fn fail(
        &mut self,
        state: &LoginState,
        error: SaslError,
    ) -> Result<Option<Demand>, skein_xmpp::StreamError> {
        self.failure(state.login.profile, error);
        Ok(Some(self.failed(state.claimed.clone())))
    }

    /// One attempt is used up.
    pub(super) fn failed(&mut self, jid: Option<Jid>) -> Demand {
        self.state = State::Stranger;
        self.failures += 1;
        let end = (self.failures >= self.setup.attempts).then(|| {
            skein_xmpp::StreamError::new("policy-violation").text("too many failed logins")
        });
        Demand::Failed { jid, end }
    }

    /// The mechanism of that name, if it is offered in that profile.
    pub(super) fn offered(&self, name: &str, tokens: bool) -> Option<Mechanism> {
        let offer: &Offer = &self.offer;
        let mechanism = Mechanism::parse(name)?;
        let fast = tokens && offer.fast().contains(&mechanism);
        (offer.mechanisms().contains(&mechanism) || fast).then_some(mechanism)
    }
}
