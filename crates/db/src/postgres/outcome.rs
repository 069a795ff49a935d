//! What became of a commit whose answer was lost (trust: R8).

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio_postgres::SimpleQueryMessage;

use super::Postgres;
use crate::tx::{Broken, Severity};

/// How long to ask: a server that restarts is back by then, and after that the writer
/// must say something to those who wait.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

impl Postgres {
    /// Ends the transaction; the answers of what is still in flight come first. If the
    /// connection is lost meanwhile, a new one tells whether it was committed; an error of
    /// severity `Lost` leaves that open only where there is no guard or the server stays away.
    pub(crate) fn commit(&mut self) -> Result<(), Broken> {
        let number = self.number.take();
        match (self.ask_to_commit(), number) {
            (Err(broken), Some(number)) if broken.severity == Severity::Lost => {
                self.look_up(number, broken)
            }
            (outcome, _) => outcome,
        }
    }

    /// Asks until it is known whether the transaction of that number was committed; gives
    /// `broken` back if it was not, or if nobody can tell.
    fn look_up(&mut self, number: u64, broken: Broken) -> Result<(), Broken> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match self.was_committed(number) {
                Some(true) => {
                    tracing::info!("db.commit.found");
                    return Ok(());
                }
                Some(false) => return Err(broken),
                // No connection yet, or the server still works at it.
                None => thread::sleep(PAUSE),
            }
        }
        Err(broken)
    }

    fn was_committed(&mut self, number: u64) -> Option<bool> {
        self.connect().ok()?;
        let (link, runtime) = self.parts().ok()?;
        let client = Arc::clone(&link.client);
        let text = format!("SELECT txid_status({number})");
        let answered = link.drive(runtime, async move { client.simple_query(&text).await }).ok()?;
        let status = answered.iter().find_map(|part| match part {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        match status {
            Some("committed") => Some(true),
            Some("aborted") => Some(false),
            _ => None,
        }
    }
}
