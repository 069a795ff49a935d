//! The configuration (XEP-0045 sections 10.1 and 10.2).

use skein_db::{DbError, Tx};
use skein_kernel::{Refusal, Reply};
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::handle::effects::{self, Cause};
use crate::handle::{At, admin, destroy, hidden};
use crate::proto::form::{write_config, write_editable};
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::room::show::{Destroyed, News};
use crate::room::{Room, State};
use crate::rules::affiliation::Affiliation;
use crate::rules::config::Config;
use crate::rules::rights::Action;
use crate::rules::role::Role;
use crate::rules::voice;
use crate::store::{self, Kept};

/// The form.
pub(crate) fn form(at: &At) -> Result<Reply, Refusal> {
    let state = at.room.state();
    let affiliation = state.affiliation(&at.session.user.jid);
    if affiliation < Affiliation::Owner {
        may_edit(at, &state)?;
        return Ok(at.result(|writer| {
            writer.start("query", ns::MUC_OWNER);
            write_editable(writer, &state.config);
            writer.end();
        }));
    }
    let of = |wanted: Affiliation| -> Vec<&str> {
        let those = state.affiliations.iter().filter(|(_, kept)| kept.affiliation == wanted);
        those.map(|(jid, _)| jid.as_str()).collect()
    };
    Ok(at.result(|writer| {
        writer.start("query", ns::MUC_OWNER);
        write_config(writer, &state.config, &of(Affiliation::Admin), &of(Affiliation::Owner));
        writer.end();
    }))
}

/// The submitted form, its cancellation, or the room's end.
pub(crate) async fn set(at: At) -> Result<Reply, Refusal> {
    let query = at.stanza.child("query", ns::MUC_OWNER).ok_or(Condition::BadRequest)?;
    let wish = match (destroy::find(query), Form::read(query)) {
        (Some(destroy), _) => Err(destroy::read(destroy)?),
        (None, Some(form)) => Ok(form),
        (None, None) => return Err(Condition::BadRequest.into()),
    };
    let is_owner = at.room.state().affiliation(&at.session.user.jid) >= Affiliation::Owner;
    if !is_owner {
        let Ok(form) = wish else { return Err(Condition::Forbidden.into()) };
        may_edit(&at, &at.room.state())?;
        return if form.cancelled { Ok(at.done()) } else { configure(at, &form).await };
    }
    match wish {
        Err(destroyed) => destroy::by_owner(at, destroyed).await,
        // Section 10.1.3: a new room whose configuration is cancelled ends.
        Ok(form) if form.cancelled && at.room.state().locked => {
            destroy::by_owner(at, Destroyed::default()).await
        }
        Ok(form) if form.cancelled => Ok(at.done()),
        Ok(form) => configure(at, &form).await,
    }
}

/// Whether somebody who is no owner may change name, description and language.
fn may_edit(at: &At, state: &State) -> Result<(), StanzaError> {
    let affiliation = state.affiliation(&at.session.user.jid);
    let belongs = affiliation >= Affiliation::Member || state.inside(at.session.id).is_some();
    let allowed = voice::may(&state.config, state.standing_of(&at.session), Action::Edit);
    if belongs && !state.locked { allowed } else { Err(Condition::Forbidden.into()) }
}

async fn configure(at: At, form: &Form) -> Result<Reply, Refusal> {
    let is_typed = form.form_type.as_deref().is_none_or(|name| name == ns::MUC_CONFIG);
    if !is_typed {
        return Err(StanzaError::new(Condition::BadRequest).text("not the room's form").into());
    }
    let _door = at.room.door.lock().await;
    let plan = {
        let state = at.room.state();
        let is_owner = state.affiliation(&at.session.user.jid) >= Affiliation::Owner;
        if !is_owner {
            may_edit(&at, &state)?;
        }
        let plan = Plan::make(&at.room, &state, form)?;
        if !is_owner && !plan.is_edit(&state) {
            return Err(StanzaError::new(Condition::Forbidden)
                .text("name, description and language are all that you may change")
                .into());
        }
        plan
    };
    let (room, written) = (at.room.clone(), plan.clone());
    let write = move |tx: &mut Tx<'_>| written.write(tx, &room);
    let room = at.room.clone();
    change(&at.ctx, write, move |()| plan.apply(&room)).await?;
    Ok(at.done())
}

/// What the form changes.
#[derive(Clone)]
struct Plan {
    config: Config,
    /// Affiliations that the lists of owners and admins change.
    affiliations: Vec<(Jid, Kept)>,
    /// All affiliations of a room that is stored for the first time.
    founding: Option<Vec<(Jid, Kept)>>,
}

impl Plan {
    fn make(room: &Room, state: &State, form: &Form) -> Result<Self, StanzaError> {
        let config = state.config.with(&form.fields)?;
        check_circles(room, &state.config, &config)?;
        let affiliations = lists(state, form)?;
        let founding = state.locked.then(|| {
            state.affiliations.iter().map(|(jid, kept)| (jid.clone(), kept.clone())).collect()
        });
        Ok(Self { config, affiliations, founding })
    }

    /// Whether it changes nothing but what the right to edit is about.
    fn is_edit(&self, state: &State) -> bool {
        let edited = Config {
            name: self.config.name.clone(),
            description: self.config.description.clone(),
            lang: self.config.lang.clone(),
            ..state.config.clone()
        };
        edited == self.config && self.affiliations.is_empty()
    }

    fn write(&self, tx: &mut Tx<'_>, room: &Room) -> Result<(), DbError> {
        store::save(tx, room.jid(), room.id(), &self.config)?;
        for (who, kept) in self.founding.iter().flatten() {
            store::put_affiliation(tx, room.id(), who, kept)?;
        }
        for (who, kept) in &self.affiliations {
            admin::save(tx, room.id(), who, kept, false)?;
        }
        Ok(())
    }

    fn apply(self, room: &Room) {
        let mut fan = Fan::default();
        let mut state = room.state();
        let was_locked = std::mem::take(&mut state.locked);
        let hides = !self.config.circles.is_empty() && self.config.circles != state.config.circles;
        if state.config.logged != self.config.logged {
            state.recent.clear();
        }
        let codes = state.config.changes(&self.config);
        let before = std::mem::replace(&mut state.config, self.config);
        let cause = Cause::default();
        for (who, kept) in self.affiliations {
            effects::set_affiliation(room, &mut state, &mut fan, &who, kept, &cause);
        }
        if state.config.members_only && !before.members_only {
            put_out_strangers(&mut state, &mut fan);
        }
        if hides {
            hidden::put_out_others(&mut state, &mut fan);
        }
        if state.config.moderated != before.moderated {
            settle_roles(&mut state, &mut fan, &cause);
        }
        if !was_locked {
            effects::tell_codes(room, &state, &mut fan, &codes);
        }
    }
}

/// A group that is there for circles alone must not be found by trying names: entering an
/// address where nothing is makes a room. So it has an address that only the server gives.
fn check_circles(room: &Room, before: &Config, after: &Config) -> Result<(), StanzaError> {
    if after.circles.is_empty() || after.circles == before.circles || room.is_reserved() {
        return Ok(());
    }
    Err(StanzaError::new(Condition::NotAcceptable)
        .text("a group of a circle needs an address of the server; make it anew")
        .specific("address-guessable", ns::ROOMS))
}

/// Section 10.2.1: a room that becomes one for members keeps those alone (322).
fn put_out_strangers(state: &mut State, fan: &mut Fan) {
    let strangers: Vec<Box<str>> = state
        .occupants()
        .filter(|occupant| state.affiliation(&occupant.real) < Affiliation::Member)
        .map(|occupant| occupant.nick().into())
        .collect();
    for nick in strangers {
        effects::put_out(state, fan, &nick, &News::codes(&[322]));
    }
}

/// Voice is taken from strangers when the room becomes moderated, and given when it is not
/// any more.
fn settle_roles(state: &mut State, fan: &mut Fan, cause: &Cause) {
    let moderated = state.config.moderated;
    let settled: Vec<(Box<str>, Role)> = state
        .occupants()
        .filter(|occupant| occupant.role < Role::Moderator)
        .map(|o| (o.nick().into(), Role::initial(state.affiliation(&o.real), moderated)))
        .collect();
    for (nick, role) in settled {
        if state.occupant(&nick).is_some_and(|occupant| occupant.role != role) {
            effects::set_role(state, fan, &nick, role, cause);
        }
    }
}

/// The fields `roomowners` and `roomadmins`: whole lists, in place of those that were.
fn lists(state: &State, form: &Form) -> Result<Vec<(Jid, Kept)>, StanzaError> {
    let mut changes: Vec<(Jid, Kept)> = Vec::new();
    let mut owners = state.count(Affiliation::Owner);
    for (var, rank) in [
        ("muc#roomconfig_roomadmins", Affiliation::Admin),
        ("muc#roomconfig_roomowners", Affiliation::Owner),
    ] {
        let Some(field) = form.fields.iter().find(|field| field.var == var) else { continue };
        let named: Vec<Jid> = field
            .values
            .iter()
            .filter(|value| !value.is_empty())
            .map(|value| {
                Jid::parse(value).map(|jid| jid.bare()).map_err(|_| Condition::JidMalformed)
            })
            .collect::<Result<_, _>>()?;
        if named.len() > skein_base::limits::ROOM_ITEMS {
            return Err(Condition::NotAcceptable.into());
        }
        if rank == Affiliation::Owner {
            owners = named.len();
        }
        let gone = state
            .affiliations
            .iter()
            .filter(|(jid, kept)| kept.affiliation == rank && !named.contains(jid));
        for (jid, kept) in gone {
            if !changes.iter().any(|(known, _)| known == jid) {
                changes
                    .push((jid.clone(), Kept { affiliation: Affiliation::None, ..kept.clone() }));
            }
        }
        for jid in named {
            let kept = state.affiliations.get(&jid).cloned().unwrap_or_default();
            changes.retain(|(known, _)| *known != jid);
            if kept.affiliation != rank {
                changes.push((jid, Kept { affiliation: rank, ..kept }));
            }
        }
    }
    if owners == 0 {
        return Err(StanzaError::new(Condition::Conflict).text("a room has an owner"));
    }
    Ok(changes)
}
