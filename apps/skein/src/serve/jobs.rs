//! Work that is done every so often.

use std::sync::Arc;
use std::time::Duration;

use skein_transport::connection::Service;
use skein_transport::tls::Certificates;

/// How often users whom nobody needs are forgotten.
const SWEEP: Duration = Duration::from_secs(10);
/// How often certificate files are looked at.
const CERTIFICATES: Duration = Duration::from_secs(60);
/// How often records of sessions that can be resumed no more are removed.
const EXPIRED: Duration = Duration::from_secs(600);

/// How often it is written down what clients acknowledged.
const DELIVERED: Duration = Duration::from_secs(1);

/// Sees that many have come or left, by how many users and sessions there are after each sweep.
#[derive(Default)]
struct Crowd {
    /// How many there were when memory was last given back.
    known: usize,
    /// So many sweeps more: what users held lives a little longer, and logins and farewells
    /// run through parts of the program that nobody needs when it is quiet again.
    more: u8,
}

impl Crowd {
    /// As many must have come or left, and a twentieth of all.
    const MANY: usize = 500;
    /// Sweeps after which memory is given back once more.
    const AGAIN: u8 = 3;

    /// Whether memory is to be given back now.
    fn look(&mut self, now: usize) -> bool {
        if now.abs_diff(self.known) >= Self::MANY.max(now / 20) {
            self.more = Self::AGAIN + 1;
        }
        let is_due = self.more > 0;
        if is_due {
            self.more -= 1;
            self.known = now;
        }
        is_due
    }
}

/// Does what became due while the server was down, before anybody can ask for it.
pub(crate) async fn catch_up(service: &Service) {
    for alarm in service.router.alarms() {
        let _ = (alarm.run)(service.ctx().clone()).await;
    }
}

/// Starts all of it. The tasks end with the process.
pub(crate) fn start(service: &Service, certificates: &Arc<Certificates>) {
    for job in service.router.jobs() {
        let (ctx, job) = (service.ctx().clone(), *job);
        tokio::spawn(async move {
            let mut due = tokio::time::interval(job.every);
            due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                due.tick().await;
                tracing::debug!(target: "jobs", job = job.name, "begins");
                (job.run)(ctx.clone()).await;
                if job.every > SWEEP {
                    // What it has run through that nobody else needs: up to 4 MiB.
                    super::resident::give_back_program();
                }
            }
        });
    }
    for alarm in service.router.alarms() {
        tokio::spawn(alarm.watch(service.ctx().clone()));
    }
    tokio::spawn(certificates.clone().watch(CERTIFICATES));
    let watched = service.clone();
    tokio::spawn(async move {
        let mut due = tokio::time::interval(watched.silence_period());
        loop {
            due.tick().await;
            watched.ask_the_silent().await;
        }
    });
    let swept = service.clone();
    tokio::spawn(async move {
        let ctx = swept.ctx();
        let mut sweep = tokio::time::interval(SWEEP);
        let mut crowd = Crowd::default();
        let mut expired = tokio::time::interval(EXPIRED);
        let mut delivered = tokio::time::interval(DELIVERED);
        loop {
            tokio::select! {
                _ = delivered.tick() => {
                    let sessions = ctx.sessions.take_delivered();
                    if sessions.is_empty() {
                        continue;
                    }
                    if let Err(error) = skein_session::store::store_delivered(&ctx.db, &sessions).await {
                        tracing::error!(target: "jobs", %error, "acknowledgements were not noted");
                    }
                }
                _ = sweep.tick() => {
                    ctx.sessions.sweep(ctx.now());
                    let (users, sessions) = ctx.sessions.count();
                    if crowd.look(users + sessions) {
                        swept.silence.give_back();
                        super::resident::collect(&ctx.db);
                    }
                    // The same of those who came and left.
                    super::resident::give_back_program();
                }
                _ = expired.tick() => {
                    if let Err(error) = skein_session::store::sweep(&ctx.db, ctx.now()).await {
                        tracing::error!(target: "jobs", %error, "old sessions stay on record");
                    }
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_given_back_when_a_crowd_has_come_and_when_it_has_left() {
        let mut crowd = Crowd::default();
        let mut collected = |counts: &[usize]| -> Vec<bool> {
            counts.iter().map(|count| crowd.look(*count)).collect()
        };
        assert_eq!(collected(&[0, 10, 499]), [false; 3]);
        // Once at once, and at three sweeps more.
        let quiet = [true, true, true, true, false, false];
        assert_eq!(collected(&[20_000; 6]), quiet);
        // A few more or less are no crowd.
        assert_eq!(collected(&[19_500, 20_900]), [false; 2]);
        assert_eq!(collected(&[0; 6]), quiet);
        // Those who go one by one are many in the end.
        assert_eq!(collected(&[200, 400, 600]), [false, false, true]);
    }
}
