//! A node's configuration (XEP-0060 section 16.4.4): one table of options, by which
//! forms, preconditions and the stored text are read and written.

use skein_xmpp::form::{Field, Form};
use skein_xmpp::{Condition, StanzaError};

use super::{ITEMS, error};

/// Characters of a title, description or type.
const TEXT: usize = 256;
/// What every option's name begins with.
const PREFIX: &str = "pubsub#";

/// Who may read and is notified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Presence,
    Open,
    Whitelist,
}

/// When the last item is sent without being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendLast {
    Never,
    OnSub,
    OnSubAndPresence,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) access: Access,
    pub(crate) send_last: SendLast,
    pub(crate) persist: bool,
    pub(crate) max_items: u32,
    pub(crate) notify_retract: bool,
    pub(crate) notify_delete: bool,
    pub(crate) deliver_payloads: bool,
    title: String,
    description: String,
    kind: String,
}

impl Default for Config {
    /// What XEP-0163 wants of a node that nobody configured.
    fn default() -> Self {
        Self {
            access: Access::Presence,
            send_last: SendLast::OnSubAndPresence,
            persist: true,
            max_items: 1,
            notify_retract: true,
            notify_delete: true,
            deliver_payloads: true,
            title: String::new(),
            description: String::new(),
            kind: String::new(),
        }
    }
}

/// An option: its name behind `pubsub#`, the field's type, and its value.
pub(crate) type Shown = (&'static str, &'static str, String);

impl Config {
    /// What keeps private data (XEP-0223) that clients ask for when they need it
    /// (XEP-0490 section 6).
    pub(crate) fn private() -> Self {
        Self {
            access: Access::Whitelist,
            send_last: SendLast::Never,
            max_items: ITEMS,
            ..Self::default()
        }
    }

    /// All options, for forms.
    pub(crate) fn options(&self) -> [Shown; 10] {
        let flag = |on: bool| if on { "1" } else { "0" }.to_owned();
        [
            ("title", "text-single", self.title.clone()),
            ("description", "text-single", self.description.clone()),
            ("type", "text-single", self.kind.clone()),
            ("access_model", "list-single", self.access.name().to_owned()),
            ("send_last_published_item", "list-single", self.send_last.name().to_owned()),
            ("persist_items", "boolean", flag(self.persist)),
            ("max_items", "text-single", self.max_items.to_string()),
            ("notify_retract", "boolean", flag(self.notify_retract)),
            ("notify_delete", "boolean", flag(self.notify_delete)),
            ("deliver_payloads", "boolean", flag(self.deliver_payloads)),
        ]
    }

    /// Sets what a form names.
    ///
    /// # Errors
    /// `not-acceptable` for an option or a value that is not known.
    pub(crate) fn apply(&mut self, form: &Form) -> Result<(), StanzaError> {
        for Field { var, values } in &form.fields {
            let name = var.strip_prefix(PREFIX).unwrap_or(var);
            self.set(name, values.first().map_or("", String::as_str))?;
        }
        Ok(())
    }

    /// Whether a publication's preconditions hold (section 7.1.5): what they name is as it is.
    pub(crate) fn meets(&self, preconditions: &Form) -> bool {
        let mut wished = self.clone();
        wished.apply(preconditions).is_ok() && wished == *self
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), StanzaError> {
        let unknown = || {
            StanzaError::new(Condition::NotAcceptable)
                .text("an option has a value that is not known here")
        };
        let flag = || match value {
            "1" | "true" => Ok(true),
            "0" | "false" => Ok(false),
            _ => Err(unknown()),
        };
        let text =
            || value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT).collect();
        match name {
            "access_model" => {
                self.access = Access::named(value)
                    .ok_or_else(|| error(Condition::NotAcceptable, "unsupported-access-model"))?;
            }
            "send_last_published_item" => {
                self.send_last = SendLast::named(value).ok_or_else(unknown)?
            }
            "persist_items" => self.persist = flag()?,
            "max_items" => self.max_items = max_items(value).ok_or_else(unknown)?,
            "notify_retract" => self.notify_retract = flag()?,
            "notify_delete" => self.notify_delete = flag()?,
            "deliver_payloads" => self.deliver_payloads = flag()?,
            "title" => self.title = text(),
            "description" => self.description = text(),
            "type" => self.kind = text(),
            // Nobody but the owner publishes here.
            "publish_model" if value == "publishers" => {}
            _ => {
                return Err(
                    StanzaError::new(Condition::NotAcceptable).text("an option is not known here")
                );
            }
        }
        Ok(())
    }

    /// The stored form: the options that are not the default, `name=value`, one a line.
    pub(crate) fn to_text(&self) -> String {
        let default = Self::default().options();
        let changed =
            self.options().into_iter().zip(default).filter(|(own, default)| own != default);
        changed.map(|((name, _, value), _)| format!("{name}={value}\n")).collect()
    }

    /// Reads the stored form. An option that a later version wrote is passed over.
    pub(crate) fn from_text(text: &str) -> Self {
        let mut config = Self::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            let _ = config.set(name, value);
        }
        config
    }
}

/// A number up to the bound, which `max` stands for.
fn max_items(value: &str) -> Option<u32> {
    match value {
        "max" => Some(ITEMS),
        number => number.parse().ok().filter(|max| *max >= 1).map(|max: u32| max.min(ITEMS)),
    }
}

macro_rules! names {
    ($of:ident { $($variant:ident $text:literal,)* }) => {
        impl $of {
            /// As written in forms.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

names! { Access { Presence "presence", Open "open", Whitelist "whitelist", } }
names! { SendLast { Never "never", OnSub "on_sub", OnSubAndPresence "on_sub_and_presence", } }

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        let field = |(var, value): &(&str, &str)| Field {
            var: format!("pubsub#{var}"),
            values: vec![(*value).to_owned()],
        };
        Form { fields: fields.iter().map(field).collect(), ..Form::default() }
    }

    const PRIVATE: &[(&str, &str)] = &[
        ("persist_items", "true"),
        ("max_items", "max"),
        ("send_last_published_item", "never"),
        ("access_model", "whitelist"),
    ];

    #[test]
    fn a_configuration_survives_storage() {
        let mut config = Config::default();
        assert_eq!(config.to_text(), "");
        config.apply(&form(PRIVATE)).expect("known");
        config.apply(&form(&[("title", "a=b\nc"), ("notify_delete", "0")])).expect("known");
        assert_eq!(Config::from_text(&config.to_text()), config);
        assert_eq!(config.max_items, ITEMS);
        assert_eq!(Config::from_text("later=1\naccess_model=open").access, Access::Open);
    }

    #[test]
    fn preconditions_hold_only_if_the_node_is_so_already() {
        let mut config = Config::default();
        assert!(config.meets(&form(&[])));
        assert!(config.meets(&form(&[("access_model", "presence"), ("persist_items", "1")])));
        assert!(!config.meets(&form(PRIVATE)));
        config.apply(&form(PRIVATE)).expect("known");
        assert_eq!(config, Config::private());
        assert!(config.meets(&form(PRIVATE)));
        assert!(!config.meets(&form(&[("access_model", "open")])));
        assert!(!config.meets(&form(&[("no_such_option", "1")])));
    }

    #[test]
    fn options_that_are_not_known_are_refused() {
        for (var, value) in [
            ("access_model", "authorize"),
            ("max_items", "0"),
            ("max_items", "-1"),
            ("persist_items", "maybe"),
            ("publish_model", "open"),
            ("no_such_option", "1"),
        ] {
            let refused =
                Config::default().apply(&form(&[(var, value)])).map_err(|error| error.condition);
            assert_eq!(refused, Err(Condition::NotAcceptable), "{var}={value}");
        }
    }
}
