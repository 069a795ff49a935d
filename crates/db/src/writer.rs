//! Group commit.
use skein_base::Fault;
use crate::{DbError, Tx};

/// A write that is committed together with others.
pub trait Job: Send {
    /// The statements. Called again, alone, when another job of the batch failed.
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError>;
    /// Told once, in order, on the writer thread: be short.
    fn done(self: Box<Self>, outcome: Result<(), Fault>);
}
