//! What the host and its rooms tell about themselves (XEP-0045 section 6).

use std::sync::Arc;
use std::time::Duration;

use skein_base::limits;
use skein_kernel::contracts::is_in_one;
use skein_kernel::{Ctx, Refusal, Reply};
use skein_session::Session;
use skein_xml::Writer;
use skein_xmpp::{Condition, IqType, Kind, Stanza, form, ns};

use crate::handle::{At, away, create, hats, policy, search};
use crate::room::State;
use crate::rules::affiliation::Affiliation;
use crate::rules::config::Private;
use crate::rules::rights::Action;
use crate::rules::voice;

/// The node under which somebody asks for the nickname that is kept for them (section 7.11).
const OWN_NICK: &str = "x-roomuser-item";
/// XEP-0502.
const ACTIVITY: &str = "{urn:xmpp:muc-activity}message-activity";
/// Over which time activity is measured.
const ACTIVE: Duration = Duration::from_secs(24 * 3600);
/// Messages counted for it at most: the field is an approximation.
const COUNTED: usize = 5_000;
/// Features of every room.
const FEATURES: [&str; 21] = [
    ns::MUC,
    ns::MUC_REQUEST,
    ns::MUC_REGISTER,
    ns::MUC_STABLE_ID,
    ns::MUC_SELF_PING,
    ns::DISCO_INFO,
    ns::DISCO_ITEMS,
    ns::MAM,
    ns::MAM_EXTENDED,
    ns::FULLTEXT,
    ns::STANZA_ID,
    ns::OCCUPANT_ID,
    ns::RETRACT,
    ns::MODERATE,
    ns::REGISTER,
    ns::PING,
    ns::VCARD,
    ns::ROOMS,
    ns::HATS,
    ns::MAV,
    ns::COMMANDS,
];

/// Features of the host.
const HOST_FEATURES: [&str; 11] = [
    ns::DISCO_INFO,
    ns::DISCO_ITEMS,
    ns::MUC,
    ns::PING,
    ns::RSM,
    ns::MAM,
    ns::OCCUPANT_ID,
    ns::CHANNEL_SEARCH,
    ns::COMMANDS,
    ns::RAI,
    ns::ROOMS,
];

/// A stanza to the host itself.
pub(crate) async fn service(
    ctx: Arc<Ctx>,
    session: Option<Arc<Session>>,
    stanza: Stanza,
) -> Result<Reply, Refusal> {
    let Kind::Iq(kind) = stanza.kind else {
        let Kind::Message(_) = stanza.kind else {
            away::watch(&ctx, session, &stanza).await;
            return Ok(Reply::Nothing);
        };
        return Err(Condition::ServiceUnavailable.into());
    };
    let (Some(session), Some(payload)) = (session, stanza.children().next()) else {
        return Err(Condition::ServiceUnavailable.into());
    };
    if !kind.is_request() {
        return Ok(Reply::Nothing);
    }
    let node = payload.attr("node").filter(|node| !node.is_empty());
    match (payload.name(), payload.ns(), kind) {
        ("ping", ns::PING, IqType::Get) => {
            Ok(Reply::Answer(stanza.answer(Kind::Iq(IqType::Result))))
        }
        ("query", ns::DISCO_INFO, IqType::Get) if node.is_none() => {
            about_host(&ctx, &session, &stanza).await
        }
        ("query", ns::DISCO_ITEMS, IqType::Get) => match node.as_deref() {
            None => search::list(&ctx, &session, &stanza, payload).await,
            Some(ns::COMMANDS) => Ok(commands(&stanza)),
            Some(_) => Err(Condition::ItemNotFound.into()),
        },
        ("query", ns::DISCO_INFO, IqType::Get) => Err(Condition::ItemNotFound.into()),
        ("search", ns::CHANNEL_SEARCH, IqType::Get) => {
            search::search(&ctx, &session, &stanza, payload).await
        }
        ("create", ns::ROOMS, IqType::Set) => {
            create::create(&ctx, &session, &stanza, payload).await
        }
        ("command", ns::COMMANDS, IqType::Set) => {
            policy::command(&ctx, &session, &stanza, payload).await
        }
        _ => Err(Condition::ServiceUnavailable.into()),
    }
}

/// `disco#info` of the host, with who may make rooms.
async fn about_host(ctx: &Arc<Ctx>, session: &Session, stanza: &Stanza) -> Result<Reply, Refusal> {
    let host = stanza.to.as_ref().map_or("", |to| to.domain());
    let policy = policy::in_force(ctx, host).await?;
    let may_create = policy::allows(ctx, &session.user, host).await?;
    let result = stanza.answer(Kind::Iq(IqType::Result));
    Ok(Reply::Answer(result.with_content(|writer| {
        writer.start("query", ns::DISCO_INFO);
        write_identity(writer, "Rooms");
        HOST_FEATURES.iter().for_each(|feature| write_feature(writer, feature));
        policy::write_info(writer, &policy, may_create);
        writer.end();
    })))
}

/// The commands of the host (XEP-0050 section 2.1).
fn commands(stanza: &Stanza) -> Reply {
    let host = stanza.to.as_ref().map_or("", |to| to.domain());
    let result = stanza.answer(Kind::Iq(IqType::Result));
    Reply::Answer(result.with_content(|writer| {
        writer.start("query", ns::DISCO_ITEMS);
        writer.attr("node", ns::COMMANDS);
        writer.start("item", ns::DISCO_ITEMS);
        writer.attr("jid", host);
        writer.attr("node", policy::POLICY);
        writer.attr("name", "Who may make rooms");
        writer.end();
        writer.end();
    }))
}

/// Whether somebody may know what the room is (R01): a room that is neither listed nor open
/// is there for those alone who belong to it.
fn is_visible(at: &At, state: &State) -> bool {
    let belongs = state.affiliation(&at.session.user.jid) >= Affiliation::Member
        || state.inside(at.session.id).is_some();
    let is_shown = state.config.public
        || !state.config.members_only
        || is_in_one(&at.session.user, &state.config.circles);
    belongs || (!state.locked && is_shown)
}

/// `disco#info` of a room (section 6.4).
pub(crate) async fn info(at: &At) -> Result<Reply, Refusal> {
    let activity = activity(at).await?;
    let query = at.stanza.child("query", ns::DISCO_INFO).ok_or(Condition::BadRequest)?;
    let state = at.room.state();
    if !is_visible(at, &state) {
        return Err(Condition::ItemNotFound.into());
    }
    match query.attr("node").as_deref() {
        None | Some("") => {}
        Some(OWN_NICK) => {
            let nick = state.kept_nick(&at.session.user.jid);
            return Ok(at.result(|writer| {
                writer.start("query", ns::DISCO_INFO);
                writer.attr("node", OWN_NICK);
                if let Some(nick) = nick {
                    write_identity(writer, nick);
                }
                writer.end();
            }));
        }
        Some(_) => return Err(Condition::ItemNotFound.into()),
    }
    Ok(at.result(|writer| {
        writer.start("query", ns::DISCO_INFO);
        write_identity(writer, state.config.title(at.room.jid()));
        FEATURES.iter().for_each(|feature| write_feature(writer, feature));
        kinds(&state).iter().for_each(|feature| write_feature(writer, feature));
        if state.config.private != Private::None {
            write_feature(writer, ns::WHISPER);
        }
        write_feature(writer, ns::EPHEMERAL);
        write_room_info(writer, at, &state, activity);
        if !state.config.space.is_empty() {
            write_feature(writer, ns::SPACES);
            form::start(writer, "result", ns::SPACES);
            form::field(writer, "parent", "text-single", None, &[&state.config.space]);
            writer.end();
        }
        writer.end();
    }))
}

/// How many messages there were lately, of rooms that everybody may know and enter (XEP-0502
/// sections 4 and 10).
async fn activity(at: &At) -> Result<Option<usize>, Refusal> {
    let is_open = {
        let state = at.room.state();
        let config = &state.config;
        let is_free = !config.members_only && !config.password_protected && !state.locked;
        is_free && config.is_listed() && config.persistent && config.logged
    };
    if !is_open {
        return Ok(None);
    }
    let (ctx, room, since) = (at.ctx.clone(), at.room.clone(), at.ctx.now().minus(ACTIVE));
    let read = move |tx: &mut skein_db::Tx<'_>| match ctx.contracts.log.shared() {
        Some(logs) => logs.texts_since(tx, &room.log, since, COUNTED).map(Some),
        None => Ok(None),
    };
    Ok(at.ctx.db.read(read).await?)
}

/// What kind of room it is (section 4.2).
fn kinds(state: &State) -> [&'static str; 6] {
    let config = &state.config;
    let pick = |is: bool, one, other| if is { one } else { other };
    [
        pick(config.public, "muc_public", "muc_hidden"),
        pick(config.members_only, "muc_membersonly", "muc_open"),
        pick(config.moderated, "muc_moderated", "muc_unmoderated"),
        pick(config.non_anonymous, "muc_nonanonymous", "muc_semianonymous"),
        pick(config.password_protected, "muc_passwordprotected", "muc_unsecured"),
        pick(config.persistent, "muc_persistent", "muc_temporary"),
    ]
}

fn write_room_info(writer: &mut Writer, at: &At, state: &State, activity: Option<usize>) {
    let config = &state.config;
    let subject = state.subject.as_ref().and_then(|subject| subject.child("subject", ns::CLIENT));
    let subject = subject.map(|subject| subject.text().into_owned()).unwrap_or_default();
    let people = state.len().to_string();
    let may_change = if config.rights.is_wide(Action::Edit) { "1" } else { "0" };
    let logged = if config.logged { "1" } else { "0" };
    let most = config.most().to_string();
    form::start(writer, "result", ns::MUC_INFO);
    let mut text = |var, value: &str| form::field(writer, var, "text-single", None, &[value]);
    text("muc#roominfo_description", &config.description);
    text("muc#roomconfig_roomname", &config.name);
    text("muc#roominfo_lang", &config.lang);
    text("muc#roominfo_subject", &subject);
    text("muc#roominfo_subjectmod", may_change);
    text("muc#roominfo_occupants", &people);
    text("muc#roominfo_logs", logged);
    text("muc#maxhistoryfetch", &limits::ROOM_MISSED.to_string());
    text("muc#roomconfig_maxusers", &most);
    text("muc#roominfo_slow_mode_duration", &config.slow_mode.to_string());
    let own = config.fields();
    let own =
        own.iter().filter(|field| field.var.starts_with('{') || field.var.ends_with("_pubsub"));
    for field in own.filter(|field| field.values.iter().any(|value| !value.is_empty())) {
        let values: Vec<&str> = field.values.iter().map(String::as_str).collect();
        form::field(writer, field.var, field.kind, None, &values);
    }
    if let Some(count) = activity {
        let hourly = count as f32 / ACTIVE.as_secs_f32() * 3600.0;
        form::field(writer, ACTIVITY, "text-single", None, &[&format!("{hourly:.2}")]);
    }
    let rights = voice::all_that(config, state.standing_of(&at.session));
    form::field(writer, "{urn:skein:rooms:0}rights", "text-multi", None, &rights);
    let avatars: Vec<String> =
        state.vcard.iter().filter_map(|card| super::card::avatar_hash(card)).collect();
    let avatars: Vec<&str> = avatars.iter().map(String::as_str).collect();
    if !avatars.is_empty() {
        form::field(writer, "muc#roominfo_avatarhash", "text-multi", None, &avatars);
    }
    writer.end();
}

/// `disco#items` of a room: who is inside, for those who may know (section 6.5).
pub(crate) fn items(at: &At) -> Result<Reply, Refusal> {
    let state = at.room.state();
    if !is_visible(at, &state) {
        return Err(Condition::ItemNotFound.into());
    }
    let query = at.stanza.child("query", ns::DISCO_ITEMS).ok_or(Condition::BadRequest)?;
    match query.attr("node").as_deref() {
        None | Some("") => {}
        Some(ns::COMMANDS) => {
            return Ok(at.result(|writer| {
                writer.start("query", ns::DISCO_ITEMS);
                writer.attr("node", ns::COMMANDS);
                if state.affiliation(&at.session.user.jid) >= Affiliation::Admin {
                    hats::write_commands(writer, at.room.jid().as_str());
                }
                writer.end();
            }));
        }
        Some(_) => return Err(Condition::ItemNotFound.into()),
    }
    let is_inside = state.inside(at.session.id).is_some();
    let is_open =
        state.config.public && !state.config.members_only && !state.config.password_protected;
    Ok(at.result(|writer| {
        writer.start("query", ns::DISCO_ITEMS);
        if is_inside || is_open {
            for occupant in state.occupants().take(limits::PAGE_MAX) {
                write_item(writer, occupant.at.as_str(), None);
            }
        }
        writer.end();
    }))
}

/// A ping to the room: answered to those inside (XEP-0410 asks its own address instead).
pub(crate) fn ping(at: &At) -> Result<Reply, Refusal> {
    if at.room.state().inside(at.session.id).is_none() {
        return Err(Condition::NotAcceptable.into());
    }
    Ok(at.done())
}

fn write_identity(writer: &mut Writer, name: &str) {
    writer.start("identity", ns::DISCO_INFO);
    writer.attr("category", "conference");
    writer.attr("type", "text");
    writer.attr("name", name);
    writer.end();
}

fn write_feature(writer: &mut Writer, feature: &str) {
    writer.start("feature", ns::DISCO_INFO);
    writer.attr("var", feature);
    writer.end();
}

fn write_item(writer: &mut Writer, jid: &str, name: Option<&str>) {
    writer.start("item", ns::DISCO_ITEMS);
    writer.attr("jid", jid);
    if let Some(name) = name {
        writer.attr("name", name);
    }
    writer.end();
}
