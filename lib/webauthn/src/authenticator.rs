//! The authenticator's data (section 6.1): the domain's hash, flags, the counter, and of a
//! new passkey its id. What follows, the key in CBOR and extensions, is not looked at.

use aws_lc_rs::digest::{SHA256, digest};

use crate::Wrong;

/// Bytes of the longest id of a passkey (section 6.5.1).
pub const CREDENTIAL_BYTES: usize = 1_023;

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;
/// Hash, flags, counter.
const HEAD: usize = 37;
/// What an authenticator says of its make.
const MAKE: usize = 16;

/// What is left of it.
#[derive(Debug)]
pub(crate) struct Data<'a> {
    domain_hash: &'a [u8],
    flags: u8,
    pub(crate) counter: u32,
    pub(crate) credential: Option<&'a [u8]>,
}

impl<'a> Data<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Wrong> {
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or(Wrong::Malformed)?;
        let (domain_hash, head) = head.split_at(32);
        let (&flags, counter) = head.split_first().ok_or(Wrong::Malformed)?;
        let counter = counter.try_into().map_err(|_| Wrong::Malformed)?;
        let has = |flag: u8| flags & flag != 0;
        if !has(HAS_CREDENTIAL) && !has(HAS_EXTENSIONS) && !rest.is_empty() {
            return Err(Wrong::Malformed);
        }
        let credential = if has(HAS_CREDENTIAL) { Some(credential(rest)?) } else { None };
        Ok(Self { domain_hash, flags, counter: u32::from_be_bytes(counter), credential })
    }

    /// For `domain`, by somebody whom the authenticator has looked at.
    pub(crate) fn check(&self, domain: &str) -> Result<(), Wrong> {
        if digest(&SHA256, domain.as_bytes()).as_ref() != self.domain_hash {
            return Err(Wrong::Domain);
        }
        if self.flags & PRESENT == 0 {
            return Err(Wrong::Absent);
        }
        if self.flags & VERIFIED == 0 { Err(Wrong::Unverified) } else { Ok(()) }
    }
}

/// The id in the attested credential data; the key follows it.
fn credential(rest: &[u8]) -> Result<&[u8], Wrong> {
    let rest = rest.get(MAKE..).ok_or(Wrong::Malformed)?;
    let (length, rest) = rest.split_at_checked(2).ok_or(Wrong::Malformed)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let (id, key) = rest.split_at_checked(length).ok_or(Wrong::Malformed)?;
    let is_sound = !id.is_empty() && id.len() <= CREDENTIAL_BYTES && !key.is_empty();
    is_sound.then_some(id).ok_or(Wrong::Malformed)
}
