//! Decisions: pure functions on plain data.

pub(crate) mod acquaintance;
pub(crate) mod affiliation;
pub(crate) mod config;
pub(crate) mod entry;
pub(crate) mod history;
pub(crate) mod role;
pub(crate) mod voice;
