//! `skein user …` and `skein invite …`: on the running server through its control
//! socket, or, when no server listens there, on its database.

mod command;
mod control;
mod link;
mod order;
#[cfg(test)]
mod tests;
mod work;

use skein_base::Fault;
use skein_transport::connection::Service;

use self::work::Operator;
use crate::folder::Hold;

pub(crate) use command::{invite, user};

/// Takes orders from the command line for as long as the server runs.
///
/// # Errors
/// If the control socket cannot be made.
pub(crate) async fn listen(service: &Service, hold: &Hold) -> Result<(), Fault> {
    let ctx = service.router.ctx().clone();
    let listener = control::open(hold)
        .map_err(|error| Fault::because("making control.sock in the data folder", error))?;
    tokio::spawn(control::serve(listener, Operator::of(service.accounts.clone(), ctx)));
    Ok(())
}

/// Tells whoever started the server how to make the first account, while there is none.
///
/// # Errors
/// What the database says.
#[expect(clippy::print_stdout, reason = "this is for the person at the terminal")]
pub(crate) async fn greet(service: &Service) -> Result<(), Fault> {
    let config = &service.router.ctx().config;
    if let Some(link) = link::bootstrap(&service.accounts).await? {
        println!("There is no account yet. This link makes the first one, an administrator:");
        println!("    {link}");
        println!("So does: skein user add NAME@{} --admin", config.domain());
        println!("Links for others: skein invite create");
    }
    Ok(())
}
