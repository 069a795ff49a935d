//! WebSocket (RFC 7395): the handshake over HTTP, then the bare socket.

use std::sync::Arc;
use std::time::Instant;

use http::header::{self, HeaderValue};
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use skein_stream::Framing;
use skein_stream::websocket::{Origins, Refusal, Subprotocol, Upgrade};
use skein_transport::{Stream, connection};

use crate::Http;
use crate::answer::{self, Answer};
use crate::asked::{Asked, joined, origin};
use crate::connection::Line;

pub(crate) const PATH: &str = "/ws";

/// Pages that may open a stream: those of our domains and those that came from where
/// the request went. Over https only pages that came over https (trust: W01).
fn origins(http: &Http, asked: &Asked) -> Origins {
    let domains = &http.service().ctx().config.domains;
    let mut list: Vec<String> = domains.iter().map(|domain| format!("https://{domain}")).collect();
    if let Some(host) = &asked.host {
        list.push(format!("https://{host}"));
        if !asked.https {
            list.push(format!("http://{host}"));
        }
    }
    Origins::Only(list)
}

/// Answers the handshake; if it is right, the connection becomes a stream.
pub(crate) fn upgrade(
    http: Http,
    line: Arc<Line>,
    asked: &Asked,
    mut request: Request<Incoming>,
) -> Answer {
    if http.service().is_stopping() {
        return answer::status(StatusCode::SERVICE_UNAVAILABLE);
    }
    let headers = request.headers();
    let origin = origin(headers);
    let handshake = Upgrade {
        method: request.method().as_str(),
        connection: &joined(headers, header::CONNECTION),
        upgrade: &joined(headers, header::UPGRADE),
        version: &joined(headers, header::SEC_WEBSOCKET_VERSION),
        key: &joined(headers, header::SEC_WEBSOCKET_KEY),
        protocols: &joined(headers, header::SEC_WEBSOCKET_PROTOCOL),
        origin: origin.as_deref(),
    };
    let accepted = match handshake.accept(&origins(&http, asked)) {
        Ok(accepted) => accepted,
        Err(refusal) => return refused(refusal),
    };
    let Ok(accept) = HeaderValue::try_from(accepted.accept) else {
        return answer::status(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let subprotocol = accepted.subprotocol;
    tokio::spawn(take_over(http, line, subprotocol, hyper::upgrade::on(&mut request)));
    let mut answer = Answer::default();
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(subprotocol.name()));
    answer
}

fn refused(refusal: Refusal) -> Answer {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut answer = answer::with(status, "text/plain; charset=utf-8", format!("{refusal}\n"));
    if refusal == Refusal::Version {
        answer.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    answer
}

/// Waits until the answer is out, then serves the stream. The stream is a task of its
/// own, so that nothing of HTTP stays in memory as long as it lives.
async fn take_over(http: Http, line: Arc<Line>, subprotocol: Subprotocol, upgrade: OnUpgrade) {
    let Ok(upgraded) = upgrade.await else { return };
    let Ok(parts) = downcast::<TokioIo<Stream>>(upgraded) else {
        return tracing::error!(target: "http", "a WebSocket runs over an unknown kind of connection");
    };
    let (socket, surplus) = parts.io.into_inner().into_parts();
    let mut kept = parts.read_buf.to_vec();
    kept.extend_from_slice(&surplus);
    let service = http.service().clone();
    // The pass is gone if the connection served a session that is logged in.
    let own = line.pass.lock().take();
    let Some(pass) = own.or_else(|| service.gate.enter(line.peer.ip(), Instant::now()).ok()) else {
        return;
    };
    let framing = match subprotocol {
        Subprotocol::Xmpp => Framing::WebSocket,
        Subprotocol::Wire => Framing::WireWebSocket,
    };
    tokio::spawn(connection::serve(service, socket, framing, kept, pass));
}
