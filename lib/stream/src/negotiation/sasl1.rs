//! SASL as RFC 6120 section 6 has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use skein_sasl::SaslError;
use skein_xml::{Element, Writer};
use skein_xmpp::{Jid, StreamError, ns};

use super::login::{Login, LoginState, Profile};
use super::{Demand, Negotiation, State};

/// Reads base64 content; `=` alone stands for an empty message.
pub(super) fn decode(element: Element<'_>) -> Result<Vec<u8>, SaslError> {
    let text = element.text();
    match text.trim() {
        "=" => Ok(Vec::new()),
        text => STANDARD.decode(text).map_err(|_| SaslError::IncorrectEncoding),
    }
}

impl Negotiation {
    pub(super) fn start_sasl1(&mut self, auth: Element<'_>) -> Result<Option<Demand>, StreamError> {
        let name = auth.attr("mechanism").unwrap_or_default();
        let Ok(nobody) = Jid::parse(&self.domain) else {
            return Err(StreamError::new("host-unknown"));
        };
        let Some(mechanism) = self.offered(&name, false) else {
            let error = if self.setup.secure {
                SaslError::InvalidMechanism
            } else {
                SaslError::EncryptionRequired
            };
            self.failure(Profile::Sasl1, error);
            return Ok(Some(Demand::Failed { jid: None, end: None }));
        };
        let state = LoginState::new(Profile::Sasl1, mechanism, nobody);
        if auth.text().is_empty() {
            self.challenge(Profile::Sasl1, &[]);
            self.state = State::Login(Box::new(state));
            return Ok(None);
        }
        match decode(auth) {
            Ok(data) => self.exchange(state, &data),
            Err(error) => self.abort(Profile::Sasl1, error),
        }
    }

    pub(super) fn login_goes_on(
        &mut self,
        state: LoginState,
        element: Element<'_>,
    ) -> Result<Option<Demand>, StreamError> {
        let profile = state.login.profile;
        let namespace = match profile {
            Profile::Sasl1 => ns::SASL,
            Profile::Sasl2 => ns::SASL2,
        };
        if element.ns() != namespace {
            return Err(StreamError::new("policy-violation").text("a login is under way"));
        }
        match element.name() {
            "response" => match decode(element) {
                Ok(data) => self.exchange(state, &data),
                Err(error) => self.abort(profile, error),
            },
            "abort" => self.abort(profile, SaslError::Aborted),
            _ => Err(StreamError::new("policy-violation").text("a login is under way")),
        }
    }

    pub(super) fn abort(
        &mut self,
        profile: Profile,
        error: SaslError,
    ) -> Result<Option<Demand>, StreamError> {
        self.failure(profile, error);
        Ok(Some(self.failed(None)))
    }

    pub(super) fn challenge(&mut self, profile: Profile, data: &[u8]) {
        let mut writer = Writer::new();
        writer.start("challenge", if profile == Profile::Sasl1 { ns::SASL } else { ns::SASL2 });
        writer.text(&STANDARD.encode(data));
        writer.end();
        self.setup.framing.write_element(&writer.finish(), &mut self.out);
    }

    pub(super) fn success1(&mut self, login: &Login) {
        let mut writer = Writer::new();
        writer.start("success", ns::SASL);
        if !login.additional.is_empty() {
            writer.text(&STANDARD.encode(&login.additional));
        }
        writer.end();
        self.setup.framing.write_element(&writer.finish(), &mut self.out);
    }

    pub(super) fn failure(&mut self, profile: Profile, error: SaslError) {
        let mut writer = Writer::new();
        writer.start("failure", if profile == Profile::Sasl1 { ns::SASL } else { ns::SASL2 });
        writer.start(error.condition(), ns::SASL);
        writer.end();
        writer.end();
        self.setup.framing.write_element(&writer.finish(), &mut self.out);
    }
}
