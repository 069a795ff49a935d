//! What the host and its rooms tell about themselves (XEP-0045 section 6).

use std::sync::Arc;

use skein_base::limits;
use skein_kernel::{Ctx, Refusal, Reply};
use skein_session::Session;
use skein_xml::Writer;
use skein_xmpp::rsm::{Page, PageRequest, Position};
use skein_xmpp::{Condition, IqType, Kind, Stanza, form, ns};

use crate::handle::At;
use crate::room::State;
use crate::rules::affiliation::Affiliation;
use crate::rules::config::Private;
use crate::store::{self, Listed};

/// The node under which somebody asks for the nickname that is kept for them (section 7.11).
const OWN_NICK: &str = "x-roomuser-item";
/// Features of every room.
const FEATURES: [&str; 17] = [
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
];

/// A stanza to the host itself.
pub(crate) async fn service(
    ctx: Arc<Ctx>,
    session: Option<Arc<Session>>,
    stanza: Stanza,
) -> Result<Reply, Refusal> {
    let Kind::Iq(kind) = stanza.kind else {
        let Kind::Message(_) = stanza.kind else { return Ok(Reply::Nothing) };
        return Err(Condition::ServiceUnavailable.into());
    };
    let (IqType::Get, Some(_), Some(payload)) = (kind, session, stanza.children().next()) else {
        let is_request = kind.is_request();
        return if is_request {
            Err(Condition::ServiceUnavailable.into())
        } else {
            Ok(Reply::Nothing)
        };
    };
    let result = stanza.answer(Kind::Iq(IqType::Result));
    let node = payload.attr("node").filter(|node| !node.is_empty());
    match (payload.name(), payload.ns()) {
        ("ping", ns::PING) => Ok(Reply::Answer(result)),
        ("query", ns::DISCO_INFO | ns::DISCO_ITEMS) if node.is_some() => {
            Err(Condition::ItemNotFound.into())
        }
        ("query", ns::DISCO_INFO) => Ok(Reply::Answer(result.with_content(write_service))),
        ("query", ns::DISCO_ITEMS) => {
            let request = PageRequest::read(payload)?;
            let host = stanza.to.as_ref().map_or("", |to| to.domain()).to_owned();
            let answer = list(&ctx, host, request, result).await?;
            Ok(Reply::Answer(answer))
        }
        _ => Err(Condition::ServiceUnavailable.into()),
    }
}

fn write_service(writer: &mut Writer) {
    writer.start("query", ns::DISCO_INFO);
    write_identity(writer, "Rooms");
    for feature in
        [ns::DISCO_INFO, ns::DISCO_ITEMS, ns::MUC, ns::PING, ns::RSM, ns::MAM, ns::OCCUPANT_ID]
    {
        write_feature(writer, feature);
    }
    writer.end();
}

/// Public rooms, a page at a time (section 6.3).
async fn list(
    ctx: &Arc<Ctx>,
    host: String,
    request: PageRequest,
    result: Stanza,
) -> Result<Stanza, Refusal> {
    let most = request.max.unwrap_or(limits::PAGE_MAX).min(limits::PAGE_MAX);
    let (after, before) = match request.position {
        Position::First => (String::new(), None),
        Position::After(after) => (after, None),
        Position::Before(before) => (String::new(), Some(before.unwrap_or_default())),
        Position::Index(_) => return Err(Condition::FeatureNotImplemented.into()),
    };
    let read =
        move |tx: &mut skein_db::Tx<'_>| store::list(tx, &host, &after, before.as_deref(), most);
    let Listed { rooms, count } = ctx.db.read(read).await?;
    let page = Page {
        first: rooms.first().map(|(jid, _)| (jid.clone(), None)),
        last: rooms.last().map(|(jid, _)| jid.clone()),
        count: usize::try_from(count).ok(),
    };
    Ok(result.with_content(|writer| {
        writer.start("query", ns::DISCO_ITEMS);
        for (jid, title) in &rooms {
            write_item(writer, jid, Some(title));
        }
        page.write(writer);
        writer.end();
    }))
}

/// Whether somebody may know what the room is (R01): a room that is neither listed nor open
/// is there for those alone who belong to it.
fn is_visible(at: &At, state: &State) -> bool {
    let belongs = state.affiliation(&at.session.user.jid) >= Affiliation::Member
        || state.inside(at.session.id).is_some();
    belongs || (!state.locked && (state.config.public || !state.config.members_only))
}

/// `disco#info` of a room (section 6.4).
pub(crate) fn info(at: &At) -> Result<Reply, Refusal> {
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
        write_identity(writer, title(at, &state));
        FEATURES.iter().for_each(|feature| write_feature(writer, feature));
        kinds(&state).iter().for_each(|feature| write_feature(writer, feature));
        if state.config.private != Private::None {
            write_feature(writer, ns::WHISPER);
        }
        write_room_info(writer, &state);
        writer.end();
    }))
}

fn title<'a>(at: &'a At, state: &'a State) -> &'a str {
    match state.config.name.as_str() {
        "" => at.room.jid().local().unwrap_or_default(),
        name => name,
    }
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

fn write_room_info(writer: &mut Writer, state: &State) {
    let config = &state.config;
    let subject = state.subject.as_ref().and_then(|subject| subject.child("subject", ns::CLIENT));
    let subject = subject.map(|subject| subject.text().into_owned()).unwrap_or_default();
    let people = state.len().to_string();
    let may_change = if config.change_subject { "1" } else { "0" };
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
