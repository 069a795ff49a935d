//! Addresses (RFC 7622): `[localpart@]domainpart[/resourcepart]`, always prepared.
//!
//! A [`Jid`] can only hold a prepared address, so two of them compare byte by
//! byte. Plain ASCII takes a fast path; everything else goes through the
//! stringprep profiles of RFC 6122, which every deployed server compares by.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use thiserror::Error;

/// Bytes of one part of an address (RFC 7622 section 3).
pub const PART_BYTES: usize = 1023;

/// Why a text is not an address. All of them are `jid-malformed` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JidError {
    /// A part that must not be empty is empty.
    #[error("an empty part")]
    Empty,
    /// A part is longer than [`PART_BYTES`].
    #[error("a part longer than 1,023 bytes")]
    TooLong,
    /// A character that preparation forbids.
    #[error("a forbidden character")]
    Forbidden,
}

/// A prepared address. Cloning counts a reference.
#[derive(Clone)]
pub struct Jid {
    text: Arc<str>,
    /// Bytes of the localpart; 0 if there is none.
    local: u16,
    /// Where the resourcepart begins; 0 if there is none.
    resource: u16,
}

impl Jid {
    /// Parses and prepares an address.
    ///
    /// # Errors
    /// Says which rule of RFC 7622 the text breaks.
    pub fn parse(text: &str) -> Result<Self, JidError> {
        let (bare, resource) = match text.split_once('/') {
            Some((bare, resource)) => (bare, Some(resource)),
            None => (text, None),
        };
        let (local, domain) = match bare.split_once('@') {
            Some((local, domain)) => (Some(local), domain),
            None => (None, bare),
        };
        Self::from_parts(local, domain, resource)
    }

    /// Puts an address together from unprepared parts.
    ///
    /// # Errors
    /// As [`Jid::parse`].
    pub fn from_parts(
        local: Option<&str>,
        domain: &str,
        resource: Option<&str>,
    ) -> Result<Self, JidError> {
        let local = local.map(prepare_local).transpose()?;
        let domain = prepare_domain(domain)?;
        let resource = resource.map(prepare_resource).transpose()?;
        Ok(Self::assemble(local.as_deref(), &domain, resource.as_deref()))
    }

    fn assemble(local: Option<&str>, domain: &str, resource: Option<&str>) -> Self {
        let mut text = String::with_capacity(
            local.map_or(0, |l| l.len() + 1) + domain.len() + resource.map_or(0, |r| r.len() + 1),
        );
        if let Some(local) = local {
            text.push_str(local);
            text.push('@');
        }
        text.push_str(domain);
        let mut resource_at = 0;
        if let Some(resource) = resource {
            text.push('/');
            resource_at = text.len() as u16;
            text.push_str(resource);
        }
        Self {
            text: text.into(),
            local: local.map_or(0, |l| l.len() as u16),
            resource: resource_at,
        }
    }

    /// The localpart.
    pub fn local(&self) -> Option<&str> {
        (self.local > 0).then(|| &self.text[..usize::from(self.local)])
    }

    /// The domainpart.
    pub fn domain(&self) -> &str {
        let bare = self.bare_str();
        if self.local > 0 { &bare[usize::from(self.local) + 1..] } else { bare }
    }

    /// The resourcepart.
    pub fn resource(&self) -> Option<&str> {
        (self.resource > 0).then(|| &self.text[usize::from(self.resource)..])
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address without its resourcepart, as text.
    pub fn bare_str(&self) -> &str {
        if self.resource > 0 { &self.text[..usize::from(self.resource) - 1] } else { &self.text }
    }

    /// Whether there is no resourcepart.
    pub const fn is_bare(&self) -> bool {
        self.resource == 0
    }

    /// The address without its resourcepart.
    #[must_use]
    pub fn bare(&self) -> Self {
        if self.is_bare() {
            return self.clone();
        }
        Self { text: self.bare_str().into(), local: self.local, resource: 0 }
    }

    /// The domain alone.
    #[must_use]
    pub fn to_domain(&self) -> Self {
        Self { text: self.domain().into(), local: 0, resource: 0 }
    }

    /// The same bare address with `resource`.
    ///
    /// # Errors
    /// If the resource cannot be prepared.
    pub fn with_resource(&self, resource: &str) -> Result<Self, JidError> {
        let resource = prepare_resource(resource)?;
        Ok(Self::assemble(self.local(), self.domain(), Some(&resource)))
    }

    /// Whether both are the same account or domain, whatever the resources.
    pub fn same_bare(&self, other: &Self) -> bool {
        self.bare_str() == other.bare_str()
    }
}

impl PartialEq for Jid {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Jid {}

impl Hash for Jid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// The text hashes and compares as the address does.
impl Borrow<str> for Jid {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl PartialOrd for Jid {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Jid {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl fmt::Display for Jid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Jid {
    /// Addresses are personal data: only the domain shows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jid(…@{})", self.domain())
    }
}

impl std::str::FromStr for Jid {
    type Err = JidError;

    fn from_str(text: &str) -> Result<Self, JidError> {
        Self::parse(text)
    }
}

fn bounded(part: &str) -> Result<(), JidError> {
    match part.len() {
        0 => Err(JidError::Empty),
        1..=PART_BYTES => Ok(()),
        _ => Err(JidError::TooLong),
    }
}

/// Prepares a part by a profile of stringprep. What another round would change is refused: the
/// profiles fold case by Unicode 3.2 and normalise by today's, so that a capital letter can
/// come out of a sign that is younger, and one address would have two forms.
fn settled<E>(
    part: &str,
    profile: impl Fn(&str) -> Result<Cow<'_, str>, E>,
) -> Result<Cow<'_, str>, JidError> {
    let prepared = profile(part).map_err(|_| JidError::Forbidden)?;
    let is_settled = profile(&prepared).is_ok_and(|again| again == prepared);
    if is_settled { Ok(prepared) } else { Err(JidError::Forbidden) }
}

/// Prepares a localpart: case folded, normalised, nothing that separates addresses.
///
/// # Errors
/// If it is empty, too long, or holds a forbidden character.
pub fn prepare_local(part: &str) -> Result<Cow<'_, str>, JidError> {
    bounded(part)?;
    let prepared = if part.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()) {
        Cow::Borrowed(part)
    } else {
        settled(part, stringprep::nodeprep)?
    };
    if prepared.bytes().any(|b| b <= b' ' || b"\"&'/:<>@\x7f".contains(&b)) {
        return Err(JidError::Forbidden);
    }
    bounded(&prepared)?;
    Ok(prepared)
}

/// Prepares a domainpart: lower case, no trailing dot, names or an address literal.
///
/// # Errors
/// As [`prepare_local`].
pub fn prepare_domain(part: &str) -> Result<Cow<'_, str>, JidError> {
    let part = part.strip_suffix('.').unwrap_or(part);
    bounded(part)?;
    if let Some(literal) = part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match literal.parse::<std::net::Ipv6Addr>() {
            Ok(_) => Ok(Cow::Owned(part.to_ascii_lowercase())),
            Err(_) => Err(JidError::Forbidden),
        };
    }
    let plain = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() || b"-._".contains(&b);
    let prepared = if part.bytes().all(plain) {
        Cow::Borrowed(part)
    } else {
        settled(part, stringprep::nameprep)?
    };
    if prepared.bytes().any(|b| b.is_ascii() && !plain(b)) {
        return Err(JidError::Forbidden);
    }
    if prepared.split('.').any(str::is_empty) {
        return Err(JidError::Forbidden);
    }
    bounded(&prepared)?;
    Ok(prepared)
}

/// Prepares a resourcepart: normalised, case kept.
///
/// # Errors
/// As [`prepare_local`].
pub fn prepare_resource(part: &str) -> Result<Cow<'_, str>, JidError> {
    bounded(part)?;
    let prepared = if part.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        Cow::Borrowed(part)
    } else {
        settled(part, stringprep::resourceprep)?
    };
    bounded(&prepared)?;
    Ok(prepared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prepared(text: &str) -> Option<String> {
        Jid::parse(text).ok().map(|jid| jid.to_string())
    }

    #[test]
    fn addresses_are_prepared() {
        for (text, expected) in [
            ("localhost", "localhost"),
            ("Alice@Example.COM/Phone", "alice@example.com/Phone"),
            ("ALICE@example.com.", "alice@example.com"),
            ("a@b/c@d/e", "a@b/c@d/e"),
            ("ＡＬＩＣＥ@example.com", "alice@example.com"),
            ("straße@example.com", "strasse@example.com"),
            ("用户@例子.测试/手机", "用户@例子.测试/手机"),
            ("a@[::1]", "a@[::1]"),
        ] {
            assert_eq!(prepared(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn s14_malformed_addresses_are_refused() {
        let long = "x".repeat(1024);
        for text in [
            "",
            "@b",
            "a@",
            "a@b/",
            "/r",
            "a b@c",
            "a\u{0}@c",
            "a@b@c",
            "a'b@c",
            "a@b c",
            "a@..",
            "a@b..c",
            "a@[zz]",
            "a@b/\r",
            "a@b/x\n",
            "a@b/\u{200e}\u{0}",
            "a&b@c",
            &long,
            &format!("{long}@c"),
            &format!("a@c/{long}"),
        ] {
            assert_eq!(prepared(text), None, "{text}");
        }
    }

    #[test]
    fn a_sign_that_becomes_a_capital_letter_is_refused() {
        // MATHEMATICAL BOLD CAPITAL DIGAMMA, of Unicode 5.0.
        assert_eq!(Jid::parse("\u{1d7ca}@example.com"), Err(JidError::Forbidden));
        assert_eq!(Jid::parse("\u{1d7ca}.example"), Err(JidError::Forbidden));
    }

    #[test]
    fn parts_come_apart() {
        let jid = Jid::parse("alice@example.com/phone").expect("valid");
        assert_eq!(
            (jid.local(), jid.domain(), jid.resource()),
            (Some("alice"), "example.com", Some("phone"))
        );
        assert_eq!(jid.bare().as_str(), "alice@example.com");
        assert_eq!(jid.to_domain().as_str(), "example.com");
        assert!(jid.same_bare(&jid.bare()));
        assert_eq!(
            jid.bare().with_resource("pad").expect("valid").as_str(),
            "alice@example.com/pad"
        );
    }

    proptest! {
        #[test]
        fn preparing_twice_changes_nothing(text in "\\PC{0,40}") {
            if let Ok(jid) = Jid::parse(&text) {
                prop_assert!(jid.as_str().len() <= text.len() * 18 + 3);
                prop_assert_eq!(Jid::parse(jid.as_str()).map(|again| again.to_string()), Ok(jid.to_string()));
            }
        }
    }
}
