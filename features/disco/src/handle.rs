//! Answers both queries.

use std::sync::Arc;

use skein_kernel::contracts::{Discovery, Published};
use skein_kernel::{Addressee, Refusal, Request, Subject};
use skein_xmpp::{Condition, Stanza, ns};

use crate::commands;
use crate::proto::{
    is_known_node, write_command, write_info, write_items, write_nodes, write_published_items,
};

/// `disco#info` (XEP-0030 section 3).
pub(crate) async fn info(request: Request) -> Result<Stanza, Refusal> {
    if let Some((published, node)) = published(&request)? {
        let (ctx, asker) = (request.ctx.clone(), request.session.clone());
        let info = published.info(ctx, asker, request.subject(), node.clone()).await?;
        return Ok(request.result(|writer| write_info(writer, Some(&node), &info)));
    }
    let (subject, node) = look(&request).await?;
    let discovery = &request.ctx.contracts.discovery;
    if let Some(node) = &node
        && let Some(name) = command_name(&request, subject, node).await?
    {
        return Ok(request.result(|writer| write_command(writer, node, name)));
    }
    let info = discovery.info(subject);
    Ok(request.result(|writer| write_info(writer, node.as_deref(), info)))
}

/// `disco#items` (XEP-0030 section 4): the services beside the server, and its commands
/// (XEP-0050 section 2.1). An account has what it publishes.
pub(crate) async fn items(request: Request) -> Result<Stanza, Refusal> {
    if let Some((published, node)) = published(&request)? {
        let (ctx, asker) = (request.ctx.clone(), request.session.clone());
        let ids = published.ids(ctx, asker, request.subject(), node.clone()).await?;
        let owner = request.subject();
        return Ok(request.result(|writer| write_published_items(writer, &node, &owner, &ids)));
    }
    if request.addressee != Addressee::Server {
        return nodes(&request).await;
    }
    let (subject, node) = look(&request).await?;
    let is_list = subject == Subject::Server && node.as_deref() == Some(ns::COMMANDS);
    let commands = if is_list { commands::listed(&request).await? } else { Vec::new() };
    let server = request.subject();
    let is_server = subject == Subject::Server && node.is_none();
    let suffix = format!(".{}", server.domain());
    // Of several domains each has its own services.
    let own = |domain: &str| domain.strip_suffix(&suffix).is_some_and(|label| !label.contains('.'));
    let hosts = request.ctx.hosts().filter(|(domain, _)| is_server && own(domain));
    let services: Vec<(&str, &str)> =
        hosts.filter_map(|(domain, title)| Some((domain, title?))).collect();
    Ok(request.result(|writer| {
        write_items(writer, node.as_deref(), &server, &commands, &services);
    }))
}

/// The nodes that an account publishes (XEP-0060 section 5.2).
async fn nodes(request: &Request) -> Result<Stanza, Refusal> {
    request.visible().await?;
    let owner = request.subject();
    let nodes = match request.ctx.contracts.published.clone() {
        Some(published) => {
            let (ctx, asker) = (request.ctx.clone(), request.session.clone());
            published.nodes(ctx, asker, owner.clone()).await?
        }
        None => Vec::new(),
    };
    Ok(request.result(|writer| write_nodes(writer, &owner, &nodes)))
}

/// A node of an account, and who answers for it.
type Node = (Arc<dyn Published>, String);

/// The node that is asked about, if it is one that an account publishes. Whether the asker
/// may know of it is said by those who keep it.
fn published(request: &Request) -> Result<Option<Node>, Refusal> {
    let node = request.payload()?.attr("node").filter(|node| !node.is_empty());
    let is_account = request.addressee != Addressee::Server;
    let published = request.ctx.contracts.published.clone().filter(|_| is_account);
    Ok(published.zip(node.map(std::borrow::Cow::into_owned)))
}

/// The name of a command, or of their list.
async fn command_name(
    request: &Request,
    subject: Subject,
    node: &str,
) -> Result<Option<&'static str>, Refusal> {
    match (subject, node) {
        (Subject::Server, ns::COMMANDS) => Ok(Some("Commands")),
        (Subject::Server, _) => commands::name(request, node).await,
        (Subject::Account, _) => Ok(None),
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
    if let Some(node) = &node
        && !is_known_node(subject, node, discovery.ver())
        && command_name(request, subject, node).await?.is_none()
    {
        return Err(Condition::ItemNotFound.into());
    }
    Ok((subject, node.map(std::borrow::Cow::into_owned)))
}
