//! From passwords to the keys of SCRAM, on as many cores as there are.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use skein_base::Fault;
use skein_sasl::{Hash, ScramKeys, derive};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::accounts::Accounts;
use crate::password::Password;

/// Bytes of a salt. RFC 5802 leaves it open; 16 random ones never meet again.
const SALT_BYTES: usize = 16;

/// The stored number of a hash.
pub(crate) const fn number(hash: Hash) -> i64 {
    match hash {
        Hash::Sha1 => 1,
        Hash::Sha256 => 256,
        Hash::Sha512 => 512,
    }
}

/// One for each of [`Hash::ALL`]: a client may know any one of them only.
type Salts = [[u8; SALT_BYTES]; Hash::ALL.len()];

impl Accounts {
    /// The keys of each password, for every hash, each with a salt of its own.
    pub(crate) async fn derive_many(
        &self,
        passwords: Vec<Password>,
    ) -> Result<Vec<Vec<ScramKeys>>, Fault> {
        let iterations = self.inner.config.limits.scram_iterations;
        let salted: Vec<(Password, Salts)> = passwords
            .into_iter()
            .map(|password| (password, Salts::default().map(|_| self.random())))
            .collect();
        // A single password must not wait behind a thousand: each hashing thread of
        // a large order takes one place.
        let places =
            thread::available_parallelism().map_or(1, NonZeroUsize::get).min(salted.len().max(1));
        let share = salted.len().div_ceil(places).max(1);
        let mut running = Vec::with_capacity(places);
        for part in salted.chunks(share) {
            let part = part.to_vec();
            running.push(tokio::spawn(in_place(self.inner.hashing.clone(), move || {
                part.iter()
                    .map(|(password, salts)| derive_all(password, salts, iterations))
                    .collect()
            })));
        }
        let mut derived: Vec<Vec<ScramKeys>> = Vec::with_capacity(salted.len());
        for part in running {
            let part = part.await.map_err(|error| Fault::because("hashing passwords", error))?;
            derived.extend::<Vec<Vec<ScramKeys>>>(part?);
        }
        Ok(derived)
    }

    /// Runs `hash` on a thread for such work, when a core is free for it.
    pub(crate) async fn hash<T: Send + 'static>(
        &self,
        hash: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        in_place(self.inner.hashing.clone(), hash).await
    }
}

fn derive_all(password: &Password, salts: &Salts, iterations: u32) -> Vec<ScramKeys> {
    let one =
        |(hash, salt): (Hash, &[u8; SALT_BYTES])| derive(password.secret(), salt, iterations, hash);
    // A `Password` is prepared, so each of them can be derived.
    Hash::ALL.into_iter().zip(salts).filter_map(|each| one(each).ok()).collect()
}

async fn in_place<T: Send + 'static>(
    places: Arc<Semaphore>,
    hash: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    let place =
        places.acquire_owned().await.map_err(|error| Fault::because("waiting to hash", error))?;
    let hashed = spawn_blocking(move || {
        let hashed = hash();
        drop(place);
        hashed
    });
    hashed.await.map_err(|error| Fault::because("hashing a password", error))
}
