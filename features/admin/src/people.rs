//! Commands about accounts (XEP-0133 sections 4.1 to 4.9 and 4.29).

use skein_accounts::{CreateError, NewAccount, Passkeys, Password, Role};
use skein_kernel::Refusal;
use skein_kernel::contracts::Roster;
use skein_xmpp::{Condition, StanzaError, StreamError};

use crate::run::{Call, Outcome, bad};

type Ran = Result<Outcome, Refusal>;

fn password(call: &Call) -> Result<Password, Refusal> {
    let given = call.form.value("password").unwrap_or_default();
    Password::given(given).map_err(|error| bad(error.to_string()))
}

pub(crate) async fn add(call: Call) -> Ran {
    if call.form.value("password") != call.form.value("password-verify") {
        return Err(bad("the passwords differ"));
    }
    let password = password(&call)?;
    let jid = call.addresses("accountjid")?.pop().ok_or_else(|| bad("nobody is named"))?;
    match call.accounts().create(NewAccount::new(jid.bare(), password)).await {
        Ok(_) => Ok(Outcome::about(vec![jid.bare()])),
        Err(CreateError::Fault(fault)) => Err(fault.into()),
        Err(error) => Err(StanzaError::new(Condition::Conflict).text(error.to_string()).into()),
    }
}

pub(crate) async fn delete(call: Call) -> Ran {
    let people = call.people("accountjids").await?;
    let jids: Vec<_> = people.into_iter().map(|account| account.jid).collect();
    if jids.iter().any(|jid| jid.same_bare(&call.session.jid)) {
        return Err(oneself());
    }
    for jid in &jids {
        skein_accounts::remove(&call.ctx, &call.accounts(), jid).await.map_err(changed)?;
    }
    Ok(Outcome::about(jids))
}

/// Who shuts themselves out has nobody to let them in again.
fn oneself() -> Refusal {
    StanzaError::new(Condition::NotAllowed).text("not to your own account").into()
}

fn changed(error: skein_accounts::ChangeError) -> Refusal {
    match error {
        skein_accounts::ChangeError::NoSuchAccount => Condition::ItemNotFound.into(),
        skein_accounts::ChangeError::Fault(fault) => fault.into(),
    }
}

pub(crate) async fn disable(call: Call) -> Ran {
    let people = call.people("accountjids").await?;
    let jids: Vec<_> = people.into_iter().map(|account| account.jid).collect();
    if jids.iter().any(|jid| jid.same_bare(&call.session.jid)) {
        return Err(oneself());
    }
    for jid in &jids {
        skein_accounts::suspend(&call.ctx, &call.accounts(), jid).await.map_err(changed)?;
    }
    Ok(Outcome::about(jids))
}

pub(crate) async fn reenable(call: Call) -> Ran {
    let people = call.people("accountjids").await?;
    let jids: Vec<_> = people.into_iter().map(|account| account.jid).collect();
    for jid in &jids {
        call.accounts().resume(jid).await.map_err(changed)?;
    }
    Ok(Outcome::about(jids))
}

/// Of a bare address all sessions, of a full one that one. They may come again.
pub(crate) async fn end_sessions(call: Call) -> Ran {
    call.people("accountjids").await?;
    let jids = call.addresses("accountjids")?;
    for jid in &jids {
        let Some(user) = call.ctx.sessions.user(jid.bare_str()) else { continue };
        for session in user.sessions() {
            if jid.is_bare() || session.jid == *jid {
                session.kick(StreamError::new("reset").text("an administrator ended the session"));
                call.ctx.route().end(session).await;
            }
        }
    }
    Ok(Outcome::about(jids))
}

pub(crate) async fn set_password(call: Call) -> Ran {
    let password = password(&call)?;
    let account = call.people("accountjid").await?.pop().ok_or(Condition::BadRequest)?;
    let is_own = account.jid.same_bare(&call.session.jid);
    let except = is_own.then_some(&call.session);
    let new = (password, if is_own { Passkeys::Stay } else { Passkeys::Go });
    skein_accounts::set_password(&call.ctx, &call.accounts(), &account.jid, new, except)
        .await
        .map_err(changed)?;
    Ok(Outcome::about(vec![account.jid]))
}

async fn contacts(call: &Call, jid: &skein_xmpp::Jid) -> Result<Vec<skein_xmpp::Jid>, Refusal> {
    let user = call.ctx.user(jid).await?;
    let roster = user.and_then(|user| user.slot::<Roster>()).unwrap_or_default();
    let mut contacts: Vec<_> = roster.contacts.keys().cloned().collect();
    contacts.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    Ok(contacts)
}

/// One account at a time, as the answer has room for one.
pub(crate) async fn roster(call: Call) -> Ran {
    let mut people = call.people("accountjids").await?;
    let (Some(account), true) = (people.pop(), people.is_empty()) else {
        return Err(bad("one account at a time"));
    };
    let contacts = contacts(&call, &account.jid).await?;
    let named = vec![account.jid.as_str().to_owned()];
    let mut outcome = Outcome::field("accountjids", "jid-multi", named);
    outcome.roster = Some(contacts);
    outcome.subjects = vec![account.jid];
    Ok(outcome)
}

pub(crate) async fn last_login(call: Call) -> Ran {
    let people = call.people("accountjids").await?;
    let times = people
        .iter()
        .map(|account| account.last_login.map_or_else(|| "never".to_owned(), |at| at.to_string()));
    let times = times.collect();
    let jids: Vec<_> = people.iter().map(|account| account.jid.as_str().to_owned()).collect();
    let mut outcome = Outcome::field("accountjids", "jid-multi", jids);
    outcome.fields.push(("lastlogin", "text-multi", times));
    outcome.subjects = people.into_iter().map(|account| account.jid).collect();
    Ok(outcome)
}

pub(crate) async fn stats(call: Call) -> Ran {
    let account = call.people("accountjid").await?.pop().ok_or(Condition::BadRequest)?;
    let contacts = contacts(&call, &account.jid).await?.len();
    let user = call.ctx.sessions.user(account.jid.bare_str());
    let sessions = user.map(|user| user.sessions()).unwrap_or_default();
    let online = sessions.iter().filter_map(|session| session.jid.resource()).map(str::to_owned);
    let single = |text: String| vec![text];
    let mut outcome =
        Outcome::field("accountjid", "jid-single", single(account.jid.as_str().to_owned()));
    outcome.fields.push(("rostersize", "text-single", single(contacts.to_string())));
    outcome.fields.push(("onlineresources", "text-multi", online.collect()));
    outcome.subjects = vec![account.jid];
    Ok(outcome)
}

/// Makes those named administrators, and nobody else.
pub(crate) async fn edit_admins(call: Call) -> Ran {
    let named = call.people("adminjids").await?;
    if !named.iter().any(|account| account.jid.same_bare(&call.session.jid)) {
        return Err(oneself());
    }
    let before = call.accounts().admins().await?;
    let after: Vec<_> = named.into_iter().map(|account| account.jid).collect();
    for jid in before.iter().filter(|jid| !after.contains(jid)) {
        call.accounts().set_role(jid, Role::User).await.map_err(changed)?;
    }
    for jid in after.iter().filter(|jid| !before.contains(jid)) {
        call.accounts().set_role(jid, Role::Admin).await.map_err(changed)?;
    }
    Ok(Outcome::about(after))
}
