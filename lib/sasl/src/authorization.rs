//! As whom a client may act.

use skein_xmpp::Jid;

use crate::error::SaslError;

/// The one rule for every mechanism (N01): who proves to be `authcid` acts as itself.
///
/// `authcid` is the prepared name of the mechanism, a localpart, and `domain` the host
/// that the stream is for. `authzid` may be absent, empty, or the bare JID of the two in
/// any spelling that prepares to it (RFC 6120 section 6.3.8). Gives that JID.
///
/// # Errors
/// `not-authorized` for a name that no account can have, `invalid-authzid` for any other
/// address, one with a resource and a name without a host among them.
pub fn authorized(authzid: Option<&str>, authcid: &str, domain: &str) -> Result<Jid, SaslError> {
    let own = Jid::from_parts(Some(authcid), domain, None).map_err(|_| SaslError::NotAuthorized)?;
    match authzid {
        None | Some("") => Ok(own),
        Some(asked) => {
            Jid::parse(asked).ok().filter(|asked| *asked == own).ok_or(SaslError::InvalidAuthzid)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_reach_into_another_address_are_nobodys() {
        for name in ["", "victim@example.org", "me/x", "a b", "a<b", "\u{7}", &"x".repeat(1 << 20)]
        {
            assert_eq!(authorized(None, name, "example.org").err(), Some(SaslError::NotAuthorized));
        }
    }
}
