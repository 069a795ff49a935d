//! `<stream:features/>` (RFC 6120 section 4.3.2) in each state.

use std::sync::{Arc, Mutex, PoisonError};

use skein_sasl::Offer;
use skein_xml::Writer;
use skein_xmpp::ns;

use super::Setup;
use crate::framing::Framing;

/// Where a stream stands, as far as its features say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Before login.
    Stranger,
    /// A resource is due.
    LoggedIn,
    /// A resource is bound; with `sm`, stream management can be enabled.
    Bound { sm: bool },
}

/// All that features depend on and that differs between the connections of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    stage: Stage,
    framing: Framing,
    /// STARTTLS, security, the two kinds of channel binding, registration, invitations.
    offered: [bool; 6],
}

impl Case {
    pub(super) const fn of(setup: &Setup, stage: Stage) -> Self {
        let Setup { can_start_tls, secure, registers, invites, .. } = *setup;
        let bindings = &setup.bindings;
        let (exporter, end_point) = (bindings.exporter.is_some(), bindings.end_point.is_some());
        let offered = [can_start_tls, secure, exporter, end_point, registers, invites];
        Self { stage, framing: setup.framing, offered }
    }
}

/// Features as they were written before: the same bytes for all connections of a [`Case`], of
/// which there are not many.
#[derive(Debug, Default)]
pub struct Announced(Mutex<Vec<(Case, Arc<[u8]>)>>);

impl Announced {
    pub(super) fn write(&self, case: Case, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found =
            known().iter().find(|(known, _)| *known == case).map(|(_, bytes)| bytes.clone());
        if let Some(bytes) = found {
            return out.extend_from_slice(&bytes);
        }
        let start = out.len();
        write(out);
        let mut known = known();
        if known.iter().all(|(known, _)| *known != case) {
            known.push((case, out[start..].into()));
        }
    }
}

/// Writes what a stranger may do.
pub(super) fn before_login(writer: &mut Writer, setup: &Setup, offer: &Offer) {
    if setup.can_start_tls {
        writer.start("starttls", ns::TLS);
        if offer.mechanisms().is_empty() {
            empty(writer, "required", ns::TLS);
        }
        writer.end();
    }
    if !offer.mechanisms().is_empty() {
        sasl(writer, offer);
        sasl2(writer, setup, offer);
        channel_bindings(writer, offer);
    }
    if setup.registers && !offer.mechanisms().is_empty() {
        empty(writer, "register", ns::REGISTER_FEATURE);
    }
    if setup.invites && !offer.mechanisms().is_empty() {
        empty(writer, "register", ns::IBR_TOKEN);
    }
    limits(writer, setup.before_login.bytes);
}

/// Writes what remains to be done after login.
pub(super) fn after_login(writer: &mut Writer, setup: &Setup) {
    empty(writer, "bind", ns::BIND);
    // Old clients look for it; RFC 6120 appendix lets it be optional.
    writer.start("session", ns::SESSION);
    empty(writer, "optional", ns::SESSION);
    writer.end();
    bound(writer, setup, true);
}

/// Writes what a bound stream can do; with `sm`, enable stream management.
pub(super) fn bound(writer: &mut Writer, setup: &Setup, sm: bool) {
    if sm {
        empty(writer, "sm", ns::SM);
    }
    empty(writer, "csi", ns::CSI);
    empty(writer, "ver", ns::ROSTER_VERSIONING);
    empty(writer, "sub", ns::PRE_APPROVAL);
    // Saves clients that know the hash a question after each login.
    writer.start("c", ns::CAPS);
    writer.attr("hash", "sha-1");
    writer.attr("node", setup.caps.0);
    writer.attr("ver", &setup.caps.1);
    writer.end();
    limits(writer, setup.after_login.bytes);
}

fn empty(writer: &mut Writer, name: &str, namespace: &str) {
    writer.start(name, namespace);
    writer.end();
}

fn sasl(writer: &mut Writer, offer: &Offer) {
    writer.start("mechanisms", ns::SASL);
    for mechanism in offer.mechanisms() {
        writer.leaf("mechanism", ns::SASL, mechanism.name());
    }
    writer.end();
}

/// XEP-0388, with what may be done in the same round trip: Bind 2, resumption, FAST.
fn sasl2(writer: &mut Writer, setup: &Setup, offer: &Offer) {
    writer.start("authentication", ns::SASL2);
    for mechanism in offer.mechanisms() {
        writer.leaf("mechanism", ns::SASL2, mechanism.name());
    }
    writer.start("inline", ns::SASL2);
    empty(writer, "sm", ns::SM);
    writer.start("bind", ns::BIND2);
    writer.start("inline", ns::BIND2);
    for namespace in setup.inline.iter().copied().chain([ns::SM, ns::CSI]) {
        writer.start("feature", ns::BIND2);
        writer.attr("var", namespace);
        writer.end();
    }
    writer.end();
    writer.end();
    if !offer.fast().is_empty() {
        writer.start("fast", ns::FAST);
        for mechanism in offer.fast() {
            writer.leaf("mechanism", ns::FAST, mechanism.name());
        }
        writer.end();
    }
    writer.end();
    writer.end();
}

/// XEP-0440.
fn channel_bindings(writer: &mut Writer, offer: &Offer) {
    if offer.channel_bindings().is_empty() {
        return;
    }
    writer.start("sasl-channel-binding", ns::SASL_CB);
    for binding in offer.channel_bindings() {
        writer.start("channel-binding", ns::SASL_CB);
        writer.attr("type", binding.name());
        writer.end();
    }
    writer.end();
}

/// XEP-0478.
fn limits(writer: &mut Writer, bytes: usize) {
    writer.start("limits", ns::STREAM_LIMITS);
    writer.leaf("max-bytes", ns::STREAM_LIMITS, &bytes.to_string());
    writer.end();
}
