//! `jabber:iq:register` on a bound session.

use skein_accounts::{Accounts, ChangeError, Passkeys, Password};
use skein_base::Secret;
use skein_kernel::{Refusal, Request};
use skein_xmpp::{Condition, Stanza, StanzaError, StreamError};

use crate::proto::{Asked, weak, write_registered};

/// Whoever asks has an account: says which (section 3.1.1).
pub(crate) async fn get(request: Request) -> Result<Stanza, Refusal> {
    let username = request.session.user.jid.local().unwrap_or_default();
    Ok(request.result(|writer| write_registered(writer, username)))
}

/// Removes the account, or changes its password.
pub(crate) async fn set(request: Request) -> Result<Stanza, Refusal> {
    match Asked::read(request.payload()?)? {
        Asked::Remove => remove(&request).await,
        Asked::Credentials { username, password, .. } => {
            let changed = change_password(&request, username, password).await;
            changed.or_else(|refusal| answer_without_password(&request, refusal))
        }
    }
}

async fn remove(request: &Request) -> Result<Stanza, Refusal> {
    let accounts = request.ctx.state::<Accounts>();
    let jid = &request.session.user.jid;
    accounts.remove(jid).await.map_err(into_refusal)?;
    request.ctx.end_sessions(jid, Some(&request.session)).await;
    // Its connection writes the answer before it looks why it must end (section 3.2).
    request.session.send(&request.done());
    request.session.kick(StreamError::new("not-authorized").text("the account was removed"));
    request.ctx.sessions.remove(jid.as_str());
    skein_accounts::erase(&request.ctx, accounts, request.session.account(), jid.clone()).await;
    Err(Refusal::Answered)
}

/// An error usually shows the request again; this one held a password (section 3.3).
fn answer_without_password(request: &Request, refusal: Refusal) -> Result<Stanza, Refusal> {
    let emptied = request.stanza.clone().with_content(|_| ());
    if let Some(answer) = emptied.error(&refusal.into_error()) {
        request.session.send(&answer);
    }
    Err(Refusal::Answered)
}

async fn change_password(
    request: &Request,
    username: Option<String>,
    password: Option<Secret<String>>,
) -> Result<Stanza, Refusal> {
    let jid = &request.session.user.jid;
    let (Some(username), Some(password)) = (username, password) else {
        return Err(StanzaError::new(Condition::BadRequest)
            .text("a new password needs the elements username and password")
            .into());
    };
    let same = skein_xmpp::Jid::from_parts(Some(&username), jid.domain(), None)
        .is_ok_and(|named| named == *jid);
    if !same {
        return Err(StanzaError::new(Condition::NotAllowed)
            .text("that is not the name of your account")
            .into());
    }
    let accounts = request.ctx.state::<Accounts>();
    let password =
        Password::chosen(password.expose(), jid, &request.ctx.config.limits).map_err(weak)?;
    let except = Some(&request.session);
    let new = (password, Passkeys::Stay);
    skein_accounts::set_password(&request.ctx, accounts, jid, new, except)
        .await
        .map_err(into_refusal)?;
    Ok(request.done())
}

fn into_refusal(error: ChangeError) -> Refusal {
    match error {
        // Removed meanwhile by another session.
        ChangeError::NoSuchAccount => Condition::RegistrationRequired.into(),
        ChangeError::Fault(fault) => fault.into(),
    }
}
