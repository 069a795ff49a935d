//! `skein`: the server and the command line for its operators.

mod allocator;
mod cli;
mod config;
mod doctor;
mod features;
mod folder;
#[cfg(test)]
mod golden;
mod keep;
mod operator;
mod registrar;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Config(command) = cli.command {
        return config::run(command, cli.config.as_deref());
    }
    let config = match config::load(cli.config.as_deref()) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match cli.command {
        Command::Config(_) => ExitCode::SUCCESS,
        Command::Serve => serve::run(config),
        Command::User(command) => operator::user(command, config),
        Command::Invite(command) => operator::invite(command, config),
        Command::Backup { dir } => keep::backup(config, &dir),
        Command::Restore { dir } => keep::restore(&config, &dir),
        Command::Doctor => doctor::run(config),
    }
}
