//! What an owner sets (XEP-0045 section 15.5.3), its form, and how it is stored.
//!
//! One list of fields serves the form, the store and reading both back.

use skein_base::limits;
use skein_xmpp::form::Field;
use skein_xmpp::{Condition, StanzaError};

use crate::rules::role::Role;

/// Who may send private messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Private {
    Anyone,
    Participants,
    Moderators,
    None,
}

impl Private {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Anyone, "anyone"),
        (Self::Participants, "participants"),
        (Self::Moderators, "moderators"),
        (Self::None, "none"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(private, _)| *private == self).map_or("none", |(_, name)| name)
    }
}

/// The configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The language of the conversation; empty if none is named.
    pub(crate) lang: String,
    /// Shown in the list of rooms.
    pub(crate) public: bool,
    /// Stays when the last occupant leaves.
    pub(crate) persistent: bool,
    pub(crate) members_only: bool,
    pub(crate) moderated: bool,
    pub(crate) password_protected: bool,
    pub(crate) password: String,
    /// Everybody sees real addresses.
    pub(crate) non_anonymous: bool,
    /// Participants may change the subject.
    pub(crate) change_subject: bool,
    /// Occupants may invite.
    pub(crate) allow_invites: bool,
    pub(crate) private: Private,
    /// Occupants at most; 0 is as many as the server bears.
    pub(crate) max_users: usize,
    /// Messages are kept.
    pub(crate) logged: bool,
    /// Whose presence everybody sees.
    pub(crate) broadcast: Vec<Role>,
    /// Who may ask for the list of members.
    pub(crate) member_list: Vec<Role>,
}

const ROLES: [Role; 3] = [Role::Moderator, Role::Participant, Role::Visitor];

impl Default for Config {
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            lang: String::new(),
            public: true,
            persistent: true,
            members_only: false,
            moderated: false,
            password_protected: false,
            password: String::new(),
            non_anonymous: false,
            change_subject: false,
            allow_invites: true,
            private: Private::Anyone,
            max_users: 0,
            logged: true,
            broadcast: ROLES.to_vec(),
            member_list: ROLES.to_vec(),
        }
    }
}

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
        vec![
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
                self.change_subject,
            ),
            switch(
                "muc#roomconfig_allowinvites",
                "Occupants may invite others",
                self.allow_invites,
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
        ]
    }

    /// Sets one field; fields of other specifications are passed over.
    pub(crate) fn set(&mut self, field: &Field) -> Result<(), StanzaError> {
        let value = field.values.first().map_or("", String::as_str);
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
            "changesubject" => self.change_subject = switch(value)?,
            "allowinvites" => self.allow_invites = switch(value)?,
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

    /// What holds for several fields together.
    pub(crate) fn check(&self) -> Result<(), StanzaError> {
        if self.password_protected && self.password.is_empty() {
            return Err(StanzaError::new(Condition::NotAcceptable)
                .text("a room with a password needs a password"));
        }
        Ok(())
    }

    /// As stored: a line each, `var`, tab, values with tabs between.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for field in self.fields() {
            text.push_str(field.var);
            for value in &field.values {
                text.push('\t');
                text.push_str(&escape(value));
            }
            text.push('\n');
        }
        text
    }

    /// From the store; what cannot be read stays as it is by default.
    pub(crate) fn of_text(text: &str) -> Self {
        let mut config = Self::default();
        for line in text.lines() {
            let mut parts = line.split('\t');
            let var = parts.next().unwrap_or_default().to_owned();
            let values: Vec<String> = parts.map(unescape).collect();
            let _ = config.set(&Field { var, values });
        }
        config
    }

    /// Occupants at most.
    pub(crate) fn most(&self) -> usize {
        match self.max_users {
            0 => limits::ROOM_OCCUPANTS,
            most => most.min(limits::ROOM_OCCUPANTS),
        }
    }

    /// The status codes that tell occupants what changed (section 10.2.1).
    pub(crate) fn changes(&self, after: &Self) -> Vec<u16> {
        let mut codes = Vec::new();
        if self.logged != after.logged {
            codes.push(if after.logged { 170 } else { 171 });
        }
        if self.non_anonymous != after.non_anonymous {
            codes.push(if after.non_anonymous { 172 } else { 173 });
        }
        let seen = Self {
            logged: after.logged,
            non_anonymous: after.non_anonymous,
            password: after.password.clone(),
            ..self.clone()
        };
        if seen != *after {
            codes.push(104);
        }
        codes
    }
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

fn bad(text: &str) -> StanzaError {
    StanzaError::new(Condition::NotAcceptable).text(text)
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => {}
            },
            (letter, false) => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(var: &str, value: &str) -> Field {
        Field { var: format!("muc#roomconfig_{var}"), values: vec![value.to_owned()] }
    }

    #[test]
    fn what_is_stored_reads_back() {
        let config = Config {
            name: "A\\tb\tc\r\nd".into(),
            private: Private::Moderators,
            members_only: true,
            non_anonymous: true,
            max_users: 7,
            broadcast: vec![Role::Moderator],
            member_list: Vec::new(),
            ..Config::default()
        };
        assert_eq!(Config::of_text(&config.to_text()), config);
    }

    #[test]
    fn bad_values_are_refused_and_change_nothing() {
        for (var, value) in [
            ("whois", "all"),
            ("allowpm", "some"),
            ("maxusers", "-1"),
            ("publicroom", "maybe"),
            ("presencebroadcast", "king"),
        ] {
            let mut config = Config::default();
            assert!(config.set(&field(var, value)).is_err(), "{var}");
            assert_eq!(config, Config::default());
        }
        assert_eq!(Config::default().set(&field("from_the_future", "x")), Ok(()));
        assert!(Config { password_protected: true, ..Config::default() }.check().is_err());
    }

    #[test]
    fn changes_have_the_codes_of_section_10_2_1() {
        let before = Config::default();
        let after = |change: fn(&mut Config)| {
            let mut after = before.clone();
            change(&mut after);
            before.changes(&after)
        };
        assert!(after(|_| {}).is_empty());
        assert_eq!(after(|config| config.logged = false), [171]);
        assert_eq!(after(|config| config.non_anonymous = true), [172]);
        assert_eq!(after(|config| config.name = "x".into()), [104]);
        assert!(after(|config| config.password = "x".into()).is_empty());
    }
}
