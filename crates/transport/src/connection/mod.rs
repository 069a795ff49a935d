//! What happens on a connection, from its first byte to its last.
//!
//! [`door`] meets the demands of the negotiation; [`conversation`] acts on what a
//! bound client says; [`serve`](stream::serve) drives both over a socket. BOSH drives them over HTTP
//! requests. A session that loses its connection waits in [`hibernation`].

mod brake;
mod component;
mod conversation;
mod door;
mod hibernation;
mod live;
mod port;
mod silence;
mod stream;
mod unsent;

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use skein_accounts::Accounts;
use skein_kernel::{Ctx, Future};
use skein_router::Router;
use skein_session::Session;
use skein_stream::negotiation::Announced;
use skein_xmpp::Stanza;

pub use brake::Brake;
pub use component::serve_component;
pub use conversation::{Conversation, Flow};
pub use door::{Door, Met};
pub use hibernation::hibernate;
pub use silence::Silence;
pub use stream::serve;

use crate::gate::Gate;
use crate::tls::Configs;

/// Answers what strangers may ask before login. The registration feature does it.
pub trait Registrar: Send + Sync {
    /// Whether accounts can be made, and whether invitations are honoured; advertised.
    fn advertises(&self) -> (bool, bool);

    /// Answers a request from `peer` on a stream to `domain`. `invitation` carries a token from one request of
    /// the stream to the next (XEP-0445).
    fn answer<'a>(
        &'a self,
        stanza: Stanza,
        domain: &'a str,
        peer: IpAddr,
        invitation: &'a mut Option<String>,
    ) -> Future<'a, Option<Stanza>>;
}

/// Everything that a connection needs of the server. Clones share; one is held by every
/// connection, so it is a single pointer.
#[derive(Clone)]
pub struct Service(Arc<Parts>);

impl Service {
    /// Of these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Service {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What a [`Service`] is made of.
pub struct Parts {
    /// Where stanzas go.
    pub router: Router,
    /// Who may log in.
    pub accounts: Accounts,
    /// Registration before login.
    pub registrar: Arc<dyn Registrar>,
    /// TLS, for STARTTLS.
    pub tls: Arc<Configs>,
    /// Admission of strangers.
    pub gate: Arc<Gate>,
    /// When each connection is to be asked whether its client is still there.
    pub silence: Silence,
    /// Stream features as they were written for others.
    pub announced: Arc<Announced>,
    /// Whether the server stops; see [`Service::stop`].
    pub stopping: AtomicBool,
}

impl Service {
    /// The server as features see it.
    pub fn ctx(&self) -> &Arc<Ctx> {
        self.router.ctx()
    }

    /// The bounds of an element from a client.
    pub fn limits(&self, logged_in: bool) -> skein_xml::Limits {
        let limits = &self.ctx().config.limits;
        let (bytes, elements, depth) = if logged_in {
            (limits.stanza_bytes, limits.stanza_elements, limits.stanza_depth)
        } else {
            let bytes = limits.element_bytes_before_login;
            (bytes, limits.elements_before_login, limits.depth_before_login)
        };
        let (attributes, attribute_bytes) = (limits.attributes, limits.attribute_bytes);
        skein_xml::Limits { bytes, elements, depth, attributes, attribute_bytes }
    }

    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Tells all connections to leave: those of resumable sessions without a word.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        for session in self.ctx().sessions.all() {
            session.wake();
        }
        for component in self.ctx().components.all() {
            component.wake();
        }
    }
}

/// A bound session and which of its connections this is.
#[derive(Debug, Clone)]
pub struct Attached {
    /// The session.
    pub session: Arc<Session>,
    /// The connection's number, see [`skein_session::Outbox::resume`].
    pub epoch: u32,
}
