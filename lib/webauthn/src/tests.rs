//! The vectors are from an authenticator written in Python over the library `cryptography`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use skein_base::Timestamp;

use super::*;

const CLIENT: &[u8] = br#"{"type":"webauthn.get","challenge":"YSBjaGFsbGVuZ2U","origin":"https://chat.example.org","crossOrigin":false}"#;
const ORIGIN: &str = "https://chat.example.org";
/// Algorithm, key, signature over the data below and `CLIENT`.
const SIGNED: [(i64, &str, &str); 3] = [
    (
        -7,
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpnaduIvTYgTzRpYUDAmAVNVkNzmiXqk3r9bmjQnRjR_d\
         zHnRzm0mrGkNDDPDH11UyuRwuASWbI4qrqZBGbbjCw",
        "MEYCIQCH5TLB32urZ4UwS6N8XhTM2ITmjGLvL0ObZ_8SgkexnQIhAI5F-v4-_kIgKOI-FV_SXFKR8Wxy\
         KEw5HE5no25UENof",
    ),
    (
        -8,
        "MCowBQYDK2VwAyEAv9S18LYX7JqURJzH2OI7fFhfrqkKtfSV4WxhEzERs1U",
        "qYkqCe1ktUPnKlEdEsDdGk0vxbjCFW3US9AHUGCeOfXXQMdiABttzQ_4ZF5ir3Wp4vtZaMse2txgdQJU\
         _pONBA",
    ),
    (
        -257,
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAv8CJR-PS3iHWHfZyJxdkvva7NWEaGTe1zyzs\
         a4rinAr2K8BSwcf05DWCZPPAnQEX-kBw6RBCZmFdaf-hVoRALf8g-76mlXtP2yoJwxMt4fxQK9AsnFa9\
         GvFNmhNgJ_rJTt3IfS0icjh9LzlK6RKITpmes5V1BCdlYP0TIMDLn9qqlwj-9y_BhZy1rcofBBpNJRV9\
         ECmNGa7Jt6Iz_gIMwt3uoYxbnvB8BMMu-AP9OFGnOf0fdFpHscvwvSPV1jKXuhUGyXO2dQGxqvWuigzW\
         168MYUU7PIn-5x2MwHH1mR1V-9MSXwwENw8AeruHOu1N3urcLVwWnzsuNFg_OqpbTwIDAQAB",
        "RvhzzhkLOr3onuctVyUV3KZhDQYCy1WHFYudm30cDDzSa9yZppbczY_WlkhtLkKKrLskSrvsYLk8rJb_\
         Y40TeQgMC7TojVDFshPLJ2rfOnI6mUjD8e4m0Z5o0SM2CitOLAfY1jY3bS598QTyMLKs03cQHMcEh2Ar\
         -k9vFVauCHXlNXr90ZRRzPjqxKbJwXXEsKp5rQHSRFSC5j8UnibSt7GeB2yioHXKEd8y7cT-ixK55KTV\
         0G8qjfGF_6-LIfD9216TOL33N8HvOs_Uni9kaChHw15JoPEndC3YBmsuQHHKIWnRUOOakADr1dykdj4V\
         2kg28qr5_O-h3wlC3S4crQ",
    ),
];

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64")
}

fn data(domain: &str, flags: u8, counter: u32, rest: &[u8]) -> Vec<u8> {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, domain.as_bytes());
    [hash.as_ref(), &[flags], &counter.to_be_bytes(), rest].concat()
}

fn made(id: &[u8], key: &[u8]) -> Vec<u8> {
    [&[0; 16], &u16::try_from(id.len()).expect("short").to_be_bytes()[..], id, key].concat()
}

fn read(ceremony: Ceremony, client: &[u8], data: &[u8]) -> Result<Statement, Wrong> {
    Statement::read(ceremony, client, data, &[ORIGIN.to_owned()])
}

fn wrong(client: &[u8], data: &[u8]) -> Wrong {
    read(Ceremony::Get, client, data).expect_err("refused")
}

#[test]
fn what_an_authenticator_signed_is_known_by_its_key_alone() {
    let data = data("chat.example.org", 5, 7, &[]);
    let statement = read(Ceremony::Get, CLIENT, &data).expect("as expected");
    assert_eq!((&*statement.challenge, statement.counter), (&b"a challenge"[..], 7));
    assert_eq!(statement.domain, "chat.example.org");
    for (number, key, signature) in SIGNED {
        let (info, mut signature) = (bytes(key), bytes(signature));
        let key = PublicKey::read(number, &info).expect("a key");
        assert_eq!((key.number(), key.info()), (number, &*info));
        assert!(statement.is_signed(&key, &signature), "{number}");
        assert!(!statement.is_signed(&PublicKey::nobodys(), &signature));
        for (other, another, _) in SIGNED.iter().filter(|(other, ..)| *other != number) {
            let another = PublicKey::read(*other, &bytes(another)).expect("a key");
            assert!(!statement.is_signed(&another, &signature), "{number} by {other}");
            assert!(PublicKey::read(*other, &info).is_err(), "{number} as {other}");
        }
        let last = signature.len() - 1;
        signature[last] ^= 1;
        assert!(!statement.is_signed(&key, &signature));
        assert!(!statement.is_signed(&key, &[]));
    }
}

#[test]
fn a_signature_holds_for_nothing_else() {
    let (number, key, signature) = SIGNED[0];
    let (key, signature) = (PublicKey::read(number, &bytes(key)).expect("a key"), bytes(signature));
    let client = CLIENT.to_vec();
    let spaced = [CLIENT, b" "].concat();
    for (client, counter) in [(&client, 8), (&spaced, 7)] {
        let data = data("chat.example.org", 5, counter, &[]);
        let statement = read(Ceremony::Get, client, &data).expect("as expected");
        assert!(!statement.is_signed(&key, &signature));
    }
}

#[test]
fn the_page_the_domain_and_the_purpose_must_be_ours() {
    let good = data("chat.example.org", 5, 0, &[]);
    let client = |from: &str, to: &str| {
        let text = String::from_utf8_lossy(CLIENT).replace(from, to);
        assert!(text.as_bytes() != CLIENT);
        wrong(text.as_bytes(), &good)
    };
    assert_eq!(client("webauthn.get", "webauthn.create"), Wrong::Purpose);
    assert_eq!(client("webauthn.get", "payment.get"), Wrong::Purpose);
    for origin in [
        "https://chat.example.org.evil.example",
        "https://example.org",
        "http://chat.example.org",
        "https://chat.example.org:8443",
        "https://chat.example.org/",
        "https://CHAT.example.org",
        "null",
    ] {
        assert_eq!(client("https://chat.example.org", origin), Wrong::Origin, "{origin}");
    }
    assert_eq!(client("false", "true"), Wrong::Origin);
    assert_eq!(client("false", r#"false,"topOrigin":"https://evil.example""#), Wrong::Origin);
    assert_eq!(wrong(CLIENT, &data("example.org", 5, 0, &[])), Wrong::Domain);
    assert_eq!(wrong(CLIENT, &data("chat.example.org", 4, 0, &[])), Wrong::Absent);
    assert_eq!(wrong(CLIENT, &data("chat.example.org", 1, 0, &[])), Wrong::Unverified);
}

#[test]
fn a_new_passkey_says_its_id_and_one_that_signs_in_does_not() {
    let client = String::from_utf8_lossy(CLIENT).replace("webauthn.get", "webauthn.create");
    let new = data("chat.example.org", 0x45, 0, &made(b"an id", b"cbor"));
    let statement = read(Ceremony::Create, client.as_bytes(), &new).expect("as expected");
    assert_eq!(statement.credential.as_deref(), Some(&b"an id"[..]));
    assert_eq!(wrong(CLIENT, &new), Wrong::Credential);
    let without = data("chat.example.org", 5, 0, &[]);
    let refused = read(Ceremony::Create, client.as_bytes(), &without);
    assert_eq!(refused.expect_err("refused"), Wrong::Credential);
}

#[test]
fn what_is_malformed_is_refused() {
    let good = data("chat.example.org", 5, 0, &[]);
    for client in ["", "{}", "[]", "null", r#"{"type":1}"#, "{\"type\":\"webauthn.get\"}"] {
        assert_eq!(wrong(client.as_bytes(), &good), Wrong::Malformed, "{client}");
    }
    let text = String::from_utf8_lossy(CLIENT);
    for challenge in ["YSBjaGFsbGVuZ2U=", "YSBj aGFs", "é"] {
        let client = text.replace("YSBjaGFsbGVuZ2U", challenge);
        assert_eq!(wrong(client.as_bytes(), &good), Wrong::Malformed, "{challenge}");
    }
    let twice = text.replace("{", r#"{"origin":"https://evil.example","#);
    assert_eq!(wrong(twice.as_bytes(), &good), Wrong::Malformed);
    let long = text.replace("{", &format!("{{\"x\":\"{}\",", "x".repeat(DATA_BYTES)));
    assert_eq!(wrong(long.as_bytes(), &good), Wrong::Malformed);
    for length in 0..good.len() {
        assert_eq!(wrong(CLIENT, &good[..length]), Wrong::Malformed);
    }
    assert_eq!(wrong(CLIENT, &data("chat.example.org", 5, 0, b"x")), Wrong::Malformed);
    let new = made(b"an id", b"cbor");
    for length in 0..=new.len() - 4 {
        let data = data("chat.example.org", 0x45, 0, &new[..length]);
        assert_eq!(wrong(CLIENT, &data), Wrong::Malformed, "{length}");
    }
    for id in [vec![], vec![1; CREDENTIAL_BYTES + 1]] {
        let data = data("chat.example.org", 0x45, 0, &made(&id, b"cbor"));
        assert_eq!(wrong(CLIENT, &data), Wrong::Malformed);
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let (number, key, _) = SIGNED[0];
    let info = bytes(key);
    for length in 0..info.len() {
        assert!(PublicKey::read(number, &info[..length]).is_err(), "{length}");
    }
    assert!(PublicKey::read(0, &info).is_err());
    assert!(PublicKey::read(number, &[info.clone(), vec![0]].concat()).is_err());
    let mut off_the_curve = info;
    let last = off_the_curve.len() - 1;
    off_the_curve[last] ^= 1;
    assert!(PublicKey::read(number, &off_the_curve).is_err());
    assert!(PublicKey::read(-257, &vec![0x30; KEY_BYTES + 1]).is_err());
    // The one that stands in for a key is a key.
    let nobodys = PublicKey::nobodys();
    assert_eq!(PublicKey::read(nobodys.number(), nobodys.info()), Ok(nobodys.clone()));
}

#[test]
fn a_domain_is_read_off_an_origin() {
    assert_eq!(domain_of("https://chat.example.org:8443"), Some("chat.example.org"));
    assert_eq!(domain_of("http://localhost:5280"), Some("localhost"));
    for none in
        ["chat.example.org", "https://", "https://:1", "http://127.0.0.1:1", "http://[::1]:1"]
    {
        assert_eq!(domain_of(none), None, "{none}");
    }
}

#[test]
fn a_challenge_is_known_again_for_its_purpose_until_it_is_over() {
    let (challenges, now) = (Challenges::new(&[1; 32]), Timestamp(1_000));
    let challenge = challenges.make(b"in", [7; 16], Timestamp(2_000));
    let found = challenges.check(b"in", &challenge, now);
    assert_eq!(found, Some(Challenge { nonce: [7; 16], end: Timestamp(2_000) }));
    assert_eq!(challenges.check(b"in", &challenge, Timestamp(2_000)), None);
    assert_eq!(challenges.check(b"add 1", &challenge, now), None);
    assert_eq!(Challenges::new(&[2; 32]).check(b"in", &challenge, now), None);
    for at in 0..CHALLENGE_BYTES {
        let mut changed = challenge;
        changed[at] ^= 1;
        assert_eq!(challenges.check(b"in", &changed, now), None, "{at}");
    }
    assert_eq!(challenges.check(b"in", &challenge[1..], now), None);
    assert_eq!(challenges.check(b"in", &[], now), None);
}
