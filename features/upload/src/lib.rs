//! Files that people share (XEP-0363).
//!
//! A client announces a file and gets two addresses: one to put it at, which only the client
//! knows, and one for readers. The file is streamed to the disk and hashed on the way; it
//! can be gone on with after a break (tus 1.0). When all of it is there, its bytes say what
//! it is, a place that it tells is written over, and of a picture a thumbnail is made. Equal
//! contents are stored once.
//!
//! Its way: `slot.rs` answers the announcement; `http/` takes and gives the file; `finish.rs`
//! makes a draft a file; `clean.rs` removes what nobody names, whose time is over, whose
//! owner is gone.
//!
//! Invariants: nothing is served before it is durable and whole; a 201 is a promise; no
//! content is removed that a file has; what is not there and what one may not see look alike.

mod about;
mod address;
mod clean;
mod finish;
mod host;
mod http;
mod made;
mod proto;
mod rules;
mod slot;
mod store;
#[cfg(test)]
mod tests;
mod uploads;

use std::sync::Arc;

use skein_kernel::contracts::FILES;
use skein_kernel::exchange::Exchange;
use skein_kernel::{Addressee, Feature, Spec, Subject};
use skein_xmpp::IqType;

/// The feature. It needs `Objects` among the services of the platform.
pub fn feature() -> Feature {
    let feature = Feature::new("upload", "takes files that people share, and gives them")
        .specs(&[
            Spec { name: "XEP-0363", version: "1.2.0", title: "HTTP File Upload" },
            Spec {
                name: "XEP-0385",
                version: "0.2.1",
                title: "Stateless Inline Media Sharing (passed and kept as it was sent)",
            },
            Spec {
                name: "XEP-0447",
                version: "0.3.1",
                title: "Stateless file sharing (passed and kept as it was sent)",
            },
        ])
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .discovered(Subject::Server, &[proto::UPLOAD])
        .iq((proto::UPLOAD, "request"), IqType::Get, Addressee::Server, |request| {
            Box::pin(host::at_server(request))
        })
        .host(host::host())
        .exchange(Exchange {
            prefix: FILES,
            handler: |ctx, call| Box::pin(http::answer(ctx, call)),
        })
        .on_rare(|ctx, event| Box::pin(clean::hear(ctx, event)))
        .alarm(clean::EXPIRY)
        .provides(|provides| provides.files = Some(Arc::new(made::Maker)))
        .state(Arc::new(uploads::Uploads::new()));
    clean::JOBS.into_iter().fold(feature, Feature::job)
}
