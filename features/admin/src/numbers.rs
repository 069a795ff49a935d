//! How many, and who (XEP-0133 sections 4.12 to 4.21).

use std::collections::BTreeMap;

use skein_accounts::{Account, State};
use skein_kernel::Refusal;
use skein_session::Flag;

use crate::run::{Call, Outcome};

type Ran = Result<Outcome, Refusal>;

fn is_disabled(account: &Account) -> bool {
    account.state == State::Suspended
}

/// The accounts that have a session, by address; whether somebody is at one of them.
fn connected(call: &Call) -> BTreeMap<String, bool> {
    let mut connected = BTreeMap::new();
    for session in call.ctx.sessions.all() {
        let is_active = session.is(Flag::Available) && !session.is(Flag::Inactive);
        *connected.entry(session.user.jid.as_str().to_owned()).or_insert(false) |= is_active;
    }
    connected
}

fn number(var: &'static str, count: usize) -> Outcome {
    Outcome::field(var, "text-single", vec![count.to_string()])
}

pub(crate) async fn registered(call: Call) -> Ran {
    Ok(number("registeredusersnum", call.accounts().list().await?.len()))
}

pub(crate) async fn disabled(call: Call) -> Ran {
    let all = call.accounts().list().await?;
    Ok(number("disabledusersnum", all.iter().filter(|account| is_disabled(account)).count()))
}

pub(crate) async fn online(call: Call) -> Ran {
    Ok(number("onlineusersnum", connected(&call).len()))
}

pub(crate) async fn active(call: Call) -> Ran {
    Ok(number("activeusersnum", connected(&call).values().filter(|is_active| **is_active).count()))
}

pub(crate) async fn idle(call: Call) -> Ran {
    Ok(number("idleusersnum", connected(&call).values().filter(|is_active| !**is_active).count()))
}

fn list(var: &'static str, jids: impl Iterator<Item = String>, most: usize) -> Outcome {
    Outcome::field(var, "jid-multi", jids.take(most).collect())
}

pub(crate) async fn list_registered(call: Call) -> Ran {
    let (all, most) = (call.accounts().list().await?, call.most()?);
    Ok(list("registereduserjids", all.iter().map(|a| a.jid.as_str().to_owned()), most))
}

pub(crate) async fn list_disabled(call: Call) -> Ran {
    let (all, most) = (call.accounts().list().await?, call.most()?);
    let disabled = all.iter().filter(|account| is_disabled(account));
    Ok(list("disableduserjids", disabled.map(|a| a.jid.as_str().to_owned()), most))
}

pub(crate) async fn list_online(call: Call) -> Ran {
    Ok(list("onlineuserjids", connected(&call).into_keys(), call.most()?))
}

pub(crate) async fn list_active(call: Call) -> Ran {
    let active = connected(&call).into_iter().filter(|(_, is_active)| *is_active);
    Ok(list("activeuserjids", active.map(|(jid, _)| jid), call.most()?))
}

pub(crate) async fn list_idle(call: Call) -> Ran {
    let idle = connected(&call).into_iter().filter(|(_, is_active)| !is_active);
    // The specification's own example names the field so.
    Ok(list("activeuserjids", idle.map(|(jid, _)| jid), call.most()?))
}
