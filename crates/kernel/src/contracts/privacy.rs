//! Who may see what of an account, and whom it knows. The feature that keeps the rules fills
//! the slots; everybody who shows an account to others asks here.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;
use skein_base::Timestamp;
use skein_session::User;
use skein_xml::Element;
use skein_xmpp::{Jid, Stanza, ns};

use crate::contracts::{Roster, blocks};
use crate::ctx::Ctx;

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// When the owner was last there (XEP-0012, XEP-0319).
    LastSeen,
    /// The avatar.
    Picture,
    /// The vCard.
    Profile,
    /// The text in presence, moods and the like, stories.
    Status,
    /// Receipts, markers and chat states.
    Receipts,
    /// Being invited and added to rooms.
    Groups,
}

impl Aspect {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 6] =
        [Self::LastSeen, Self::Picture, Self::Profile, Self::Status, Self::Receipts, Self::Groups];
}

/// For whom something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewers {
    /// Whoever asks.
    Everybody,
    /// Those with a subscription in either direction.
    Contacts,
    /// Those named, by bare address.
    Chosen(HashSet<Jid>),
    /// The owner alone.
    Nobody,
}

/// An account's rules. Each loaded user has a slot of this type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privacy([Viewers; Aspect::ALL.len()]);

impl Default for Privacy {
    fn default() -> Self {
        Self(Aspect::ALL.map(|aspect| match aspect {
            Aspect::LastSeen => Viewers::Contacts,
            _ => Viewers::Everybody,
        }))
    }
}

impl Privacy {
    /// For whom an aspect is.
    pub const fn of(&self, aspect: Aspect) -> &Viewers {
        &self.0[aspect as usize]
    }

    /// Changes a rule.
    pub fn set(&mut self, aspect: Aspect, viewers: Viewers) {
        self.0[aspect as usize] = viewers;
    }
}

/// How an account stands to somebody who is no contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They wrote, or invite, and the owner has not decided.
    Waiting {
        /// Messages so far.
        messages: u32,
        /// Bytes of those messages.
        bytes: u64,
    },
    /// The owner wrote to them, or accepted them.
    Known,
    /// The owner wants to hear nothing of them.
    Declined,
}

/// Those who are no contacts, by bare address. Each loaded user has a slot of this type.
#[derive(Debug, Default)]
pub struct Strangers {
    all: Mutex<HashMap<Jid, Standing>>,
    /// When the account was made.
    pub made: Timestamp,
}

impl Strangers {
    /// From what is stored.
    pub fn new(all: HashMap<Jid, Standing>, made: Timestamp) -> Self {
        Self { all: Mutex::new(all), made }
    }

    /// How the account stands to an address, whichever of its devices is named; `None` if they
    /// never met.
    pub fn with(&self, peer: &Jid) -> Option<Standing> {
        self.all.lock().get(peer.bare_str()).copied()
    }

    /// Remembers it; `None` forgets.
    pub fn set(&self, peer: &Jid, standing: Option<Standing>) {
        let mut all = self.all.lock();
        match standing {
            Some(standing) => all.insert(peer.bare(), standing),
            None => all.remove(peer.bare_str()),
        };
    }

    /// Those for whom `is` holds.
    pub fn all_that(&self, is: impl Fn(Standing) -> bool) -> Vec<Jid> {
        let all = self.all.lock();
        all.iter().filter(|(_, standing)| is(**standing)).map(|(peer, _)| peer.clone()).collect()
    }

    /// How many there are for which `is` holds.
    pub fn count(&self, is: impl Fn(Standing) -> bool) -> usize {
        self.all.lock().values().filter(|standing| is(**standing)).count()
    }
}

/// What somebody is to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acquaintance {
    /// The account itself, a contact, somebody accepted, a service.
    Known,
    /// Nobody that it knows. With it what they have sent so far.
    Stranger {
        /// Messages so far.
        messages: u32,
        /// Bytes of those messages.
        bytes: u64,
    },
    /// Somebody it wants to hear nothing of.
    Declined,
}

/// Whether `peer` is a contact: a subscription in either direction.
pub fn is_contact(owner: &User, peer: &Jid) -> bool {
    let roster = owner.slot::<Roster>();
    roster.is_some_and(|roster| {
        let with = roster.with(peer);
        with.to || with.from
    })
}

/// What `peer` is to `owner`. Services are known: an account deals with them of its own will.
/// The people behind a gateway are strangers like others unless the gateway is a contact.
pub fn acquaintance(ctx: &Ctx, owner: &User, peer: &Jid) -> Acquaintance {
    if peer.same_bare(&owner.jid) || peer.local().is_none() || is_contact(owner, peer) {
        return Acquaintance::Known;
    }
    let standing = owner.slot::<Strangers>().and_then(|strangers| strangers.with(peer));
    if standing == Some(Standing::Known) {
        return Acquaintance::Known;
    }
    if ctx.host(peer.domain()).is_some() {
        let components = &ctx.config.components.secrets;
        let is_gateway = components.iter().any(|component| component.domain == peer.domain());
        if !is_gateway || is_contact(owner, &peer.to_domain()) {
            return Acquaintance::Known;
        }
    }
    match standing {
        Some(Standing::Known) => Acquaintance::Known,
        Some(Standing::Declined) => Acquaintance::Declined,
        Some(Standing::Waiting { messages, bytes }) => Acquaintance::Stranger { messages, bytes },
        None => Acquaintance::Stranger { messages: 0, bytes: 0 },
    }
}

/// Whether `owner` shows something of itself to `peer`.
pub fn shows(owner: &User, aspect: Aspect, peer: &Jid) -> bool {
    if peer.same_bare(&owner.jid) {
        return true;
    }
    let privacy = owner.slot::<Privacy>();
    match privacy.as_deref().map(|privacy| privacy.of(aspect)) {
        Some(Viewers::Everybody) => true,
        Some(Viewers::Chosen(chosen)) => chosen.contains(&peer.bare()),
        Some(Viewers::Nobody) => false,
        Some(Viewers::Contacts) => is_contact(owner, peer),
        // Nobody keeps rules here.
        None => aspect != Aspect::LastSeen || is_contact(owner, peer),
    }
}

/// Whether `inviter` may invite `owner` to a room, or add them to it.
pub fn may_invite(ctx: &Ctx, owner: &User, inviter: &Jid) -> bool {
    shows(owner, Aspect::Groups, inviter)
        && !blocks(owner, inviter)
        && acquaintance(ctx, owner, inviter) != Acquaintance::Declined
}

/// Whether `owner` shows a published node to `peer`, as far as the rules say.
pub fn shows_node(owner: &User, node: &str, peer: &Jid) -> bool {
    aspect_of(node).is_none_or(|aspect| shows(owner, aspect, peer))
}

/// What a published node is about.
fn aspect_of(node: &str) -> Option<Aspect> {
    match node {
        ns::AVATAR_DATA | ns::AVATAR_METADATA => Some(Aspect::Picture),
        ns::VCARD4_NODE => Some(Aspect::Profile),
        ns::MOOD | ns::ACTIVITY | ns::TUNE | ns::GEOLOC | ns::STORIES => Some(Aspect::Status),
        _ => None,
    }
}

/// Presence of `owner` as `peer` is to see it.
pub fn told(owner: &User, peer: &Jid, presence: &Stanza) -> Option<Stanza> {
    let aspect_of = |child: Element<'_>| match (child.name(), child.ns()) {
        ("status", ns::CLIENT) => Some(Aspect::Status),
        ("x", ns::VCARD_UPDATE) => Some(Aspect::Picture),
        ("idle", ns::IDLE) | ("query", ns::LAST) => Some(Aspect::LastSeen),
        _ => None,
    };
    let is_hidden =
        |child: Element<'_>| aspect_of(child).is_some_and(|aspect| !shows(owner, aspect, peer));
    if !presence.children().any(is_hidden) {
        return None;
    }
    let mut told = presence.clone();
    told.strip(is_hidden);
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_base::AccountId;
    use skein_session::user::Slot;
    use skein_xmpp::{Kind, PresenceType};
    use std::sync::Arc;

    use crate::contracts::Subscription;

    fn jid(text: &str) -> Jid {
        Jid::parse(text).expect("an address")
    }

    fn owner(privacy: Privacy) -> User {
        let from = Subscription { from: true, ..Subscription::default() };
        let roster = Roster { contacts: [(jid("friend@here"), from)].into() };
        let slots: [Slot; 2] = [Arc::new(privacy), Arc::new(roster)];
        User::new(jid("owner@here"), AccountId(1), slots, Timestamp(0))
    }

    #[test]
    fn a_rule_shows_to_those_whom_it_names() {
        let chosen = Viewers::Chosen([jid("chosen@here")].into());
        for (viewers, expected) in [
            (Viewers::Everybody, [true, true, true, true]),
            (Viewers::Contacts, [true, true, false, false]),
            (chosen, [true, false, true, false]),
            (Viewers::Nobody, [true, false, false, false]),
        ] {
            let mut privacy = Privacy::default();
            privacy.set(Aspect::Picture, viewers.clone());
            let owner = owner(privacy);
            let peers = ["owner@here/a", "friend@here/a", "chosen@here/a", "other@here/a"];
            let seen = peers.map(|peer| shows(&owner, Aspect::Picture, &jid(peer)));
            assert_eq!(seen, expected, "{viewers:?}");
            assert!(peers.iter().all(|peer| shows(&owner, Aspect::Status, &jid(peer))));
            assert_eq!(shows_node(&owner, ns::AVATAR_DATA, &jid("other@here")), expected[3]);
            assert!(shows_node(&owner, "urn:xmpp:omemo:2:devices", &jid("other@here")));
        }
    }

    #[test]
    fn presence_is_told_without_what_a_rule_hides() {
        let presence =
            Stanza::new(Kind::Presence(PresenceType::Available)).with_content(|writer| {
                writer.leaf("show", ns::CLIENT, "away");
                writer.leaf("status", ns::CLIENT, "in Rome");
                writer.start("idle", ns::IDLE);
                writer.end();
            });
        let mut privacy = Privacy::default();
        let told_to =
            |privacy: &Privacy, peer: &str| told(&owner(privacy.clone()), &jid(peer), &presence);
        assert_eq!(told_to(&privacy, "friend@here"), None);
        let to_other = told_to(&privacy, "other@here").expect("changed");
        assert!(to_other.has("status", ns::CLIENT) && !to_other.has("idle", ns::IDLE));
        privacy.set(Aspect::Status, Viewers::Nobody);
        let to_friend = told_to(&privacy, "friend@here").expect("changed");
        assert!(to_friend.has("show", ns::CLIENT) && !to_friend.has("status", ns::CLIENT));
        assert!(to_friend.has("idle", ns::IDLE));
    }
}
