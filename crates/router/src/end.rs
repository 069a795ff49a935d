//! How a session begins and ends.

use std::sync::Arc;

use skein_base::Fault;
use skein_db::{DbError, Job, Tx};
use skein_kernel::Event;
use skein_session::table::Claim;
use skein_session::{Flag, Owed, Session};
use skein_xmpp::{Condition, Kind, StanzaError, StreamError};
use tokio::sync::oneshot;

use crate::Router;

impl Router {
    /// Puts a session into the table and tells the features.
    ///
    /// # Errors
    /// `resource-constraint` if the account has as many sessions as it may.
    pub async fn bind(&self, session: &Arc<Session>) -> Result<(), StanzaError> {
        match self.core.ctx.sessions.bind(session) {
            Claim::Bound => {}
            Claim::Replaced(old) => {
                old.kick(
                    StreamError::new("conflict").text("another connection took this resource"),
                );
                Box::pin(self.finish(&old)).await;
            }
            Claim::TooMany => {
                return Err(StanzaError::new(Condition::ResourceConstraint)
                    .text("this account has too many sessions; sign out on another device"));
            }
        }
        self.core.tell(Event::Bound(session.clone())).await;
        Ok(())
    }

    /// Ends a session for good: nobody can resume it, its presence ends, and what its
    /// client never acknowledged goes back to the log.
    pub async fn end(&self, session: &Arc<Session>) {
        if self.core.ctx.sessions.unbind(session) {
            self.finish(session).await;
        }
    }

    /// Ends the outbox; gives back what the client never acknowledged.
    async fn close(&self, session: &Arc<Session>) -> Vec<Owed> {
        let db = &self.core.ctx.db;
        if let Some(owed) = db.at_once(|| close_now(session)) {
            return owed;
        }
        let (tell, told) = oneshot::channel();
        let closing = Closing { session: session.clone(), tell: Some(tell) };
        db.submit(Box::new(closing)).await;
        told.await.unwrap_or_default()
    }

    async fn finish(&self, session: &Arc<Session>) {
        let ending = session.user.ends();
        let owed = self.close(session).await;
        let presence = self.core.ctx.contracts.presence.clone();
        presence.lost(self.core.ctx.clone(), session.clone()).await;
        for stanza in owed.iter().filter(|owed| owed.log.is_none()).map(|owed| &owed.stanza) {
            // Requests get the answer that RFC 6121 section 8.5.3.2.3 gives for a missing
            // resource; messages that nobody keeps are told to be lost.
            let expects = match stanza.kind {
                Kind::Iq(kind) => kind.is_request(),
                Kind::Message(_) => stanza.has_body(),
                Kind::Presence(_) => false,
            };
            if expects && let Some(error) = stanza.error(&Condition::ServiceUnavailable.into()) {
                self.core.ctx.route().route(error).await;
            }
        }
        let owed = owed.into();
        self.core.tell(Event::Ended { session: session.clone(), owed }).await;
        drop(ending);
        // Who became available meanwhile has waited for what this one leaves.
        for other in session.user.available() {
            if other.with_outbox_mut(|outbox| outbox.is_behind()) {
                Box::pin(self.core.tell(Event::Available(other))).await;
            }
        }
        if session.is(Flag::Resumable)
            && let Err(error) = skein_session::store::forget(&self.core.ctx.db, session).await
        {
            tracing::error!(target: "router", %error, "a resumption record stays behind");
        }
    }
}

/// Ends an outbox on the writer's thread, between two commits, if it could not be ended at
/// once: a message whose fate was decided before is in the outbox and owed, and of one that
/// is decided later it is known that the session does not get it.
struct Closing {
    session: Arc<Session>,
    tell: Option<oneshot::Sender<Vec<Owed>>>,
}

impl Job for Closing {
    fn write(&mut self, _: &mut Tx<'_>) -> Result<(), DbError> {
        self.session.set(Flag::Ends, true);
        Ok(())
    }

    fn done(mut self: Box<Self>, _: Result<(), Fault>) {
        let owed = close_now(&self.session);
        if let Some(tell) = self.tell.take() {
            let _ = tell.send(owed);
        }
    }
}

fn close_now(session: &Session) -> Vec<Owed> {
    session.set(Flag::Ends, true);
    let owed = session.with_outbox_mut(|outbox| outbox.end());
    let mut others = session.user.available().into_iter();
    session.set(Flag::EndedAlone, others.all(|other| other.priority() < 0));
    owed
}
