//! What an occupant may do during this visit (XEP-0045 section 5.1), and who may change it.

use skein_xmpp::Condition;

use crate::rules::affiliation::Affiliation;

/// The lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    /// Not in the room.
    None,
    /// Listens.
    Visitor,
    /// Speaks.
    Participant,
    /// Keeps order.
    Moderator,
}

impl Role {
    pub(crate) const ALL: [Self; 4] =
        [Self::None, Self::Visitor, Self::Participant, Self::Moderator];

    /// As written.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Visitor => "visitor",
            Self::Participant => "participant",
            Self::Moderator => "moderator",
        }
    }

    /// The role of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The role in which somebody enters (section 5.1.2).
    pub(crate) const fn initial(affiliation: Affiliation, moderated: bool) -> Self {
        match affiliation {
            Affiliation::Owner | Affiliation::Admin => Self::Moderator,
            Affiliation::Member => Self::Participant,
            Affiliation::None if moderated => Self::Visitor,
            Affiliation::None => Self::Participant,
            Affiliation::Outcast => Self::None,
        }
    }
}

/// Somebody in the room, as far as these rules look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) role: Role,
    pub(crate) affiliation: Affiliation,
}

/// Whether `actor` may give `target` the role `after` (sections 8 and 9.6 to 9.8).
pub(crate) fn may_change(actor: Standing, target: Standing, after: Role) -> Result<(), Condition> {
    if actor.role < Role::Moderator {
        return Err(Condition::Forbidden);
    }
    // To give or take the moderator's role is for admins.
    let touches_moderator = after == Role::Moderator || target.role == Role::Moderator;
    if touches_moderator && after != Role::None && actor.affiliation < Affiliation::Admin {
        return Err(Condition::Forbidden);
    }
    // Section 8.2: nobody is kicked or silenced by somebody who stands lower.
    if after < target.role && target.affiliation > actor.affiliation {
        return Err(Condition::NotAllowed);
    }
    // Section 9.7: who is an admin stays a moderator.
    let keeps_rank = target.affiliation >= Affiliation::Admin;
    if keeps_rank && matches!(after, Role::Visitor | Role::Participant) {
        return Err(Condition::NotAllowed);
    }
    // An equal admin is not kicked either, nor an owner by an owner's moderator.
    if after == Role::None && keeps_rank && target.affiliation >= actor.affiliation {
        return Err(Condition::NotAllowed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn who(role: Role, affiliation: Affiliation) -> Standing {
        Standing { role, affiliation }
    }

    #[test]
    fn everybody_enters_in_the_role_of_their_affiliation() {
        for (affiliation, moderated, role) in [
            (Affiliation::Owner, true, Role::Moderator),
            (Affiliation::Admin, false, Role::Moderator),
            (Affiliation::Member, true, Role::Participant),
            (Affiliation::None, true, Role::Visitor),
            (Affiliation::None, false, Role::Participant),
            (Affiliation::Outcast, false, Role::None),
        ] {
            assert_eq!(Role::initial(affiliation, moderated), role);
        }
    }

    #[test]
    fn roles_are_changed_from_above() {
        let owner = who(Role::Moderator, Affiliation::Owner);
        let moderator = who(Role::Moderator, Affiliation::None);
        let member = who(Role::Participant, Affiliation::Member);
        let visitor = who(Role::Visitor, Affiliation::None);
        for (actor, target, after, expected) in [
            (owner, visitor, Role::Moderator, Ok(())),
            (moderator, visitor, Role::Participant, Ok(())),
            (moderator, visitor, Role::None, Ok(())),
            (moderator, visitor, Role::Moderator, Err(Condition::Forbidden)),
            (moderator, member, Role::None, Err(Condition::NotAllowed)),
            (moderator, owner, Role::None, Err(Condition::NotAllowed)),
            (owner, owner, Role::Participant, Err(Condition::NotAllowed)),
            (member, visitor, Role::None, Err(Condition::Forbidden)),
        ] {
            assert_eq!(
                may_change(actor, target, after),
                expected,
                "{actor:?} {target:?} {after:?}"
            );
        }
    }
}
