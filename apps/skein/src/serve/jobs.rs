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

/// Sees that many have left, by how many users and sessions there are after each sweep.
#[derive(Default)]
struct Left {
    most: usize,
    /// Some of what a user held lives a little longer.
    again: bool,
}

impl Left {
    /// As many must have left for their memory to be looked for.
    const MANY: usize = 500;

    fn look(&mut self, now: usize) {
        let many = now + Self::MANY <= self.most;
        if many || std::mem::take(&mut self.again) {
            super::resident::collect();
            self.again = many;
            self.most = now;
        }
        self.most = self.most.max(now);
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
    let ctx = service.ctx().clone();
    tokio::spawn(async move {
        let mut sweep = tokio::time::interval(SWEEP);
        let mut left = Left::default();
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
                    left.look(users + sessions);
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
