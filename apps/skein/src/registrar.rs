//! Registration before login, handed to the connections.

use std::net::IpAddr;
use std::sync::Arc;

use skein_accounts::Accounts;
use skein_kernel::{Ctx, Future};
use skein_transport::connection::Registrar;
use skein_xmpp::Stanza;

/// The registration feature as connections see it.
pub(crate) struct Features {
    pub(crate) ctx: Arc<Ctx>,
    pub(crate) accounts: Accounts,
}

impl Registrar for Features {
    fn advertises(&self) -> (bool, bool) {
        let advertised = skein_register::advertises(&self.ctx.config);
        (advertised.register, advertised.invitations)
    }

    fn answer<'a>(
        &'a self,
        stanza: Stanza,
        domain: &'a str,
        peer: IpAddr,
        invitation: &'a mut Option<String>,
    ) -> Future<'a, Option<Stanza>> {
        Box::pin(skein_register::before_login(
            &self.ctx,
            &self.accounts,
            domain,
            peer,
            invitation,
            stanza,
        ))
    }
}
