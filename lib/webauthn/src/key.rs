//! Public keys, and the signatures that they check.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    VerificationAlgorithm,
};

use crate::Wrong;

/// Bytes of the longest key: RSA with 8,192 bits.
pub const KEY_BYTES: usize = 1_100;

/// How a key signs; the numbers are those of COSE (RFC 9053, RFC 8812).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// All, the best known first.
    pub const ALL: [Self; 3] = [Self::Es256, Self::EdDsa, Self::Rs256];

    /// Its number.
    pub const fn number(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
        }
    }

    fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.number() == number)
    }

    /// What every SubjectPublicKeyInfo of the kind begins with, behind its length.
    const fn identifier(self) -> &'static [u8] {
        match self {
            // id-ecPublicKey with prime256v1.
            Self::Es256 => b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
            Self::EdDsa => b"\x30\x05\x06\x03\x2b\x65\x70",
            // rsaEncryption with NULL.
            Self::Rs256 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Es256 => &ECDSA_P256_SHA256_ASN1,
            Self::EdDsa => &ED25519,
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        }
    }
}

/// A key as SubjectPublicKeyInfo, which is what browsers give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    info: Vec<u8>,
}

impl PublicKey {
    /// A key for the algorithm of this number.
    ///
    /// # Errors
    /// If nobody could sign for it: another algorithm, another curve, no key at all.
    pub fn read(number: i64, info: &[u8]) -> Result<Self, Wrong> {
        let algorithm = Algorithm::of(number).ok_or(Wrong::Malformed)?;
        if info.len() > KEY_BYTES || !behind_length(info).starts_with(algorithm.identifier()) {
            return Err(Wrong::Malformed);
        }
        ParsedPublicKey::new(algorithm.verification(), info).map_err(|_| Wrong::Malformed)?;
        Ok(Self { algorithm, info: info.to_vec() })
    }

    /// The key of nobody: to check a signature with where there is no passkey, so that the
    /// time does not tell.
    pub fn nobodys() -> Self {
        // Read as one that is somebody's.
        Self::read(Algorithm::Es256.number(), &NOBODYS)
            .unwrap_or_else(|_| Self { algorithm: Algorithm::Es256, info: NOBODYS.to_vec() })
    }

    /// The number of its algorithm.
    pub const fn number(&self) -> i64 {
        self.algorithm.number()
    }

    /// As it came.
    pub fn info(&self) -> &[u8] {
        &self.info
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        ParsedPublicKey::new(self.algorithm.verification(), &self.info)
            .is_ok_and(|key| key.verify_sig(message, signature).is_ok())
    }
}

/// What stands in a sequence that is all there is (X.690 section 8.1.3); empty otherwise.
fn behind_length(info: &[u8]) -> &[u8] {
    let (length, content) = match info {
        [0x30, short, content @ ..] if *short < 0x80 => (usize::from(*short), content),
        [0x30, 0x81, length, content @ ..] => (usize::from(*length), content),
        [0x30, 0x82, high, low, content @ ..] => {
            (usize::from(u16::from_be_bytes([*high, *low])), content)
        }
        _ => return &[],
    };
    if content.len() == length { content } else { &[] }
}

/// P-256's base point (SEC 2 section 2.4.2).
const NOBODYS: [u8; 91] = *b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04\
\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
