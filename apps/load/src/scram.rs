//! The client's side of SCRAM (RFC 5802, RFC 7677), without channel binding.

use std::cell::RefCell;
use std::collections::HashMap;
use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2, rand};
use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::target::Sasl;

/// Salted passwords by salt and rounds, kept as clients keep them: the hashing
/// would cost the generator more than a login costs the server.
#[derive(Debug, Default)]
pub(crate) struct Salted(RefCell<HashMap<Salting, Vec<u8>>>);

type Salting = (Vec<u8>, u32);

/// An exchange under way.
#[derive(Debug)]
pub(crate) struct Scram {
    sha1: bool,
    first_bare: String,
    signature: Vec<u8>,
}

/// Why an exchange broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScramError {
    #[error("the server's SCRAM message cannot be read")]
    Malformed,
    #[error("the server does not know the password")]
    WrongSignature,
}

impl Scram {
    /// Begins; also yields the client-first-message.
    pub(crate) fn start(mechanism: Sasl, name: &str) -> (Self, String) {
        let mut nonce = [0; 18];
        // A broken source of random bytes shows as a refused login.
        let _ = rand::fill(&mut nonce);
        let name = name.replace('=', "=3D").replace(',', "=2C");
        let first_bare = format!("n={name},r={}", BASE64_STANDARD.encode(nonce));
        let first = format!("n,,{first_bare}");
        (Self { sha1: mechanism == Sasl::ScramSha1, first_bare, signature: Vec::new() }, first)
    }

    /// Answers the server-first-message with the client-final-message.
    pub(crate) fn answer(
        &mut self,
        server_first: &str,
        password: &str,
        salted: &Salted,
    ) -> Result<String, ScramError> {
        let field = |name| server_first.split(',').find_map(|part| part.strip_prefix(name));
        let nonce = field("r=").ok_or(ScramError::Malformed)?;
        let salt = field("s=").and_then(|salt| BASE64_STANDARD.decode(salt).ok());
        let rounds = field("i=").and_then(|rounds| rounds.parse::<NonZeroU32>().ok());
        let (Some(salt), Some(rounds)) = (salt, rounds) else { return Err(ScramError::Malformed) };

        let (derive, mac, hash) = if self.sha1 {
            let hash = &digest::SHA1_FOR_LEGACY_USE_ONLY;
            (pbkdf2::PBKDF2_HMAC_SHA1, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, hash)
        } else {
            (pbkdf2::PBKDF2_HMAC_SHA256, hmac::HMAC_SHA256, &digest::SHA256)
        };
        let mut kept = salted.0.borrow_mut();
        let salted = kept.entry((salt, rounds.get())).or_insert_with_key(|(salt, _)| {
            let mut salted = vec![0; hash.output_len()];
            pbkdf2::derive(derive, rounds, salt, password.as_bytes(), &mut salted);
            salted
        });
        let sign = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(mac, key), text.as_bytes());

        let client_key = sign(salted, "Client Key");
        let stored_key = digest::digest(hash, client_key.as_ref());
        let bare = format!("c=biws,r={nonce}");
        let all = format!("{},{server_first},{bare}", self.first_bare);
        let signed = sign(stored_key.as_ref(), &all);
        let proof: Vec<u8> =
            client_key.as_ref().iter().zip(signed.as_ref()).map(|(a, b)| a ^ b).collect();
        self.signature = sign(sign(salted, "Server Key").as_ref(), &all).as_ref().to_vec();
        Ok(format!("{bare},p={}", BASE64_STANDARD.encode(proof)))
    }

    /// Checks the server-final-message.
    pub(crate) fn check(&self, server_final: &str) -> Result<(), ScramError> {
        let given = server_final.split(',').find_map(|part| part.strip_prefix("v="));
        let given = given.and_then(|given| BASE64_STANDARD.decode(given).ok());
        if given.as_ref() == Some(&self.signature) {
            Ok(())
        } else {
            Err(ScramError::WrongSignature)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchange_of_rfc_7677_section_3() {
        let first_bare = "n=user,r=rOprNGfwEbeRWgbNEkqO".to_owned();
        let mut scram = Scram { sha1: false, first_bare, signature: Vec::new() };
        let server_first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let answer = scram.answer(server_first, "pencil", &Salted::default()).unwrap();
        assert!(answer.ends_with("p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), "{answer}");
        scram.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap();
        scram.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=").unwrap_err();
    }
}
