//! Which path answers.

use std::sync::Arc;

use http::header;
use http::{Method, Request};
use hyper::body::Incoming;
use skein_transport::acme::CHALLENGE_PATH;

use crate::answer::{self, Answer};
use crate::asked::{Asked, joined};
use crate::connection::Line;
use crate::{
    Http, bosh, client, exchanges, health, host_meta, metrics, page, routes, websocket, wire,
};

/// Answers one request.
pub(crate) async fn answer(http: Http, line: Arc<Line>, request: Request<Incoming>) -> Answer {
    let is_head = request.method() == Method::HEAD;
    let answer = by_path(http, line, request).await;
    // Over HTTP/2 nobody else leaves the content out.
    if is_head { answer::without_content(answer) } else { answer }
}

/// Paths are compared as they came: nothing is decoded or resolved, so that there is no
/// second way to write one.
async fn by_path(http: Http, line: Arc<Line>, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let asked = match Asked::read(&head, line.peer.ip(), line.is_tls) {
        Ok(asked) => asked,
        Err(status) => return answer::status(status),
    };
    let request = Request::from_parts(head, body);
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let get =
        |page: &dyn Fn() -> Answer| if reads { page() } else { answer::not_allowed("GET, HEAD") };
    let part = |path: &str, headers: &http::HeaderMap| {
        client::file(&http, &asked, path, &joined(headers, header::ACCEPT_ENCODING))
    };
    match request.uri().path() {
        bosh::PATH => bosh::answer(&http, &line, &asked, request).await,
        websocket::PATH => websocket::upgrade(http, line, &asked, request),
        host_meta::XML_PATH => get(&|| host_meta::xml(&http, &asked)),
        host_meta::JSON_PATH => get(&|| host_meta::json(&http, &asked)),
        wire::PATH => get(&wire::table),
        health::PATH => get(&|| health::report(&http)),
        metrics::PATH => get(&|| metrics::report(&http, &line, request.headers())),
        client::ABOUT_PATH => get(&|| client::about(&http)),
        page::PATH if !client::is_there() => {
            get(&|| page::first(&http, &asked, &joined(request.headers(), header::ACCEPT_LANGUAGE)))
        }
        path => match path.strip_prefix(CHALLENGE_PATH) {
            Some(token) => get(&|| routes::challenge(&http, token)),
            None if reads && let Some(file) = part(path, request.headers()) => file,
            None => match exchanges::of(&http, path) {
                Some(exchange) => exchanges::answer(&http, exchange, line.peer.ip(), request).await,
                None => routes::answer(&http, line.peer.ip(), &asked, request).await,
            },
        },
    }
}
