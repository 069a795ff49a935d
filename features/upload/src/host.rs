//! `upload.` before each domain: what clients look for (XEP-0363 section 2).

use std::sync::Arc;

use skein_config::Config;
use skein_kernel::{Ctx, Host, Refusal, Reply, Visit};
use skein_xml::Writer;
use skein_xmpp::{Condition, IqType, Kind, Stanza, form, ns};

use crate::proto::{PURPOSES, UPLOAD};
use crate::slot;

const NAME: &str = "Files";

pub(crate) fn host() -> Host {
    Host {
        domains: |config| config.domains.iter().map(|domain| format!("upload.{domain}")).collect(),
        title: Some(NAME),
        handler: |visit| Box::pin(answer(visit)),
    }
}

async fn answer(visit: Visit) -> Result<Reply, Refusal> {
    let Visit { ctx, session, stanza } = visit;
    let Kind::Iq(kind) = stanza.kind else { return Ok(Reply::Nothing) };
    if !kind.is_request() {
        return Ok(Reply::Nothing);
    }
    if stanza.to.as_ref().is_some_and(|to| to.local().is_some() || !to.is_bare()) {
        return Err(Condition::ItemNotFound.into());
    }
    let mut children = stanza.children();
    let (Some(payload), None) = (children.next(), children.next()) else {
        return Err(Condition::BadRequest.into());
    };
    let answer = match (payload.name(), payload.ns(), kind) {
        ("query", ns::DISCO_INFO, IqType::Get) if payload.attr("node").is_none() => {
            result(&stanza, |writer| write_info(writer, &ctx.config))
        }
        ("query", ns::DISCO_ITEMS, IqType::Get) if payload.attr("node").is_none() => {
            result(&stanza, |writer| writer.leaf("query", ns::DISCO_ITEMS, ""))
        }
        ("query", ns::DISCO_INFO | ns::DISCO_ITEMS, IqType::Get) => {
            return Err(Condition::ItemNotFound.into());
        }
        ("ping", ns::PING, IqType::Get) => stanza.answer(Kind::Iq(IqType::Result)),
        ("request", UPLOAD, IqType::Get) => {
            let Some(session) = session else { return Err(Condition::Forbidden.into()) };
            slot::request(&ctx, &session.user, &stanza, payload).await?
        }
        _ => return Err(Condition::ServiceUnavailable.into()),
    };
    Ok(Reply::Answer(answer))
}

fn result(request: &Stanza, content: impl FnOnce(&mut Writer)) -> Stanza {
    request.answer(Kind::Iq(IqType::Result)).with_content(content)
}

fn write_info(writer: &mut Writer, config: &Config) {
    writer.start("query", ns::DISCO_INFO);
    writer.start("identity", ns::DISCO_INFO);
    writer.attr("category", "store");
    writer.attr("type", "file");
    writer.attr("name", NAME);
    writer.end();
    let mut features = vec![ns::DISCO_INFO, ns::DISCO_ITEMS, ns::PING, UPLOAD];
    features.extend(PURPOSES);
    for feature in features {
        writer.start("feature", ns::DISCO_INFO);
        writer.attr("var", feature);
        writer.end();
    }
    form::start(writer, "result", UPLOAD);
    let most = config.limits.upload_bytes.to_string();
    form::field(writer, "max-file-size", "text-single", None, &[&most]);
    writer.end();
    writer.end();
}

/// The same at the server's own address, for clients that look no further.
pub(crate) async fn at_server(request: skein_kernel::Request) -> Result<Stanza, Refusal> {
    let ctx: &Arc<Ctx> = &request.ctx;
    slot::request(ctx, &request.session.user, &request.stanza, request.payload()?).await
}
