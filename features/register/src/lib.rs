//! Accounts made, changed and removed by their holders.
//!
//! XEP-0077 on a bound session: what is registered, a new password, removal. Before
//! login, by [`before_login`], which the stream driver calls: registration by the
//! modes of `access.registration`, with the invitations of XEP-0445.
//!
//! Invariants: a removed or locked account has no session, no token and nothing to
//! resume (trust N15); what features hold of a removed account is deleted, also if
//! the server stops halfway or the account was removed while it was stopped.

mod before;
mod handle;
mod proto;

use std::sync::Arc;
use std::time::Duration;

use skein_accounts::{Accounts, MIGRATIONS, STATEMENTS};
use skein_config::{Config, Registration};
use skein_kernel::iq::Addressee;
use skein_kernel::{Ctx, Feature, Future, Job, Spec, Subject};
use skein_xmpp::{IqType, ns};

pub use before::before_login;

const QUERY: (&str, &str) = (ns::REGISTER, "query");

/// What is announced before login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advertised {
    /// XEP-0077: accounts can be made.
    pub register: bool,
    /// XEP-0445: invitations are honoured.
    pub invitations: bool,
}

/// What is announced before login, by the mode of registration.
pub fn advertises(config: &Config) -> Advertised {
    let is_open = config.access.registration != Registration::Closed;
    Advertised { register: is_open, invitations: is_open }
}

/// The feature. It brings the tables of the accounts, and needs [`Accounts`] among
/// the services of the platform.
pub fn feature() -> Feature {
    let mut feature =
        Feature::new("register", "Accounts are made, changed and removed by their holders")
            .specs(&[
                Spec { name: "XEP-0077", version: "2.4", title: "In-Band Registration" },
                Spec {
                    name: "XEP-0445",
                    version: "0.2.0",
                    title: "Pre-Authenticated In-Band Registration",
                },
            ])
            .tables(MIGRATIONS, STATEMENTS)
            .discovered(Subject::Server, &[ns::REGISTER])
            .job(Job { name: "erase removed accounts", every: Duration::from_secs(60), run: erase })
            .job(Job {
                name: "forget old tokens and invitations",
                every: Duration::from_secs(3600),
                run: sweep,
            });
    for addressee in [Addressee::Own, Addressee::Server] {
        feature = feature
            .iq(QUERY, IqType::Get, addressee, |request| Box::pin(handle::get(request)))
            .iq(QUERY, IqType::Set, addressee, |request| Box::pin(handle::set(request)));
    }
    feature
}

fn erase(ctx: Arc<Ctx>) -> Future<'static, ()> {
    Box::pin(async move {
        let accounts = ctx.state::<Accounts>().clone();
        match accounts.erasures().await {
            Ok(removed) => {
                for (account, jid) in removed {
                    skein_accounts::erase(&ctx, &accounts, account, jid).await;
                }
            }
            Err(fault) => {
                tracing::error!(target: "register", %fault, "removed accounts are not erased yet")
            }
        }
    })
}

fn sweep(ctx: Arc<Ctx>) -> Future<'static, ()> {
    Box::pin(async move {
        if let Err(fault) = ctx.state::<Accounts>().sweep().await {
            tracing::error!(target: "register", %fault, "what is past stays behind");
        }
    })
}
