//! Answers the requests.

use std::sync::Arc;
use std::time::Duration;

use skein_base::Fault;
use skein_db::DbError;
use skein_kernel::contracts::{Aspect, Privacy, Viewers, shows};
use skein_kernel::{Refusal, Request};
use skein_session::User;
use skein_xmpp::{Condition, Stanza};

use crate::{Basics, proto, store};

/// XEP-0199: an empty result.
pub(crate) async fn ping(request: Request) -> Result<Stanza, Refusal> {
    Ok(request.done())
}

/// XEP-0092.
pub(crate) async fn version(request: Request) -> Result<Stanza, Refusal> {
    Ok(request.result(proto::write_version))
}

/// XEP-0202.
pub(crate) async fn time(request: Request) -> Result<Stanza, Refusal> {
    let now = request.ctx.now();
    Ok(request.result(|writer| proto::write_time(writer, now)))
}

/// XEP-0012 section 5: how long the server has been running.
pub(crate) async fn uptime(request: Request) -> Result<Stanza, Refusal> {
    let up = request.ctx.now().since(request.ctx.state::<Basics>().started);
    Ok(request.result(|writer| proto::write_last(writer, up)))
}

/// XEP-0012 section 4: how long ago an account was last connected.
pub(crate) async fn last(request: Request) -> Result<Stanza, Refusal> {
    let owner = seen_by(&request).await?;
    let ago = if owner.available().is_empty() {
        let account = owner.account;
        let noted = request.ctx.state::<Basics>().ends.of(account);
        let at = match noted {
            Some(at) => Some(at),
            None => request.ctx.db.read(move |tx| store::last(tx, account)).await?,
        };
        // One who has never been here is like one who cannot be seen.
        request.ctx.now().since(at.ok_or(Condition::ServiceUnavailable)?)
    } else {
        Duration::ZERO
    };
    Ok(request.result(|writer| proto::write_last(writer, ago)))
}

/// The account asked about, if it lets the asker know. Who asks about a contact needs to see
/// its presence too; to others only a rule can say more.
async fn seen_by(request: &Request) -> Result<Arc<User>, Refusal> {
    let asker = &request.session.user.jid;
    let owner = match request.visible().await {
        Err(Refusal::Reject(_)) => {
            let owner = request.shown().await?;
            let rules = owner.slot::<Privacy>().unwrap_or_default();
            if matches!(rules.of(Aspect::LastSeen), Viewers::Contacts) {
                return Err(Condition::ServiceUnavailable.into());
            }
            owner
        }
        owner => owner?,
    };
    if shows(&owner, Aspect::LastSeen, asker) {
        return Ok(owner);
    }
    Err(Condition::ServiceUnavailable.into())
}

/// A time that could not be kept is worth a line and nothing more.
pub(crate) fn log(outcome: Result<(), DbError>) {
    if let Err(error) = outcome {
        let fault = Fault::from(error);
        tracing::error!(target: "basics", %fault, "last activity could not be kept");
    }
}
