//! Domains beside ours for which a feature answers: `rooms.example.org`.

use std::sync::Arc;

use skein_config::Config;
use skein_session::Session;
use skein_xmpp::Stanza;

use crate::ctx::Ctx;
use crate::envelope::Envelope;
use crate::feature::Future;
use crate::refusal::Refusal;

/// A stanza of any kind that reached an address of a host. The sender's stages are behind
/// it; no recipient's stage runs.
pub struct Visit {
    /// The server.
    pub ctx: Arc<Ctx>,
    /// The session that sent it; `None` if it came another way: from a feature, or because
    /// the session is over.
    pub session: Option<Arc<Session>>,
    /// The stanza; `from` and `to` are set, and `from` is true.
    pub stanza: Stanza,
}

/// What becomes of a [`Visit`].
pub enum Reply {
    /// Nothing, or all of it is done.
    Nothing,
    /// Goes to the sender, in its place among what the sender's other stanzas bring about.
    Answer(Stanza),
    /// Is committed with what else the sender's read brought; what must happen behind the
    /// commit stands in [`crate::Write::done`], which runs in the order of the commits.
    Envelope(Envelope),
    /// The same for a message between two people, of whom one is the sender's account: it is
    /// also kept and copied on that side.
    Converse(Envelope),
}

/// Deals with a visit. A refusal is answered with its error where RFC 6120 lets one be.
pub type HostFn = fn(Visit) -> Future<'static, Result<Reply, Refusal>>;

/// Domains, and who answers for them.
#[derive(Clone, Copy)]
pub struct Host {
    /// The domains, from the settings; read once at start.
    pub domains: fn(&Config) -> Vec<String>,
    /// What service discovery calls it among the items of the server; `None` keeps it out.
    pub title: Option<&'static str>,
    /// Answers.
    pub handler: HostFn,
}
