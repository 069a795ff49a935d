//! Randomness is passed in, so that tests can repeat themselves.

/// A source of random bytes fit for keys.
pub trait Rng: Send + Sync {
    /// Fills `into` with unpredictable bytes.
    fn fill(&self, into: &mut [u8]);

    /// 64 random bits.
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// `N` random bytes in lower-case hexadecimal, for ids that must not be guessed.
    fn hex<const N: usize>(&self) -> String
    where
        Self: Sized,
    {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        to_hex(&bytes)
    }
}

/// Lower-case hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}
