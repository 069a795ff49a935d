//! Does what operators ask for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use skein_accounts::{
    Account, Accounts, Invite, InviteKind, NewAccount, NewInvite, Passkeys, Password, Role,
};
use skein_base::Rng;
use skein_kernel::Ctx;
use skein_xmpp::Jid;

use super::link;
use super::order::Order;
use crate::serve::SystemRng;

/// Accounts in one order and so in one transaction.
pub(crate) const BULK: usize = 1000;

/// See the module.
#[derive(Clone)]
pub(crate) struct Operator {
    accounts: Accounts,
    /// The running server; without it there are no sessions to end, and what features
    /// hold of a removed account is deleted at the next start.
    server: Option<Arc<Ctx>>,
}

/// Lines to print, or why it was not done.
type Outcome = Result<Vec<String>, String>;

impl Operator {
    /// For a server that is stopped.
    pub(crate) const fn alone(accounts: Accounts) -> Self {
        Self { accounts, server: None }
    }

    /// For the server that runs in this process.
    pub(crate) const fn of(accounts: Accounts, server: Arc<Ctx>) -> Self {
        Self { accounts, server: Some(server) }
    }

    /// Does it. Errors are sentences for people.
    pub(crate) async fn perform(&self, order: Order) -> Outcome {
        match order {
            Order::AddUser { jid, password, admin } => self.add(&jid, password, admin).await,
            Order::AddUsers { users } => self.add_many(users).await,
            Order::ListUsers => self.list().await,
            Order::RemoveUser { jid } => self.remove(&jid).await,
            Order::SetPassword { jid, password } => self.set_password(&jid, password).await,
            Order::Suspend { jid } => self.suspend(&jid).await,
            Order::Resume { jid } => {
                let resumed = self.accounts.resume(&address(&jid)?).await;
                resumed.map_err(|error| format!("{jid}: {error}"))?;
                Ok(Vec::new())
            }
            Order::CreateInvite { admin, domain, seconds } => {
                self.create_invite(admin, domain, seconds).await
            }
            Order::ListInvites => {
                let open = self.accounts.open_invites().await.map_err(sentence)?;
                Ok(open.iter().map(|invite| self.show_invite(invite)).collect())
            }
            Order::RevokeInvite { token } => match self.accounts.revoke_invite(&token).await {
                Ok(true) => Ok(Vec::new()),
                Ok(false) => Err("there is no such invitation".to_owned()),
                Err(fault) => Err(sentence(fault)),
            },
        }
    }

    async fn add(&self, jid: &str, password: Option<String>, admin: bool) -> Outcome {
        let (password, printed) = given_or_made(password)?;
        let role = if admin { Role::Admin } else { Role::User };
        let new = NewAccount { role, ..NewAccount::new(address(jid)?, password) };
        self.accounts.create(new).await.map_err(|error| format!("{jid}: {error}"))?;
        Ok(printed)
    }

    async fn add_many(&self, users: Vec<(String, String)>) -> Outcome {
        if users.len() > BULK {
            return Err(format!("at most {BULK} accounts at a time"));
        }
        let mut new = Vec::with_capacity(users.len());
        for (jid, password) in &users {
            let password = Password::given(password).map_err(|error| format!("{jid}: {error}"))?;
            new.push(NewAccount::new(address(jid)?, password));
        }
        let made = self.accounts.create_many(new).await.map_err(sentence)?;
        let failed = users.iter().zip(&made).filter_map(|((jid, _), made)| {
            let error = made.as_ref().err()?;
            Some(format!("{jid}: {error}"))
        });
        let failed: Vec<String> = failed.collect();
        if failed.is_empty() { Ok(Vec::new()) } else { Err(failed.join("\n")) }
    }

    async fn list(&self) -> Outcome {
        let accounts = self.accounts.list().await.map_err(sentence)?;
        let requests = self.accounts.requests(usize::MAX).await.map_err(sentence)?;
        let reasons: HashMap<&Jid, &str> =
            requests.iter().map(|request| (&request.jid, request.reason.as_str())).collect();
        let line = |account| show(account, reasons.get(&account.jid).copied().unwrap_or_default());
        Ok(accounts.iter().map(line).collect())
    }

    async fn remove(&self, jid: &str) -> Outcome {
        let jid = address(jid)?;
        match &self.server {
            Some(ctx) => skein_accounts::remove(ctx, &self.accounts, &jid).await,
            None => self.accounts.remove(&jid).await,
        }
        .map_err(|error| format!("{jid}: {error}"))?;
        Ok(Vec::new())
    }

    async fn set_password(&self, jid: &str, password: Option<String>) -> Outcome {
        let (password, printed) = given_or_made(password)?;
        let jid = address(jid)?;
        match &self.server {
            Some(ctx) => {
                let new = (password, Passkeys::Go);
                skein_accounts::set_password(ctx, &self.accounts, &jid, new, None).await
            }
            None => self.accounts.set_password(&jid, password, Passkeys::Go).await,
        }
        .map_err(|error| format!("{jid}: {error}"))?;
        Ok(printed)
    }

    async fn suspend(&self, jid: &str) -> Outcome {
        let jid = address(jid)?;
        match &self.server {
            Some(ctx) => skein_accounts::suspend(ctx, &self.accounts, &jid).await,
            None => self.accounts.suspend(&jid).await,
        }
        .map_err(|error| format!("{jid}: {error}"))?;
        Ok(Vec::new())
    }

    async fn create_invite(
        &self,
        admin: bool,
        domain: Option<String>,
        seconds: Option<u64>,
    ) -> Outcome {
        let config = self.accounts.config();
        let domain = domain.as_deref().unwrap_or_else(|| config.domain());
        let invite = NewInvite {
            kind: InviteKind::Account,
            inviter: None,
            subscribe: false,
            role: if admin { Role::Admin } else { Role::User },
            jid: Jid::from_parts(None, domain, None)
                .map_err(|error| format!("{domain}: {error}"))?,
            lifetime: seconds.map(Duration::from_secs),
            uses: 1,
        };
        let invite = self.accounts.create_invite(invite).await.map_err(sentence)?;
        Ok(vec![link::of(config, &invite)])
    }

    fn show_invite(&self, invite: &Invite) -> String {
        let link = link::of(self.accounts.config(), invite);
        let by = invite.inviter_jid.as_ref().map_or("the operator", Jid::as_str);
        let what = match (invite.kind, invite.role) {
            (InviteKind::Contact, _) => "contact",
            (InviteKind::Account, Role::User) => "account",
            (InviteKind::Account, Role::Admin) => "administrator",
        };
        format!("{link}\t{what}\t{}\tby {by}\tuntil {}", invite.jid, to_the_second(invite.expires))
    }
}

/// `NAME@DOMAIN`, active or not, role, when made, last login, and why somebody who waits
/// asks: a stranger's words, so that nothing in them moves the cursor or ends the line.
fn show(account: &Account, reason: &str) -> String {
    let last = account.last_login.map_or_else(|| "never".to_owned(), to_the_second);
    let created = to_the_second(account.created);
    let reason = match reason {
        "" => String::new(),
        reason => format!("\tasks: {}", reason.replace(char::is_control, " ")),
    };
    format!(
        "{}\t{}\t{}\tmade {created}\tlast login {last}{reason}",
        account.jid,
        account.state.name(),
        account.role.name()
    )
}

fn to_the_second(at: skein_base::Timestamp) -> String {
    skein_base::Timestamp::from_secs(at.secs()).to_string()
}

fn address(text: &str) -> Result<Jid, String> {
    let jid = Jid::parse(text).map_err(|error| format!("{text} is not an address: {error}"))?;
    if jid.local().is_none() || !jid.is_bare() {
        return Err(format!("{text} is not an account's address: write NAME@DOMAIN"));
    }
    Ok(jid)
}

fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The password given, or one that is made and to be printed.
fn given_or_made(given: Option<String>) -> Result<(Password, Vec<String>), String> {
    let (text, printed) = match given {
        Some(text) => (text, Vec::new()),
        None => {
            let made = make_password(&SystemRng);
            (made.clone(), vec![made])
        }
    };
    Ok((Password::given(&text).map_err(sentence)?, printed))
}

/// 100 random bits in letters and digits that cannot be mistaken for each other.
fn make_password(rng: &dyn Rng) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
    let mut bytes = [0; 20];
    rng.fill(&mut bytes);
    let groups = bytes.chunks(5).map(|group| {
        group.iter().map(|byte| LETTERS[usize::from(byte % 32)] as char).collect::<String>()
    });
    groups.collect::<Vec<_>>().join("-")
}
