//! Whom to load and as whom: the options that every scenario takes.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::binding::Binding;
use crate::process::Watched;

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tls {
    None,
    /// From the first byte (XEP-0368).
    Direct,
    /// By `<starttls/>` (RFC 6120 section 5).
    Starttls,
}

/// How a session proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sasl {
    Plain,
    #[value(name = "scram-sha-1")]
    ScramSha1,
    #[value(name = "scram-sha-256")]
    ScramSha256,
}

impl Sasl {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::ScramSha256 => "SCRAM-SHA-256",
        }
    }
}

/// The server under test and the accounts on it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Target {
    /// Address of the server
    #[arg(long, default_value = "127.0.0.1:5222")]
    pub(crate) to: SocketAddr,
    /// Encryption; the server's certificate is not checked
    #[arg(long, value_enum, default_value = "none")]
    pub(crate) tls: Tls,
    /// How stanzas lie on the connection
    #[arg(long, value_enum, default_value = "tcp")]
    pub(crate) binding: Binding,
    /// Where the server has its WebSocket
    #[arg(long, default_value = "/ws")]
    pub(crate) path: String,
    /// SASL mechanism
    #[arg(long, value_enum, default_value = "plain")]
    pub(crate) sasl: Sasl,
    /// Log in in one go: SASL2, Bind 2, stream management, FAST
    #[arg(long)]
    pub(crate) sasl2: bool,
    /// Bare JID of an account; {} stands for its number
    #[arg(long, default_value = "u{}@localhost")]
    pub(crate) user_format: String,
    /// Password of every account
    #[arg(long, default_value = "secret")]
    pub(crate) password: String,
    /// Number of the first account
    #[arg(long, default_value_t = 0)]
    pub(crate) first: u32,
    /// Logins under way at once
    #[arg(long, default_value_t = 64)]
    pub(crate) at_once: usize,
    /// Own address to connect from; one address has about 28,000 ports
    #[arg(long)]
    pub(crate) from: Option<IpAddr>,
    /// Process id of the server (repeatable); its children are counted too
    #[arg(long)]
    pub(crate) pid: Vec<u32>,
    /// Write the figures to this file as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// Name of the server in the report
    #[arg(long, default_value = "")]
    pub(crate) label: String,
    /// No progress on standard error
    #[arg(long)]
    pub(crate) quiet: bool,
}

impl Target {
    /// The bare JID of account `number`.
    pub(crate) fn jid(&self, number: u32) -> String {
        self.user_format.replace("{}", &number.to_string())
    }

    /// The localpart of account `number`.
    pub(crate) fn name(&self, number: u32) -> String {
        let jid = self.jid(number);
        jid.split_once('@').map_or_else(|| jid.clone(), |(name, _)| name.to_owned())
    }

    /// The domain of the accounts.
    pub(crate) fn domain(&self) -> &str {
        self.user_format.split_once('@').map_or("localhost", |(_, domain)| domain)
    }

    pub(crate) fn watched(&self) -> Watched {
        Watched::new(&self.pid)
    }
}
