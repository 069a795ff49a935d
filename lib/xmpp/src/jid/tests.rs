use super::*;
use proptest::prelude::*;

fn prepared(text: &str) -> Option<String> {
    Jid::parse(text).ok().map(|jid| jid.to_string())
}

#[test]
fn addresses_are_prepared() {
    for (text, expected) in [
        ("localhost", "localhost"),
        ("Alice@Example.COM/Phone", "alice@example.com/Phone"),
        ("ALICE@example.com.", "alice@example.com"),
        ("a@b/c@d/e", "a@b/c@d/e"),
        ("ＡＬＩＣＥ@example.com", "alice@example.com"),
        ("straße@example.com", "strasse@example.com"),
        ("用户@例子.测试/手机", "用户@例子.测试/手机"),
        ("a@[::1]", "a@[::1]"),
    ] {
        assert_eq!(prepared(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn s14_malformed_addresses_are_refused() {
    let long = "x".repeat(1024);
    for text in [
        "",
        "@b",
        "a@",
        "a@b/",
        "/r",
        "a b@c",
        "a\u{0}@c",
        "a@b@c",
        "a'b@c",
        "a@b c",
        "a@..",
        "a@b..c",
        "a@[zz]",
        "a@b/\r",
        "a@b/x\n",
        "a@b/\u{200e}\u{0}",
        "a&b@c",
        &long,
        &format!("{long}@c"),
        &format!("a@c/{long}"),
    ] {
        assert_eq!(prepared(text), None, "{text}");
    }
}

#[test]
fn a_sign_that_becomes_a_capital_letter_is_refused() {
    // MATHEMATICAL BOLD CAPITAL DIGAMMA, of Unicode 5.0.
    assert_eq!(Jid::parse("\u{1d7ca}@example.com"), Err(JidError::Forbidden));
    assert_eq!(Jid::parse("\u{1d7ca}.example"), Err(JidError::Forbidden));
}

#[test]
fn parts_come_apart() {
    let jid = Jid::parse("alice@example.com/phone").expect("valid");
    assert_eq!(
        (jid.local(), jid.domain(), jid.resource()),
        (Some("alice"), "example.com", Some("phone"))
    );
    assert_eq!(jid.bare().as_str(), "alice@example.com");
    assert_eq!(jid.to_domain().as_str(), "example.com");
    assert!(jid.same_bare(&jid.bare()));
    assert_eq!(jid.bare().with_resource("pad").expect("valid").as_str(), "alice@example.com/pad");
}

proptest! {
    #[test]
    fn a_look_at_each_byte_says_what_preparation_says(text in "[ab1A.@/:& é_\\[-]{0,12}") {
        if let Some(ready) = Jid::ready(&text) {
            let (bare, resource) = text.split_once('/').map_or((&*text, None), |(bare, resource)| (bare, Some(resource)));
            let (local, domain) = bare.split_once('@').map_or((None, bare), |(local, domain)| (Some(local), domain));
            let prepared = Jid::from_parts(local, domain, resource).expect("an address");
            prop_assert_eq!(ready.as_str(), prepared.as_str());
            prop_assert_eq!((ready.local, ready.resource), (prepared.local, prepared.resource));
        }
    }

    #[test]
    fn preparing_twice_changes_nothing(text in "\\PC{0,40}") {
        if let Ok(jid) = Jid::parse(&text) {
            prop_assert!(jid.as_str().len() <= text.len() * 18 + 3);
            prop_assert_eq!(Jid::parse(jid.as_str()).map(|again| again.to_string()), Ok(jid.to_string()));
        }
    }
}
