//! The commands by which hats are made and given (XEP-0317 section 4): for owners and admins.

use skein_base::limits;
use skein_db::Tx;
use skein_kernel::{Refusal, Reply};
use skein_xml::Writer;
use skein_xmpp::form::{self, Column, Form};
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::handle::At;
use crate::handle::effects;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::room::hats::{Hat, Hats};
use crate::room::show::{News, Shown};
use crate::rules::affiliation::Affiliation;
use crate::store;

const FORM: &str = "urn:xmpp:hats:commands";
/// Nothing is kept between a command's steps, so one name does for all executions.
const SESSION: &str = "hats";
/// Each command's name in its node, and its name for people.
pub(crate) const COMMANDS: [(&str, &str); 6] = [
    ("urn:xmpp:hats:commands:create", "Make a hat"),
    ("urn:xmpp:hats:commands:destroy", "Remove a hat"),
    ("urn:xmpp:hats:commands:list", "List hats"),
    ("urn:xmpp:hats:commands:assign", "Give a hat"),
    ("urn:xmpp:hats:commands:unassign", "Take a hat"),
    ("urn:xmpp:hats:commands:list-assigned", "List who wears what"),
];

/// What is to be done.
#[derive(Debug, Clone)]
enum Deed {
    Make(Hat),
    Remove(String),
    Give(Jid, String),
    Take(Jid, String),
}

/// A command to the room.
pub(crate) async fn command(at: At) -> Result<Reply, Refusal> {
    let command = at.stanza.child("command", ns::COMMANDS).ok_or(Condition::BadRequest)?;
    let node = command.attr("node").unwrap_or_default().into_owned();
    let verb = COMMANDS.iter().find(|(known, _)| *known == node);
    let verb = verb.and_then(|(known, _)| known.rsplit(':').next());
    let verb = verb.ok_or(Condition::ItemNotFound)?;
    if at.room.state().affiliation(&at.session.user.jid) < Affiliation::Admin {
        return Err(Condition::Forbidden.into());
    }
    if command.attr("action").as_deref() == Some("cancel") {
        return Ok(at.result(|writer| answer(writer, &node, "canceled", |_| ())));
    }
    let state = at.room.state().hats.clone();
    match verb {
        "list" => Ok(at.result(|writer| {
            answer(writer, &node, "completed", |writer| write_hats(writer, &state));
        })),
        "list-assigned" => Ok(at.result(|writer| {
            answer(writer, &node, "completed", |writer| write_worn(writer, &state));
        })),
        _ => match Form::read(command) {
            None => Ok(at.result(|writer| {
                answer(writer, &node, "executing", |writer| write_form(writer, verb, &state));
            })),
            Some(form) if form.cancelled => {
                Ok(at.result(|writer| answer(writer, &node, "canceled", |_| ())))
            }
            Some(form) => {
                let deed = Deed::read(verb, &form)?;
                carry_out(&at, deed).await?;
                Ok(at.result(|writer| answer(writer, &node, "completed", |_| ())))
            }
        },
    }
}

impl Deed {
    fn read(verb: &str, form: &Form) -> Result<Self, StanzaError> {
        let text = |var| -> Result<String, StanzaError> {
            let text = form.value(var).map(str::trim).filter(|text| !text.is_empty());
            let text = text.ok_or(Condition::BadRequest)?;
            if text.len() > limits::ROOM_NICK_BYTES {
                return Err(Condition::NotAcceptable.into());
            }
            Ok(text.to_owned())
        };
        let uri = || text("hats#uri").or_else(|error| text("hat").map_err(|_| error));
        let jid = || -> Result<Jid, StanzaError> {
            let jid = form.value("hats#jid").ok_or(Condition::BadRequest)?;
            Ok(Jid::parse(jid).map_err(|_| Condition::JidMalformed)?.bare())
        };
        let hue = form.value("hats#hue").map(str::trim).unwrap_or_default();
        let is_angle = hue.parse::<f32>().is_ok_and(|hue| (0.0..=360.0).contains(&hue));
        if !hue.is_empty() && (!is_angle || hue.len() > 16) {
            return Err(StanzaError::new(Condition::NotAcceptable).text("a hue is an angle"));
        }
        Ok(match verb {
            "create" => {
                Self::Make(Hat { uri: uri()?, title: text("hats#title")?, hue: hue.to_owned() })
            }
            "destroy" => Self::Remove(uri()?),
            "assign" => Self::Give(jid()?, uri()?),
            _ => Self::Take(jid()?, uri()?),
        })
    }

    fn check(&self, hats: &Hats) -> Result<(), Condition> {
        match self {
            Self::Make(hat) if hats.get(&hat.uri).is_none() && hats.len() >= limits::ROOM_HATS => {
                Err(Condition::ResourceConstraint)
            }
            Self::Make(_) => Ok(()),
            Self::Remove(uri) | Self::Give(_, uri) | Self::Take(_, uri)
                if hats.get(uri).is_none() =>
            {
                Err(Condition::ItemNotFound)
            }
            Self::Give(jid, _) if hats.of(jid).count() >= limits::ROOM_HATS => {
                Err(Condition::ResourceConstraint)
            }
            _ => Ok(()),
        }
    }

    fn write(&self, tx: &mut Tx<'_>, room: i64) -> Result<(), skein_db::DbError> {
        match self {
            Self::Make(hat) => store::put_hat(tx, room, hat),
            Self::Remove(uri) => store::drop_hat(tx, room, uri),
            Self::Give(jid, uri) => store::give_hat(tx, room, jid, uri),
            Self::Take(jid, uri) => store::take_hat(tx, room, jid, uri),
        }
    }

    /// Whose presence is another from now on, and whether the list of hats is.
    fn apply(self, hats: &mut Hats) -> (Vec<Jid>, bool) {
        match self {
            Self::Make(hat) => {
                let uri = hat.uri.clone();
                hats.put(hat);
                let wears = hats.worn().filter(|(_, hat)| hat.uri == uri);
                (wears.map(|(jid, _)| jid.clone()).collect(), true)
            }
            Self::Remove(uri) => (hats.remove(&uri), true),
            Self::Give(jid, uri) => {
                (hats.give(&jid, &uri).then_some(jid).into_iter().collect(), false)
            }
            Self::Take(jid, uri) => {
                (hats.take(&jid, &uri).then_some(jid).into_iter().collect(), false)
            }
        }
    }
}

async fn carry_out(at: &At, deed: Deed) -> Result<(), Refusal> {
    let _door = at.room.door.lock().await;
    deed.check(&at.room.state().hats)?;
    if at.room.state().locked {
        return Err(Condition::UnexpectedRequest.into());
    }
    let (room, written) = (at.room.id(), deed.clone());
    let here = at.room.clone();
    let apply = move |()| {
        let mut fan = Fan::default();
        let mut state = here.state();
        let (changed, is_listed) = deed.apply(&mut state.hats);
        for nick in changed.iter().flat_map(|jid| state.nicks_of(jid)).collect::<Vec<_>>() {
            if let Some(occupant) = state.occupant(&nick) {
                Shown::inside(&state, occupant, &News::default()).tell_all(&state, &mut fan);
            }
        }
        if is_listed {
            effects::tell_codes(&here, &state, &mut fan, &[104]);
        }
    };
    change(&at.ctx, move |tx: &mut Tx<'_>| written.write(tx, room), apply).await
}

/// The commands of a room, for `disco#items`.
pub(crate) fn write_commands(writer: &mut Writer, room: &str) {
    for (node, name) in COMMANDS {
        writer.start("item", ns::DISCO_ITEMS);
        writer.attr("jid", room);
        writer.attr("node", node);
        writer.attr("name", name);
        writer.end();
    }
}

fn answer(writer: &mut Writer, node: &str, status: &str, content: impl FnOnce(&mut Writer)) {
    writer.start("command", ns::COMMANDS);
    writer.attr("node", node);
    writer.attr("sessionid", SESSION);
    writer.attr("status", status);
    content(writer);
    writer.end();
}

fn write_form(writer: &mut Writer, verb: &str, hats: &Hats) {
    form::start(writer, "form", FORM);
    if verb == "create" {
        form::field(writer, "hats#title", "text-single", Some("Title"), &[]);
        form::field(writer, "hats#uri", "text-single", Some("Address of its meaning"), &[]);
        form::field(writer, "hats#hue", "text-single", Some("Hue, in degrees"), &[]);
        return writer.end();
    }
    if verb != "destroy" {
        form::field(writer, "hats#jid", "jid-single", Some("Whose"), &[]);
    }
    writer.start("field", ns::DATA);
    writer.attr("var", "hats#uri");
    writer.attr("type", "list-single");
    writer.attr("label", "Which");
    for hat in hats.all() {
        writer.start("option", ns::DATA);
        writer.attr("label", &hat.title);
        writer.leaf("value", ns::DATA, &hat.uri);
        writer.end();
    }
    writer.end();
    writer.end();
}

const WEARER: Column = Column { var: "hats#jid", kind: "jid-single", label: "Who wears it" };
const URI: Column = Column::text("hats#uri", "Which hat");
const TITLE: Column = Column::text("hats#title", "Name");
const HUE: Column = Column::text("hats#hue", "Colour");

fn write_hats(writer: &mut Writer, hats: &Hats) {
    form::start(writer, "result", FORM);
    form::reported(writer, &[TITLE, URI, HUE]);
    for hat in hats.all() {
        form::item(writer, [(TITLE.var, &*hat.title), (URI.var, &*hat.uri), (HUE.var, &*hat.hue)]);
    }
    writer.end();
}

fn write_worn(writer: &mut Writer, hats: &Hats) {
    form::start(writer, "result", FORM);
    form::reported(writer, &[WEARER, URI, TITLE, HUE]);
    for (jid, hat) in hats.worn() {
        let hat = [(URI.var, &*hat.uri), (TITLE.var, &*hat.title), (HUE.var, &*hat.hue)];
        form::item(writer, [(WEARER.var, jid.as_str())].into_iter().chain(hat));
    }
    writer.end();
}
