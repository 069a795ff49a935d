//! The small words every floor uses.
//!
//! Floor 0: no sockets, no clock, no randomness of its own. Time and random
//! bytes come in as arguments; [`time::Clock`] and [`rng::Rng`] are what the
//! programs pass down.

pub mod fault;
pub mod id;
pub mod limits;
pub mod percent;
pub mod redact;
pub mod rng;
pub mod time;

pub use fault::Fault;
pub use id::AccountId;
pub use redact::{Pii, Secret};
pub use rng::Rng;
pub use time::{Clock, Timestamp};
