//! The log.

use std::io::{self, IsTerminal as _};

use skein_config::{Format, Log};
use tracing_subscriber::EnvFilter;

/// Sends the log to standard error.
pub(crate) fn start(log: &Log) {
    let filter = EnvFilter::try_new(log.filter()).unwrap_or_default();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // A second call in one process, as in tests, keeps the first log.
    let _ = match log.format {
        Format::Json => builder.json().try_init(),
        Format::Text => builder.try_init(),
    };
}
