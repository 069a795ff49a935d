//! Links of invitations for operators.

use skein_accounts::{Accounts, Invite, InviteKind, NewInvite, Role};
use skein_base::Fault;
use skein_config::{Config, Registration};
use skein_xmpp::Jid;

/// The link of an invitation.
pub(super) fn of(config: &Config, invite: &Invite) -> String {
    skein_invites::landing_url(config, invite)
}

/// The one-time link that makes the first account, an administrator; `None` once there
/// is an account, or if nobody may register. As long as it is not used it stays the
/// same from start to start.
pub(crate) async fn bootstrap(accounts: &Accounts) -> Result<Option<String>, Fault> {
    let config = accounts.config();
    if config.access.registration == Registration::Closed || !accounts.is_empty().await? {
        return Ok(None);
    }
    let open = accounts.open_invites().await?;
    let first = |invite: &&Invite| invite.inviter.is_none() && invite.role == Role::Admin;
    if let Some(invite) = open.iter().find(first) {
        return Ok(Some(of(config, invite)));
    }
    let domain = Jid::parse(config.domain())
        .map_err(|error| Fault::because("reading the main domain", error))?;
    let invite = NewInvite {
        kind: InviteKind::Account,
        inviter: None,
        subscribe: false,
        role: Role::Admin,
        jid: domain,
        lifetime: None,
        uses: 1,
    };
    let invite = accounts
        .create_invite(invite)
        .await
        .map_err(|error| Fault::because("inviting the first administrator", error))?;
    Ok(Some(of(config, &invite)))
}
