//! Why a request is not fulfilled: the peer's doing or ours.

use skein_base::Fault;
use skein_db::DbError;
use skein_xmpp::{Condition, StanzaError};

/// What the peer did (`Reject`) apart from what we did (`Fault`).
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The peer gets this error.
    #[error("{0}")]
    Reject(StanzaError),
    /// The handler has answered already, because other stanzas had to follow.
    #[error("answered")]
    Answered,
    /// The log gets this; the peer gets `internal-server-error`.
    #[error("{0}")]
    Fault(#[from] Fault),
}

impl Refusal {
    /// The error answer to the peer, if one is still owed. A fault is logged here.
    pub fn into_answer(self) -> Option<StanzaError> {
        match self {
            Self::Answered => None,
            refusal => Some(refusal.into_error()),
        }
    }

    /// The error for the peer. A fault is logged here.
    pub fn into_error(self) -> StanzaError {
        match self {
            Self::Reject(error) => error,
            Self::Answered => StanzaError::new(Condition::UndefinedCondition),
            Self::Fault(fault) => {
                tracing::error!(target: "kernel", %fault, "a request failed");
                StanzaError::new(Condition::InternalServerError)
                    .text("something went wrong here; try again later")
            }
        }
    }
}

impl From<StanzaError> for Refusal {
    fn from(error: StanzaError) -> Self {
        Self::Reject(error)
    }
}

impl From<Condition> for Refusal {
    fn from(condition: Condition) -> Self {
        Self::Reject(condition.into())
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Fault(error.into())
    }
}
