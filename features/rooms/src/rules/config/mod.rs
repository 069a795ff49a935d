//! What an owner sets (XEP-0045 section 15.5.3), its form, and how it is stored.
//!
//! One list of fields serves the form, the store and reading both back.

mod fields;
#[cfg(test)]
mod tests;

use skein_base::limits;
use skein_xmpp::form::Field;
use skein_xmpp::{Condition, Jid, StanzaError};

use crate::rules::rights::Rights;
use crate::rules::role::Role;

pub(crate) use fields::{EDITABLE, Shown};

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
    pub(crate) rights: Rights,
    pub(crate) private: Private,
    /// Occupants at most; 0 is as many as the server bears.
    pub(crate) max_users: usize,
    /// Messages are kept.
    pub(crate) logged: bool,
    /// Whose presence everybody sees.
    pub(crate) broadcast: Vec<Role>,
    /// Who may ask for the list of members.
    pub(crate) member_list: Vec<Role>,
    /// Seconds between two messages of one person; 0 is none (XEP-0500).
    pub(crate) slow_mode: u32,
    /// Seconds that messages last (XEP-0466); 0 is as long as they are kept.
    pub(crate) timer: u32,
    /// Members at most, admins and owners among them; 0 is as many as the server bears.
    pub(crate) max_members: usize,
    /// Strangers may ask to become members.
    pub(crate) requests: bool,
    /// Words under which the directory has the room.
    pub(crate) tags: Vec<String>,
    /// The ids of the circles for whose people alone the room is there; empty for all.
    pub(crate) circles: Vec<String>,
    /// The community that it belongs to (XEP-0503), as an address of a node.
    pub(crate) space: String,
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
            rights: Rights::default(),
            private: Private::Anyone,
            max_users: 0,
            logged: true,
            broadcast: ROLES.to_vec(),
            member_list: ROLES.to_vec(),
            slow_mode: 0,
            timer: 0,
            max_members: 0,
            requests: true,
            tags: Vec::new(),
            circles: Vec::new(),
            space: String::new(),
        }
    }
}

impl Config {
    /// With the fields of a form. One that says what stands changes nothing: several fields are
    /// words for one thing, and a form is sent back whole.
    pub(crate) fn with(&self, fields: &[Field]) -> Result<Self, StanzaError> {
        let shown = self.fields();
        let stands =
            |field: &Field| shown.iter().any(|own| own.var == field.var && own.says(&field.values));
        let mut config = self.clone();
        for field in fields.iter().filter(|field| !stands(field)) {
            config.set(field)?;
        }
        config.check()?;
        Ok(config)
    }

    /// What holds for several fields together.
    fn check(&self) -> Result<(), StanzaError> {
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

    /// What people call the room of that address.
    pub(crate) fn title<'a>(&'a self, room: &'a Jid) -> &'a str {
        match self.name.as_str() {
            "" => room.local().unwrap_or_default(),
            name => name,
        }
    }

    /// Whether it is in the list of rooms for everybody.
    pub(crate) fn is_listed(&self) -> bool {
        self.public && self.circles.is_empty()
    }

    /// Members at most.
    pub(crate) fn most_members(&self) -> usize {
        match self.max_members {
            0 => limits::ROOM_AFFILIATIONS,
            most => most.min(limits::ROOM_AFFILIATIONS),
        }
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
