//! The small requests that every client makes: ping (XEP-0199), version (XEP-0092),
//! time (XEP-0202) and last activity (XEP-0012).
//!
//! Invariants: an account's last activity is told to those alone who may see its
//! presence, or whom its privacy rules name; everybody else gets the answer of an account
//! that does not exist.

mod ends;
mod handle;
mod proto;
mod store;

use std::sync::Arc;

use ends::Ends;
use skein_base::Timestamp;
use skein_kernel::{Addressee, Event, Feature, Job, Spec, Subject};
use skein_xmpp::{IqType, ns};

/// The feature's state.
pub(crate) struct Basics {
    /// When the server began to serve.
    pub(crate) started: Timestamp,
    pub(crate) ends: Ends,
}

/// The feature. `started` is when the server began to serve.
pub fn feature(started: Timestamp) -> Feature {
    use Addressee::{Other, Own, Server};
    use IqType::Get;
    Feature::new("basics", "answers ping, version, time and last activity")
        .specs(&[
            Spec { name: "XEP-0012", version: "2.0", title: "Last Activity" },
            Spec { name: "XEP-0092", version: "1.1", title: "Software Version" },
            Spec { name: "XEP-0199", version: "2.0.1", title: "XMPP Ping" },
            Spec { name: "XEP-0202", version: "2.0", title: "Entity Time" },
        ])
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .state(Arc::new(Basics { started, ends: Ends::default() }))
        .job(Job {
            name: "basics.last",
            every: ends::OFTEN,
            run: |ctx| Box::pin(async move { ends::write(&ctx).await }),
        })
        // RFC 3921: clients of that time ask before they begin; RFC 6121 needs nothing done.
        .iq((ns::SESSION, "session"), IqType::Set, Own, |request| Box::pin(handle::ping(request)))
        .iq((ns::SESSION, "session"), IqType::Set, Server, |request| {
            Box::pin(handle::ping(request))
        })
        .iq((ns::PING, "ping"), Get, Server, |request| Box::pin(handle::ping(request)))
        .iq((ns::PING, "ping"), Get, Own, |request| Box::pin(handle::ping(request)))
        .iq((ns::VERSION, "query"), Get, Server, |request| Box::pin(handle::version(request)))
        .iq((ns::TIME, "time"), Get, Server, |request| Box::pin(handle::time(request)))
        .iq((ns::LAST, "query"), Get, Server, |request| Box::pin(handle::uptime(request)))
        .iq((ns::LAST, "query"), Get, Own, |request| Box::pin(handle::last(request)))
        .iq((ns::LAST, "query"), Get, Other, |request| Box::pin(handle::last(request)))
        .on(|ctx, event| {
            Box::pin(async move {
                match event {
                    Event::Ended { session, .. } => ends::note(&ctx, &session).await,
                    Event::Stopping => ends::write(&ctx).await,
                    Event::Removed { account, .. } => {
                        ctx.state::<Basics>().ends.forget(account);
                        handle::log(ctx.db.write(move |tx| store::forget(tx, account)).await);
                    }
                    _ => {}
                }
            })
        })
        .discovered(Subject::Server, &[ns::LAST, ns::PING, ns::TIME, ns::VERSION])
        .discovered(Subject::Account, &[ns::LAST, ns::PING])
}
