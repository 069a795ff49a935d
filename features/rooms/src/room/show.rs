//! The presence by which occupants learn of each other (XEP-0045 sections 7.2.2 and 7.14).

use skein_xml::Writer;
use skein_xmpp::{Jid, Kind, PresenceType, Stanza, ns};
use smallvec::SmallVec;

use crate::room::fan::Fan;
use crate::room::hats::Hats;
use crate::room::{Occupant, State};
use crate::rules::affiliation::Affiliation;
use crate::rules::role::Role;

/// What a presence tells beside where somebody stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct News {
    /// Status codes that everybody gets.
    pub(crate) codes: SmallVec<[u16; 2]>,
    /// Status codes for the occupant alone, beside 110.
    pub(crate) own_codes: SmallVec<[u16; 2]>,
    /// The nickname of who brought it about.
    pub(crate) actor: Option<String>,
    pub(crate) reason: Option<String>,
    /// The nickname from now on (303).
    pub(crate) new_nick: Option<String>,
    /// Between which versions of the affiliations it lies (XEP-0463).
    pub(crate) versions: Option<(String, String)>,
    /// The version of the affiliations, for who has just entered.
    pub(crate) own_version: Option<String>,
    /// The room is destroyed.
    pub(crate) destroyed: Option<Destroyed>,
}

/// Why a room is no more, and where to go instead (section 10.9).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Destroyed {
    pub(crate) alternate: Option<Jid>,
    pub(crate) password: Option<String>,
    pub(crate) reason: Option<String>,
}

impl News {
    /// Tells `codes` to everybody.
    pub(crate) fn codes(codes: &[u16]) -> Self {
        Self { codes: SmallVec::from_slice(codes), ..Self::default() }
    }
}

/// Presence of one occupant, made at most once for each kind of receiver.
pub(crate) struct Shown<'a> {
    occupant: &'a Occupant,
    affiliation: Affiliation,
    role: Role,
    base: Stanza,
    news: &'a News,
    hats: &'a Hats,
    made: [Option<Stanza>; 4],
}

impl<'a> Shown<'a> {
    /// As somebody who is inside.
    pub(crate) fn inside(state: &'a State, occupant: &'a Occupant, news: &'a News) -> Self {
        let presence = occupant.main().map(|device| device.presence.clone());
        let kind = Kind::Presence(PresenceType::Available);
        let affiliation = state.affiliation(&occupant.real);
        let base = presence.unwrap_or_else(|| Stanza::new(kind));
        Self::new(occupant, affiliation, occupant.role, base, (news, &state.hats))
    }

    /// As somebody who goes out, with the words that were said on leaving.
    pub(crate) fn leaving(
        state: &'a State,
        occupant: &'a Occupant,
        words: Option<&Stanza>,
        news: &'a News,
    ) -> Self {
        let mut base = words
            .cloned()
            .unwrap_or_else(|| Stanza::new(Kind::Presence(PresenceType::Unavailable)));
        base.kind = Kind::Presence(PresenceType::Unavailable);
        // A nickname is left, not the room.
        let role = if news.new_nick.is_some() { occupant.role } else { Role::None };
        Self::new(occupant, state.affiliation(&occupant.real), role, base, (news, &state.hats))
    }

    fn new(
        occupant: &'a Occupant,
        affiliation: Affiliation,
        role: Role,
        mut base: Stanza,
        (news, hats): (&'a News, &'a Hats),
    ) -> Self {
        base.from = Some(occupant.at.clone());
        Self { occupant, affiliation, role, base, news, hats, made: [const { None }; 4] }
    }

    /// What a receiver sees.
    pub(crate) fn for_whom(&mut self, sees_address: bool, is_self: bool) -> &Stanza {
        let at = usize::from(sees_address) * 2 + usize::from(is_self);
        if self.made[at].is_none() {
            self.made[at] = Some(self.make(sees_address, is_self));
        }
        self.made[at].as_ref().unwrap_or(&self.base)
    }

    fn make(&self, sees_address: bool, is_self: bool) -> Stanza {
        self.base.with_added(|writer| {
            write_occupant_id(writer, &self.occupant.id);
            self.hats.write_of(writer, &self.occupant.real);
            writer.start("x", ns::MUC_USER);
            if let Some((since, until)) = &self.news.versions {
                write_versions(writer, Some(since), until);
            } else if let Some(until) = self.news.own_version.as_ref().filter(|_| is_self) {
                write_versions(writer, None, until);
            }
            self.write_item(writer, sees_address);
            if let Some(destroyed) = &self.news.destroyed {
                write_destroyed(writer, destroyed);
            }
            let own: &[u16] = if is_self { &[110] } else { &[] };
            let more: &[u16] = if is_self { &self.news.own_codes } else { &[] };
            for code in self.news.codes.iter().chain(own).chain(more) {
                write_status(writer, *code);
            }
            writer.end();
        })
    }

    fn write_item(&self, writer: &mut Writer, sees_address: bool) {
        writer.start("item", ns::MUC_USER);
        writer.attr("affiliation", self.affiliation.name());
        writer.attr("role", self.role.name());
        if sees_address && let Some(device) = self.occupant.main() {
            writer.attr("jid", device.session.jid.as_str());
        }
        if let Some(nick) = &self.news.new_nick {
            writer.attr("nick", nick);
        }
        if let Some(actor) = &self.news.actor {
            writer.start("actor", ns::MUC_USER);
            writer.attr("nick", actor);
            writer.end();
        }
        if let Some(reason) = &self.news.reason {
            writer.leaf("reason", ns::MUC_USER, reason);
        }
        writer.end();
    }

    /// To everybody inside but the occupant.
    pub(crate) fn tell_others(mut self, state: &State, fan: &mut Fan) {
        for receiver in state.occupants().filter(|receiver| receiver.at != self.occupant.at) {
            let presence = self.for_whom(sees_addresses(state, receiver), false).clone();
            fan.occupant(receiver, &presence, false);
        }
    }

    /// To everybody inside, and to those devices of the occupant that are not any more.
    pub(crate) fn tell_all(mut self, state: &State, fan: &mut Fan) {
        // Section 15.5.3, presencebroadcast: the others do not see every role.
        let role = if self.role == Role::None { self.occupant.role } else { self.role };
        let is_shown = state.config.broadcast.contains(&role);
        let mut inside = false;
        for receiver in state.occupants() {
            let is_self = receiver.at == self.occupant.at;
            inside |= is_self;
            if is_self || is_shown {
                let sees = sees_addresses(state, receiver) || is_self;
                let presence = self.for_whom(sees, is_self).clone();
                fan.occupant(receiver, &presence, !is_self);
            }
        }
        if !inside {
            let presence = self.for_whom(true, true).clone();
            fan.occupant(self.occupant, &presence, false);
        }
    }
}

/// Whether somebody sees real addresses.
pub(crate) fn sees_addresses(state: &State, receiver: &Occupant) -> bool {
    state.config.non_anonymous || receiver.role == Role::Moderator
}

/// Writes `<occupant-id/>` (XEP-0421).
pub(crate) fn write_occupant_id(writer: &mut Writer, id: &str) {
    writer.start("occupant-id", ns::OCCUPANT_ID);
    writer.attr("id", id);
    writer.end();
}

/// Writes `<mav/>` (XEP-0463).
pub(crate) fn write_versions(writer: &mut Writer, since: Option<&str>, until: &str) {
    writer.start("mav", ns::MAV);
    if let Some(since) = since {
        writer.attr("since", since);
    }
    writer.attr("until", until);
    writer.end();
}

/// Writes `<status code=''/>`.
pub(crate) fn write_status(writer: &mut Writer, code: u16) {
    writer.start("status", ns::MUC_USER);
    writer.attr("code", &code.to_string());
    writer.end();
}

fn write_destroyed(writer: &mut Writer, destroyed: &Destroyed) {
    writer.start("destroy", ns::MUC_USER);
    if let Some(alternate) = &destroyed.alternate {
        writer.attr("jid", alternate.as_str());
    }
    if let Some(password) = &destroyed.password {
        writer.leaf("password", ns::MUC_USER, password);
    }
    if let Some(reason) = &destroyed.reason {
        writer.leaf("reason", ns::MUC_USER, reason);
    }
    writer.end();
}
