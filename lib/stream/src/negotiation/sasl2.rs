//! SASL 2 (XEP-0388): login, resumption or binding, and a token, in one round trip.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use skein_sasl::{Mechanism, SaslError};
use skein_xml::{Element, Writer};
use skein_xmpp::{Jid, StreamError, ns};

use super::login::{Bind, Login, LoginState, Profile, UserAgent, copy};
use super::sasl1::decode;
use super::{Demand, Negotiation, State};

/// Bytes of the client's id, program and machine that are looked at.
const AGENT_BYTES: usize = 256;

impl Negotiation {
    pub(super) fn start_sasl2(
        &mut self,
        request: Element<'_>,
    ) -> Result<Option<Demand>, StreamError> {
        let name = request.attr("mechanism").unwrap_or_default();
        let Ok(nobody) = Jid::parse(&self.domain) else {
            return Err(StreamError::new("host-unknown"));
        };
        let Some(mechanism) = self.offered(&name, true) else {
            self.failure(Profile::Sasl2, SaslError::InvalidMechanism);
            return Ok(Some(Demand::Failed { jid: None, end: None }));
        };
        let mut state = LoginState::new(Profile::Sasl2, mechanism, nobody);
        read_extras(&mut state.login, request);
        let Some(initial) = request.child("initial-response", ns::SASL2) else {
            self.challenge(Profile::Sasl2, &[]);
            self.state = State::Login(Box::new(state));
            return Ok(None);
        };
        match decode(initial) {
            Ok(data) => self.exchange(state, &data),
            Err(error) => self.abort(Profile::Sasl2, error),
        }
    }

    /// After the login stands: resume if asked, else bind if asked, else wait.
    pub(super) fn go_on_sasl2(&mut self, mut login: Box<Login>) -> Demand {
        if let Some((previd, h)) = login.resume.take() {
            let jid = login.jid.clone();
            self.state = State::User(login);
            return Demand::Resume { jid, previd, h };
        }
        self.after_resumption(login).unwrap_or(Demand::Nothing)
    }

    /// What follows a resumption that failed or was not asked for.
    pub(super) fn after_resumption(&mut self, mut login: Box<Login>) -> Option<Demand> {
        if login.bind.is_some() {
            return Some(Demand::Bind(Box::new(Bind::bind2(*login))));
        }
        let failed = login.not_resumed.take();
        let success = Self::success_element(&login, None, |writer| {
            if let Some(failed) = failed.as_deref().and_then(super::parse) {
                writer.element(failed.root());
            }
        });
        self.state = State::User(login);
        self.success(&success);
        None
    }

    /// Writes `<success/>` and, right behind it, what can be done now (XEP-0388 section 2.6).
    pub(super) fn success(&mut self, success: &[u8]) {
        self.setup.framing.write_element(success, &mut self.out);
        self.features();
    }

    /// `<success/>`: the only element that tells the client who it is.
    pub(super) fn success_element(
        login: &Login,
        full: Option<&Jid>,
        content: impl FnOnce(&mut Writer),
    ) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.start("success", ns::SASL2);
        if !login.additional.is_empty() {
            writer.leaf("additional-data", ns::SASL2, &STANDARD.encode(&login.additional));
        }
        writer.leaf("authorization-identifier", ns::SASL2, full.unwrap_or(&login.jid).as_str());
        if let Some((token, expiry)) = &login.token {
            writer.start("token", ns::FAST);
            writer.attr("token", token);
            writer.attr("expiry", &expiry.to_string());
            writer.end();
        }
        content(&mut writer);
        writer.end();
        writer.finish()
    }
}

/// What stands beside the mechanism in `<authenticate/>`.
fn read_extras(login: &mut Login, request: Element<'_>) {
    for child in request.children() {
        match (child.name(), child.ns()) {
            ("user-agent", ns::SASL2) => {
                let text = |name| {
                    let text =
                        child.child(name, ns::SASL2).map(|named| named.text()).unwrap_or_default();
                    text.chars().take(AGENT_BYTES).collect()
                };
                let id = child.attr("id").filter(|id| id.len() <= AGENT_BYTES).unwrap_or_default();
                login.agent = Some(UserAgent {
                    id: id.into_owned(),
                    software: text("software"),
                    device: text("device"),
                });
            }
            ("bind", ns::BIND2) => login.bind = copy(child),
            ("resume", ns::SM) => {
                let h = child.attr("h").and_then(|h| h.parse().ok());
                login.resume = child.attr("previd").map(std::borrow::Cow::into_owned).zip(h);
            }
            ("request-token", ns::FAST) => {
                let wanted = child.attr("mechanism").and_then(|name| Mechanism::parse(&name));
                login.token_wanted = wanted.filter(|mechanism| mechanism.is_token());
            }
            ("fast", ns::FAST) => {
                login.count = child.attr("count").and_then(|count| count.parse().ok());
                login.forget_token =
                    matches!(child.attr("invalidate").as_deref(), Some("true" | "1"));
            }
            _ => {}
        }
    }
}
