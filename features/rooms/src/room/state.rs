//! What is known of a room.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use skein_base::Timestamp;
use skein_session::{Session, SessionId};
use skein_xmpp::{Jid, Stanza};
use smallvec::SmallVec;

use crate::room::hats::Hats;
use crate::room::recent::Recent;
use crate::rules::affiliation::Affiliation;
use crate::rules::config::Config;
use crate::rules::role::{Role, Standing};
use crate::store::Kept;

/// See the module.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) config: Config,
    /// Everybody who stands in a relation to the room, by bare address.
    pub(crate) affiliations: HashMap<Jid, Kept>,
    /// The version of the affiliations (XEP-0463); of rooms that are stored.
    pub(crate) version: i64,
    pub(crate) hats: Hats,
    /// The message that set the subject.
    pub(crate) subject: Option<Stanza>,
    /// The room's card (XEP-0054), if it has one.
    pub(crate) vcard: Option<Arc<str>>,
    /// The room is new and waits for its owner's configuration; it is not stored.
    pub(crate) locked: bool,
    /// When it was made; of rooms that are locked.
    pub(crate) made: Timestamp,
    /// The room is no more.
    pub(crate) gone: bool,
    /// Messages of a room that keeps none, for those who enter.
    pub(crate) recent: Recent,
    /// Members who are not inside, until somebody comes, goes or stands otherwise.
    pub(super) away: Option<Arc<[Jid]>>,
    pub(super) occupants: HashMap<Box<str>, Occupant>,
    /// The nickname of each session inside.
    pub(super) places: HashMap<SessionId, Box<str>>,
}

/// Somebody inside, with one device or several.
pub(crate) struct Occupant {
    /// `room@host/nick`.
    pub(crate) at: Jid,
    /// The account's bare address.
    pub(crate) real: Jid,
    /// XEP-0421.
    pub(crate) id: Arc<str>,
    pub(crate) role: Role,
    /// The newest last.
    pub(crate) devices: SmallVec<[Device; 1]>,
}

/// A session inside.
pub(crate) struct Device {
    pub(crate) session: Arc<Session>,
    /// What it shows: its presence without what only the room may say.
    pub(crate) presence: Stanza,
}

impl Occupant {
    /// The nickname.
    pub(crate) fn nick(&self) -> &str {
        self.at.resource().unwrap_or_default()
    }

    /// The device that stands for all.
    pub(crate) fn main(&self) -> Option<&Device> {
        self.devices.last()
    }
}

impl State {
    /// How an account stands to the room.
    pub(crate) fn affiliation(&self, who: &Jid) -> Affiliation {
        if let Some(kept) = self.affiliations.get(who) {
            return kept.affiliation;
        }
        if who.is_bare() {
            return Affiliation::None;
        }
        self.affiliations.get(&who.bare()).map_or(Affiliation::None, |kept| kept.affiliation)
    }

    /// How many accounts have the affiliation.
    pub(crate) fn count(&self, affiliation: Affiliation) -> usize {
        self.affiliations.values().filter(|kept| kept.affiliation == affiliation).count()
    }

    /// Members who are not inside.
    pub(crate) fn away(&mut self) -> Arc<[Jid]> {
        if let Some(away) = &self.away {
            return away.clone();
        }
        let inside: HashSet<&Jid> = self.occupants.values().map(|o| &o.real).collect();
        let members =
            self.affiliations.iter().filter(|(_, kept)| kept.affiliation >= Affiliation::Member);
        let away: Arc<[Jid]> =
            members.map(|(jid, _)| jid).filter(|jid| !inside.contains(jid)).cloned().collect();
        self.away = Some(away.clone());
        away
    }

    /// How many belong to the room.
    pub(crate) fn members(&self) -> usize {
        let belongs = |kept: &&Kept| kept.affiliation >= Affiliation::Member;
        self.affiliations.values().filter(belongs).count()
    }

    /// Role and affiliation of somebody inside.
    pub(crate) fn standing(&self, occupant: &Occupant) -> Standing {
        Standing { role: occupant.role, affiliation: self.affiliation(&occupant.real) }
    }

    /// Standing of a session that need not be inside: where another of its account was
    /// silenced, it has no voice either.
    pub(crate) fn standing_of(&self, session: &Session) -> Standing {
        let who = &session.user.jid;
        let inside = self.inside(session.id).map(|occupant| occupant.role);
        let role = inside.or_else(|| self.of(who).map(|occupant| occupant.role).min());
        Standing { role: role.unwrap_or(Role::None), affiliation: self.affiliation(who) }
    }

    /// The occupant of a nickname.
    pub(crate) fn occupant(&self, nick: &str) -> Option<&Occupant> {
        self.occupants.get(nick)
    }

    /// The occupant that a session is.
    pub(crate) fn inside(&self, session: SessionId) -> Option<&Occupant> {
        self.occupants.get(self.places.get(&session)?)
    }

    /// The occupants of an account.
    pub(crate) fn of<'a>(&'a self, real: &'a Jid) -> impl Iterator<Item = &'a Occupant> {
        self.occupants.values().filter(move |occupant| occupant.real.same_bare(real))
    }

    /// The session of a full address, if it is inside.
    pub(crate) fn session_of(&self, full: &Jid) -> Option<SessionId> {
        let devices = self.occupants.values().filter(|o| o.real.same_bare(full));
        let mut devices = devices.flat_map(|occupant| &occupant.devices);
        devices.find(|device| device.session.jid == *full).map(|device| device.session.id)
    }

    pub(crate) fn occupants(&self) -> impl Iterator<Item = &Occupant> {
        self.occupants.values()
    }

    /// How many people are inside.
    pub(crate) fn len(&self) -> usize {
        self.occupants.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.occupants.is_empty()
    }

    /// Whether a nickname is somebody else's than `real`'s: inside, or kept for them.
    pub(crate) fn is_taken(&self, nick: &str, real: &Jid) -> bool {
        let inside = self.occupants.get(nick).is_some_and(|o| !o.real.same_bare(real));
        let kept = |(jid, kept): (&Jid, &Kept)| kept.nick == nick && !jid.same_bare(real);
        inside || (!self.affiliations.is_empty() && self.affiliations.iter().any(kept))
    }

    /// The nickname that is kept for an account.
    pub(crate) fn kept_nick(&self, real: &Jid) -> Option<&str> {
        let kept = self.affiliations.get(&real.bare())?;
        (!kept.nick.is_empty()).then_some(kept.nick.as_str())
    }

    /// A session comes in, beside others of its account under this nickname or alone.
    pub(crate) fn enter(&mut self, at: Jid, id: Arc<str>, role: Role, device: Device) {
        self.away = None;
        let nick: Box<str> = at.resource().unwrap_or_default().into();
        self.places.insert(device.session.id, nick.clone());
        let real = device.session.user.jid.clone();
        let occupant = self.occupants.entry(nick).or_insert_with(|| Occupant {
            at,
            real,
            id,
            role,
            devices: SmallVec::new(),
        });
        occupant.devices.retain(|known| known.session.id != device.session.id);
        occupant.devices.push(device);
    }

    /// A session goes out; gives the occupant if it was the last of its devices.
    pub(crate) fn leave(&mut self, session: SessionId) -> Option<Occupant> {
        self.away = None;
        let nick = self.places.remove(&session)?;
        let occupant = self.occupants.get_mut(&nick)?;
        let at = occupant.devices.iter().position(|device| device.session.id == session)?;
        if occupant.devices.len() > 1 {
            occupant.devices.remove(at);
            return None;
        }
        self.occupants.remove(&nick)
    }

    /// Takes somebody out with all devices.
    pub(crate) fn remove(&mut self, nick: &str) -> Option<Occupant> {
        self.away = None;
        let occupant = self.occupants.remove(nick)?;
        for device in &occupant.devices {
            self.places.remove(&device.session.id);
        }
        Some(occupant)
    }

    /// Puts somebody back, under a nickname that nobody has.
    pub(crate) fn put(&mut self, occupant: Occupant) {
        self.away = None;
        let nick: Box<str> = occupant.nick().into();
        for device in &occupant.devices {
            self.places.insert(device.session.id, nick.clone());
        }
        self.occupants.insert(nick, occupant);
    }

    /// Somebody inside, to be changed.
    pub(crate) fn occupant_mut(&mut self, nick: &str) -> Option<&mut Occupant> {
        self.occupants.get_mut(nick)
    }

    /// Nicknames of an account's occupants.
    pub(crate) fn nicks_of(&self, real: &Jid) -> Vec<Box<str>> {
        self.of(real).map(|occupant| occupant.nick().into()).collect()
    }

    /// Sets an affiliation; that of a stranger without a nickname is forgotten. What is
    /// another than before makes a new version, as `handle::admin::save` does in the store.
    pub(crate) fn set_affiliation(&mut self, who: &Jid, kept: Kept) {
        self.away = None;
        if !self.locked && self.affiliation(who) != kept.affiliation {
            self.version += 1;
        }
        if kept.affiliation == Affiliation::None && kept.nick.is_empty() {
            self.affiliations.remove(&who.bare());
        } else {
            self.affiliations.insert(who.bare(), kept);
        }
    }
}
