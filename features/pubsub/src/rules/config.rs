//! A node's configuration (XEP-0060 section 16.4.4): one table of options, by which
//! forms, preconditions and the stored text are read and written.

use skein_xmpp::form::{Field, Form};
use skein_xmpp::{Condition, StanzaError, ns};

use super::{error, names};

/// Characters of a title, description, type or group.
const TEXT: usize = 256;
/// Roster groups, or contacts, that one node names.
const VALUES: usize = 64;
/// Stories of one account that are shown at a time: more than anybody looks at in a day.
const STORIES: u32 = 100;
/// What every option's name begins with.
const PREFIX: &str = "pubsub#";

/// Where the node is: what a node that nobody configured is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// At an account, as XEP-0163 wants it.
    Account,
    /// At a service.
    Service,
}

/// Who may read and subscribe (section 4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Presence,
    Open,
    Whitelist,
    Authorize,
    Roster,
}

/// When the last item is sent without being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendLast {
    Never,
    OnSub,
    OnSubAndPresence,
}

/// Who may publish beside owners and publishers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublishModel {
    Publishers,
    Subscribers,
    Open,
}

/// What a publication does to a node that is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    DiscardOldest,
    RetractOldest,
    Reject,
}

/// Who gets replies to items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemReply {
    Owner,
    Publisher,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) access: Access,
    /// Roster groups that may read, with [`Access::Roster`].
    pub(crate) groups: Vec<String>,
    pub(crate) publish: PublishModel,
    pub(crate) send_last: SendLast,
    pub(crate) persist: bool,
    /// `u32::MAX` is as many as the server allows.
    pub(crate) max_items: u32,
    /// Seconds until an item goes; 0 is never.
    pub(crate) item_expire: u32,
    /// Bytes of a payload; 0 is as many as the server allows.
    pub(crate) max_payload: u32,
    pub(crate) full: Full,
    pub(crate) notify_config: bool,
    pub(crate) notify_delete: bool,
    pub(crate) notify_retract: bool,
    pub(crate) notify_sub: bool,
    pub(crate) deliver: bool,
    pub(crate) deliver_payloads: bool,
    /// Notifications are of type `headline`, else `normal`.
    pub(crate) headline: bool,
    pub(crate) presence_based: bool,
    pub(crate) subscribe: bool,
    pub(crate) item_reply: Option<ItemReply>,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) kind: String,
    pub(crate) language: String,
    pub(crate) contact: Vec<String>,
}

/// An option as a form shows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Its name behind `pubsub#`.
    pub(crate) name: &'static str,
    /// The field's type.
    pub(crate) kind: &'static str,
    pub(crate) values: Vec<String>,
    /// What may be chosen, for lists.
    pub(crate) choices: &'static [&'static str],
}

impl Config {
    /// Of a node that nobody configured.
    pub(crate) fn new(base: Base) -> Self {
        let is_account = base == Base::Account;
        Self {
            access: if is_account { Access::Presence } else { Access::Open },
            groups: Vec::new(),
            publish: PublishModel::Publishers,
            send_last: if is_account { SendLast::OnSubAndPresence } else { SendLast::OnSub },
            persist: true,
            max_items: if is_account { 1 } else { u32::MAX },
            item_expire: 0,
            max_payload: 0,
            full: Full::DiscardOldest,
            notify_config: false,
            notify_delete: true,
            notify_retract: true,
            notify_sub: false,
            deliver: true,
            deliver_payloads: true,
            headline: true,
            presence_based: false,
            subscribe: true,
            item_reply: None,
            title: String::new(),
            description: String::new(),
            kind: String::new(),
            language: String::new(),
            contact: Vec::new(),
        }
    }

    /// Of what keeps private data (XEP-0223) that clients ask for when they need it
    /// (XEP-0490 section 6).
    pub(crate) fn private() -> Self {
        Self {
            access: Access::Whitelist,
            send_last: SendLast::Never,
            max_items: u32::MAX,
            ..Self::new(Base::Account)
        }
    }

    /// Of stories (XEP-0501 section 4): for contacts, for a day.
    pub(crate) fn stories() -> Self {
        Self {
            max_items: STORIES,
            item_expire: 86_400,
            kind: ns::STORIES.to_owned(),
            ..Self::new(Base::Account)
        }
    }

    /// All options, for forms.
    pub(crate) fn options(&self) -> Vec<Shown> {
        let mut shown = Vec::new();
        let mut add = |name, kind, values: Vec<String>, choices| {
            shown.push(Shown { name, kind, values, choices });
        };
        let single = "text-single";
        add("title", single, vec![self.title.clone()], &[][..]);
        add("description", single, vec![self.description.clone()], &[]);
        add("type", single, vec![self.kind.clone()], &[]);
        add("language", single, vec![self.language.clone()], &[]);
        add("contact", "jid-multi", self.contact.clone(), &[]);
        let list = "list-single";
        add("access_model", list, vec![self.access.name().into()], Access::NAMES);
        add("roster_groups_allowed", "text-multi", self.groups.clone(), &[]);
        add("publish_model", list, vec![self.publish.name().into()], PublishModel::NAMES);
        let last = "send_last_published_item";
        add(last, list, vec![self.send_last.name().into()], SendLast::NAMES);
        let counted = |number: u32, none: u32, word: &str| {
            vec![if number == none { word.to_owned() } else { number.to_string() }]
        };
        add("max_items", single, counted(self.max_items, u32::MAX, "max"), &[]);
        add("item_expire", single, counted(self.item_expire, 0, "max"), &[]);
        add("max_payload_size", single, counted(self.max_payload, 0, ""), &[]);
        add("publish_node_full", list, vec![self.full.name().into()], Full::NAMES);
        let kind = if self.headline { "headline" } else { "normal" };
        add("notification_type", list, vec![kind.into()], &["headline", "normal"]);
        let reply = self.item_reply.map(|reply| reply.name().to_owned());
        add("itemreply", list, reply.into_iter().collect(), ItemReply::NAMES);
        for (name, on) in self.flags() {
            add(name, "boolean", vec![if on { "1" } else { "0" }.to_owned()], &[]);
        }
        shown
    }

    const fn flags(&self) -> [(&'static str, bool); 9] {
        [
            ("persist_items", self.persist),
            ("notify_config", self.notify_config),
            ("notify_delete", self.notify_delete),
            ("notify_retract", self.notify_retract),
            ("notify_sub", self.notify_sub),
            ("deliver_notifications", self.deliver),
            ("deliver_payloads", self.deliver_payloads),
            ("presence_based_delivery", self.presence_based),
            ("subscribe", self.subscribe),
        ]
    }

    /// Sets what a form names, at a node of `base`.
    ///
    /// # Errors
    /// `not-acceptable` for an option or a value that is not known.
    pub(crate) fn apply(&mut self, form: &Form, base: Base) -> Result<(), StanzaError> {
        for Field { var, values } in &form.fields {
            self.set(var.strip_prefix(PREFIX).unwrap_or(var), values)?;
        }
        // A service sees nobody's presence and has no roster.
        if base == Base::Service && matches!(self.access, Access::Presence | Access::Roster) {
            return Err(error(Condition::NotAcceptable, "unsupported-access-model"));
        }
        Ok(())
    }

    /// Whether a publication's preconditions hold (section 7.1.5): what they name is as it
    /// is. `most` is what `max` stands for.
    pub(crate) fn meets(&self, preconditions: &Form, base: Base, most: u32) -> bool {
        let (mut wished, mut own) = (self.clone(), self.clone());
        if wished.apply(preconditions, base).is_err() {
            return false;
        }
        wished.max_items = wished.max_items.min(most);
        own.max_items = own.max_items.min(most);
        wished == own
    }

    fn set(&mut self, name: &str, values: &[String]) -> Result<(), StanzaError> {
        let value = values.first().map_or("", String::as_str);
        if self.set_named(name, value)? || self.set_text(name, values) {
            return Ok(());
        }
        let flag = match value {
            "1" | "true" => true,
            "0" | "false" => false,
            _ => return Err(unknown_value()),
        };
        match name {
            "persist_items" => self.persist = flag,
            "notify_config" => self.notify_config = flag,
            "notify_delete" => self.notify_delete = flag,
            "notify_retract" => self.notify_retract = flag,
            "notify_sub" => self.notify_sub = flag,
            "deliver_notifications" => self.deliver = flag,
            "deliver_payloads" => self.deliver_payloads = flag,
            "presence_based_delivery" => self.presence_based = flag,
            "subscribe" => self.subscribe = flag,
            // Not done here, and not promised.
            "purge_offline" | "tempsub" if !flag => {}
            _ => {
                return Err(
                    StanzaError::new(Condition::NotAcceptable).text("an option is not known here")
                );
            }
        }
        Ok(())
    }

    /// Sets an option whose value is a name or a number; `false` if it is none.
    fn set_named(&mut self, name: &str, value: &str) -> Result<bool, StanzaError> {
        match name {
            "access_model" => {
                self.access = Access::named(value)
                    .ok_or_else(|| error(Condition::NotAcceptable, "unsupported-access-model"))?;
            }
            "publish_model" => {
                self.publish = PublishModel::named(value).ok_or_else(unknown_value)?;
            }
            "send_last_published_item" => {
                self.send_last = SendLast::named(value).ok_or_else(unknown_value)?;
            }
            "publish_node_full" => self.full = Full::named(value).ok_or_else(unknown_value)?,
            "itemreply" => {
                self.item_reply = match value {
                    "" => None,
                    value => Some(ItemReply::named(value).ok_or_else(unknown_value)?),
                };
            }
            "notification_type" => {
                self.headline = match value {
                    "headline" => true,
                    "normal" => false,
                    _ => return Err(unknown_value()),
                };
            }
            "max_items" => match number(value, u32::MAX)? {
                0 => return Err(unknown_value()),
                most => self.max_items = most,
            },
            "item_expire" => self.item_expire = number(value, 0)?,
            "max_payload_size" => self.max_payload = number(value, 0)?,
            "node_type" if value == "leaf" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Sets an option whose value is any text; `false` if it is none.
    fn set_text(&mut self, name: &str, values: &[String]) -> bool {
        let clean = |value: &String| -> String {
            value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT).collect()
        };
        let one = || values.first().map(clean).unwrap_or_default();
        let some = || values.iter().take(VALUES).map(clean).filter(|text| !text.is_empty());
        match name {
            "title" => self.title = one(),
            "description" => self.description = one(),
            "type" => self.kind = one(),
            "language" => self.language = one(),
            "contact" => self.contact = some().collect(),
            "roster_groups_allowed" => self.groups = some().collect(),
            // Hints for other software, which is not here.
            "body_xslt" | "dataform_xslt" | "collection" => {}
            _ => return false,
        }
        true
    }

    /// The stored form: the options that differ from those of a node that nobody configured,
    /// `name=value`, one a line.
    pub(crate) fn to_text(&self, base: Base) -> String {
        let mut text = String::new();
        for (own, default) in self.options().into_iter().zip(Self::new(base).options()) {
            if own == default {
                continue;
            }
            for value in &own.values {
                text.push_str(own.name);
                text.push('=');
                text.push_str(value);
                text.push('\n');
            }
        }
        text
    }

    /// Reads the stored form. An option that a later version wrote is passed over.
    pub(crate) fn from_text(text: &str, base: Base) -> Self {
        let mut config = Self::new(base);
        let mut fields: Vec<(&str, Vec<String>)> = Vec::new();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            match fields.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value.to_owned()),
                None => fields.push((name, vec![value.to_owned()])),
            }
        }
        for (name, values) in fields {
            let _ = config.set(name, &values);
        }
        config
    }
}

fn unknown_value() -> StanzaError {
    StanzaError::new(Condition::NotAcceptable).text("an option has a value that is not known here")
}

/// A number; `max` and nothing stand for `most`.
fn number(value: &str, most: u32) -> Result<u32, StanzaError> {
    match value.trim() {
        "max" | "" => Ok(most),
        number => number.parse().map_err(|_| unknown_value()),
    }
}

names! { Access {
    Presence "presence", Open "open", Whitelist "whitelist", Authorize "authorize", Roster "roster",
} }
names! { SendLast { Never "never", OnSub "on_sub", OnSubAndPresence "on_sub_and_presence", } }
names! { PublishModel { Publishers "publishers", Subscribers "subscribers", Open "open", } }
names! { Full {
    DiscardOldest "discard-oldest", RetractOldest "retract-oldest", Reject "reject",
} }
names! { ItemReply { Owner "owner", Publisher "publisher", } }

#[cfg(test)]
mod tests;
