//! Who may read a node (XEP-0060 section 4.5).

use skein_xmpp::{Condition, StanzaError};

use super::{Access, error};

/// How someone stands to the owner of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Viewer {
    /// The owner.
    Owner,
    /// A contact who may see the owner's presence.
    Contact,
    /// Anyone else.
    Stranger,
}

/// Whether `viewer` may read a node of that access.
pub(crate) const fn may_read(access: Access, viewer: Viewer) -> bool {
    match viewer {
        Viewer::Owner => true,
        Viewer::Contact => matches!(access, Access::Open | Access::Presence),
        Viewer::Stranger => matches!(access, Access::Open),
    }
}

/// What a viewer is told who may not read the node, or of a node that does not exist.
/// Strangers get the answer of an account that does not exist.
pub(crate) const fn unreadable(access: Option<Access>, viewer: Viewer) -> StanzaError {
    match (viewer, access) {
        (Viewer::Stranger, _) => StanzaError::new(Condition::ServiceUnavailable),
        (_, None) => StanzaError::new(Condition::ItemNotFound),
        (_, Some(Access::Whitelist)) => error(Condition::NotAllowed, "closed-node"),
        (_, Some(_)) => error(Condition::NotAuthorized, "presence-subscription-required"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_read_by_those_whom_their_access_admits() {
        for (access, owner, contact, stranger) in [
            (Access::Whitelist, true, false, false),
            (Access::Presence, true, true, false),
            (Access::Open, true, true, true),
        ] {
            let admitted = [Viewer::Owner, Viewer::Contact, Viewer::Stranger]
                .map(|viewer| may_read(access, viewer));
            assert_eq!(admitted, [owner, contact, stranger], "{access:?}");
        }
    }

    #[test]
    fn s12_a_stranger_cannot_tell_a_closed_node_from_a_missing_account() {
        for access in [None, Some(Access::Presence), Some(Access::Whitelist)] {
            let expected = StanzaError::new(Condition::ServiceUnavailable);
            assert_eq!(unreadable(access, Viewer::Stranger), expected);
        }
    }
}
