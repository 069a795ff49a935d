//! What a feature is, and how features meet.
//!
//! Floor 1. A feature is a plain value ([`Feature`]): what it is called, which
//! specifications it implements, its tables, its handlers. [`compose`] puts
//! the features of one list together, in the order of that list, and refuses
//! doubles and gaps.
//!
//! The way of a message: the sender's stages (Limit, Guard, Stamp, Record, Copy),
//! the routing decision, the recipient's stages (Admit, Keep, Fan, Absent). The
//! handlers are plain synchronous functions over the stanza and state that was
//! loaded before; what they want written and sent they put into the
//! [`Envelope`]. All writes of an envelope are one transaction, and nothing of
//! it leaves before the commit.
//!
//! Invariants: no handler waits; guards fail closed; features know this crate
//! and never each other.

pub mod alarm;
mod asks;
pub mod command;
pub mod compose;
pub mod contracts;
pub mod counters;
pub mod ctx;
pub mod document;
mod ending;
pub mod envelope;
pub mod event;
pub mod exchange;
pub mod feature;
pub mod host;
pub mod iq;
pub mod language;
pub mod pace;
mod refusal;
pub mod route;
pub mod stage;

pub use alarm::{Alarm, Bell};
pub use asks::{AnswerFn, PATIENCE};
pub use command::Command;
pub use compose::{ComposeError, Composed, compose};
pub use ctx::{Ctx, Route};
pub use ending::{EndFn, Ending};
pub use envelope::{Envelope, Keep, Side, Stored, Target, Write};
pub use event::Event;
pub use feature::{Feature, Future, Job, Spec, Subject};
pub use host::{Host, Reply, Visit};
pub use iq::{Addressee, IqEntry, Request};
pub use pace::{Pace, Paces};
pub use refusal::Refusal;
pub use stage::{Receiving, Sending, Stage, Verdict};
