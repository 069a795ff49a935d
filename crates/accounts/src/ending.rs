//! What ends with an account or its password.

use std::sync::Arc;

use skein_base::AccountId;
use skein_kernel::{Ctx, Event};
use skein_session::Session;
use skein_xmpp::Jid;

use crate::accounts::Accounts;
use crate::lifecycle::{ChangeError, Passkeys};
use crate::password::Password;

/// Removes an account with everything it holds, and ends its sessions.
///
/// # Errors
/// If there is no such account.
pub async fn remove(
    ctx: &Arc<Ctx>,
    accounts: &Accounts,
    jid: &Jid,
) -> Result<AccountId, ChangeError> {
    let account = accounts.remove(jid).await?;
    ctx.end_sessions(jid, None).await;
    erase(ctx, accounts, account, jid.bare()).await;
    Ok(account)
}

/// Shuts an account out, and ends its sessions.
///
/// # Errors
/// If there is no such account.
pub async fn suspend(
    ctx: &Arc<Ctx>,
    accounts: &Accounts,
    jid: &Jid,
) -> Result<AccountId, ChangeError> {
    let account = accounts.suspend(jid).await?;
    ctx.end_sessions(jid, None).await;
    Ok(account)
}

/// Sets a password, and ends the sessions that were opened with the old one but for
/// `except`, which asked for it.
///
/// # Errors
/// If there is no such account.
pub async fn set_password(
    ctx: &Arc<Ctx>,
    accounts: &Accounts,
    jid: &Jid,
    (password, passkeys): (Password, Passkeys),
    except: Option<&Arc<Session>>,
) -> Result<AccountId, ChangeError> {
    let account = accounts.set_password(jid, password, passkeys).await?;
    ctx.end_sessions(jid, except).await;
    Ok(account)
}

/// Has every feature delete what it holds of a removed account. If that is cut short,
/// the job does it again.
pub async fn erase(ctx: &Arc<Ctx>, accounts: &Accounts, account: AccountId, jid: Jid) {
    ctx.route().notify(Event::Removed { account, jid }).await;
    if let Err(fault) = accounts.erased(account).await {
        tracing::error!(target: "accounts", %fault, "an erased account is not noted as such");
    }
}
