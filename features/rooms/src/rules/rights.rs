//! Who may do what in a group, as its owner sets it: a rank for each action.

use skein_xmpp::{Condition, StanzaError, ns};

use crate::rules::affiliation::Affiliation;

/// From whom on upwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Everyone,
    Members,
    Admins,
    Owners,
}

impl Rank {
    pub(crate) const NAMES: &'static [&'static str] = &["everyone", "members", "admins", "owners"];
    const ALL: [Self; 4] = [Self::Everyone, Self::Members, Self::Admins, Self::Owners];

    pub(crate) const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rank| rank.name() == name)
    }

    /// Whether somebody of that affiliation stands high enough.
    pub(crate) fn includes(self, affiliation: Affiliation) -> bool {
        let least = match self {
            Self::Everyone => Affiliation::None,
            Self::Members => Affiliation::Member,
            Self::Admins => Affiliation::Admin,
            Self::Owners => Affiliation::Owner,
        };
        affiliation >= least
    }
}

/// What rights are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send messages to all.
    Post,
    /// Invite, add members, make links.
    Add,
    /// Change subject, name, description, language, picture.
    Edit,
    /// Pin messages.
    Pin,
    /// Start a call.
    Call,
}

impl Action {
    pub(crate) const ALL: [Self; 5] = [Self::Post, Self::Add, Self::Edit, Self::Pin, Self::Call];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Add => "add",
            Self::Edit => "edit",
            Self::Pin => "pin",
            Self::Call => "call",
        }
    }

    /// The field of the configuration.
    pub(crate) const fn var(self) -> &'static str {
        match self {
            Self::Post => "{urn:skein:rooms:0}post",
            Self::Add => "{urn:skein:rooms:0}add",
            Self::Edit => "{urn:skein:rooms:0}edit",
            Self::Pin => "{urn:skein:rooms:0}pin",
            Self::Call => "{urn:skein:rooms:0}call",
        }
    }

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Post => "Who may send messages",
            Self::Add => "Who may add people",
            Self::Edit => "Who may change name, subject and picture",
            Self::Pin => "Who may pin messages",
            Self::Call => "Who may start a call",
        }
    }
}

/// A rank for each action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights([Rank; 5]);

impl Default for Rights {
    fn default() -> Self {
        Self([Rank::Everyone, Rank::Everyone, Rank::Admins, Rank::Admins, Rank::Everyone])
    }
}

impl Rights {
    /// From whom on an action is allowed.
    pub(crate) const fn of(&self, action: Action) -> Rank {
        self.0[action as usize]
    }

    pub(crate) const fn set(&mut self, action: Action, rank: Rank) {
        self.0[action as usize] = rank;
    }

    /// Whether members may without being admins: what XEP-0045 has as a switch.
    pub(crate) fn is_wide(&self, action: Action) -> bool {
        self.of(action) <= Rank::Members
    }

    /// Sets what XEP-0045 has as a switch; what says so already stays as it is.
    pub(crate) fn widen(&mut self, action: Action, on: bool) {
        if self.is_wide(action) != on {
            self.set(action, if on { Rank::Everyone } else { Rank::Admins });
        }
    }

    /// Whether somebody may.
    pub(crate) fn allow(&self, action: Action, who: Affiliation) -> Result<(), StanzaError> {
        if self.of(action).includes(who) { Ok(()) } else { Err(missing()) }
    }
}

/// The answer to who lacks a right.
pub(crate) fn missing() -> StanzaError {
    StanzaError::new(Condition::Forbidden)
        .text("this group does not let you do that")
        .specific("right-missing", ns::ROOMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_is_allowed_from_its_rank_on() {
        use Affiliation::{Admin, Member, None, Outcast, Owner};
        for action in Action::ALL {
            for (rank, allowed) in [
                (Rank::Everyone, &[None, Member, Admin, Owner][..]),
                (Rank::Members, &[Member, Admin, Owner]),
                (Rank::Admins, &[Admin, Owner]),
                (Rank::Owners, &[Owner]),
            ] {
                let mut rights = Rights::default();
                rights.set(action, rank);
                for who in [Outcast, None, Member, Admin, Owner] {
                    let expected = allowed.contains(&who);
                    assert_eq!(
                        rights.allow(action, who).is_ok(),
                        expected,
                        "{action:?} {rank:?} {who:?}"
                    );
                }
                let others = Action::ALL.into_iter().filter(|other| *other != action);
                for other in others {
                    assert_eq!(rights.of(other), Rights::default().of(other));
                }
            }
        }
    }

    #[test]
    fn switches_of_xep_0045_are_words_for_ranks() {
        let mut rights = Rights::default();
        rights.widen(Action::Add, false);
        assert_eq!(rights.of(Action::Add), Rank::Admins);
        rights.set(Action::Add, Rank::Owners);
        rights.widen(Action::Add, false);
        assert_eq!(rights.of(Action::Add), Rank::Owners);
        rights.widen(Action::Add, true);
        assert_eq!(rights.of(Action::Add), Rank::Everyone);
        for name in Rank::NAMES {
            assert_eq!(Rank::named(name).map(Rank::name), Some(*name));
        }
    }
}
