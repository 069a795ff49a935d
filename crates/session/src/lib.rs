//! Live sessions: who is connected, what waits to be written to whom, and what
//! a lost connection may resume.
//!
//! Floor 1. A [`Session`] outlives its connection: the connection's task only
//! drains the [`Outbox`]. Anyone may push into an outbox; the task writes to the
//! socket, or while it sleeps whoever pushed, by the [`Line`]. An idle session holds no buffer, channel or timer.
//!
//! Invariants: a full JID names one live session; a message that an outbox
//! refuses is still in its account's log.

pub mod component;
mod flag;
mod line;
pub mod outbox;
mod place;
pub mod session;
pub mod store;
pub mod table;
mod task;
mod turns;
pub mod unacked;
pub mod user;
mod wakes;

pub use component::Components;
pub use flag::Flag;
pub use line::{Line, spread};
pub use outbox::{Bounds, Outbox, Pushed};
pub use place::LogRef;
pub use session::{Device, Session, SessionId};
pub use table::{Claim, Sessions};
pub use turns::Turns;
pub use unacked::{Owed, Unacked};
pub use user::User;
pub use wakes::{together, write_to};
