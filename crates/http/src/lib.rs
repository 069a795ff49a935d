//! The web server: WebSocket at `/ws` (RFC 7395), BOSH at `/bosh` (XEP-0124, XEP-0206),
//! how clients find them (XEP-0156), the pages of features, and what operators look at.
//!
//! Floor 1. [`serve_http`] accepts connections and answers by path. A WebSocket leaves
//! HTTP at once: its socket goes to [`skein_transport::connection::serve`], which needs
//! no buffer for an idle session.
//!
//! Invariants: whatever a request brings is bounded in bytes and time before anything
//! is made of it; no answer rests on cookies; a forwarded header is believed only from
//! a proxy on this machine, and only in what concerns the asker alone.

mod answer;
mod asked;
mod body;
mod bosh;
mod client;
mod connection;
mod content;
mod dispatch;
mod exchanges;
mod health;
mod host_meta;
mod metrics;
mod page;
mod routes;
mod websocket;
mod wire;

pub use connection::serve_http;

use std::sync::Arc;

use skein_transport::acme::Challenges;
use skein_transport::connection::Service;

/// What the web server needs. Clones share everything.
#[derive(Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

struct Inner {
    service: Service,
    bosh: bosh::Sessions,
    challenges: Arc<Challenges>,
}

impl Http {
    /// A web server for `service`, for any number of listeners.
    pub fn new(service: Service) -> Self {
        Self::with_challenges(service, Arc::default())
    }

    /// The same, that also meets the challenges of [`Acme`](skein_transport::acme::Acme).
    pub fn with_challenges(service: Service, challenges: Arc<Challenges>) -> Self {
        Self { inner: Arc::new(Inner { service, bosh: bosh::Sessions::default(), challenges }) }
    }

    fn bosh(&self) -> &bosh::Sessions {
        &self.inner.bosh
    }

    fn challenges(&self) -> &Challenges {
        &self.inner.challenges
    }

    fn service(&self) -> &Service {
        &self.inner.service
    }
}
