//! Restarting and stopping (XEP-0133 sections 4.30 and 4.31).

use std::time::Duration;

use skein_kernel::{Ending, Refusal};

use crate::notices::tell_everybody;
use crate::run::{Call, Outcome, bad};

/// The longest wait before the end.
const LONGEST: u64 = 24 * 3600;
/// For the answer to leave.
const SHORTEST: Duration = Duration::from_millis(200);

pub(crate) async fn restart(call: Call) -> Result<Outcome, Refusal> {
    end(call, Ending::Restart)
}

pub(crate) async fn stop(call: Call) -> Result<Outcome, Refusal> {
    end(call, Ending::Stop)
}

fn end(call: Call, ending: Ending) -> Result<Outcome, Refusal> {
    let delay = match call.form.value("delay").filter(|delay| !delay.is_empty()) {
        None => 0,
        Some(delay) => delay.parse().map_err(|_| bad("delay is no number of seconds"))?,
    };
    if delay > LONGEST {
        return Err(bad("delay is at most a day"));
    }
    let announcement = call.text("announcement")?;
    if !announcement.is_empty() {
        tell_everybody(&call.ctx, &announcement);
    }
    let ctx = call.ctx.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(delay).max(SHORTEST)).await;
        ctx.end(ending);
    });
    Ok(Outcome::default())
}
