//! Messages that nobody honest sends.

use super::*;

const SCRAM: Mechanism = Mechanism::Scram(Hash::Sha256, false);

/// An exchange of `user`, up to the challenge.
fn challenged(offer: &Offer) -> (ScramClient, ScramServer, String) {
    let first = ClientFirst {
        mechanism: SCRAM,
        binding: None,
        could_bind: false,
        username: "user",
        authzid: None,
        nonce: "client",
    };
    let (client, message) = ScramClient::start(&first).expect("a name");
    let mut server = ScramServer::start(SCRAM, &message, offer).expect("well-formed");
    let keys = derive(&secret("pencil"), b"salt", 4096, Hash::Sha256).expect("a password");
    let challenge = String::from_utf8(server.challenge(keys, "server")).expect("text");
    (client, server, challenge)
}

#[test]
fn n06_malformed_messages_are_refused_without_a_panic() {
    let offer = Offer::new(true, &Bindings::default());
    let long = vec![b'a'; 1 << 20];
    for message in [
        &b""[..],
        b"n",
        b"n,,",
        b"n,,n=,r=x",
        b"n,,n=u",
        b"n,,n=u,r=",
        b"n,,m=x,n=u,r=x",
        b"x,,n=u,r=x",
        b"n,b=u,n=u,r=x",
        b"n,,n=u=,r=x",
        b"n,,n=u=2,r=x",
        b"n,,n=u=3E,r=x",
        b"n,,n=\xff,r=x",
        b"n,,n=u,r=\x01",
        b"p=tls-unique,,n=u,r=x",
        b"n,,n=u\0,r=x",
        b"n,,n=u,r=x,m=x",
        b"n,,n=u,r=x,",
        b"n,,n=u,r=x,xy",
        b"n,a=,n=u,r=x",
        b"n,,n=\x07,r=x",
        b"y,,n=u",
        b"p=tls-exporter,,n=u,r=x",
        &long,
    ] {
        assert!(ScramServer::start(Mechanism::Scram(Hash::Sha1, false), message, &offer).is_err());
    }
}

#[test]
fn n06_a_nonce_or_extension_of_somebody_else_is_refused() {
    let offer = Offer::new(true, &Bindings::default());
    let mut server =
        ScramServer::start(Mechanism::Scram(Hash::Sha1, false), b"n,,n=user,r=c", &offer)
            .expect("well-formed");
    server.challenge(fake_keys(b"secret", "user", Hash::Sha1), "s");
    for (message, expected) in [
        ("c=biws,r=other,p=AAAA", SaslError::NotAuthorized),
        ("c=biws,r=cs,p=AAAA", SaslError::NotAuthorized),
        ("c=biws,r=c,p=AAAA", SaslError::NotAuthorized),
        ("c=eSws,r=cs,p=AAAA", SaslError::NotAuthorized),
        ("c=biws,r=cs,p=", SaslError::NotAuthorized),
        ("c=biws,r=cs,m=x,p=AAAA", SaslError::MalformedRequest),
        ("c=biws,r=cs,x,p=AAAA", SaslError::MalformedRequest),
        ("c=biws,r=cs,p=AAAA,x=y", SaslError::MalformedRequest),
        ("c=!,r=cs,p=AAAA", SaslError::MalformedRequest),
        ("c=biws,r=cs,p=A", SaslError::MalformedRequest),
        ("", SaslError::MalformedRequest),
        ("c=biws,r=cs", SaslError::MalformedRequest),
        ("r=cs,c=biws,p=AAAA", SaslError::MalformedRequest),
    ] {
        assert_eq!(
            server.finish(message.as_bytes(), &Bindings::default()).err(),
            Some(expected),
            "{message}"
        );
    }
}

#[test]
fn n06_nothing_but_the_binding_that_is_offered_is_taken() {
    let plus = Mechanism::Scram(Hash::Sha256, true);
    let tls12 = Offer::new(true, &Bindings { exporter: None, ..tls13() });
    for (flag, error) in [
        ("p=tls-unique", SaslError::NotAuthorized),
        ("p=tls-exporter", SaslError::NotAuthorized),
        ("p=", SaslError::NotAuthorized),
        ("y", SaslError::MalformedRequest),
        ("n", SaslError::MalformedRequest),
    ] {
        let message = format!("{flag},,n=user,r=client");
        assert_eq!(
            ScramServer::start(plus, message.as_bytes(), &tls12).err(),
            Some(error),
            "{flag}"
        );
    }
    assert!(ScramServer::start(plus, b"p=tls-server-end-point,,n=user,r=client", &tls12).is_ok());
}

#[test]
fn n06_a_proof_is_good_for_its_own_user_and_challenge_only() {
    let offer = Offer::new(true, &tls13());
    let (mut client, server, challenge) = challenged(&offer);
    let answer =
        client.respond(challenge.as_bytes(), &secret("pencil"), &tls13()).expect("answered");
    let mut other = ScramServer::start(SCRAM, b"n,,n=other,r=client", &offer).expect("well-formed");
    let keys = derive(&secret("pencil"), b"salt", 4096, Hash::Sha256).expect("a password");
    other.challenge(keys, "server");
    assert_eq!(other.finish(&answer, &tls13()), Err(SaslError::NotAuthorized));
    let (_, mut later, _) = challenged(&offer);
    later.challenge(
        derive(&secret("pencil"), b"salt", 4096, Hash::Sha256).expect("a password"),
        "fresh",
    );
    assert_eq!(later.finish(&answer, &tls13()), Err(SaslError::NotAuthorized));
    assert!(server.finish(&answer, &tls13()).is_ok());
}

#[test]
fn n06_a_right_proof_over_another_nonce_or_with_bytes_behind_it_is_refused() {
    use base64::Engine as _;
    let hash = Hash::Sha256;
    let salted = hash.salted_password(b"pencil", b"salt", 4096);
    let client_key = hash.hmac(&salted, b"Client Key");
    for (nonce, behind, is_right) in [
        ("clientserver", &b""[..], true),
        ("clientother", b"", false),
        ("clientserver", b"x", false),
    ] {
        let (_, server, challenge) = challenged(&Offer::new(true, &tls13()));
        let message = format!("n=user,r=client,{challenge},c=biws,r={nonce}");
        let mut proof = hash.hmac(&hash.digest(&client_key), message.as_bytes());
        proof.iter_mut().zip(&client_key).for_each(|(byte, key)| *byte ^= key);
        proof.extend_from_slice(behind);
        let proof = base64::engine::general_purpose::STANDARD.encode(proof);
        let answer = server.finish(format!("c=biws,r={nonce},p={proof}").as_bytes(), &tls13());
        assert_eq!(answer.is_ok(), is_right, "{nonce} {behind:?}");
    }
}

#[test]
fn a_final_message_without_a_challenge_or_of_a_mebibyte_is_malformed() {
    let server = ScramServer::start(SCRAM, b"n,,n=user,r=c", &Offer::new(true, &tls13()))
        .expect("well-formed");
    let proof = b"c=biws,r=c,p=AAAA";
    assert_eq!(server.finish(proof, &tls13()), Err(SaslError::MalformedRequest));
    let (_, server, _) = challenged(&Offer::new(true, &tls13()));
    assert_eq!(server.finish(&vec![b'a'; 1 << 20], &tls13()), Err(SaslError::MalformedRequest));
}

#[test]
fn a_client_notices_that_somebody_changed_what_the_server_offers() {
    let offer = Offer::new(true, &tls13());
    let mechanisms: Vec<_> = offer.mechanisms().iter().map(|mechanism| mechanism.name()).collect();
    let bindings: Vec<_> = offer.channel_bindings().iter().map(|binding| binding.name()).collect();
    let respond = |mechanisms: &[&str], bindings: &[&str]| {
        let (client, server, challenge) = challenged(&offer);
        let answer = client.advertised(mechanisms, bindings).respond(
            challenge.as_bytes(),
            &secret("pencil"),
            &tls13(),
        );
        server.finish(&answer?, &tls13())
    };
    let reversed: Vec<_> = mechanisms.iter().rev().copied().collect();
    assert!(respond(&reversed, &bindings).is_ok());
    for (mechanisms, bindings) in [
        (&["SCRAM-SHA-256"][..], &bindings[..]),
        (&mechanisms, &["tls-server-end-point"]),
        (&mechanisms, &[]),
        (&[], &[]),
    ] {
        assert_eq!(respond(mechanisms, bindings), Err(SaslError::NotAuthorized));
    }
}

#[test]
fn who_changes_the_challenge_on_its_way_does_not_get_anybody_in() {
    let offer = Offer::new(true, &tls13());
    let (_, _, honest) = challenged(&offer);
    let (before, _) = honest.rsplit_once(",h=").expect("protected");
    for changed in [
        before.to_owned(),
        format!("{before},h=AAAA"),
        format!("{honest},x=y"),
        honest.replace("i=4096", "i=5000"),
    ] {
        let (mut client, server, _) = challenged(&offer);
        let answer =
            client.respond(changed.as_bytes(), &secret("pencil"), &tls13()).expect("answered");
        assert_eq!(server.finish(&answer, &tls13()), Err(SaslError::NotAuthorized), "{changed}");
    }
}

#[test]
fn a_client_gives_no_proof_to_a_challenge_that_it_should_not_answer() {
    for (challenge, error) in [
        ("r=clientserver,s=c2FsdA==,i=1", SaslError::NotAuthorized),
        ("r=clientserver,s=c2FsdA==,i=4294967295", SaslError::NotAuthorized),
        ("r=client,s=c2FsdA==,i=4096", SaslError::NotAuthorized),
        ("r=another,s=c2FsdA==,i=4096", SaslError::NotAuthorized),
        ("r=clientserver,s=c2FsdA==,i=4096,m=x", SaslError::MalformedRequest),
        ("m=x,r=clientserver,s=c2FsdA==,i=4096", SaslError::MalformedRequest),
        ("r=clientserver,s=!,i=4096", SaslError::MalformedRequest),
        ("r=clientserver,s=c2FsdA==,i=-1", SaslError::MalformedRequest),
        ("r=clientserver,s=c2FsdA==", SaslError::MalformedRequest),
        ("", SaslError::MalformedRequest),
    ] {
        let (mut client, ..) = challenged(&Offer::new(true, &tls13()));
        assert_eq!(
            client.respond(challenge.as_bytes(), &secret("pencil"), &tls13()),
            Err(error),
            "{challenge}"
        );
        assert!(!client.verified(b"v="));
        assert!(!client.verified(b"e=other-error"));
    }
    let (mut client, _, challenge) = challenged(&Offer::new(true, &tls13()));
    let empty = client.respond(challenge.as_bytes(), &secret(""), &tls13());
    assert_eq!(empty, Err(SaslError::NotAuthorized));
}

#[test]
fn token_messages_with_no_name_a_long_one_or_a_wrong_proof_length_are_malformed() {
    let long = [vec![b'x'; 1 << 20], vec![0; 33]].concat();
    for message in [
        &b""[..],
        b"user",
        b"user\0",
        &[b"user\0", &[1; 31][..]].concat(),
        &[b"user\0", &[1; 33][..]].concat(),
        &[b"\0", &[1; 32][..]].concat(),
        &[b"\xff\0", &[1; 32][..]].concat(),
        &long,
    ] {
        let refused = TokenRequest::parse(Mechanism::Token(None), message).err();
        assert_eq!(refused, Some(SaslError::MalformedRequest));
    }
    let untypable = [b"\x07\0", &[1; 32][..]].concat();
    assert_eq!(
        TokenRequest::parse(Mechanism::Token(None), &untypable).err(),
        Some(SaslError::NotAuthorized)
    );
    assert_eq!(TokenRequest::parse(SCRAM, &untypable).err(), Some(SaslError::InvalidMechanism));
}

#[test]
fn names_and_keys_do_not_reach_a_log() {
    let (client, server, challenge) = challenged(&Offer::new(true, &tls13()));
    let keys = derive(&secret("pencil"), b"salt", 4096, Hash::Sha256).expect("a password");
    let message =
        token_message(None, "user", &secret("token"), &tls13()).expect("nothing to bind to");
    let request = TokenRequest::parse(Mechanism::Token(None), &message).expect("well-formed");
    let logged = format!("{client:?} {server:?} {keys:?} {request:?}");
    let server_key = format!("{:?}", keys.server_key);
    for private in ["user", "salt", "client,", &server_key[1..20], &challenge[..20]] {
        assert!(!logged.contains(private), "{private} in {logged}");
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

    #[test]
    fn no_near_miss_of_a_message_makes_the_server_panic_or_lets_anybody_in(
        flag in "(n|y|p=tls-exporter|p=[a-z-]{0,8}|[a-z]?)",
        first in "[,=nrma23CD+/é\u{7}]{0,24}",
        last in "[,=crpxmbiws+/A]{0,40}",
    ) {
        let offer = Offer::new(true, &tls13());
        for mechanism in Mechanism::ALL {
            for message in [format!("{flag},,n=user,r={first}"), format!("{flag},{first}")] {
                let Ok(mut server) = ScramServer::start(mechanism, message.as_bytes(), &offer) else { continue };
                server.challenge(fake_keys(b"s", "user", server.hash()), "n");
                prop_assert!(server.finish(last.as_bytes(), &tls13()).is_err());
                let closer = format!("c=biws,r={first}n,p={last}");
                prop_assert!(server.finish(closer.as_bytes(), &tls13()).is_err());
            }
        }
    }

    #[test]
    fn no_challenge_makes_the_client_panic(challenge in "(r=client)?[,=rsihm0-9A+/]{0,40}") {
        let (mut client, ..) = challenged(&Offer::new(true, &tls13()));
        let _ = client.respond(challenge.as_bytes(), &secret("pencil"), &tls13());
    }
}
