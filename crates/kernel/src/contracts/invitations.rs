//! Invitations to become a contact (XEP-0379).

use std::sync::Arc;

use skein_session::User;
use skein_xmpp::Stanza;

use crate::ctx::Ctx;
use crate::feature::Future;
use crate::refusal::Refusal;

/// See the module.
pub trait Invitations: Send + Sync {
    /// A subscription request to `owner` shows an invitation. If it is one of the
    /// owner's and still good, it is used up, both become contacts who see each other,
    /// and `true` says that nothing is left to do. Otherwise the request is an
    /// ordinary one (section 4.1).
    fn redeem(
        &self,
        ctx: Arc<Ctx>,
        owner: Arc<User>,
        request: Stanza,
    ) -> Future<'static, Result<bool, Refusal>>;
}
