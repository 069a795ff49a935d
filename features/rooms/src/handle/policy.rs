//! Who may make rooms: asked whenever one is made, switched by an ad-hoc command (XEP-0050) of
//! the host with effect at once.

use std::sync::Arc;

use skein_accounts::{Accounts, Role};
use skein_base::limits;
use skein_kernel::contracts::InCircles;
use skein_kernel::{Ctx, Refusal, Reply};
use skein_session::{Session, User};
use skein_xml::{Element, Writer};
use skein_xmpp::form::{self, Form};
use skein_xmpp::{Condition, IqType, Jid, Kind, Stanza, StanzaError, ns};

use crate::room::table::Rooms;
use crate::rules::creation::{By, Maker, Policy};
use crate::store;

/// The command's node, and the type of its form.
pub(crate) const POLICY: &str = "urn:skein:rooms:0#policy";
/// Nothing is kept between its steps, so one name does for all executions.
const SESSION: &str = "policy";

/// Whether an account is an administrator of the server.
pub(crate) async fn is_admin(ctx: &Ctx, user: &User) -> Result<bool, Refusal> {
    let account = ctx.state::<Accounts>().find(&user.jid).await?;
    Ok(account.is_some_and(|account| account.role == Role::Admin))
}

/// The rule that is in force at a host.
pub(crate) async fn in_force(ctx: &Arc<Ctx>, host: &str) -> Result<Arc<Policy>, Refusal> {
    let rooms = ctx.state::<Rooms>();
    if let Some(policy) = rooms.policy(host) {
        return Ok(policy);
    }
    let asked = host.to_owned();
    let kept = ctx.db.read(move |tx| store::policy(tx, &asked)).await?;
    let settings = &ctx.config.rooms;
    let policy = match kept {
        Some((creation, creators)) => Policy::of_store(&creation, creators),
        None => Policy::of_settings(settings.create, &settings.creators),
    };
    Ok(rooms.keep_policy(host, policy, false))
}

/// Whether somebody may make rooms.
pub(crate) async fn allows(ctx: &Arc<Ctx>, user: &User, host: &str) -> Result<bool, Refusal> {
    let policy = in_force(ctx, host).await?;
    let circles = user.slot::<InCircles>().unwrap_or_default();
    let is_admin = policy.creation != By::Anyone && is_admin(ctx, user).await?;
    Ok(policy.allows(Maker { jid: user.jid.as_str(), is_admin, circles: &circles.ids }))
}

/// Whether somebody may make one more room now; noted if so.
pub(crate) async fn may_make(ctx: &Arc<Ctx>, user: &User, host: &str) -> Result<(), Refusal> {
    if !allows(ctx, user, host).await? {
        // As for a room that may not be entered (section 10.1.1).
        return Err(StanzaError::new(Condition::NotAllowed)
            .text("no such room; making one is restricted")
            .specific("creation-restricted", ns::ROOMS)
            .into());
    }
    if !ctx.state::<Rooms>().may_make(&user.jid, ctx.now()) {
        return Err(StanzaError::new(Condition::ResourceConstraint)
            .text("too many new rooms within an hour")
            .into());
    }
    Ok(())
}

/// The form of the host's information that says who may.
pub(crate) fn write_info(writer: &mut Writer, policy: &Policy, may_create: bool) {
    form::start(writer, "result", ns::ROOMS);
    form::field(writer, "create", "list-single", None, &[policy.creation.name()]);
    let may_create = if may_create { "1" } else { "0" };
    form::field(writer, "may_create", "boolean", None, &[may_create]);
    writer.end();
}

/// The command.
pub(crate) async fn command(
    ctx: &Arc<Ctx>,
    session: &Session,
    stanza: &Stanza,
    command: Element<'_>,
) -> Result<Reply, Refusal> {
    if command.attr("node").as_deref() != Some(POLICY) {
        return Err(Condition::ItemNotFound.into());
    }
    if !is_admin(ctx, &session.user).await? {
        return Err(StanzaError::new(Condition::Forbidden)
            .text("only administrators may do this")
            .into());
    }
    let host = stanza.to.as_ref().map_or("", |to| to.domain()).to_owned();
    let result = stanza.answer(Kind::Iq(IqType::Result));
    let form = Form::read(command);
    let is_cancelled = form.as_ref().is_some_and(|form| form.cancelled);
    match (command.attr("action").as_deref(), form) {
        (Some("cancel"), _) => Ok(answered(result, "canceled")),
        _ if is_cancelled => Ok(answered(result, "canceled")),
        (None | Some("execute" | "next"), None) => {
            let policy = in_force(ctx, &host).await?;
            Ok(Reply::Answer(result.with_content(|writer| write_form(writer, &policy))))
        }
        (None | Some("execute" | "next" | "complete"), Some(form)) => {
            set(ctx, host, &form).await?;
            Ok(answered(result, "completed"))
        }
        _ => Err(Condition::BadRequest.into()),
    }
}

async fn set(ctx: &Arc<Ctx>, host: String, form: &Form) -> Result<(), Refusal> {
    let before = in_force(ctx, &host).await?;
    let creation = match form.value("create") {
        Some(name) => By::named(name).ok_or(Condition::NotAcceptable)?,
        None => before.creation,
    };
    let has_creators = form.fields.iter().any(|field| field.var == "creators");
    let creators = match has_creators {
        true => creators(form.values("creators"))?,
        false => before.creators.clone(),
    };
    let policy = Policy { creation, creators };
    let (at, kept) = (host.clone(), policy.clone());
    let write = move |tx: &mut skein_db::Tx<'_>| {
        store::put_policy(tx, &at, kept.creation.name(), &kept.creators)
    };
    ctx.db.write(write).await?;
    ctx.state::<Rooms>().keep_policy(&host, policy, true);
    Ok(())
}

fn creators(values: &[String]) -> Result<Vec<String>, StanzaError> {
    let mut creators = Vec::new();
    for value in values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()) {
        let creator = match value.strip_prefix("circle:") {
            Some(_) if value.len() <= limits::ROOM_NICK_BYTES => value.to_owned(),
            Some(_) => return Err(Condition::NotAcceptable.into()),
            None => {
                let jid = Jid::parse(value).map_err(|_| Condition::JidMalformed)?;
                jid.bare_str().to_owned()
            }
        };
        creators.push(creator);
    }
    if creators.len() > limits::ROOM_ITEMS {
        return Err(Condition::NotAcceptable.into());
    }
    Ok(creators)
}

fn answered(result: Stanza, status: &str) -> Reply {
    Reply::Answer(result.with_content(|writer| {
        start(writer, status);
        writer.end();
    }))
}

fn start(writer: &mut Writer, status: &str) {
    writer.start("command", ns::COMMANDS);
    writer.attr("node", POLICY);
    writer.attr("sessionid", SESSION);
    writer.attr("status", status);
}

fn write_form(writer: &mut Writer, policy: &Policy) {
    start(writer, "executing");
    writer.start("actions", ns::COMMANDS);
    writer.attr("execute", "complete");
    writer.start("complete", ns::COMMANDS);
    writer.end();
    writer.end();
    form::start(writer, "form", POLICY);
    writer.start("field", ns::DATA);
    writer.attr("var", "create");
    writer.attr("type", "list-single");
    writer.attr("label", "Who may make rooms");
    writer.leaf("value", ns::DATA, policy.creation.name());
    for name in By::NAMES {
        writer.start("option", ns::DATA);
        writer.attr("label", name);
        writer.leaf("value", ns::DATA, name);
        writer.end();
    }
    writer.end();
    let creators: Vec<&str> = policy.creators.iter().map(String::as_str).collect();
    form::field(
        writer,
        "creators",
        "text-multi",
        Some("Accounts and circles (circle:ID)"),
        &creators,
    );
    writer.end();
    writer.end();
}
