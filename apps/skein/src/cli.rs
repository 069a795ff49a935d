//! The command line: what may be written, and its help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Skein, a messaging server that speaks XMPP.
///
/// Without a configuration `skein serve` runs for the domain `localhost` on loopback and keeps its data in ./data.
/// Commands about accounts work whether the server runs or not.
///
/// Status: 0 done, 1 failed, 2 wrong arguments or configuration.
#[derive(Debug, Parser)]
#[command(name = "skein", version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// The configuration file (TOML); defaults and SKEIN_… variables serve without one
    #[arg(long, short, global = true, value_name = "FILE", env = "SKEIN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server until it is told to stop (SIGTERM, Ctrl-C)
    Serve,
    /// Manage accounts
    #[command(subcommand)]
    User(User),
    /// Manage invitations
    #[command(subcommand)]
    Invite(Invite),
    /// Look at the configuration
    #[command(subcommand)]
    Config(Config),
    /// Write a consistent copy of all data into a folder; the server may run meanwhile
    Backup {
        /// A new or empty folder
        dir: PathBuf,
    },
    /// Put back what `backup` wrote; the server must be stopped
    Restore {
        /// The folder that `backup` wrote
        dir: PathBuf,
    },
    /// Examine configuration, certificates, storage and listeners, and say what to mend
    Doctor,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Make an account, or many
    Add {
        /// The account's address
        #[arg(value_name = "NAME@DOMAIN", required_unless_present = "stdin")]
        address: Option<String>,
        #[command(flatten)]
        password: NewPassword,
        /// Make it an administrator
        #[arg(long)]
        admin: bool,
        /// Make many: each line of standard input is NAME@DOMAIN, a space, and the password
        #[arg(long, conflicts_with_all = ["address", "password_stdin", "admin"])]
        stdin: bool,
    },
    /// List the accounts, one a line
    List,
    /// Remove an account with everything it holds
    Remove {
        #[command(flatten)]
        account: Account,
    },
    /// Set a new password and end the account's sessions
    Password {
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Shut an account out without removing anything
    Suspend {
        #[command(flatten)]
        account: Account,
    },
    /// Let an account in that is suspended or waits for approval
    Resume {
        #[command(flatten)]
        account: Account,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Account {
    /// The account's address
    #[arg(value_name = "NAME@DOMAIN")]
    pub(crate) address: String,
}

#[derive(Debug, Args)]
pub(crate) struct NewPassword {
    /// Read the password from the first line of standard input; otherwise one is made and printed
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Invite {
    /// Make an invitation and print its link
    Create {
        /// The account that it makes will be an administrator
        #[arg(long)]
        admin: bool,
        /// The domain of the new account; by default the main one
        #[arg(long)]
        domain: Option<String>,
        /// How long it is good, such as 12h or 7d; by default as configured
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        expires: Option<Duration>,
    },
    /// List the open invitations, one a line
    List,
    /// Make an invitation void
    Revoke {
        /// The token, the last part of the link
        token: String,
    },
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Config {
    /// Print the configuration in force and where each value came from, passwords hidden
    Print,
    /// Look for mistakes and list all of them
    Check,
    /// Print the reference of all options (Markdown)
    Reference,
}

fn duration(text: &str) -> Result<Duration, String> {
    skein_config::duration(text).ok_or_else(|| "write a duration such as 12h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn one_account_or_many_are_added_but_not_both() {
        let parses = |line: &[&str]| Cli::try_parse_from(line).is_ok();
        assert!(parses(&["skein", "user", "add", "juliet@example.org", "--password-stdin"]));
        assert!(parses(&["skein", "user", "add", "--stdin"]));
        assert!(!parses(&["skein", "user", "add"]));
        assert!(!parses(&["skein", "user", "add", "juliet@example.org", "--stdin"]));
    }

    #[test]
    fn the_configuration_may_stand_before_or_after_the_command() {
        for line in
            [["skein", "--config", "x.toml", "serve"], ["skein", "serve", "--config", "x.toml"]]
        {
            let cli = Cli::try_parse_from(line).expect("sound");
            assert_eq!(cli.config, Some(PathBuf::from("x.toml")));
        }
    }
}
