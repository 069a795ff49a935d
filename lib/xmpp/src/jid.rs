//! Addresses (RFC 7622): `[localpart@]domainpart[/resourcepart]`, always prepared.
//!
//! A [`Jid`] can only hold a prepared address, so two of them compare byte by
//! byte. Plain ASCII takes a fast path; everything else goes through the
//! stringprep profiles of RFC 6122, which every deployed server compares by.

#[cfg(test)]
mod tests;

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
        if let Some(ready) = Self::ready(text) {
            return Ok(ready);
        }
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

    /// An address that preparation leaves as it is, told by one look at each byte; `None` if
    /// more has to be looked at.
    fn ready(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() > PART_BYTES {
            return None;
        }
        let front = bytes.iter().position(|byte| !is_of(*byte, IN_LOCAL)).unwrap_or(bytes.len());
        let local = if bytes.get(front) == Some(&b'@') { front } else { 0 };
        let start = if local > 0 { local + 1 } else { 0 };
        let rest = &bytes[start..];
        let length = rest.iter().position(|byte| !is_of(*byte, IN_DOMAIN)).unwrap_or(rest.len());
        // Before and behind a dot stands something else.
        let mut before = b'.';
        for &byte in rest[..length].iter().chain(b".") {
            if byte == b'.' && before == b'.' {
                return None;
            }
            before = byte;
        }
        let resource = match rest[length..].split_first() {
            None => 0,
            Some((b'/', resource)) if !resource.is_empty() => {
                let is_plain = resource.iter().all(|byte| is_of(*byte, IN_RESOURCE));
                is_plain.then_some(start + length + 1)?
            }
            Some(_) => return None,
        };
        Some(Self { text: text.into(), local: local as u16, resource: resource as u16 })
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

/// ASCII that stays as it is in a localpart, a domainpart and a resourcepart.
const IN_LOCAL: u8 = 1;
const IN_DOMAIN: u8 = 2;
const IN_RESOURCE: u8 = 4;

static PLAIN: [u8; 256] = {
    let mut parts = [0; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        parts[byte as usize] = match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => IN_LOCAL | IN_DOMAIN | IN_RESOURCE,
            b'A'..=b'Z' | b' ' | b'"' | b'&' | b'\'' | b'/' | b':' | b'<' | b'>' | b'@' => {
                IN_RESOURCE
            }
            _ => IN_LOCAL | IN_RESOURCE,
        };
        byte += 1;
    }
    parts
};

const fn is_of(byte: u8, part: u8) -> bool {
    PLAIN[byte as usize] & part != 0
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
