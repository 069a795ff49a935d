//! What follows for those inside when how they stand to the room changes.

use skein_xmpp::{Jid, Kind, MessageType, Stanza, ns};

use crate::handle::versions;
use crate::room::fan::Fan;
use crate::room::show::{News, Shown, sees_addresses, write_status, write_versions};
use crate::room::{Occupant, Room, State};
use crate::rules::affiliation::Affiliation;
use crate::rules::role::Role;
use crate::store::Kept;

/// Who did it and why.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cause {
    /// The nickname of who did it, if they are inside.
    pub(crate) actor: Option<String>,
    pub(crate) reason: Option<String>,
    /// The versions of the affiliations before and after.
    pub(crate) versions: Option<(String, String)>,
}

impl Cause {
    fn news(&self, codes: &[u16]) -> News {
        News {
            actor: self.actor.clone(),
            reason: self.reason.clone(),
            versions: self.versions.clone(),
            ..News::codes(codes)
        }
    }
}

/// An account stands otherwise to the room from now on.
pub(crate) fn set_affiliation(
    room: &Room,
    state: &mut State,
    fan: &mut Fan,
    who: &Jid,
    kept: Kept,
    cause: &Cause,
) {
    let affiliation = kept.affiliation;
    let is_new = state.affiliation(who) != affiliation;
    let before = versions::name(room.id(), state.version);
    state.set_affiliation(who, kept);
    let after = versions::name(room.id(), state.version);
    let versions = (before != after).then_some((before, after));
    let nicks = state.nicks_of(who);
    if nicks.is_empty() {
        return tell_absent(room, state, fan, (who, affiliation), versions);
    }
    let cause = &Cause { versions, ..cause.clone() };
    for nick in nicks {
        let is_banned = affiliation == Affiliation::Outcast;
        let is_shut_out = state.config.members_only && affiliation < Affiliation::Member;
        if is_banned || is_shut_out {
            put_out(state, fan, &nick, &cause.news(&[if is_banned { 301 } else { 321 }]));
            continue;
        }
        let given = state.occupant(&nick).map(|occupant| occupant.role).filter(|_| !is_new);
        let role = given.unwrap_or_else(|| Role::initial(affiliation, state.config.moderated));
        show_role(state, fan, &nick, role, cause);
    }
}

/// An occupant has another role from now on; `Role::None` is a kick.
pub(crate) fn set_role(state: &mut State, fan: &mut Fan, nick: &str, role: Role, cause: &Cause) {
    match role {
        Role::None => put_out(state, fan, nick, &cause.news(&[307])),
        role => show_role(state, fan, nick, role, cause),
    }
}

fn show_role(state: &mut State, fan: &mut Fan, nick: &str, role: Role, cause: &Cause) {
    if let Some(occupant) = state.occupant(nick)
        && state.config.broadcast.contains(&occupant.role)
        && !state.config.broadcast.contains(&role)
    {
        // The others do not see this role (section 15.5.3).
        Shown::leaving(state, occupant, None, &News::default()).tell_others(state, fan);
    }
    if let Some(occupant) = state.occupant_mut(nick) {
        occupant.role = role;
    }
    if let Some(occupant) = state.occupant(nick) {
        Shown::inside(state, occupant, &cause.news(&[])).tell_all(state, fan);
    }
}

/// Somebody has to leave.
pub(crate) fn put_out(state: &mut State, fan: &mut Fan, nick: &str, news: &News) {
    if let Some(occupant) = state.remove(nick) {
        stays_out(&occupant);
        Shown::leaving(state, &occupant, None, news).tell_all(state, fan);
    }
}

/// After a restart of the server its sessions do not come in again by themselves.
pub(crate) fn stays_out(occupant: &Occupant) {
    for device in &occupant.devices {
        device.session.with_directed(|directed| directed.retain(|place| *place != occupant.at));
    }
}

/// Those who see addresses learn of somebody who is not inside (section 9.3).
fn tell_absent(
    room: &Room,
    state: &State,
    fan: &mut Fan,
    (who, affiliation): (&Jid, Affiliation),
    versions: Option<(String, String)>,
) {
    let mut stanza = Stanza::new(Kind::Message(MessageType::Normal));
    stanza.from = Some(room.jid().clone());
    let stanza = stanza.with_content(|writer| {
        writer.start("x", ns::MUC_USER);
        if let Some((since, until)) = &versions {
            write_versions(writer, Some(since), until);
        }
        writer.start("item", ns::MUC_USER);
        writer.attr("affiliation", affiliation.name());
        writer.attr("jid", who.bare_str());
        writer.attr("role", "none");
        writer.end();
        writer.end();
    });
    for occupant in state.occupants().filter(|occupant| sees_addresses(state, occupant)) {
        fan.occupant(occupant, &stanza, true);
    }
}

/// Everybody inside learns of a change of the room itself (section 10.2.1).
pub(crate) fn tell_codes(room: &Room, state: &State, fan: &mut Fan, codes: &[u16]) {
    if codes.is_empty() {
        return;
    }
    let mut stanza = Stanza::new(Kind::Message(MessageType::Groupchat));
    stanza.from = Some(room.jid().clone());
    let stanza = stanza.with_content(|writer| {
        writer.start("x", ns::MUC_USER);
        codes.iter().for_each(|code| write_status(writer, *code));
        writer.end();
    });
    fan.all(state, &stanza, true);
}
