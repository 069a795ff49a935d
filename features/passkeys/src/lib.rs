//! Passkeys (WebAuthn): signing in without a password.
//!
//! A signed-in client lists, adds, renames and removes those of its account by requests of
//! our own (`docs/clients.md`). Who wants in asks for a challenge and shows what a passkey
//! signed, both over HTTP and without saying a name, and gets the token with which a new
//! device logs in that another lets in.
//!
//! Invariants: a passkey is added only by who has just shown the password or another
//! passkey, since only they get a challenge for it; what is refused before login is refused in one way; only the owner sees and
//! changes them.

mod handle;
mod proto;
mod routes;

use skein_kernel::route::{Method, Route};
use skein_kernel::{Addressee, Feature, Subject};
use skein_xmpp::{IqType, ns};

/// The feature. It needs `Accounts` among the services of the platform.
pub fn feature() -> Feature {
    let own = Addressee::Own;
    Feature::new("passkeys", "signs people in by passkeys, and keeps those of each account")
        .iq((ns::PASSKEYS, "passkeys"), IqType::Get, own, |request| Box::pin(handle::list(request)))
        .iq((ns::PASSKEYS, "begin"), IqType::Set, own, |request| Box::pin(handle::begin(request)))
        .iq((ns::PASSKEYS, "add"), IqType::Set, own, |request| Box::pin(handle::add(request)))
        .iq((ns::PASSKEYS, "rename"), IqType::Set, own, |request| Box::pin(handle::rename(request)))
        .iq((ns::PASSKEYS, "remove"), IqType::Set, own, |request| Box::pin(handle::remove(request)))
        .discovered(Subject::Account, &[ns::PASSKEYS])
        .discovered(Subject::Server, &[ns::PASSKEYS])
        .route(Route {
            method: Method::Post,
            prefix: routes::CHALLENGE,
            handler: |ctx, asked| Box::pin(routes::challenge(ctx, asked)),
        })
        .route(Route {
            method: Method::Post,
            prefix: routes::SIGN_IN,
            handler: |ctx, asked| Box::pin(routes::sign_in(ctx, asked)),
        })
}
