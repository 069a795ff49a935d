//! The configuration: one typed tree from a TOML file and the environment.
//!
//! [`Config`] is declared once, section by section, in `tree.rs` and
//! `limits.rs`; each declaration carries the documentation, the default and the
//! kind of every value. From it come the plain fields which the rest of the
//! server reads, the reader, [`reference`] (`docs/configuration.md`) and
//! [`print`]. A new key is one line there.
//!
//! A value comes from the environment, else from the file, else from its
//! default; every default is safe and complete, so an empty file serves. What
//! is wrong is reported in one go as [`Mistakes`]: where, what, and the remedy.

#[macro_use]
mod table;

mod address;
mod check;
mod components;
mod kind;
mod limits;
mod mistake;
mod nearest;
mod outside;
mod print;
mod quantity;
mod read;
mod texts;
mod tree;
mod url;

#[cfg(test)]
mod tests;

pub use address::Network;
pub use components::Component;
pub use limits::Limits;
pub use mistake::{Mistake, Mistakes, Origin};
pub use print::{print, reference};
pub use quantity::{Rate, duration};
pub use read::{environment, load, parse};
pub use tree::{
    Access, Acme, Archive, Bus, C2s, Components, Config, Contact, Creation, Format, Level, Listen,
    Log, Metrics, Objects, Registration, Rooms, Storage, Tls,
};
pub use url::Url;
