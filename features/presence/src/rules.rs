//! The subscription states of RFC 6121 appendix A, as pure functions.

use skein_kernel::contracts::Subscription;
use skein_xmpp::{Condition, PresenceType, Stanza, StanzaError, ns};

/// What the owner's server does with a subscription stanza that the owner sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outbound {
    /// The owner's new state.
    pub(crate) state: Subscription,
    /// Whether the contact gets the stanza.
    pub(crate) route: bool,
}

/// Appendix A.2.
pub(crate) const fn outbound(kind: PresenceType, before: Subscription) -> Outbound {
    let mut state = before;
    let route = match kind {
        PresenceType::Subscribe => {
            state.ask = !before.to;
            true
        }
        PresenceType::Unsubscribe => {
            state.to = false;
            state.ask = false;
            true
        }
        PresenceType::Subscribed => {
            if before.pending_in {
                state.from = true;
                state.pending_in = false;
            } else if !before.from {
                state.pre_approved = true;
            }
            before.pending_in
        }
        PresenceType::Unsubscribed => {
            state.from = false;
            state.pending_in = false;
            state.pre_approved = false;
            before.from || before.pending_in
        }
        _ => false,
    };
    Outbound { state, route }
}

/// What the owner's server does with a subscription stanza from a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inbound {
    /// The owner's new state.
    pub(crate) state: Subscription,
    /// Whether the owner's clients get the stanza.
    pub(crate) deliver: bool,
    /// Whether the server answers `subscribed` on the owner's behalf.
    pub(crate) approve: bool,
}

/// Appendix A.3.
pub(crate) const fn inbound(kind: PresenceType, before: Subscription) -> Inbound {
    let mut state = before;
    let (mut deliver, mut approve) = (false, false);
    match kind {
        PresenceType::Subscribe => {
            if before.from {
                approve = true;
            } else if before.pre_approved {
                state.from = true;
                state.pre_approved = false;
                approve = true;
            } else {
                deliver = !before.pending_in;
                state.pending_in = true;
            }
        }
        PresenceType::Unsubscribe => {
            deliver = before.from || before.pending_in;
            state.from = false;
            state.pending_in = false;
        }
        PresenceType::Subscribed => {
            deliver = before.ask;
            state.to = before.to || before.ask;
            state.ask = false;
        }
        PresenceType::Unsubscribed => {
            deliver = before.to || before.ask;
            state.to = false;
            state.ask = false;
        }
        _ => {}
    }
    Inbound { state, deliver, approve }
}

/// The priority of available presence (section 4.7.2.3).
///
/// # Errors
/// `bad-request` for anything but a number from -128 to 127.
pub(crate) fn priority(presence: &Stanza) -> Result<i8, StanzaError> {
    let Some(priority) = presence.child("priority", ns::CLIENT) else { return Ok(0) };
    let text = priority.text();
    let text = text.trim();
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| {
        StanzaError::new(Condition::BadRequest).text("a priority is a number from -128 to 127")
    })
}

/// Whether presence is small enough to be kept and sent to everyone; it and its status text
/// may have so many bytes.
///
/// # Errors
/// `not-acceptable`.
pub(crate) fn check_size(
    presence: &Stanza,
    bytes: usize,
    status_bytes: usize,
) -> Result<(), StanzaError> {
    let is_long = |child: skein_xml::Element<'_>| {
        child.is("status", ns::CLIENT) && child.text().len() > status_bytes
    };
    if presence.content().len() > bytes {
        return Err(StanzaError::new(Condition::NotAcceptable).text("the presence is too large"));
    }
    if presence.children().any(is_long) {
        return Err(StanzaError::new(Condition::NotAcceptable).text("the status is too long"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use PresenceType::{Subscribe, Subscribed, Unsubscribe, Unsubscribed};

    /// The nine states of appendix A.1 by their names there.
    fn state(name: &str) -> Subscription {
        let has = |part| name.split(' ').any(|word| word == part);
        Subscription {
            to: has("to") || has("both"),
            from: has("from") || has("both"),
            ask: has("out"),
            pending_in: has("in"),
            pre_approved: has("approved"),
        }
    }

    /// Tables of appendix A.2: state | subscribe | unsubscribe | subscribed | unsubscribed, each
    /// as new state and whether it is routed.
    #[test]
    fn outbound_stanzas_follow_appendix_a_2() {
        let table = [
            ("none", [("out", true), ("none", true), ("approved", false), ("none", false)]),
            ("out", [("out", true), ("none", true), ("out approved", false), ("out", false)]),
            ("in", [("out in", true), ("in", true), ("from", true), ("none", true)]),
            ("out in", [("out in", true), ("in", true), ("from out", true), ("out", true)]),
            ("to", [("to", true), ("none", true), ("to approved", false), ("to", false)]),
            ("to in", [("to in", true), ("in", true), ("both", true), ("to", true)]),
            ("from", [("from out", true), ("from", true), ("from", false), ("none", true)]),
            ("from out", [("from out", true), ("from", true), ("from out", false), ("out", true)]),
            ("both", [("both", true), ("from", true), ("both", false), ("to", true)]),
        ];
        for (before, row) in table {
            let kinds = [Subscribe, Unsubscribe, Subscribed, Unsubscribed];
            for (kind, (after, route)) in kinds.into_iter().zip(row) {
                let expected = Outbound { state: state(after), route };
                assert_eq!(outbound(kind, state(before)), expected, "{before}: {kind:?}");
            }
        }
    }

    /// Tables of appendix A.3: new state and whether it is delivered.
    #[test]
    fn inbound_stanzas_follow_appendix_a_3() {
        let table = [
            ("none", [("in", true), ("none", false), ("none", false), ("none", false)]),
            ("out", [("out in", true), ("out", false), ("to", true), ("none", true)]),
            ("in", [("in", false), ("none", true), ("in", false), ("in", false)]),
            ("out in", [("out in", false), ("out", true), ("to in", true), ("in", true)]),
            ("to", [("to in", true), ("to", false), ("to", false), ("none", true)]),
            ("to in", [("to in", false), ("to", true), ("to in", false), ("in", true)]),
            ("from", [("from", false), ("none", true), ("from", false), ("from", false)]),
            ("from out", [("from out", false), ("out", true), ("both", true), ("from", true)]),
            ("both", [("both", false), ("to", true), ("both", false), ("from", true)]),
        ];
        for (before, row) in table {
            let kinds = [Subscribe, Unsubscribe, Subscribed, Unsubscribed];
            for (kind, (after, deliver)) in kinds.into_iter().zip(row) {
                let approve = kind == Subscribe && state(before).from;
                let expected = Inbound { state: state(after), deliver, approve };
                assert_eq!(inbound(kind, state(before)), expected, "{before}: {kind:?}");
            }
        }
    }

    #[test]
    fn a_pre_approved_contact_is_let_in_without_asking() {
        let inbound = inbound(Subscribe, state("approved"));
        assert_eq!(inbound, Inbound { state: state("from"), deliver: false, approve: true });
    }

    #[test]
    fn s10_unsolicited_approval_changes_nothing() {
        for before in ["none", "in", "from", "to", "both"] {
            assert_eq!(inbound(Subscribed, state(before)).state, state(before));
        }
    }
}
