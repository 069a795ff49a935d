//! Lists, and changes of roles and affiliations (XEP-0045 sections 8, 9 and 10).

use std::sync::Arc;

use skein_base::limits;
use skein_kernel::{Ctx, Refusal, Reply};
use skein_session::Session;
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::handle::effects::{self, Cause};
use crate::handle::{At, invite};
use crate::proto::admin::{Item, Whom, Wish, read_items, read_wish, write_item};
use crate::room::change::change as brought_about;
use crate::room::fan::Fan;
use crate::room::{Room, State};
use crate::rules::affiliation::{self, Affiliation};
use crate::rules::rights::Action;
use crate::rules::role::{self, Role, Standing};
use crate::store::{self, Kept};

/// A list.
pub(crate) fn list(at: &At) -> Result<Reply, Refusal> {
    let query = at.stanza.child("query", ns::MUC_ADMIN).ok_or(Condition::BadRequest)?;
    let wish = read_wish(query)?;
    let state = at.room.state();
    let asker = standing(&state, &at.session);
    if !may_list(&state, asker, wish) {
        return Err(Condition::Forbidden.into());
    }
    let sees = state.config.non_anonymous
        || asker.affiliation >= Affiliation::Admin
        || asker.role == Role::Moderator;
    Ok(at.result(|writer| {
        writer.start("query", ns::MUC_ADMIN);
        match wish {
            Wish::Affiliation(wanted) => {
                let all = state.affiliations.iter().filter(|(_, kept)| kept.affiliation == wanted);
                for (jid, kept) in all {
                    let nick = Some(kept.nick.as_str()).filter(|nick| !nick.is_empty());
                    let inside = state.of(jid).next();
                    let nick = nick.or(inside.map(|occupant| occupant.nick()));
                    let role = inside.map(|occupant| occupant.role);
                    write_item(writer, wanted, role, Some(jid.as_str()), nick);
                }
            }
            Wish::Role(wanted) => {
                for occupant in state.occupants().filter(|occupant| occupant.role == wanted) {
                    let jid = occupant.main().filter(|_| sees).map(|d| d.session.jid.as_str());
                    let affiliation = state.affiliation(&occupant.real);
                    write_item(writer, affiliation, Some(wanted), jid, Some(occupant.nick()));
                }
            }
        }
        writer.end();
    }))
}

pub(crate) fn may_list(state: &State, asker: Standing, wish: Wish) -> bool {
    let is_admin = asker.affiliation >= Affiliation::Admin;
    match wish {
        // The lists name real addresses (section 5.2.1): they are for those who see them, in a
        // room for members too.
        Wish::Affiliation(Affiliation::Member | Affiliation::Admin | Affiliation::Owner) => {
            let sees = state.config.non_anonymous || asker.role == Role::Moderator;
            is_admin || (sees && state.config.member_list.contains(&asker.role))
        }
        Wish::Affiliation(_) => is_admin,
        Wish::Role(_) => is_admin || asker.role == Role::Moderator,
    }
}

/// How the asker stands to the room, inside or not.
pub(crate) fn standing(state: &State, session: &Session) -> Standing {
    let affiliation = state.affiliation(&session.user.jid);
    let role = state.inside(session.id).map_or(Role::None, |occupant| occupant.role);
    Standing { role, affiliation }
}

/// A change of one or several.
pub(crate) async fn change(at: At) -> Result<Reply, Refusal> {
    let query = at.stanza.child("query", ns::MUC_ADMIN).ok_or(Condition::BadRequest)?;
    let items = read_items(query)?;
    // Judged before others are asked, so that only who may add learns what they wish.
    judged(&at, &items)?;
    ask(&at, &items).await?;
    let _door = at.room.door.lock().await;
    let steps = judged(&at, &items)?;
    let actor = at.room.state().inside(at.session.id).map(|occupant| occupant.nick().to_owned());
    carry_out(&at.ctx, &at.room, steps, actor).await?;
    Ok(at.done())
}

fn judged(at: &At, items: &[Item]) -> Result<Vec<Step>, Refusal> {
    let state = at.room.state();
    let actor = standing(&state, &at.session);
    if actor.role == Role::None && actor.affiliation < Affiliation::Member {
        return Err(Condition::Forbidden.into());
    }
    let myself = &at.session.user.jid;
    let judge = |state: &State, step: &Step| match step {
        // Section 9.1: nobody bans themselves.
        Step::Affiliation { who, kept, .. }
            if kept.affiliation == Affiliation::Outcast
                && who.same_bare(myself)
                && actor.affiliation >= Affiliation::Admin =>
        {
            Err(Condition::Conflict)
        }
        step => step.is_allowed(state, actor),
    };
    Ok(prepare(&state, items, judge)?)
}

/// Whoever is made a member has to let the asker do so, as with invitations: nobody belongs
/// to a group against their will. Who is inside has come by themselves.
async fn ask(at: &At, items: &[Item]) -> Result<(), Refusal> {
    let added: Vec<Jid> = {
        let state = at.room.state();
        let is_new = |who: &&Jid| {
            state.affiliation(who) < Affiliation::Member
                && state.of(who).next().is_none()
                && !at.session.user.jid.same_bare(who)
        };
        let belongs = |item: &&Item| matches!(item.wish, Wish::Affiliation(affiliation) if affiliation >= Affiliation::Member);
        let named = items.iter().filter(belongs).filter_map(|item| match &item.whom {
            Whom::Account(who) => Some(who),
            Whom::Nick(_) => None,
        });
        named.filter(is_new).cloned().collect()
    };
    for who in added {
        if !invite::wants(&at.ctx, &at.session.user.jid, &who).await? {
            return Err(StanzaError::new(Condition::NotAllowed)
                .text("somebody does not want to be added to groups")
                .into());
        }
    }
    Ok(())
}

/// A change that follows from something else which was allowed.
pub(crate) async fn set_unasked(
    ctx: &Arc<Ctx>,
    room: &Arc<Room>,
    items: Vec<Item>,
) -> Result<(), Refusal> {
    let _door = room.door.lock().await;
    let steps = prepare(&room.state(), &items, |_, _| Ok(()))?;
    carry_out(ctx, room, steps, None).await
}

/// One item, looked up and judged.
#[derive(Debug, Clone)]
enum Step {
    Affiliation { who: Jid, before: Affiliation, kept: Kept, reason: Option<String> },
    Role { nick: String, role: Role, reason: Option<String> },
}

impl Step {
    fn is_allowed(&self, state: &State, actor: Standing) -> Result<(), Condition> {
        match self {
            Self::Affiliation { who, before, kept, .. } => {
                let is_last = *before == Affiliation::Owner
                    && state.count(Affiliation::Owner) <= 1
                    && state.affiliation(who) == Affiliation::Owner;
                let rank = actor.affiliation;
                let may_add = state.config.rights.of(Action::Add).includes(rank);
                affiliation::may_change(rank, *before, kept.affiliation, is_last, may_add)
            }
            Self::Role { nick, role, .. } => {
                let target = state.occupant(nick).ok_or(Condition::ItemNotFound)?;
                role::may_change(actor, state.standing(target), *role)
            }
        }
    }
}

/// All items or none: looks each up and judges it as if those before were done.
fn prepare(
    state: &State,
    items: &[Item],
    judge: impl Fn(&State, &Step) -> Result<(), Condition>,
) -> Result<Vec<Step>, StanzaError> {
    let mut steps = Vec::with_capacity(items.len());
    let mut owners_left = state.count(Affiliation::Owner);
    let members = state.members();
    let (mut added, mut removed) = (0, 0);
    for item in items {
        let step = look_up(state, item)?;
        judge(state, &step)?;
        if let Step::Affiliation { before, kept, .. } = &step {
            let belongs = |affiliation: Affiliation| affiliation >= Affiliation::Member;
            added += usize::from(!belongs(*before) && belongs(kept.affiliation));
            removed += usize::from(belongs(*before) && !belongs(kept.affiliation));
            // Two owners who are both removed in one request would leave none.
            match (before, kept.affiliation) {
                (Affiliation::Owner, Affiliation::Owner) => {}
                (Affiliation::Owner, _) => owners_left = owners_left.saturating_sub(1),
                (_, Affiliation::Owner) => owners_left += 1,
                _ => {}
            }
        }
        steps.push(step);
    }
    if owners_left == 0 && state.count(Affiliation::Owner) > 0 {
        return Err(Condition::Conflict.into());
    }
    if added > removed && (members + added).saturating_sub(removed) > state.config.most_members() {
        return Err(group_full());
    }
    if state.affiliations.len() + steps.len() > limits::ROOM_AFFILIATIONS {
        return Err(group_full());
    }
    Ok(steps)
}

/// One member too many.
pub(crate) fn group_full() -> StanzaError {
    StanzaError::new(Condition::ResourceConstraint)
        .text("the group has as many members as it may have")
        .specific("group-full", ns::ROOMS)
}

fn look_up(state: &State, item: &Item) -> Result<Step, StanzaError> {
    match (item.wish, &item.whom) {
        (Wish::Role(role), Whom::Nick(nick)) => {
            Ok(Step::Role { nick: nick.clone(), role, reason: item.reason.clone() })
        }
        (Wish::Role(role), Whom::Account(who)) => {
            let inside = state.of(who).next().ok_or(Condition::ItemNotFound)?;
            Ok(Step::Role { nick: inside.nick().to_owned(), role, reason: item.reason.clone() })
        }
        (Wish::Affiliation(affiliation), whom) => {
            let who = match whom {
                Whom::Account(who) => who.clone(),
                Whom::Nick(nick) => {
                    state.occupant(nick).ok_or(Condition::ItemNotFound)?.real.clone()
                }
            };
            let mut kept = state.affiliations.get(&who).cloned().unwrap_or_default();
            let before = kept.affiliation;
            kept.affiliation = affiliation;
            if affiliation <= Affiliation::None {
                kept.nick = String::new();
            } else if let (Some(nick), Whom::Account(_)) = (&item.nick, whom)
                && kept.nick.is_empty()
                && nick.len() <= limits::ROOM_NICK_BYTES
                && !state.is_taken(nick, &who)
            {
                kept.nick = nick.clone();
            }
            Ok(Step::Affiliation { who, before, kept, reason: item.reason.clone() })
        }
    }
}

/// Writes and applies; the door is held.
async fn carry_out(
    ctx: &Arc<Ctx>,
    room: &Arc<Room>,
    steps: Vec<Step>,
    actor: Option<String>,
) -> Result<(), Refusal> {
    let is_stored = !room.state().locked;
    let (writing, here, written) = (ctx.clone(), room.clone(), steps.clone());
    let write = move |tx: &mut skein_db::Tx<'_>| {
        let mut heads = Vec::with_capacity(written.len());
        let head = writing.contracts.log.head(tx, here.log.owner)?;
        for step in &written {
            if let Step::Affiliation { who, before, kept, .. } = step {
                // Who becomes a member has missed nothing of what was before.
                let is_new = *before < Affiliation::Member;
                let delivered = if is_new { head } else { kept.delivered };
                let kept = Kept { delivered, ..kept.clone() };
                if is_stored {
                    save(tx, here.id(), who, &kept, is_new)?;
                }
                heads.push(kept);
            }
        }
        Ok(heads)
    };
    let room = room.clone();
    let apply = move |kept: Vec<Kept>| {
        let mut fan = Fan::default();
        let mut state = room.state();
        let mut kept = kept.into_iter();
        for step in steps {
            match step {
                Step::Affiliation { who, reason, .. } => {
                    let Some(kept) = kept.next() else { continue };
                    let cause = Cause { actor: actor.clone(), reason, ..Cause::default() };
                    effects::set_affiliation(&room, &mut state, &mut fan, &who, kept, &cause);
                }
                Step::Role { nick, role, reason } => {
                    let cause = Cause { actor: actor.clone(), reason, ..Cause::default() };
                    effects::set_role(&mut state, &mut fan, &nick, role, &cause);
                }
            }
        }
    };
    brought_about(ctx, write, apply).await
}

/// Writes one affiliation.
pub(crate) fn save(
    tx: &mut skein_db::Tx<'_>,
    room: i64,
    who: &Jid,
    kept: &Kept,
    is_new: bool,
) -> Result<(), skein_db::DbError> {
    if store::affiliation(tx, room, who)? != kept.affiliation.code() {
        store::add_change(tx, room, who)?;
    }
    if is_new || (kept.affiliation == Affiliation::None && kept.nick.is_empty()) {
        store::drop_affiliation(tx, room, who)?;
    }
    if kept.affiliation == Affiliation::None && kept.nick.is_empty() {
        return Ok(());
    }
    store::put_affiliation(tx, room, who, kept)
}
