//! The fields of the form: one list serves the form, the store and reading both back.

use skein_base::limits;
use skein_xmpp::ephemeral::seconds;
use skein_xmpp::form::Field;
use skein_xmpp::{Condition, StanzaError};

use super::{Config, Private};
use crate::rules::rights::{Action, Rank};
use crate::rules::role::Role;

/// Fields that the right to edit is about.
pub(crate) const EDITABLE: [&str; 3] =
    ["muc#roomconfig_roomname", "muc#roomconfig_roomdesc", "muc#roomconfig_lang"];
/// How long messages last (XEP-0466, docs/ephemeral.md).
const TIMER: &str = "{urn:xmpp:ephemeral:0}timer";
/// Words and circles of one room.
const WORDS: usize = 20;

/// A field as the form shows it and the store keeps it.
pub(crate) struct Shown {
    pub(crate) var: &'static str,
    /// Of XEP-0004 section 3.3.
    pub(crate) kind: &'static str,
    pub(crate) label: &'static str,
    pub(crate) values: Vec<String>,
    /// Of a list.
    pub(crate) options: &'static [&'static str],
}

impl Shown {
    /// Whether `values` say the same.
    pub(super) fn says(&self, values: &[String]) -> bool {
        if self.kind != "boolean" {
            return self.values == values;
        }
        let is_on = |values: &[String]| values.first().is_some_and(|v| v == "1" || v == "true");
        is_on(&self.values) == is_on(values) && values.first().is_none_or(|v| switch(v).is_ok())
    }
}

const ROLE_NAMES: &[&str] = &["moderator", "participant", "visitor"];

impl Config {
    /// All fields with their values.
    pub(crate) fn fields(&self) -> Vec<Shown> {
        let text =
            |var, label, value: &str| shown(var, "text-single", label, vec![value.to_owned()]);
        let switch = |var, label, on: bool| shown(var, "boolean", label, vec![digit(on)]);
        let list = |var, label, value: &str, options| {
            let values = vec![value.to_owned()];
            Shown { options, ..shown(var, "list-single", label, values) }
        };
        let roles = |var, label, roles: &[Role]| {
            let values = roles.iter().map(|role| role.name().to_owned()).collect();
            Shown { options: ROLE_NAMES, ..shown(var, "list-multi", label, values) }
        };
        let whois = if self.non_anonymous { "anyone" } else { "moderators" };
        let words = |var, label, words: &[String]| shown(var, "text-multi", label, words.to_vec());
        let mut fields = vec![
            text("muc#roomconfig_roomname", "Name of the room", &self.name),
            text("muc#roomconfig_roomdesc", "What the room is about", &self.description),
            text("muc#roomconfig_lang", "Language of the conversation", &self.lang),
            switch("muc#roomconfig_publicroom", "Show the room in the list of rooms", self.public),
            switch(
                "muc#roomconfig_persistentroom",
                "Keep the room when it is empty",
                self.persistent,
            ),
            switch("muc#roomconfig_membersonly", "Only members may enter", self.members_only),
            switch(
                "muc#roomconfig_moderatedroom",
                "Only those with voice may speak",
                self.moderated,
            ),
            switch(
                "muc#roomconfig_passwordprotectedroom",
                "A password is needed to enter",
                self.password_protected,
            ),
            shown(
                "muc#roomconfig_roomsecret",
                "text-private",
                "The password",
                vec![self.password.clone()],
            ),
            list(
                "muc#roomconfig_whois",
                "Who sees real addresses",
                whois,
                &["moderators", "anyone"],
            ),
            switch(
                "muc#roomconfig_changesubject",
                "Participants may change the subject",
                self.rights.is_wide(Action::Edit),
            ),
            switch(
                "muc#roomconfig_allowinvites",
                "Occupants may invite others",
                self.rights.is_wide(Action::Add),
            ),
            list(
                "muc#roomconfig_allowpm",
                "Who may send private messages",
                self.private.name(),
                &["anyone", "participants", "moderators", "none"],
            ),
            text(
                "muc#roomconfig_maxusers",
                "Occupants at most (0: no bound)",
                &self.max_users.to_string(),
            ),
            switch("muc#roomconfig_enablelogging", "Keep the messages", self.logged),
            roles("muc#roomconfig_presencebroadcast", "Whose presence is shown", &self.broadcast),
            roles(
                "muc#roomconfig_getmemberlist",
                "Who may see the list of members",
                &self.member_list,
            ),
            text(
                "muc#roomconfig_slow_mode_duration",
                "Seconds between two messages of a person (0: none)",
                &self.slow_mode.to_string(),
            ),
            text(
                TIMER,
                "Seconds that messages last (0: as long as they are kept)",
                &self.timer.to_string(),
            ),
            text("muc#roomconfig_pubsub", "Community that the room belongs to", &self.space),
        ];
        for action in Action::ALL {
            let rank = self.rights.of(action).name();
            fields.push(list(action.var(), action.label(), rank, Rank::NAMES));
        }
        fields.extend([
            text(
                "{urn:skein:rooms:0}maxmembers",
                "Members at most (0: no bound)",
                &self.max_members.to_string(),
            ),
            switch("{urn:skein:rooms:0}requests", "Strangers may ask to join", self.requests),
            words("{urn:skein:rooms:0}tags", "Words to find it by", &self.tags),
            words("{urn:skein:rooms:0}circles", "Circles that see it (none: all)", &self.circles),
        ]);
        fields
    }

    /// Sets one field; fields of other specifications are passed over.
    pub(crate) fn set(&mut self, field: &Field) -> Result<(), StanzaError> {
        let value = field.values.first().map_or("", String::as_str);
        if field.var == TIMER {
            let timer = if value.is_empty() { Some(0) } else { seconds(value) };
            self.timer = timer.ok_or_else(|| bad("a timer is a whole number of seconds"))?;
            return Ok(());
        }
        if let Some(own) = field.var.strip_prefix("{urn:skein:rooms:0}") {
            return self.set_own(own, &field.values);
        }
        match field.var.strip_prefix("muc#roomconfig_").unwrap_or_default() {
            "roomname" => self.name = short(value, limits::ROOM_NICK_BYTES)?,
            "roomdesc" => self.description = short(value, limits::ROOM_SUBJECT_BYTES)?,
            "lang" => self.lang = short(value, limits::ROOM_NICK_BYTES)?,
            "publicroom" => self.public = switch(value)?,
            "persistentroom" => self.persistent = switch(value)?,
            "membersonly" => self.members_only = switch(value)?,
            "moderatedroom" => self.moderated = switch(value)?,
            "passwordprotectedroom" => self.password_protected = switch(value)?,
            "roomsecret" => self.password = short(value, limits::ROOM_NICK_BYTES)?,
            "changesubject" => self.rights.widen(Action::Edit, switch(value)?),
            "allowinvites" => self.rights.widen(Action::Add, switch(value)?),
            "slow_mode_duration" => {
                self.slow_mode =
                    value.parse().map_err(|_| bad("slow_mode_duration is a number"))?;
            }
            "pubsub" => self.space = short(value, limits::ROOM_SUBJECT_BYTES)?,
            "enablelogging" => self.logged = switch(value)?,
            "whois" => {
                self.non_anonymous = match value {
                    "anyone" => true,
                    "moderators" => false,
                    _ => return Err(bad("whois is anyone or moderators")),
                }
            }
            "allowpm" => {
                let known = Private::ALL.into_iter().find(|(_, name)| *name == value);
                self.private = known.map(|(private, _)| private).ok_or_else(|| bad("allowpm"))?;
            }
            "maxusers" => {
                self.max_users = match value {
                    "" | "none" => 0,
                    number => number.parse().map_err(|_| bad("maxusers is a number"))?,
                };
            }
            "presencebroadcast" => self.broadcast = roles(&field.values)?,
            "getmemberlist" => self.member_list = roles(&field.values)?,
            _ => {}
        }
        Ok(())
    }

    /// Sets one of our own fields.
    fn set_own(&mut self, name: &str, values: &[String]) -> Result<(), StanzaError> {
        let value = values.first().map_or("", String::as_str);
        if let Some(action) = Action::ALL.into_iter().find(|action| action.name() == name) {
            let rank = Rank::named(value).ok_or_else(|| bad("no such rank"))?;
            self.rights.set(action, rank);
            return Ok(());
        }
        match name {
            "maxmembers" => {
                self.max_members = match value {
                    "" => 0,
                    number => number.parse().map_err(|_| bad("maxmembers is a number"))?,
                };
            }
            "requests" => self.requests = switch(value)?,
            "tags" => self.tags = words(values)?,
            "circles" => self.circles = words(values)?,
            _ => {}
        }
        Ok(())
    }
}

/// Some words, each once.
fn words(values: &[String]) -> Result<Vec<String>, StanzaError> {
    let mut words: Vec<String> = Vec::new();
    for value in values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()) {
        if !words.iter().any(|known| known == value) {
            words.push(short(value, limits::ROOM_NICK_BYTES)?);
        }
    }
    if words.len() > WORDS {
        return Err(bad("too many words"));
    }
    Ok(words)
}

fn shown(var: &'static str, kind: &'static str, label: &'static str, values: Vec<String>) -> Shown {
    Shown { var, kind, label, values, options: &[] }
}

fn digit(on: bool) -> String {
    if on { "1" } else { "0" }.to_owned()
}

fn switch(value: &str) -> Result<bool, StanzaError> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" | "" => Ok(false),
        _ => Err(bad("a switch is 0 or 1")),
    }
}

fn roles(values: &[String]) -> Result<Vec<Role>, StanzaError> {
    let role = |value: &String| {
        Role::named(value).filter(|role| *role != Role::None).ok_or_else(|| bad("no such role"))
    };
    values.iter().filter(|value| !value.is_empty()).map(role).collect()
}

fn short(value: &str, most: usize) -> Result<String, StanzaError> {
    if value.len() > most {
        return Err(StanzaError::new(Condition::NotAcceptable).text("a value is too long"));
    }
    Ok(value.to_owned())
}

pub(super) fn bad(text: &str) -> StanzaError {
    StanzaError::new(Condition::NotAcceptable).text(text)
}
