//! Every mechanism with every authorization identity (N01): the right credentials of
//! `user@example.org` throughout.

use super::*;

const DOMAIN: &str = "example.org";

/// Goes through a whole login; gives the address that the session would have.
fn log_in(mechanism: Mechanism, authzid: Option<&str>) -> Result<String, SaslError> {
    let jid = match mechanism {
        Mechanism::Scram(_, plus) => {
            let binding = plus.then_some(ChannelBinding::ServerEndPoint);
            let server = Attempt { authzid, ..attempt(mechanism, binding) }.run()?;
            authorized(server.authzid(), server.username(), DOMAIN)?
        }
        Mechanism::Plain => {
            let request = PlainRequest::parse(&plain_message(authzid, "user", &secret("pencil")))?;
            authorized(request.authzid(), request.username(), DOMAIN)?
        }
        Mechanism::Token(binding) => {
            // The mechanism has no place for one; this is what smuggling one looks like.
            let mut message =
                authzid.map_or_else(Vec::new, |authzid| [authzid.as_bytes(), b"\0"].concat());
            message.extend(
                token_message(binding, "user", &secret("token"), &tls13())
                    .expect("data to bind to"),
            );
            let request = TokenRequest::parse(mechanism, &message)?;
            request.check(&secret("token"), &tls13())?;
            authorized(None, request.username(), DOMAIN)?
        }
    };
    Ok(jid.as_str().to_owned())
}

#[test]
fn n01_who_logs_in_is_who_was_authenticated_by_any_mechanism() {
    let long = "x".repeat(1 << 20);
    let long_address = format!("{long}@example.org");
    let own =
        ["user@example.org", "USER@Example.Org", "\u{ff55}ser@example.org", "user@example.org."];
    let foreign = [
        "victim@example.org",
        "victim",
        "user",
        "user@",
        "@example.org",
        "example.org",
        "user@example.net",
        "user@example.org/phone",
        "user@example.org@example.net",
        "us\u{435}r@example.org",
        "user@example.org ",
        "a=b,c@example.org",
        "=2C",
        "\u{7}",
        "//",
        "xmpp:user@example.org",
    ];
    for mechanism in Mechanism::ALL {
        for authzid in [None, Some("")].into_iter().chain(own.map(Some)) {
            // A token's message has no room for an authorization identity.
            if mechanism.is_token() && authzid.is_some() {
                assert_eq!(log_in(mechanism, authzid), Err(SaslError::MalformedRequest));
            } else {
                assert_eq!(
                    log_in(mechanism, authzid).as_deref(),
                    Ok("user@example.org"),
                    "{mechanism:?} {authzid:?}"
                );
            }
        }
        for authzid in foreign {
            let expected = if mechanism.is_token() {
                SaslError::MalformedRequest
            } else {
                SaslError::InvalidAuthzid
            };
            assert_eq!(
                log_in(mechanism, Some(authzid)),
                Err(expected),
                "{mechanism:?} {authzid:?}"
            );
        }
        for authzid in [&long, &long_address] {
            assert_eq!(
                log_in(mechanism, Some(authzid)),
                Err(SaslError::MalformedRequest),
                "{mechanism:?}"
            );
        }
    }
}
