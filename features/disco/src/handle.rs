//! Answers both queries.

use skein_kernel::contracts::Discovery;
use skein_kernel::{Addressee, Refusal, Request, Subject};
use skein_xmpp::{Condition, Stanza, ns};

use crate::proto::{is_known_node, write_command, write_info, write_items};

/// `disco#info` (XEP-0030 section 3).
pub(crate) async fn info(request: Request) -> Result<Stanza, Refusal> {
    let (subject, node) = look(&request).await?;
    let discovery = &request.ctx.contracts.discovery;
    if let Some(node) = &node
        && let Some(name) = command_name(discovery, subject, node)
    {
        return Ok(request.result(|writer| write_command(writer, node, name)));
    }
    let info = discovery.info(subject);
    Ok(request.result(|writer| write_info(writer, node.as_deref(), info)))
}

/// `disco#items` (XEP-0030 section 4): the services beside the server, and its commands
/// (XEP-0050 section 2.1). An account has none.
pub(crate) async fn items(request: Request) -> Result<Stanza, Refusal> {
    let (subject, node) = look(&request).await?;
    let is_list = subject == Subject::Server && node.as_deref() == Some(ns::COMMANDS);
    let commands = if is_list { request.ctx.contracts.discovery.commands() } else { &[] };
    let server = request.subject();
    let is_server = subject == Subject::Server && node.is_none();
    let suffix = format!(".{}", server.domain());
    // Of several domains each has its own services.
    let own = |domain: &str| domain.strip_suffix(&suffix).is_some_and(|label| !label.contains('.'));
    let hosts = request.ctx.hosts().filter(|(domain, _)| is_server && own(domain));
    let services: Vec<(&str, &str)> =
        hosts.filter_map(|(domain, title)| Some((domain, title?))).collect();
    Ok(request.result(|writer| {
        write_items(writer, node.as_deref(), &server, commands, &services);
    }))
}

/// The name of a command, or of their list.
fn command_name<'a>(discovery: &'a Discovery, subject: Subject, node: &str) -> Option<&'a str> {
    match (subject, node) {
        (Subject::Server, ns::COMMANDS) => Some("Commands"),
        (Subject::Server, _) => {
            discovery.commands().iter().find(|(of, _)| *of == node).map(|(_, name)| *name)
        }
        (Subject::Account, _) => None,
    }
}

/// Who is asked about, and which node of it.
async fn look(request: &Request) -> Result<(Subject, Option<String>), Refusal> {
    let subject = match request.addressee {
        Addressee::Server => Subject::Server,
        Addressee::Own | Addressee::Other => {
            request.visible().await?;
            Subject::Account
        }
    };
    let node = request.payload()?.attr("node").filter(|node| !node.is_empty());
    let discovery: &Discovery = &request.ctx.contracts.discovery;
    match node {
        Some(node)
            if !is_known_node(subject, &node, discovery.ver())
                && command_name(discovery, subject, &node).is_none() =>
        {
            Err(Condition::ItemNotFound.into())
        }
        node => Ok((subject, node.map(std::borrow::Cow::into_owned))),
    }
}
