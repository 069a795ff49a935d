//! Clients of ours against servers of ours.

mod authzid;
mod hostile;
mod vectors;

use proptest::prelude::*;
use skein_base::Secret;

use super::*;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn tls13() -> Bindings {
    Bindings { exporter: Some(vec![1; 32]), end_point: Some(vec![2; 32]) }
}

struct Attempt<'a> {
    mechanism: Mechanism,
    binding: Option<ChannelBinding>,
    could_bind: bool,
    authzid: Option<&'a str>,
    password: &'a str,
    client_bindings: Bindings,
    server_bindings: Bindings,
}

impl Attempt<'_> {
    fn run(&self) -> Result<ScramServer, SaslError> {
        let Mechanism::Scram(hash, _) = self.mechanism else {
            return Err(SaslError::InvalidMechanism);
        };
        let first = ClientFirst {
            mechanism: self.mechanism,
            binding: self.binding,
            could_bind: self.could_bind,
            username: "user",
            authzid: self.authzid,
            nonce: "client",
        };
        let (mut client, message) = ScramClient::start(&first)?;
        let offer = Offer::new(true, &self.server_bindings);
        let mut server = ScramServer::start(self.mechanism, &message, &offer)?;
        let keys = derive(&secret("pencil"), b"salt", 4096, hash).expect("a password");
        let challenge = server.challenge(keys, "server");
        let answer = client.respond(&challenge, &secret(self.password), &self.client_bindings)?;
        let last = server.finish(&answer, &self.server_bindings)?;
        assert!(client.verified(&last));
        assert!(!client.verified(b"v=AAAA"));
        Ok(server)
    }
}

fn attempt<'a>(mechanism: Mechanism, binding: Option<ChannelBinding>) -> Attempt<'a> {
    Attempt {
        mechanism,
        binding,
        could_bind: false,
        authzid: None,
        password: "pencil",
        client_bindings: tls13(),
        server_bindings: tls13(),
    }
}

#[test]
fn every_scram_mechanism_lets_the_right_password_in_and_no_other() {
    for hash in Hash::ALL {
        for binding in [None, Some(ChannelBinding::Exporter), Some(ChannelBinding::ServerEndPoint)]
        {
            let mechanism = Mechanism::Scram(hash, binding.is_some());
            assert_eq!(attempt(mechanism, binding).run().expect("let in").username(), "user");
            let wrong = Attempt { password: "pen", ..attempt(mechanism, binding) };
            assert_eq!(wrong.run().err(), Some(SaslError::NotAuthorized));
        }
    }
}

#[test]
fn n06_a_client_that_was_kept_from_channel_binding_is_refused() {
    let scram = Mechanism::Scram(Hash::Sha256, false);
    let kept = Attempt { could_bind: true, ..attempt(scram, None) };
    assert_eq!(kept.run().err(), Some(SaslError::NotAuthorized));
    let behind_a_proxy =
        Attempt { could_bind: true, server_bindings: Bindings::default(), ..attempt(scram, None) };
    assert!(behind_a_proxy.run().is_ok());
}

#[test]
fn n06_a_login_relayed_from_another_connection_fails() {
    let plus = Mechanism::Scram(Hash::Sha256, true);
    let elsewhere = Bindings { exporter: Some(vec![9; 32]), ..tls13() };
    let relayed =
        Attempt { client_bindings: elsewhere, ..attempt(plus, Some(ChannelBinding::Exporter)) };
    assert_eq!(relayed.run().err(), Some(SaslError::NotAuthorized));
    let tls12 = Bindings { exporter: None, ..tls13() };
    let missing =
        Attempt { server_bindings: tls12, ..attempt(plus, Some(ChannelBinding::Exporter)) };
    assert_eq!(missing.run().err(), Some(SaslError::NotAuthorized));
}

#[test]
fn n01_the_authzid_is_told_and_never_becomes_the_username() {
    for authzid in [None, Some("user@host"), Some("victim@host"), Some("a=b,c@host")] {
        let server =
            Attempt { authzid, ..attempt(Mechanism::Scram(Hash::Sha1, false), None) }.run();
        let server = server.expect("let in");
        assert_eq!((server.username(), server.authzid()), ("user", authzid));
    }
}

#[test]
fn n10_keys_of_nobody_are_stable_and_shaped_like_those_of_somebody() {
    let fake = fake_keys(b"secret", "nobody", Hash::Sha256);
    assert_eq!(fake, fake_keys(b"secret", "nobody", Hash::Sha256));
    assert_ne!(fake.salt, fake_keys(b"secret", "noone", Hash::Sha256).salt);
    let real = derive(&secret("pencil"), &[0; 16], ITERATIONS, Hash::Sha256).expect("a password");
    assert_eq!((fake.salt.len(), fake.iterations), (real.salt.len(), real.iterations));
    assert_eq!(fake.stored_key.len(), real.stored_key.len());
}

#[test]
fn n08_a_token_is_bound_to_its_mechanism_and_connection() {
    let token = secret("token");
    for binding in [None, Some(ChannelBinding::Exporter), Some(ChannelBinding::ServerEndPoint)] {
        let message = token_message(binding, "user", &token, &tls13()).expect("data to bind to");
        let request =
            TokenRequest::parse(Mechanism::Token(binding), &message).expect("well-formed");
        let answer = request.check(&token, &tls13()).expect("let in");
        assert!(token_verified(binding, &token, &tls13(), &answer));
        assert_eq!(request.check(&secret("other"), &tls13()), Err(SaslError::NotAuthorized));
        let elsewhere = Bindings { exporter: Some(vec![9; 32]), end_point: Some(vec![9; 32]) };
        assert_eq!(request.check(&token, &elsewhere).is_ok(), binding.is_none());
        let stronger =
            TokenRequest::parse(Mechanism::Token(Some(ChannelBinding::Exporter)), &message);
        assert_eq!(
            stronger.expect("well-formed").check(&token, &tls13()).is_ok(),
            binding == Some(ChannelBinding::Exporter)
        );
    }
}

#[test]
fn names_of_mechanisms_read_back() {
    for mechanism in Mechanism::ALL {
        assert_eq!(Mechanism::parse(mechanism.name()), Some(mechanism));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_name_and_password_that_can_be_prepared_log_in(
        username in "\\PC{1,24}",
        password in "\\PC{1,24}",
        mechanism in prop::sample::select(&Mechanism::ALL[..]),
    ) {
        let (Ok(name), Ok(_)) = (normalize(&username), normalize(&password)) else { return Ok(()) };
        let password = secret(&password);
        let told = match mechanism {
            Mechanism::Scram(hash, plus) => {
                let binding = plus.then_some(ChannelBinding::Exporter);
                let first = ClientFirst {
                    mechanism, binding, could_bind: false, username: &username, authzid: None, nonce: "client",
                };
                let (mut client, message) = ScramClient::start(&first).expect("prepared");
                let mut server = ScramServer::start(mechanism, &message, &Offer::new(true, &tls13())).expect("read");
                let keys = derive(&password, b"salt", 4096, hash).expect("prepared");
                let answer = client.respond(&server.challenge(keys, "server"), &password, &tls13()).expect("answered");
                prop_assert!(client.verified(&server.finish(&answer, &tls13()).expect("let in")));
                server.username().to_owned()
            }
            Mechanism::Plain => {
                let request = PlainRequest::parse(&plain_message(None, &username, &password)).expect("read");
                let told = request.username().to_owned();
                prop_assert_eq!(request.into_password(), password);
                told
            }
            Mechanism::Token(binding) => {
                let message = token_message(binding, &username, &password, &tls13()).expect("data");
                let request = TokenRequest::parse(mechanism, &message).expect("read");
                let answer = request.check(&password, &tls13()).expect("let in");
                prop_assert!(token_verified(binding, &password, &tls13(), &answer));
                request.username().to_owned()
            }
        };
        prop_assert_eq!(told, name);
    }
}
