//! What becomes of presence (RFC 6121 sections 3 and 4).

use std::sync::Arc;

use skein_session::Session;
use skein_xmpp::Stanza;

use crate::ctx::Ctx;
use crate::feature::Future;
use crate::refusal::Refusal;

/// See the module.
pub trait Presence: Send + Sync {
    /// A session sent presence of any type, to anybody or to nobody in particular.
    fn outgoing(
        &self,
        ctx: Arc<Ctx>,
        session: Arc<Session>,
        stanza: Stanza,
    ) -> Future<'static, Result<(), Refusal>>;

    /// A session directs presence to the address of a host, which gets it by another way:
    /// remembers whether the address must hear of the session's end.
    ///
    /// # Errors
    /// `resource-constraint` if it is one address too many.
    fn directed(&self, ctx: &Ctx, session: &Session, stanza: &Stanza) -> Result<(), Refusal>;

    /// Presence reached a local account from `stanza.from`.
    fn incoming(&self, ctx: Arc<Ctx>, stanza: Stanza) -> Future<'static, Result<(), Refusal>>;

    /// A session is over without having said so.
    fn lost(&self, ctx: Arc<Ctx>, session: Arc<Session>) -> Future<'static, ()>;
}
