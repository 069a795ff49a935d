//! The commands.

use skein_xmpp::ns;

use crate::run::RunFn;
use crate::{notices, numbers, people, run, service, waiting};

/// A command.
pub(crate) struct Entry {
    pub(crate) node: &'static str,
    /// For people.
    pub(crate) name: &'static str,
    pub(crate) questions: &'static [Question],
    pub(crate) run: RunFn,
    /// The type of its forms.
    pub(crate) form: &'static str,
    /// Its effects are written down.
    pub(crate) is_audited: bool,
}

/// A field of a command's form.
pub(crate) struct Question {
    pub(crate) var: &'static str,
    /// Its type of XEP-0004.
    pub(crate) kind: &'static str,
    pub(crate) label: &'static str,
    pub(crate) is_required: bool,
}

const fn must(var: &'static str, kind: &'static str, label: &'static str) -> Question {
    Question { var, kind, label, is_required: true }
}

const fn may(var: &'static str, kind: &'static str, label: &'static str) -> Question {
    Question { var, kind, label, is_required: false }
}

const PERSON: Question = must("accountjid", "jid-single", "Address");
const PEOPLE: Question = must("accountjids", "jid-multi", "Addresses");
const PASSWORD: Question = must("password", "text-private", "Password");
const TEXT: &str = "text-multi";
const MOST: &[Question] = &[may("max_items", "text-single", "At most so many")];
const ENDING: &[Question] = &[
    may("delay", "text-single", "Seconds until then"),
    may("announcement", TEXT, "What people are told"),
];

macro_rules! entry {
    ($node:literal, $name:literal, $questions:expr, $run:expr) => {
        entry!($node, $name, $questions, $run, true)
    };
    ($node:literal, $name:literal, $questions:expr, $run:expr, $audited:literal) => {
        Entry {
            node: concat!("http://jabber.org/protocol/admin#", $node),
            name: $name,
            questions: $questions,
            run: |call| Box::pin($run(call)),
            form: ns::ADMIN,
            is_audited: $audited,
        }
    };
}

/// All of them, in the order in which clients list them.
pub(crate) static ENTRIES: &[Entry] = &[
    entry!(
        "add-user",
        "Add an account",
        &[PERSON, PASSWORD, must("password-verify", "text-private", "Password again")],
        people::add
    ),
    entry!("delete-user", "Remove accounts", &[PEOPLE], people::delete),
    entry!("disable-user", "Shut accounts out", &[PEOPLE], people::disable),
    entry!("reenable-user", "Let accounts in again", &[PEOPLE], people::reenable),
    entry!("end-user-session", "End sessions", &[PEOPLE], people::end_sessions),
    entry!("change-user-password", "Set a password", &[PERSON, PASSWORD], people::set_password),
    entry!("get-user-roster", "Contacts of an account", &[PEOPLE], people::roster),
    entry!("get-user-lastlogin", "Last login of an account", &[PEOPLE], people::last_login),
    entry!("user-stats", "What an account has", &[PERSON], people::stats),
    entry!(
        "edit-admin",
        "Administrators",
        &[must("adminjids", "jid-multi", "Addresses")],
        people::edit_admins
    ),
    entry!("get-registered-users-num", "How many accounts", &[], numbers::registered, false),
    entry!("get-disabled-users-num", "How many are shut out", &[], numbers::disabled, false),
    entry!("get-online-users-num", "How many are online", &[], numbers::online, false),
    entry!("get-active-users-num", "How many are active", &[], numbers::active, false),
    entry!("get-idle-users-num", "How many are idle", &[], numbers::idle, false),
    entry!("get-registered-users-list", "All accounts", MOST, numbers::list_registered, false),
    entry!("get-disabled-users-list", "Who is shut out", MOST, numbers::list_disabled, false),
    entry!("get-online-users-list", "Who is online", MOST, numbers::list_online, false),
    entry!("get-active-users", "Who is active", MOST, numbers::list_active, false),
    entry!("get-idle-users", "Who is idle", MOST, numbers::list_idle, false),
    entry!(
        "announce",
        "Tell everybody who is online",
        &[must("announcement", TEXT, "Text")],
        notices::announce
    ),
    entry!(
        "set-motd",
        "Set the message of the day",
        &[must("motd", TEXT, "Text")],
        notices::set_motd
    ),
    entry!(
        "edit-motd",
        "Change the message of the day",
        &[must("motd", TEXT, "Text")],
        notices::edit_motd
    ),
    entry!("delete-motd", "Remove the message of the day", &[], notices::delete_motd),
    entry!(
        "set-welcome",
        "Set the welcome to new accounts",
        &[must("welcome", TEXT, "Text")],
        notices::set_welcome
    ),
    entry!("delete-welcome", "Remove the welcome", &[], notices::delete_welcome),
    entry!("restart", "Restart the server", ENDING, service::restart),
    entry!("shutdown", "Stop the server", ENDING, service::stop),
    Entry {
        node: "urn:skein:accounts:0#waiting",
        name: "Who waits for an account",
        questions: &[],
        run: |call| Box::pin(waiting::list(call)),
        form: ns::ACCOUNTS,
        is_audited: false,
    },
    Entry {
        node: "urn:skein:admin:0#audit",
        name: "What administrators did",
        questions: MOST,
        run: |call| Box::pin(run::audit(call)),
        form: ns::ADMIN,
        is_audited: false,
    },
];

/// The command of a node.
pub(crate) fn find(node: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.node == node)
}
