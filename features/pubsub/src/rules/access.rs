//! Who may read a node and publish to it (XEP-0060 sections 4.1 and 4.5).

use skein_xmpp::{Condition, StanzaError};

use super::{Access, Affiliation, Config, PublishModel, State, error};

/// How someone stands to the place of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kin {
    /// The account whose node it is.
    Owner,
    /// Sees that account's presence.
    Contact,
    /// Anyone else: must not learn whether there is such an account.
    Stranger,
    /// Anyone, at a service.
    Guest,
}

/// How someone stands to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) kin: Kin,
    pub(crate) affiliation: Affiliation,
    pub(crate) state: State,
    /// Is in one of the roster groups that the node names.
    pub(crate) in_group: bool,
}

/// Whether someone may read.
pub(crate) const fn may_read(access: Access, standing: &Standing) -> bool {
    match (standing.affiliation, access) {
        (Affiliation::Outcast | Affiliation::PublishOnly, _) => false,
        (affiliation, _) if affiliation.reads() => true,
        (_, Access::Open) => true,
        (_, Access::Presence) => matches!(standing.kin, Kin::Contact),
        (_, Access::Roster) => matches!(standing.kin, Kin::Contact) && standing.in_group,
        (_, Access::Authorize) => matches!(standing.state, State::Subscribed),
        (_, Access::Whitelist) => false,
    }
}

/// Whether someone may publish.
pub(crate) const fn may_publish(model: PublishModel, standing: &Standing) -> bool {
    match (standing.affiliation, model) {
        (Affiliation::Owner | Affiliation::Publisher | Affiliation::PublishOnly, _) => true,
        (Affiliation::Outcast, _) => false,
        (_, PublishModel::Open) => true,
        (_, PublishModel::Subscribers) => matches!(standing.state, State::Subscribed),
        (_, PublishModel::Publishers) => false,
    }
}

/// What someone is told who may not read.
pub(crate) const fn unreadable(config: &Config, standing: &Standing) -> StanzaError {
    match (standing.affiliation, config.access) {
        (Affiliation::Outcast | Affiliation::PublishOnly, _) => {
            StanzaError::new(Condition::Forbidden)
        }
        (_, Access::Authorize) => match standing.state {
            State::Pending => error(Condition::NotAuthorized, "pending-subscription"),
            _ => error(Condition::NotAuthorized, "not-subscribed"),
        },
        (_, Access::Roster) => error(Condition::NotAuthorized, "not-in-roster-group"),
        (_, Access::Whitelist) => error(Condition::NotAllowed, "closed-node"),
        _ => error(Condition::NotAuthorized, "presence-subscription-required"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn standing(kin: Kin, affiliation: Affiliation) -> Standing {
        Standing { kin, affiliation, state: State::None, in_group: false }
    }

    #[test]
    fn nodes_are_read_by_those_whom_their_access_admits() {
        let owner = standing(Kin::Owner, Affiliation::Owner);
        let contact = standing(Kin::Contact, Affiliation::None);
        let friend = Standing { in_group: true, ..contact };
        let stranger = standing(Kin::Stranger, Affiliation::None);
        let subscriber = Standing { state: State::Subscribed, ..stranger };
        let member = standing(Kin::Guest, Affiliation::Member);
        let everyone = [owner, contact, friend, stranger, subscriber, member];
        for (access, expected) in [
            (Access::Whitelist, [true, false, false, false, false, true]),
            (Access::Authorize, [true, false, false, false, true, true]),
            (Access::Roster, [true, false, true, false, false, true]),
            (Access::Presence, [true, true, true, false, false, true]),
            (Access::Open, [true; 6]),
        ] {
            assert_eq!(everyone.map(|one| may_read(access, &one)), expected, "{access:?}");
        }
    }

    #[test]
    fn outcasts_neither_read_nor_publish() {
        let outcast = standing(Kin::Contact, Affiliation::Outcast);
        assert!(!may_read(Access::Open, &outcast));
        assert!(!may_publish(PublishModel::Open, &outcast));
    }

    #[test]
    fn publishing_follows_the_model() {
        let guest = standing(Kin::Guest, Affiliation::None);
        let subscriber = Standing { state: State::Subscribed, ..guest };
        let writer = standing(Kin::Guest, Affiliation::PublishOnly);
        for (model, expected) in [
            (PublishModel::Publishers, [false, false, true]),
            (PublishModel::Subscribers, [false, true, true]),
            (PublishModel::Open, [true, true, true]),
        ] {
            let found = [guest, subscriber, writer].map(|one| may_publish(model, &one));
            assert_eq!(found, expected, "{model:?}");
        }
        assert!(!may_read(Access::Open, &writer), "who may only publish does not read");
    }
}
