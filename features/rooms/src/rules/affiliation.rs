//! How somebody stands to a room for good (XEP-0045 section 5.2), and who may change it.

use skein_xmpp::Condition;

/// The lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Affiliation {
    /// Banned.
    Outcast,
    /// A stranger.
    #[default]
    None,
    /// May enter rooms for members only, and gets messages while away.
    Member,
    /// May ban and make members.
    Admin,
    /// May do everything.
    Owner,
}

impl Affiliation {
    pub(crate) const ALL: [Self; 5] =
        [Self::Outcast, Self::None, Self::Member, Self::Admin, Self::Owner];

    /// As written.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Outcast => "outcast",
            Self::None => "none",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The affiliation of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|affiliation| affiliation.name() == name)
    }

    /// As stored.
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Outcast => -1,
            Self::None => 0,
            Self::Member => 1,
            Self::Admin => 2,
            Self::Owner => 3,
        }
    }

    /// From the store; what is unknown is a stranger.
    pub(crate) fn of_code(code: i64) -> Self {
        Self::ALL.into_iter().find(|affiliation| affiliation.code() == code).unwrap_or_default()
    }
}

/// Whether `actor` may make somebody who is `before` into `after` (sections 9 and 10).
/// `is_last_owner` says that nobody else owns the room, `may_add` that the actor has the
/// right to make strangers members.
pub(crate) fn may_change(
    actor: Affiliation,
    before: Affiliation,
    after: Affiliation,
    is_last_owner: bool,
    may_add: bool,
) -> Result<(), Condition> {
    use Affiliation::{Admin, Member, None, Owner};
    if before == None && after == Member && actor >= Member {
        return if may_add { Ok(()) } else { Err(Condition::Forbidden) };
    }
    if actor < Admin {
        return Err(Condition::Forbidden);
    }
    if actor < Owner && (before >= Admin || after >= Admin) {
        return Err(Condition::NotAllowed);
    }
    // Section 10.5: a room keeps an owner.
    if is_last_owner && before == Owner && after != Owner {
        return Err(Condition::Conflict);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Affiliation::{Admin, Member, None, Outcast, Owner};
    use super::*;

    #[test]
    fn admins_rule_those_below_them_and_owners_rule_all() {
        for (actor, before, after, expected) in [
            (Owner, None, Owner, Ok(())),
            (Owner, Admin, Outcast, Ok(())),
            (Admin, None, Member, Ok(())),
            (Admin, Member, Outcast, Ok(())),
            (Admin, None, Admin, Err(Condition::NotAllowed)),
            (Admin, Owner, Outcast, Err(Condition::NotAllowed)),
            (Admin, Admin, None, Err(Condition::NotAllowed)),
            (Member, None, Outcast, Err(Condition::Forbidden)),
            (None, None, Member, Err(Condition::Forbidden)),
            (Outcast, Outcast, None, Err(Condition::Forbidden)),
        ] {
            assert_eq!(
                may_change(actor, before, after, false, actor >= Admin),
                expected,
                "{actor:?} {before:?} {after:?}"
            );
        }
    }

    #[test]
    fn adding_members_follows_the_right() {
        for (actor, may_add, expected) in [
            (Member, true, Ok(())),
            (Member, false, Err(Condition::Forbidden)),
            (Admin, false, Err(Condition::Forbidden)),
            (None, true, Err(Condition::Forbidden)),
        ] {
            assert_eq!(may_change(actor, None, Member, false, may_add), expected, "{actor:?}");
        }
        assert_eq!(may_change(Member, Outcast, Member, false, true), Err(Condition::Forbidden));
        assert_eq!(may_change(Member, Member, None, false, true), Err(Condition::Forbidden));
    }

    #[test]
    fn the_last_owner_stays() {
        assert_eq!(may_change(Owner, Owner, Admin, true, true), Err(Condition::Conflict));
        assert_eq!(may_change(Owner, Owner, Owner, true, true), Ok(()));
        assert_eq!(may_change(Owner, Owner, None, false, true), Ok(()));
    }

    #[test]
    fn what_is_stored_reads_back() {
        for affiliation in Affiliation::ALL {
            assert_eq!(Affiliation::of_code(affiliation.code()), affiliation);
            assert_eq!(Affiliation::named(affiliation.name()), Some(affiliation));
        }
        assert_eq!(Affiliation::of_code(77), None);
    }
}
