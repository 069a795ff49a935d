//! `skein config …`, and the configuration for every other command.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use skein_config::{Config, environment, load as read, print, reference};

use crate::cli;

/// The status of a program whose arguments or configuration are wrong.
const USAGE: u8 = 2;

/// The configuration; or, its mistakes having been told, the status to end with.
pub(crate) fn load(file: Option<&Path>) -> Result<Config, ExitCode> {
    read(file, &environment()).map_err(|mistakes| {
        eprintln!("skein: {mistakes}");
        ExitCode::from(USAGE)
    })
}

pub(crate) fn run(command: cli::Config, file: Option<&Path>) -> ExitCode {
    if let cli::Config::Reference = command {
        return show(&reference());
    }
    let config = match load(file) {
        Ok(config) => config,
        Err(code) => return code,
    };
    for warning in config.warnings() {
        eprintln!("skein: {warning}");
    }
    match command {
        cli::Config::Print => show(&print(&config)),
        _ => show("The configuration is sound.\n"),
    }
}

/// Writes to standard output. A reader that has closed it early (`| head`) has seen enough.
fn show(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
