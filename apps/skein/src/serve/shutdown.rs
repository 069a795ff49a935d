//! How the server stops, and how the next process goes on with its sessions.

use std::future::Future;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use skein_base::Fault;
use skein_db::Db;
use skein_kernel::{Ctx, Ending, Event};
use skein_session::outbox::Link;
use skein_session::{Device, Session};
use skein_transport::connection::{Service, hibernate};
use skein_transport::tls::Certificates;
use skein_xmpp::Jid;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Time for connections to leave; those that do not are cut.
const LEAVE: Duration = Duration::from_secs(10);

/// Sessions that are put away at a time.
const AT_ONCE: usize = 256;

/// What the process is told by signals.
pub(crate) struct Signals {
    term: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Hears them from now on: one that comes before anybody waits is not lost, and ends nothing by force.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn hear() -> Result<Signals, Fault> {
        let hear = |kind| {
            signal(kind).map_err(|error| Fault::because("hearing the signals of the system", error))
        };
        Ok(Signals {
            term: hear(SignalKind::terminate())?,
            interrupt: hear(SignalKind::interrupt())?,
            hangup: hear(SignalKind::hangup())?,
        })
    }

    /// Waits until the process is told to stop. SIGHUP reads the certificates anew.
    pub(crate) async fn wait(mut self, certificates: &Arc<Certificates>) {
        loop {
            tokio::select! {
                _ = self.term.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => reload(certificates),
            }
        }
    }
}

fn reload(certificates: &Arc<Certificates>) {
    for reloaded in certificates.reload() {
        match reloaded {
            Ok(path) => tracing::info!(target: "tls", path = %path.display(), "certificate loaded"),
            Err(error) => tracing::error!(target: "tls", %error, "the old certificate stays"),
        }
    }
}

/// Waits until an administrator ends the process from a client.
pub(crate) fn hear(ctx: &Ctx) -> impl Future<Output = Ending> + use<> {
    let (tell, mut told) = mpsc::unbounded_channel();
    ctx.set_end(Box::new(move |ending| {
        let _ = tell.send(ending);
    }));
    async move {
        match told.recv().await {
            Some(ending) => ending,
            None => std::future::pending().await,
        }
    }
}

/// Becomes a new process of the same program, with the same arguments; says why not.
pub(crate) fn start_anew() -> io::Error {
    match std::env::current_exe() {
        Ok(program) => Command::new(program).args(std::env::args_os().skip(1)).exec(),
        Err(error) => error,
    }
}

/// Stops: connections leave, resumable sessions are written down, the store is closed.
pub(crate) async fn stop(service: &Service, db: &Db) {
    tracing::info!(target: "shutdown", "stopping");
    service.stop();
    let left = async {
        while service.ctx().sessions.all().iter().any(|session| session.link() == Link::Attached) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(LEAVE, left).await.is_err() {
        tracing::warn!(target: "shutdown", "some connections did not leave in time and were cut");
    }
    // Many at a time, so that they share the flushes of the disk.
    let mut leaving = JoinSet::new();
    for session in service.ctx().sessions.all() {
        if leaving.len() >= AT_ONCE {
            leaving.join_next().await;
        }
        leaving.spawn(put_away(service.clone(), session));
    }
    while leaving.join_next().await.is_some() {}
    service.ctx().route().notify(Event::Stopping).await;
    if let Err(fault) = service.accounts.write_logins().await {
        tracing::warn!(target: "shutdown", %fault, "the last logins were not noted");
    }
    db.close().await;
    tracing::info!(target: "shutdown", "stopped");
}

/// Writes a session down if it can be resumed, else ends it.
async fn put_away(service: Service, session: Arc<Session>) {
    let ctx = service.ctx();
    let until = ctx.now().plus(ctx.config.limits.resumable);
    // Who is in the midst of catching up would get new messages before old ones: its
    // next session gets all of them in order.
    let is_behind = session.with_outbox_mut(|outbox| outbox.is_behind());
    if session.previd().is_empty() || is_behind {
        service.router.end(&session).await;
    } else if let Err(error) = skein_session::store::suspend(&ctx.db, &session, until).await {
        tracing::error!(target: "shutdown", %error, "a session cannot be resumed later");
    }
}

/// Takes up the sessions that the last process wrote down.
///
/// # Errors
/// What the database says.
pub(crate) async fn restore(service: &Service) -> Result<(), Fault> {
    let ctx = service.ctx();
    let now = ctx.now();
    // After a crash nobody knows what reached the clients beyond what they acknowledged.
    let server = ctx.clone();
    let owe = ctx.db.write(move |tx| {
        for (account, seq) in skein_session::store::take_crashed(tx)? {
            server.contracts.log.owe_from(tx, account, seq)?;
        }
        Ok(())
    });
    owe.await?;
    for suspended in skein_session::store::take_suspended(&ctx.db).await? {
        let Ok(jid) = Jid::parse(&suspended.jid) else { continue };
        let Some(user) = ctx.user(&jid).await?.filter(|user| user.account == suspended.account)
        else {
            continue;
        };
        if suspended.until <= now {
            continue;
        }
        let device = Device { key: suspended.device.into() };
        let session = Arc::new(Session::restored(
            jid,
            user,
            suspended.id,
            device,
            suspended.unacked,
            suspended.handled,
        ));
        session.set_previd(&suspended.previd);
        session.set_presence(suspended.presence);
        session.set_flags(suspended.flags);
        session.set_delivered(suspended.delivered);
        session.with_directed(|directed| *directed = suspended.directed);
        ctx.sessions.bind(&session);
        ctx.route().notify(Event::Restored(session.clone())).await;
        tokio::spawn(hibernate(service.clone(), session, 0, suspended.until.since(now)));
    }
    Ok(())
}
