//! A session without a connection, waiting to be resumed.

use std::sync::Arc;
use std::time::Duration;

use skein_session::Session;
use skein_session::outbox::Link;

use super::Service;

/// Waits until `session` is resumed, ended, or has waited for `resumable`; in the last
/// case ends it. The caller has detached connection `epoch`.
pub async fn hibernate(service: Service, session: Arc<Session>, epoch: u32, resumable: Duration) {
    let ctx = service.ctx();
    let until = ctx.now().plus(resumable);
    if let Err(error) = skein_session::store::prolong(&ctx.db, &session, until).await {
        tracing::warn!(target: "transport", %error, "a session's end was not noted");
    }
    let end = tokio::time::sleep(resumable);
    tokio::pin!(end);
    loop {
        let waits = session.with_outbox_mut(|o| o.epoch() == epoch && o.link() == Link::Detached);
        // When the server stops, the session is written down and goes on in the next process.
        if !waits || service.is_stopping() {
            return;
        }
        // It may have been told to end at the moment when its connection broke.
        if session.take_kick().is_some() {
            break;
        }
        tokio::select! {
            () = &mut end => break,
            () = session.woken(epoch) => {}
        }
    }
    service.router.end(&session).await;
}
