//! The two forms of an invitation: `xmpp:` for clients, `https:` for people.

use skein_accounts::{Invite, InviteKind};
use skein_base::percent;
use skein_config::{Config, Registration};
use skein_xmpp::Jid;

/// The path of the landing page; the token follows.
pub const PATH: &str = "/invite/";

/// The address that clients open (XEP-0401 section 5, XEP-0445 section 3).
pub fn uri(config: &Config, invite: &Invite) -> String {
    let token = &invite.token;
    match (invite.kind, &invite.inviter_jid) {
        (InviteKind::Contact, Some(inviter)) => {
            let may_register = config.access.registration != Registration::Closed;
            let ibr = if may_register { ";ibr=y" } else { "" };
            format!("xmpp:{}?roster;preauth={token}{ibr}", address(inviter))
        }
        _ => format!("xmpp:{}?register;preauth={token}", address(&invite.jid)),
    }
}

/// The address of the landing page.
pub fn landing_url(config: &Config, invite: &Invite) -> String {
    format!("{}{PATH}{}", config.web_origin(invite.jid.domain()), invite.token)
}

/// An address as RFC 5122 section 2.2 writes it in a URI.
fn address(jid: &Jid) -> String {
    let domain = escaped(jid.domain());
    jid.local().map_or_else(|| domain.clone(), |local| format!("{}@{domain}", escaped(local)))
}

/// What is not unreserved is escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::new();
    percent::escape(text, percent::is_unreserved, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use skein_accounts::Role;
    use skein_base::{AccountId, Timestamp};

    use super::*;

    fn invite(kind: InviteKind, jid: &str, inviter: Option<&str>) -> Invite {
        Invite {
            token: "TOKEN".to_owned(),
            kind,
            inviter: inviter.map(|_| AccountId(1)),
            inviter_jid: inviter.map(|jid| Jid::parse(jid).expect("an address")),
            subscribe: true,
            role: Role::User,
            jid: Jid::parse(jid).expect("an address"),
            created: Timestamp(0),
            expires: Timestamp(0),
            uses: 1,
        }
    }

    #[test]
    fn uris_have_the_forms_of_xep_0401() {
        let mut config = Config::default();
        let contact = invite(InviteKind::Contact, "example.com", Some("inviter@example.com"));
        assert_eq!(uri(&config, &contact), "xmpp:inviter@example.com?roster;preauth=TOKEN;ibr=y");
        config.access.registration = Registration::Closed;
        assert_eq!(uri(&config, &contact), "xmpp:inviter@example.com?roster;preauth=TOKEN");
        let account = invite(InviteKind::Account, "juliet@example.com", None);
        assert_eq!(uri(&config, &account), "xmpp:juliet@example.com?register;preauth=TOKEN");
        let account = invite(InviteKind::Account, "example.com", None);
        assert_eq!(uri(&config, &account), "xmpp:example.com?register;preauth=TOKEN");
        let account = invite(InviteKind::Account, "朱丽叶@example.com", None);
        assert!(uri(&config, &account).starts_with("xmpp:%E6%9C%B1"));
    }

    #[test]
    fn the_page_is_where_people_can_reach_it() {
        let mut config = Config::default();
        let local = invite(InviteKind::Account, "localhost", None);
        assert_eq!(landing_url(&config, &local), "http://localhost:5280/invite/TOKEN");
        let public = invite(InviteKind::Account, "example.com", None);
        assert_eq!(landing_url(&config, &public), "https://example.com/invite/TOKEN");
        config.listen.https = vec!["[::]:8443".parse().expect("an address")];
        assert_eq!(landing_url(&config, &public), "https://example.com:8443/invite/TOKEN");
    }
}
