//! Messages that can be viewed once, where they do not come by the stages of their sender.

use skein_base::{AccountId, Timestamp};
use skein_xmpp::{Jid, Stanza};

use crate::ctx::Ctx;
use crate::envelope::Write;

/// A message on its way.
pub struct Sealing<'a> {
    /// Who sends: a bare address.
    pub sender: &'a Jid,
    /// To whom, as the sender names it: a bare address.
    pub to: &'a Jid,
    /// Who may open it.
    pub receivers: Vec<AccountId>,
    /// When it was taken.
    pub now: Timestamp,
}

/// See the module.
pub trait Once: Send + Sync {
    /// If the message can be viewed once, leaves an envelope of it and gives what must be
    /// written with it. If it takes one back, gives what removes the content.
    fn seal(&self, ctx: &Ctx, sealing: &Sealing<'_>, stanza: &mut Stanza)
    -> Option<Box<dyn Write>>;
}
