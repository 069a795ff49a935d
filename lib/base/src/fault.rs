//! What *we* did wrong, as opposed to what a peer did (`Reject` in the kernel).

use std::fmt;

/// A failure on our side: where it happened and what was being attempted.
///
/// A fault is logged, counted and answered with `internal-server-error`; its
/// text never reaches a peer.
#[derive(Debug)]
pub struct Fault {
    doing: &'static str,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// A fault without an underlying error: an invariant that did not hold.
    pub const fn new(doing: &'static str) -> Self {
        Self { doing, source: None }
    }

    /// A fault caused by `source` while `doing` something.
    pub fn because(
        doing: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { doing, source: Some(source.into()) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}: {source}", self.doing),
            None => f.write_str(self.doing),
        }
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
