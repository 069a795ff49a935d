//! How the process ends, if somebody who may wants it to.

/// What becomes of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It stops.
    Stop,
    /// It starts anew.
    Restart,
}

/// Ends the process in order.
pub type EndFn = Box<dyn Fn(Ending) + Send + Sync>;
