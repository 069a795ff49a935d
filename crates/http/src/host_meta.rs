//! Where WebSocket and BOSH are (XEP-0156 section 3), as XML and as JSON.

use http::StatusCode;
use skein_xml::Writer;

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::{Http, bosh, websocket};

pub(crate) const XML_PATH: &str = "/.well-known/host-meta";
pub(crate) const JSON_PATH: &str = "/.well-known/host-meta.json";
const XRD: &str = "http://docs.oasis-open.org/ns/xri/xrd-1.0";

/// Relation and address of each way in. The address has the scheme and the host that
/// the client used: it reached us there.
fn links(http: &Http, asked: &Asked) -> Vec<(&'static str, String)> {
    let domain = http.service().ctx().config.domain();
    let host = asked.host.as_deref().unwrap_or(domain);
    let (ws, plain) = if asked.https { ("wss", "https") } else { ("ws", "http") };
    vec![
        ("urn:xmpp:alt-connections:websocket", format!("{ws}://{host}{}", websocket::PATH)),
        ("urn:xmpp:alt-connections:xbosh", format!("{plain}://{host}{}", bosh::PATH)),
    ]
}

/// The document of RFC 6415.
pub(crate) fn xml(http: &Http, asked: &Asked) -> Answer {
    let mut writer = Writer::new();
    writer.start("XRD", XRD);
    for (relation, address) in links(http, asked) {
        writer.start("Link", XRD);
        writer.attr("rel", relation);
        writer.attr("href", &address);
        writer.end();
    }
    writer.end();
    let text = format!("<?xml version='1.0' encoding='utf-8'?>\n{}\n", writer.finish_text());
    answer::for_all_origins(answer::with(
        StatusCode::OK,
        "application/xrd+xml; charset=utf-8",
        text,
    ))
}

/// The same as JSON.
pub(crate) fn json(http: &Http, asked: &Asked) -> Answer {
    let links = links(http, asked).into_iter();
    let links: Vec<_> =
        links.map(|(rel, href)| serde_json::json!({ "rel": rel, "href": href })).collect();
    let text = serde_json::json!({ "links": links }).to_string();
    answer::for_all_origins(answer::with(StatusCode::OK, "application/json", text))
}
