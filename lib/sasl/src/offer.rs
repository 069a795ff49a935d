//! What is offered on a connection.

use crate::hash::Hash;
use crate::mechanism::{ChannelBinding, Mechanism};

/// Channel-binding data of a TLS connection; empty without TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bindings {
    /// `tls-exporter`: 32 bytes, TLS 1.3 only.
    pub exporter: Option<Vec<u8>>,
    /// `tls-server-end-point`: a hash of the certificate.
    pub end_point: Option<Vec<u8>>,
}

impl Bindings {
    /// The data of one binding.
    pub fn data(&self, binding: ChannelBinding) -> Option<&[u8]> {
        match binding {
            ChannelBinding::Exporter => self.exporter.as_deref(),
            ChannelBinding::ServerEndPoint => self.end_point.as_deref(),
        }
    }

    fn kinds(&self) -> impl Iterator<Item = ChannelBinding> + '_ {
        let all = [ChannelBinding::Exporter, ChannelBinding::ServerEndPoint];
        all.into_iter().filter(|binding| self.data(*binding).is_some())
    }
}

/// The mechanisms offered on a connection, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    mechanisms: Vec<Mechanism>,
    fast: Vec<Mechanism>,
    bindings: Vec<ChannelBinding>,
}

impl Offer {
    /// For a connection with `bindings`. Unless it is `secure` nothing is offered.
    pub fn new(secure: bool, bindings: &Bindings) -> Self {
        if !secure {
            return Self { mechanisms: Vec::new(), fast: Vec::new(), bindings: Vec::new() };
        }
        let kinds: Vec<_> = bindings.kinds().collect();
        let possible = |mechanism: &Mechanism| match mechanism {
            Mechanism::Scram(_, plus) => !plus || !kinds.is_empty(),
            Mechanism::Plain => true,
            Mechanism::Token(binding) => binding.is_none_or(|binding| kinds.contains(&binding)),
        };
        let (fast, mechanisms) = Mechanism::ALL.into_iter().filter(possible).partition(|m| m.is_token());
        Self { mechanisms, fast, bindings: kinds }
    }

    /// For passwords.
    pub fn mechanisms(&self) -> &[Mechanism] {
        &self.mechanisms
    }

    /// For tokens.
    pub fn fast(&self) -> &[Mechanism] {
        &self.fast
    }

    /// Channel bindings (XEP-0440).
    pub fn channel_bindings(&self) -> &[ChannelBinding] {
        &self.bindings
    }

    /// Whether any mechanism with channel binding is offered.
    pub(crate) fn has_plus(&self) -> bool {
        self.mechanisms.iter().any(|mechanism| matches!(mechanism, Mechanism::Scram(_, true)))
    }

    /// The hash of XEP-0474 section 2.1 over both lists.
    pub(crate) fn protection(&self, hash: Hash) -> Vec<u8> {
        let sorted = |mut names: Vec<&'static str>| {
            names.sort_unstable();
            names.join("\u{1e}")
        };
        let mut text = sorted(self.mechanisms.iter().map(|mechanism| mechanism.name()).collect());
        if !self.bindings.is_empty() {
            text.push('\u{1f}');
            text.push_str(&sorted(self.bindings.iter().map(|binding| binding.name()).collect()));
        }
        hash.digest(text.as_bytes())
    }

    #[cfg(test)]
    pub(crate) fn of(mechanisms: Vec<Mechanism>, bindings: Vec<ChannelBinding>) -> Self {
        Self { mechanisms, fast: Vec::new(), bindings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    #[test]
    fn the_protection_hash_is_that_of_xep_0474() {
        let offer = Offer::of(
            vec![Mechanism::Scram(Hash::Sha1, false), Mechanism::Scram(Hash::Sha1, true)],
            vec![ChannelBinding::ServerEndPoint, ChannelBinding::Exporter],
        );
        let hash = base64::engine::general_purpose::STANDARD.encode(offer.protection(Hash::Sha1));
        assert_eq!(hash, "G6k/rBLDqgOhRRaCuuatSDFkJ08=");
    }

    #[test]
    fn nothing_is_offered_in_the_clear_and_bindings_only_where_there_is_data() {
        assert!(Offer::new(false, &Bindings::default()).mechanisms().is_empty());
        let plain = Offer::new(true, &Bindings::default());
        assert!(!plain.has_plus());
        assert_eq!(plain.fast(), [Mechanism::Token(None)]);
        let tls12 = Offer::new(true, &Bindings { exporter: None, end_point: Some(vec![1]) });
        assert!(tls12.has_plus());
        assert_eq!(tls12.channel_bindings(), [ChannelBinding::ServerEndPoint]);
    }
}
