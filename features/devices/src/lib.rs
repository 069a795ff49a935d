//! The clients of an account, and signing one of them out (XEP-0494).
//!
//! A client is what logged in with a user agent of SASL2 (XEP-0388 section 2.3). To
//! revoke one voids its tokens and ends its sessions, connected or not. One that
//! remembers the password can come back with it, as the list says: every client here
//! has shown the password once.
//!
//! A client that is in can let another in without the password: `link.rs`.
//!
//! Invariants: only the owner lists and revokes; a revoked client's token is void before
//! its session ends.

mod link;
mod proto;

use skein_accounts::Accounts;
use skein_kernel::{Addressee, Feature, Refusal, Request, Spec, Subject};
use skein_xmpp::{Condition, IqType, Stanza, StreamError, ns};

/// The feature.
pub fn feature() -> Feature {
    Feature::new("devices", "lists the clients of an account and signs them out")
        .specs(&[Spec { name: "XEP-0494", version: "0.2.0", title: "Client Access Management" }])
        .iq((ns::CLIENT_ACCESS, "list"), IqType::Get, Addressee::Own, |request| {
            Box::pin(list(request))
        })
        .iq((ns::CLIENT_ACCESS, "revoke"), IqType::Set, Addressee::Own, |request| {
            Box::pin(revoke(request))
        })
        .iq((ns::LINK, "link"), IqType::Set, Addressee::Own, |request| {
            Box::pin(link::link(request))
        })
        .iq((ns::LINK, "unlink"), IqType::Set, Addressee::Own, |request| {
            Box::pin(link::unlink(request))
        })
        .on(|ctx, event| Box::pin(link::hear(ctx, event)))
        .discovered(Subject::Account, &[ns::CLIENT_ACCESS, ns::LINK])
        .discovered(Subject::Server, &[ns::CLIENT_ACCESS, ns::LINK])
}

async fn list(request: Request) -> Result<Stanza, Refusal> {
    let user = &request.session.user;
    let devices = request.ctx.state::<Accounts>().devices(user.account).await?;
    let sessions = user.sessions();
    Ok(request.result(|writer| {
        proto::write_clients(writer, &devices, |client| {
            sessions.iter().any(|session| *session.device.key == *client)
        });
    }))
}

async fn revoke(request: Request) -> Result<Stanza, Refusal> {
    let client = request.payload()?.attr("id").filter(|id| !id.is_empty());
    let client = client.ok_or(Condition::BadRequest)?.into_owned();
    let user = &request.session.user;
    if !request.ctx.state::<Accounts>().revoke_device(user.account, &client).await? {
        return Err(Condition::ItemNotFound.into());
    }
    let mut is_own = false;
    for session in user.sessions() {
        if *session.device.key != *client {
            continue;
        }
        if session.id == request.session.id {
            is_own = true;
            continue;
        }
        session.kick(gone());
        request.ctx.route().end(session).await;
    }
    if !is_own {
        return Ok(request.done());
    }
    // Its connection writes the answer before it looks why it must end.
    request.session.send(&request.done());
    request.session.kick(gone());
    Err(Refusal::Answered)
}

fn gone() -> StreamError {
    StreamError::new("not-authorized").text("this client was signed out")
}
