//! The requests of a signed-in client.

use skein_accounts::{Accounts, AddError, Passkey};
use skein_kernel::{Refusal, Request};
use skein_xmpp::{Condition, ErrorType, Kind, MessageType, Stanza, StanzaError};

use crate::proto;

pub(crate) async fn list(request: Request) -> Result<Stanza, Refusal> {
    request.payload()?;
    let accounts = request.ctx.state::<Accounts>();
    let passkeys = accounts.passkeys(request.session.account()).await?;
    let most = request.ctx.config.limits.passkeys;
    Ok(request.result(|writer| proto::write_passkeys(writer, &passkeys, most)))
}

/// What a browser needs to make one, for who shows that it is the owner.
pub(crate) async fn begin(request: Request) -> Result<Stanza, Refusal> {
    let begun = begin_one(&request).await;
    begun.or_else(|refusal| answer_without_proof(&request, refusal))
}

async fn begin_one(request: &Request) -> Result<Stanza, Refusal> {
    let proof = proto::read_proof(request.payload()?)?;
    let accounts = request.ctx.state::<Accounts>();
    let (account, jid) = (request.session.account(), &request.session.user.jid);
    match accounts.is_owner(account, jid, proof).await? {
        Some(true) => {}
        Some(false) => return Err(Condition::NotAuthorized.into()),
        None => {
            return Err(StanzaError::new(Condition::ResourceConstraint)
                .class(ErrorType::Wait)
                .text("too many wrong passwords; wait some minutes")
                .into());
        }
    }
    let challenge = accounts.passkey_challenge(account);
    let handle = accounts.passkey_handle(account);
    Ok(request.result(|writer| {
        proto::write_begun(writer, &challenge, &handle, Accounts::passkey_algorithms());
    }))
}

pub(crate) async fn add(request: Request) -> Result<Stanza, Refusal> {
    let new = proto::read_new(request.payload()?)?;
    let accounts = request.ctx.state::<Accounts>();
    match accounts.add_passkey(request.session.account(), new).await {
        Ok(passkey) => {
            tell_others(&request, &passkey);
            Ok(request.result(|writer| proto::write_passkey(writer, &passkey)))
        }
        Err(AddError::Fault(fault)) => Err(fault.into()),
        Err(error) => {
            let condition = match error {
                AddError::Exists => Condition::Conflict,
                AddError::Full => Condition::PolicyViolation,
                _ => Condition::NotAcceptable,
            };
            Err(StanzaError::new(condition).text(error.to_string()).into())
        }
    }
}

/// The account's other clients hear of it: whoever did not add it themselves has to know.
fn tell_others(request: &Request, passkey: &Passkey) {
    let user = &request.session.user;
    for session in user.sessions().iter().filter(|session| session.id != request.session.id) {
        let mut message = Stanza::new(Kind::Message(MessageType::Headline));
        message.from = Some(user.jid.clone());
        message.to = Some(session.jid.clone());
        session.send(&message.with_content(|writer| proto::write_added(writer, passkey)));
    }
}

/// An error usually shows the request again; this one held a password.
fn answer_without_proof(request: &Request, refusal: Refusal) -> Result<Stanza, Refusal> {
    let emptied = request.stanza.clone().with_content(|_| ());
    if let Some(answer) = emptied.error(&refusal.into_error()) {
        request.session.send(&answer);
    }
    Err(Refusal::Answered)
}

pub(crate) async fn rename(request: Request) -> Result<Stanza, Refusal> {
    let payload = request.payload()?;
    let (id, name) = (proto::read_id(payload)?, proto::read_name(payload)?);
    let accounts = request.ctx.state::<Accounts>();
    found(&request, accounts.rename_passkey(request.session.account(), id, &name).await?)
}

pub(crate) async fn remove(request: Request) -> Result<Stanza, Refusal> {
    let id = proto::read_id(request.payload()?)?;
    let accounts = request.ctx.state::<Accounts>();
    found(&request, accounts.remove_passkey(request.session.account(), id).await?)
}

fn found(request: &Request, is_there: bool) -> Result<Stanza, Refusal> {
    if is_there { Ok(request.done()) } else { Err(Condition::ItemNotFound.into()) }
}
