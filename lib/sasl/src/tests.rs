//! Clients of ours against servers of ours, and the vectors of the RFCs.

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
        let Mechanism::Scram(hash, _) = self.mechanism else { return Err(SaslError::InvalidMechanism) };
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
        let keys = derive(&secret("pencil"), b"salt", 16, hash).expect("a password");
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
        for binding in [None, Some(ChannelBinding::Exporter), Some(ChannelBinding::ServerEndPoint)] {
            let mechanism = Mechanism::Scram(hash, binding.is_some());
            assert_eq!(attempt(mechanism, binding).run().expect("let in").username(), "user");
            let wrong = Attempt { password: "pen", ..attempt(mechanism, binding) };
            assert_eq!(wrong.run().err(), Some(SaslError::NotAuthorized));
        }
    }
}

#[test]
fn the_vectors_of_rfc_5802_and_rfc_7677_hold() {
    let vectors = [
        (Hash::Sha1, "fyko+d2lbbFgONRv9qkxdawL", "QSXCR+Q6sek8bf92", "3rfcNHYJY1ZVvWVs7j",
         "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="),
        (Hash::Sha256, "rOprNGfwEbeRWgbNEkqO", "W22ZaJ0SNY7soEsUEjb6gQ==", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
         "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
    ];
    use base64::Engine as _;
    let b64 = base64::engine::general_purpose::STANDARD;
    for (hash, client_nonce, salt, server_nonce, proof, signature) in vectors {
        let salt_bytes = b64.decode(salt).expect("base64");
        let keys = derive(&secret("pencil"), &salt_bytes, 4096, hash).expect("a password");
        let bare = format!("n=user,r={client_nonce}");
        let server_first = format!("r={client_nonce}{server_nonce},s={salt},i=4096");
        let without_proof = format!("c=biws,r={client_nonce}{server_nonce}");
        let message = format!("{bare},{server_first},{without_proof}");
        let mut client_key = hash.hmac(&keys.stored_key, message.as_bytes());
        let proof = b64.decode(proof).expect("base64");
        client_key.iter_mut().zip(&proof).for_each(|(byte, proof)| *byte ^= proof);
        assert_eq!(hash.digest(&client_key), keys.stored_key);
        assert_eq!(b64.encode(hash.hmac(&keys.server_key, message.as_bytes())), signature);
    }
}

#[test]
fn n06_a_client_that_was_kept_from_channel_binding_is_refused() {
    let scram = Mechanism::Scram(Hash::Sha256, false);
    let kept = Attempt { could_bind: true, ..attempt(scram, None) };
    assert_eq!(kept.run().err(), Some(SaslError::NotAuthorized));
    let behind_a_proxy = Attempt { could_bind: true, server_bindings: Bindings::default(), ..attempt(scram, None) };
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
    let missing = Attempt { server_bindings: tls12, ..attempt(plus, Some(ChannelBinding::Exporter)) };
    assert_eq!(missing.run().err(), Some(SaslError::NotAuthorized));
}

#[test]
fn n01_the_authzid_is_told_and_never_becomes_the_username() {
    for authzid in [None, Some("user@host"), Some("victim@host"), Some("a=b,c@host")] {
        let server = Attempt { authzid, ..attempt(Mechanism::Scram(Hash::Sha1, false), None) }.run();
        let server = server.expect("let in");
        assert_eq!((server.username(), server.authzid()), ("user", authzid));
    }
}

#[test]
fn n06_malformed_messages_are_refused_without_a_panic() {
    let offer = Offer::new(true, &Bindings::default());
    let long = vec![b'a'; 1 << 20];
    for message in [&b""[..], b"n", b"n,,", b"n,,n=,r=x", b"n,,n=u", b"n,,n=u,r=", b"n,,m=x,n=u,r=x", b"x,,n=u,r=x",
        b"n,b=u,n=u,r=x", b"n,,n=u=,r=x", b"n,,n=u=2,r=x", b"n,,n=u=3E,r=x", b"n,,n=\xff,r=x", b"n,,n=u,r=\x01",
        b"p=tls-unique,,n=u,r=x", b"n,,n=u\0,r=x", &long]
    {
        assert!(ScramServer::start(Mechanism::Scram(Hash::Sha1, false), message, &offer).is_err());
    }
}

#[test]
fn n06_a_nonce_or_extension_of_somebody_else_is_refused() {
    let offer = Offer::new(true, &Bindings::default());
    let mut server =
        ScramServer::start(Mechanism::Scram(Hash::Sha1, false), b"n,,n=user,r=c", &offer).expect("well-formed");
    server.challenge(fake_keys(b"secret", "user", Hash::Sha1), "s");
    for (message, expected) in [
        ("c=biws,r=other,p=AAAA", SaslError::NotAuthorized),
        ("c=biws,r=cs,p=AAAA", SaslError::NotAuthorized),
        ("c=biws,r=cs,m=x,p=AAAA", SaslError::MalformedRequest),
        ("c=biws,r=cs", SaslError::MalformedRequest),
        ("r=cs,c=biws,p=AAAA", SaslError::MalformedRequest),
    ] {
        assert_eq!(server.finish(message.as_bytes(), &Bindings::default()).err(), Some(expected), "{message}");
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
        let request = TokenRequest::parse(Mechanism::Token(binding), &message).expect("well-formed");
        let answer = request.check(&token, &tls13()).expect("let in");
        assert!(token_verified(binding, &token, &tls13(), &answer));
        assert_eq!(request.check(&secret("other"), &tls13()), Err(SaslError::NotAuthorized));
        let elsewhere = Bindings { exporter: Some(vec![9; 32]), end_point: Some(vec![9; 32]) };
        assert_eq!(request.check(&token, &elsewhere).is_ok(), binding.is_none());
        let stronger = TokenRequest::parse(Mechanism::Token(Some(ChannelBinding::Exporter)), &message);
        assert_eq!(stronger.expect("well-formed").check(&token, &tls13()).is_ok(), binding == Some(ChannelBinding::Exporter));
    }
}

#[test]
fn names_of_mechanisms_read_back() {
    for mechanism in Mechanism::ALL {
        assert_eq!(Mechanism::parse(mechanism.name()), Some(mechanism));
    }
}

proptest! {
    #[test]
    fn no_message_makes_the_server_panic(first in prop::collection::vec(any::<u8>(), 0..200), last in "\\PC{0,200}") {
        let offer = Offer::new(true, &tls13());
        for mechanism in Mechanism::ALL {
            if let Ok(mut server) = ScramServer::start(mechanism, &first, &offer) {
                server.challenge(fake_keys(b"s", "u", server.hash()), "n");
                let _ = server.finish(last.as_bytes(), &tls13());
            }
            let _ = TokenRequest::parse(mechanism, &first);
        }
        let _ = PlainRequest::parse(&first);
    }
}
