//! `skein`: the server and the command line for its operators.

mod cli;
mod config;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Command::Config(command) => config::run(command, cli.config.as_deref()),
        _ => {
            eprintln!("skein: this build has the command `config` only");
            ExitCode::FAILURE
        }
    }
}
