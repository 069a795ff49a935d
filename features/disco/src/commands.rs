//! Ad-hoc commands of the server (XEP-0050): which there are, and running them.

use skein_accounts::Accounts;
use skein_kernel::{Command, Refusal, Request};
use skein_xmpp::{Condition, Stanza, StanzaError};

/// Whether the asker may see a command and run it.
async fn may_run(request: &Request, command: &Command) -> Result<bool, Refusal> {
    Ok(!command.for_administrators || is_admin(request).await?)
}

async fn is_admin(request: &Request) -> Result<bool, Refusal> {
    Ok(request.ctx.state::<Accounts>().is_admin(&request.session.user.jid).await?)
}

/// Node and name of each command that the asker may run.
pub(crate) async fn listed(
    request: &Request,
) -> Result<Vec<(&'static str, &'static str)>, Refusal> {
    let is_admin = is_admin(request).await?;
    let own = request.ctx.commands().iter();
    let own = own.filter(|command| is_admin || !command.for_administrators);
    Ok(own.map(|command| (command.node, command.name)).collect())
}

/// The name of a command that the asker may run.
pub(crate) async fn name(request: &Request, node: &str) -> Result<Option<&'static str>, Refusal> {
    match find(request, node) {
        Some(command) if may_run(request, command).await? => Ok(Some(command.name)),
        _ => Ok(None),
    }
}

fn find<'a>(request: &'a Request, node: &str) -> Option<&'a Command> {
    request.ctx.commands().iter().find(|command| command.node == node)
}

/// Runs the command that is named.
pub(crate) async fn run(request: Request) -> Result<Stanza, Refusal> {
    let node = request.payload()?.attr("node").unwrap_or_default().into_owned();
    let command = find(&request, &node).copied().ok_or(Condition::ItemNotFound)?;
    if !may_run(&request, &command).await? {
        let error = StanzaError::new(Condition::Forbidden);
        return Err(error.text("only administrators may do this").into());
    }
    (command.run)(request).await
}
