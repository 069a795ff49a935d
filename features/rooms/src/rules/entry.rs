//! Who may enter (XEP-0045 sections 7.2.5 to 7.2.10).

use skein_xmpp::{Condition, StanzaError};

use crate::rules::affiliation::Affiliation;
use crate::rules::config::Config;

/// What is known of somebody who wants to enter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entering<'a> {
    pub(crate) affiliation: Affiliation,
    pub(crate) password: Option<&'a str>,
    /// A link let them in just now.
    pub(crate) is_let_in: bool,
    /// The room waits for its owner's configuration.
    pub(crate) locked: bool,
    /// People in the room.
    pub(crate) occupants: usize,
    /// The account is in the room already with another device under this nickname.
    pub(crate) is_inside: bool,
    /// The nickname is somebody else's, here or by registration.
    pub(crate) nick_taken: bool,
}

/// Whether the door opens.
pub(crate) fn may_enter(config: &Config, entering: Entering<'_>) -> Result<(), StanzaError> {
    let is_owner = entering.affiliation == Affiliation::Owner;
    if entering.affiliation == Affiliation::Outcast {
        return Err(Condition::Forbidden.into());
    }
    if entering.locked && !is_owner {
        return Err(Condition::ItemNotFound.into());
    }
    if config.members_only && entering.affiliation < Affiliation::Member {
        return Err(Condition::RegistrationRequired.into());
    }
    let has_key = entering.password.is_some_and(|password| same(password, &config.password));
    if config.password_protected && !has_key && !is_owner && !entering.is_let_in {
        return Err(
            StanzaError::new(Condition::NotAuthorized).text("the password is missing or wrong")
        );
    }
    if entering.nick_taken {
        return Err(Condition::Conflict.into());
    }
    let is_full = config.max_users > 0 && entering.occupants >= config.max_users;
    if is_full && !entering.is_inside && entering.affiliation < Affiliation::Admin {
        return Err(Condition::ServiceUnavailable.into());
    }
    Ok(())
}

/// Compares without telling by time where two passwords differ.
fn same(one: &str, two: &str) -> bool {
    let differing = one.bytes().zip(two.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == two.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entering(affiliation: Affiliation) -> Entering<'static> {
        Entering {
            affiliation,
            password: None,
            is_let_in: false,
            locked: false,
            occupants: 0,
            is_inside: false,
            nick_taken: false,
        }
    }

    fn refused(config: &Config, entering: Entering<'_>) -> Option<Condition> {
        may_enter(config, entering).err().map(|error| error.condition)
    }

    #[test]
    fn each_door_has_its_error() {
        let open = Config::default();
        let stranger = entering(Affiliation::None);
        assert_eq!(refused(&open, stranger), None);
        assert_eq!(refused(&open, entering(Affiliation::Outcast)), Some(Condition::Forbidden));
        let locked = Entering { locked: true, ..stranger };
        assert_eq!(refused(&open, locked), Some(Condition::ItemNotFound));
        let taken = Entering { nick_taken: true, ..stranger };
        assert_eq!(refused(&open, taken), Some(Condition::Conflict));
        let members = Config { members_only: true, ..Config::default() };
        assert_eq!(refused(&members, stranger), Some(Condition::RegistrationRequired));
        assert_eq!(refused(&members, entering(Affiliation::Member)), None);
        let full = Config { max_users: 2, ..Config::default() };
        let third = Entering { occupants: 2, ..stranger };
        assert_eq!(refused(&full, third), Some(Condition::ServiceUnavailable));
        assert_eq!(refused(&full, Entering { is_inside: true, ..third }), None);
    }

    #[test]
    fn a_password_opens_and_nothing_like_it() {
        let secret = Config {
            password_protected: true,
            password: "cauldronburn".into(),
            ..Config::default()
        };
        for (password, expected) in [
            (None, Some(Condition::NotAuthorized)),
            (Some(""), Some(Condition::NotAuthorized)),
            (Some("cauldronbur"), Some(Condition::NotAuthorized)),
            (Some("cauldronburN"), Some(Condition::NotAuthorized)),
            (Some("cauldronburn"), None),
        ] {
            let stranger = Entering { password, ..entering(Affiliation::None) };
            assert_eq!(refused(&secret, stranger), expected, "{password:?}");
        }
    }
}
