//! SASL mechanisms as state machines, for servers and clients: SCRAM (RFC 5802,
//! RFC 7677) with channel binding (RFC 9266) and downgrade protection (XEP-0474),
//! PLAIN (RFC 4616), and the hashed tokens of FAST (XEP-0484).
//!
//! Floor 0: bytes in, bytes out, after base64. Looking up accounts, counting failures
//! and the replay counter of FAST are the caller's. Whoever proves to be somebody acts
//! as that somebody and nobody else: [`authorized`] is the one rule for it.

mod authorization;
mod client;
mod error;
mod hash;
mod mechanism;
mod offer;
mod plain;
mod scram;
#[cfg(test)]
mod tests;
mod token;

pub use authorization::authorized;
pub use client::{ClientFirst, ScramClient, plain_message, token_message, token_verified};
pub use error::SaslError;
pub use hash::{Hash, ITERATIONS, PrepError, ScramKeys, derive, fake_keys, normalize};
pub use mechanism::{ChannelBinding, Mechanism};
pub use offer::{Bindings, Offer};
pub use plain::PlainRequest;
pub use scram::ScramServer;
pub use token::TokenRequest;
