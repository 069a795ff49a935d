//! What is offered on a connection.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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
        let (fast, mechanisms) =
            Mechanism::ALL.into_iter().filter(possible).partition(|m| m.is_token());
        Self { mechanisms, fast, bindings: kinds }
    }

    /// Leaves only SCRAM over `hashes`, the ones that keys are kept for, and PLAIN only if
    /// `plain`. Must not depend on the account: the list would tell who exists.
    pub fn narrowed(mut self, hashes: &[Hash], plain: bool) -> Self {
        self.mechanisms.retain(|mechanism| match mechanism {
            Mechanism::Scram(hash, _) => hashes.contains(hash),
            Mechanism::Plain => plain,
            Mechanism::Token(_) => true,
        });
        // Clients must take bindings without a mechanism that binds for an attack
        // (XEP-0440 section 3, rule 5).
        if !self.has_plus() {
            self.bindings.clear();
        }
        self
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

    /// The value of the attribute `h` for these lists.
    pub(crate) fn protection(&self, hash: Hash) -> String {
        let mechanisms = self.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
        protection(hash, mechanisms, self.bindings.iter().map(|binding| binding.name()).collect())
    }

    #[cfg(test)]
    pub(crate) fn of(mechanisms: Vec<Mechanism>, bindings: Vec<ChannelBinding>) -> Self {
        Self { mechanisms, fast: Vec::new(), bindings }
    }
}

/// The hash over the advertised names, in base64 (XEP-0474 section 6.1). The profiles
/// SASL and SASL2 list the same mechanisms here, and FAST's are in neither list.
pub(crate) fn protection(hash: Hash, mechanisms: Vec<&str>, bindings: Vec<&str>) -> String {
    // Byte by byte, which is the collation i;octet.
    let sorted = |mut names: Vec<&str>| {
        names.sort_unstable();
        names.join("\u{1e}")
    };
    let mut text = sorted(mechanisms);
    if !bindings.is_empty() {
        text.push('\u{1f}');
        text.push_str(&sorted(bindings));
    }
    STANDARD.encode(hash.digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protection_hash_is_that_of_xep_0474() {
        let offer = Offer::of(
            vec![Mechanism::Scram(Hash::Sha1, false), Mechanism::Scram(Hash::Sha1, true)],
            vec![ChannelBinding::ServerEndPoint, ChannelBinding::Exporter],
        );
        assert_eq!(offer.protection(Hash::Sha1), "G6k/rBLDqgOhRRaCuuatSDFkJ08=");
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
        assert!(!tls12.fast().contains(&Mechanism::Token(Some(ChannelBinding::Exporter))));
    }

    #[test]
    fn the_best_mechanism_comes_first_and_a_password_in_the_clear_last() {
        let both = Bindings { exporter: Some(vec![1]), end_point: Some(vec![1]) };
        let offer = Offer::new(true, &both);
        assert_eq!(offer.mechanisms().first(), Some(&Mechanism::Scram(Hash::Sha512, true)));
        assert_eq!(offer.mechanisms().last(), Some(&Mechanism::Plain));
        assert_eq!(
            offer.channel_bindings(),
            [ChannelBinding::Exporter, ChannelBinding::ServerEndPoint]
        );
        assert_eq!(offer.fast().len(), 3);
    }

    #[test]
    fn only_what_there_are_keys_for_is_offered() {
        let both = Bindings { exporter: Some(vec![1]), end_point: Some(vec![1]) };
        let offer = Offer::new(true, &both);
        let modern = offer.clone().narrowed(&[Hash::Sha256], false);
        let sha256 = [Mechanism::Scram(Hash::Sha256, true), Mechanism::Scram(Hash::Sha256, false)];
        assert_eq!(modern.mechanisms(), sha256);
        assert_eq!(
            (modern.fast(), modern.channel_bindings()),
            (offer.fast(), offer.channel_bindings())
        );
        let outside = offer.narrowed(&[], true);
        assert_eq!(
            (outside.mechanisms(), outside.channel_bindings()),
            (&[Mechanism::Plain][..], &[][..])
        );
    }
}
