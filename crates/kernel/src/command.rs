//! Ad-hoc commands of the server (XEP-0050).

use crate::iq::IqFn;

/// A command. Clients find it in the list of the server's commands, unless it is for
/// administrators and they are none.
#[derive(Clone, Copy)]
pub struct Command {
    /// Its node.
    pub node: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Others than administrators neither see it nor may they run it.
    pub for_administrators: bool,
    /// Answers `<command/>`.
    pub run: IqFn,
}
