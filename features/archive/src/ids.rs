//! Ids that clients see (XEP-0359), and keyed hashes of what the log refers to.
//!
//! A stanza id is the pair (account, sequence number), enciphered as one AES
//! block: opaque to everyone, unique, found again without an index, and the same
//! for the same entry for ever.

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use hmac::Mac;
use skein_base::rng::to_hex;
use skein_base::{AccountId, Secret};

type Hmac = hmac::Hmac<sha2::Sha256>;

/// See the module.
pub(crate) struct Ids {
    cipher: aes::Aes128,
    /// Keyed, so that each hash begins behind the key.
    keyed: Hmac,
}

impl Ids {
    /// Derives its keys from the server's secret.
    pub(crate) fn new(secret: &Secret<[u8; 32]>) -> Self {
        let block_key = derive(secret.expose(), b"archive stanza-id");
        let mut key = [0; 16];
        key.copy_from_slice(&block_key[..16]);
        Self {
            cipher: aes::Aes128::new(&key.into()),
            keyed: keyed(&derive(secret.expose(), b"archive hash")),
        }
    }

    /// The id of an entry.
    pub(crate) fn id(&self, account: AccountId, seq: i64) -> Box<str> {
        let mut block = [0; 16];
        block[..8].copy_from_slice(&account.0.to_be_bytes());
        block[8..].copy_from_slice(&seq.to_be_bytes());
        let mut block = block.into();
        self.cipher.encrypt_block(&mut block);
        to_hex(&block).into()
    }

    /// The sequence number in `account`'s log that an id stands for; `None` if the id is
    /// not of that log.
    pub(crate) fn seq(&self, account: AccountId, id: &str) -> Option<i64> {
        let mut block = [0; 16];
        if id.len() != 32 || !id.is_ascii() {
            return None;
        }
        for (byte, digits) in block.iter_mut().zip(id.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        let mut block = block.into();
        self.cipher.decrypt_block(&mut block);
        let (owner, seq) = block.split_at(8);
        let owner = i64::from_be_bytes(owner.try_into().ok()?);
        let seq = i64::from_be_bytes(seq.try_into().ok()?);
        (owner == account.0).then_some(seq)
    }

    /// A hash that nobody without the key can make collide.
    pub(crate) fn hash(&self, parts: &[&str]) -> i64 {
        let mut mac = self.keyed.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let mut short = [0; 8];
        short.copy_from_slice(&mac.finalize().into_bytes()[..8]);
        i64::from_be_bytes(short)
    }
}

fn keyed(key: &[u8; 32]) -> Hmac {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn derive(secret: &[u8; 32], purpose: &[u8]) -> [u8; 32] {
    let mut mac = keyed(secret);
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_again_by_their_owner_alone() {
        let ids = Ids::new(&Secret::new([7; 32]));
        let id = ids.id(AccountId(3), 41);
        assert_eq!(ids.seq(AccountId(3), &id), Some(41));
        assert_eq!(ids.seq(AccountId(4), &id), None);
        assert_eq!(Ids::new(&Secret::new([8; 32])).seq(AccountId(3), &id), None);
        for nonsense in ["", "zz", "' OR '1'='1' --", &"g".repeat(32), &"é".repeat(16)] {
            assert_eq!(ids.seq(AccountId(3), nonsense), None);
        }
    }

    #[test]
    fn m04_ids_show_neither_order_nor_volume() {
        let ids = Ids::new(&Secret::new([7; 32]));
        let made: Vec<_> = (0..1000).map(|seq| ids.id(AccountId(1), seq)).collect();
        let rising = made.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((400..600).contains(&rising), "{rising} of 999 neighbours rise");
    }
}
