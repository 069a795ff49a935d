//! The scenarios: each a script for the sessions of the engine, and its figures.

pub(crate) mod archive;
pub(crate) mod chance;
pub(crate) mod chat;
pub(crate) mod day;
pub(crate) mod idle;
pub(crate) mod logins;
pub(crate) mod offline;
pub(crate) mod pairs;
pub(crate) mod reconnect;
pub(crate) mod relay;
pub(crate) mod rooms;

use std::time::Duration;

/// How long a turn waits when nothing is due: progress is still shown in time.
const PAUSE: Duration = Duration::from_millis(100);

/// Tells one run's messages from another's: the clock is enough for that.
fn run_number() -> u32 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| since.as_millis() as u32)
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
