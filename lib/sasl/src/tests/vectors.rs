//! What the specifications and a second implementation (Python's hashlib) say.

use super::*;

struct Vector {
    hash: Hash,
    nonce: &'static str,
    challenge: &'static str,
    answer: &'static str,
    last: &'static str,
}

const RFC_5802: Vector = Vector {
    hash: Hash::Sha1,
    nonce: "fyko+d2lbbFgONRv9qkxdawL",
    challenge: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    answer: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    last: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
};

const RFC_7677: Vector = Vector {
    hash: Hash::Sha256,
    nonce: "rOprNGfwEbeRWgbNEkqO",
    challenge: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    answer: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    last: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

/// The exchange of RFC 7677 with the other hash; no document has one.
const SHA_512: Vector = Vector {
    hash: Hash::Sha512,
    answer: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
    last: "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
    ..RFC_7677
};

#[test]
fn a_client_says_what_rfc_5802_and_rfc_7677_have_it_say() {
    for vector in [RFC_5802, RFC_7677, SHA_512] {
        let first = ClientFirst {
            mechanism: Mechanism::Scram(vector.hash, false),
            binding: None,
            could_bind: false,
            username: "user",
            authzid: None,
            nonce: vector.nonce,
        };
        let (mut client, message) = ScramClient::start(&first).expect("a name");
        assert_eq!(message, format!("n,,n=user,r={}", vector.nonce).into_bytes());
        let answer =
            client.respond(vector.challenge.as_bytes(), &secret("pencil"), &Bindings::default());
        assert_eq!(answer, Ok(vector.answer.as_bytes().to_vec()));
        assert!(client.verified(vector.last.as_bytes()));
    }
}

#[test]
fn a_server_goes_through_the_whole_example_of_xep_0474() {
    let mechanisms = [Mechanism::Scram(Hash::Sha1, false), Mechanism::Scram(Hash::Sha1, true)];
    let types = [ChannelBinding::ServerEndPoint, ChannelBinding::Exporter];
    let offer = Offer::of(mechanisms.to_vec(), types.to_vec());
    let first = b"p=tls-exporter,,n=user,r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6";
    let mut server = ScramServer::start(mechanisms[1], first, &offer).expect("well-formed");
    let salt = b"A%\xc2G\xe4:\xb1\xe9<m\xffv";
    let keys = derive(&secret("pencil"), salt, 4096, Hash::Sha1).expect("a password");
    let challenge = server.challenge(keys, "a09117a6-ac50-4f2f-93f1-93799c2bddf6");
    let expected = "r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6a09117a6-ac50-4f2f-93f1-93799c2bddf6,\
                    s=QSXCR+Q6sek8bf92,i=4096,h=G6k/rBLDqgOhRRaCuuatSDFkJ08=";
    assert_eq!(challenge, expected.as_bytes());
    let last = "c=cD10bHMtZXhwb3J0ZXIsLFRISVMgSVMgRkFLRSBDQiBEQVRB,\
                r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6a09117a6-ac50-4f2f-93f1-93799c2bddf6,\
                x=19C6532F-1CF4-4A27-A18D-DC9CEA41BBB3,p=M/SIDjT+dfcxUh89jZEypRvFxB4=";
    let bindings = Bindings { exporter: Some(b"THIS IS FAKE CB DATA".to_vec()), end_point: None };
    let answer = server.finish(last.as_bytes(), &bindings).expect("let in");
    assert_eq!(answer, b"v=MQrMPvv7yv4x4Cq4W4Ih25EqS2c=");
}

#[test]
fn a_hashed_token_is_the_hash_over_the_side_and_the_binding() {
    let token = secret("WXZzciBwYmFmdmZnZiBqdmd1IGp2eXFhcmZm");
    let vectors = [
        (
            None,
            "9097787461a184e0fa84ec00c1381190b6c4d16a8ec4453c7b2ac5e7fcf935ed",
            "4e513409631474863b986c9f3e8c1e27ca29d1d7ab9ed4097e7afd6007bf9c62",
        ),
        (
            Some(ChannelBinding::Exporter),
            "c0159a5fef045575b269f4c7596e231ebddf57fd039cc6e44268f7837f61b7e7",
            "3d1c06ec34bcd21bc7d5a6bc1689b4b24a11e264e6f34b072e01f2ece1589665",
        ),
    ];
    for (binding, initiator, responder) in vectors {
        let message = token_message(binding, "user", &token, &tls13()).expect("data to bind to");
        assert_eq!(message[..5], *b"user\0");
        assert_eq!(skein_base::rng::to_hex(&message[5..]), initiator);
        let request =
            TokenRequest::parse(Mechanism::Token(binding), &message).expect("well-formed");
        let answer = request.check(&token, &tls13()).expect("let in");
        assert_eq!(skein_base::rng::to_hex(&answer), responder);
    }
}

#[test]
fn names_and_passwords_are_prepared_as_rfc_4013_has_it() {
    for (text, prepared) in [
        ("I\u{ad}X", Some("IX")),
        ("user", Some("user")),
        ("USER", Some("USER")),
        ("\u{aa}", Some("a")),
        ("\u{2168}", Some("IX")),
        ("\u{7}", None),
        ("\u{627}1", None),
        ("", None),
        ("\u{ad}", None),
    ] {
        assert_eq!(normalize(text).ok().as_deref(), prepared, "{text:?}");
    }
}
