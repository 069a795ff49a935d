//! From the command line to orders, and from replies to what is printed.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::Arc;

use skein_config::Config;

use super::control::Client;
use super::order::Order;
use super::work::{BULK, Operator};
use crate::cli;
use crate::serve;

/// Who does it.
enum Hand {
    Running(Client),
    Alone(Operator, skein_db::Db),
}

impl Hand {
    async fn of(config: &Arc<Config>) -> Result<Self, String> {
        let client = Client::connect(&config.data_dir).await;
        if let Some(client) =
            client.map_err(|error| format!("the server's control socket: {error}"))?
        {
            return Ok(Self::Running(client));
        }
        let (db, accounts) = serve::open(config).await.map_err(|fault| fault.to_string())?;
        Ok(Self::Alone(Operator::alone(accounts), db))
    }

    async fn perform(&mut self, order: Order) -> Result<Vec<String>, String> {
        match self {
            Self::Running(client) => client.perform(&order).await,
            Self::Alone(operator, _) => operator.perform(order).await,
        }
    }

    async fn close(self) {
        if let Self::Alone(operator, db) = self {
            drop(operator);
            db.close().await;
        }
    }
}

/// `skein user …`
pub(crate) fn user(command: cli::User, config: Config) -> ExitCode {
    run(config, async |hand| match command {
        cli::User::Add { stdin: true, .. } => add_many(hand).await,
        cli::User::Add { address, password, admin, .. } => {
            let jid = address.unwrap_or_default();
            perform(hand, Order::AddUser { jid, password: read_password(&password)?, admin }).await
        }
        cli::User::List => perform(hand, Order::ListUsers).await,
        cli::User::Remove { account } => {
            perform(hand, Order::RemoveUser { jid: account.address }).await
        }
        cli::User::Password { account, password } => {
            let password = read_password(&password)?;
            perform(hand, Order::SetPassword { jid: account.address, password }).await
        }
        cli::User::Suspend { account } => {
            perform(hand, Order::Suspend { jid: account.address }).await
        }
        cli::User::Resume { account } => {
            perform(hand, Order::Resume { jid: account.address }).await
        }
    })
}

/// `skein invite …`
pub(crate) fn invite(command: cli::Invite, config: Config) -> ExitCode {
    run(config, async |hand| match command {
        cli::Invite::Create { admin, domain, expires } => {
            let seconds = expires.map(|expires| expires.as_secs());
            perform(hand, Order::CreateInvite { admin, domain, seconds }).await
        }
        cli::Invite::List => perform(hand, Order::ListInvites).await,
        cli::Invite::Revoke { token } => {
            // The whole link is as good as its last part.
            let token = token.rsplit('/').next().unwrap_or_default().to_owned();
            perform(hand, Order::RevokeInvite { token }).await
        }
    })
}

fn run(config: Config, work: impl AsyncFnOnce(&mut Hand) -> Result<(), String>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("no runtime: {error}")),
    };
    let config = Arc::new(config);
    let done = runtime.block_on(async {
        let mut hand = Hand::of(&config).await?;
        let done = work(&mut hand).await;
        hand.close().await;
        done
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(&why),
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("skein: {why}");
    ExitCode::FAILURE
}

async fn perform(hand: &mut Hand, order: Order) -> Result<(), String> {
    let lines = hand.perform(order).await?;
    let mut out = io::stdout().lock();
    for line in lines {
        match writeln!(out, "{line}") {
            // A reader that has closed it early (`| head`) has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|error| format!("standard output: {error}"))?,
        }
    }
    Ok(())
}

fn read_password(from: &cli::NewPassword) -> Result<Option<String>, String> {
    if !from.password_stdin {
        return Ok(None);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| format!("standard input: {error}"))?;
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Reads accounts from standard input, a thousand at a time.
async fn add_many(hand: &mut Hand) -> Result<(), String> {
    let mut users = Vec::with_capacity(BULK);
    let mut failed = false;
    let mut lines = io::stdin().lock().lines();
    loop {
        let line = lines.next().transpose().map_err(|error| format!("standard input: {error}"))?;
        let is_last = line.is_none();
        if let Some(line) = line.filter(|line| !line.trim().is_empty()) {
            let (jid, password) = line
                .split_once([' ', '\t'])
                .ok_or("write NAME@DOMAIN, a space, and the password on each line")?;
            users.push((jid.to_owned(), password.to_owned()));
        }
        if users.len() == BULK || (is_last && !users.is_empty()) {
            let order = Order::AddUsers { users: std::mem::take(&mut users) };
            if let Err(why) = hand.perform(order).await {
                eprintln!("skein: {}", why.replace('\n', "\nskein: "));
                failed = true;
            }
        }
        if is_last {
            return if failed { Err("not all accounts were made".to_owned()) } else { Ok(()) };
        }
    }
}
