//! What is said beside a message to people whose client does not understand it.

use std::borrow::Cow;

use skein_session::Session;
use skein_xmpp::Stanza;

use crate::ctx::Ctx;

/// See the module.
pub trait Hints: Send + Sync {
    /// The message as this session shall get it; `None` if that is as it is. Asked for each
    /// session, so it looks at the stanza first.
    fn add(&self, ctx: &Ctx, session: &Session, stanza: &Stanza) -> Option<Stanza>;
}

impl Ctx {
    /// A message as a session gets it. What is kept is the message itself.
    pub fn shown<'a>(&self, session: &Session, stanza: &'a Stanza) -> Cow<'a, Stanza> {
        self.shown_otherwise(session, stanza).map_or(Cow::Borrowed(stanza), Cow::Owned)
    }

    /// The same; `None` if it gets the message as it is.
    pub fn shown_otherwise(&self, session: &Session, stanza: &Stanza) -> Option<Stanza> {
        self.contracts.hints.as_ref()?.add(self, session, stanza)
    }
}
