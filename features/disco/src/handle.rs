//! Answers both queries.

use skein_kernel::contracts::Discovery;
use skein_kernel::{Addressee, Refusal, Request, Subject};
use skein_xmpp::{Condition, Stanza};

use crate::proto::{is_known_node, write_info, write_items};

/// `disco#info` (XEP-0030 section 3).
pub(crate) async fn info(request: Request) -> Result<Stanza, Refusal> {
    let (subject, node) = look(&request).await?;
    let info = request.ctx.contracts.discovery.info(subject);
    Ok(request.result(|writer| write_info(writer, node.as_deref(), info)))
}

/// `disco#items` (XEP-0030 section 4). Neither the server nor an account has any.
pub(crate) async fn items(request: Request) -> Result<Stanza, Refusal> {
    let (_, node) = look(&request).await?;
    Ok(request.result(|writer| write_items(writer, node.as_deref())))
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
        Some(node) if !is_known_node(subject, &node, discovery.ver()) => {
            Err(Condition::ItemNotFound.into())
        }
        node => Ok((subject, node.map(std::borrow::Cow::into_owned))),
    }
}
