//! Whom an account blocks (XEP-0191). The feature that keeps the lists fills the slot;
//! everybody who shows an account to others looks at it.

use std::collections::HashSet;

use skein_session::User;
use skein_xmpp::Jid;

/// The addresses that an account blocks. Each loaded user has a slot of this type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocks {
    /// As the owner gave them: full and bare addresses, domains, domains with a resource.
    pub addresses: HashSet<Jid>,
}

impl Blocks {
    /// Whether `peer` is blocked: itself, its bare address or its domain (XEP-0191 section 2).
    pub fn has(&self, peer: &Jid) -> bool {
        if self.addresses.is_empty() {
            return false;
        }
        let wider = || self.addresses.contains(&peer.bare());
        self.addresses.contains(peer)
            || (!peer.is_bare() && wider())
            || self.addresses.contains(&peer.to_domain())
    }
}

/// Whether `owner` blocks `peer`. Nobody blocks their own account.
pub fn blocks(owner: &User, peer: &Jid) -> bool {
    owner.slot::<Blocks>().is_some_and(|blocks| blocks.has(peer)) && !peer.same_bare(&owner.jid)
}

/// Whether one of two accounts blocks the other: nothing passes between them.
pub fn are_apart(one: &User, other: &User) -> bool {
    blocks(one, &other.jid) || blocks(other, &one.jid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_match_as_xep_0191_section_2_says() {
        let jid = |text: &str| Jid::parse(text).expect("an address");
        for (blocked, peer, expected) in [
            ("romeo@montague.lit/orchard", "romeo@montague.lit/orchard", true),
            ("romeo@montague.lit/orchard", "romeo@montague.lit/home", false),
            ("romeo@montague.lit/orchard", "romeo@montague.lit", false),
            ("romeo@montague.lit", "romeo@montague.lit/orchard", true),
            ("romeo@montague.lit", "romeo@montague.lit", true),
            ("romeo@montague.lit", "montague.lit", false),
            ("montague.lit/echo", "montague.lit/echo", true),
            ("montague.lit/echo", "romeo@montague.lit/echo", false),
            ("montague.lit", "romeo@montague.lit/orchard", true),
            ("montague.lit", "montague.lit/echo", true),
            ("montague.lit", "rooms.montague.lit", false),
        ] {
            let blocks = Blocks { addresses: [jid(blocked)].into() };
            assert_eq!(blocks.has(&jid(peer)), expected, "{blocked} {peer}");
        }
    }
}
