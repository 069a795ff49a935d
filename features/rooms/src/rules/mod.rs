//! Decisions: pure functions on plain data.

pub(crate) mod acquaintance;
pub(crate) mod affiliation;
pub(crate) mod config;
pub(crate) mod creation;
pub(crate) mod directory;
pub(crate) mod entry;
pub(crate) mod history;
pub(crate) mod rights;
pub(crate) mod role;
pub(crate) mod timer;
pub(crate) mod voice;
