//! What features answer, and challenges of a certificate authority.

use std::net::IpAddr;

use http::header::{self, HeaderValue};
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use skein_kernel::route::{self, Page, Route};

use crate::answer::{self, Answer};
use crate::asked::{Asked, joined, origin};
use crate::{Http, body};

/// Answers by the route of a feature; 404 if none has the path.
pub(crate) async fn answer(
    http: &Http,
    peer: IpAddr,
    asked: &Asked,
    request: Request<Incoming>,
) -> Answer {
    let service = http.service();
    let path = request.uri().path();
    let of_path = || service.router.routes().iter().filter(|route| path.starts_with(route.prefix));
    let method = match *request.method() {
        Method::GET | Method::HEAD => route::Method::Get,
        Method::POST => route::Method::Post,
        _ if of_path().next().is_none() => return answer::status(StatusCode::NOT_FOUND),
        _ => return answer::not_allowed("GET, HEAD, POST"),
    };
    let Some(route) = of_path().find(|route| route.method == method).copied() else {
        return match of_path().next().map(|other| other.method) {
            None => answer::status(StatusCode::NOT_FOUND),
            Some(route::Method::Get) => answer::not_allowed("GET, HEAD"),
            Some(route::Method::Post) => answer::not_allowed("POST"),
        };
    };
    match run(http, route, peer, asked, request).await {
        Ok(page) => render(page),
        Err(status) => answer::status(status),
    }
}

async fn run(
    http: &Http,
    route: Route,
    peer: IpAddr,
    asked: &Asked,
    request: Request<Incoming>,
) -> Result<Page, StatusCode> {
    let (head, content) = request.into_parts();
    let ctx = http.service().ctx();
    let content = match route.method {
        route::Method::Get => Vec::new(),
        route::Method::Post => {
            body::read(content, ctx.config.limits.http_body_bytes).await?.to_vec()
        }
    };
    let asked = route::Asked {
        rest: head.uri.path().strip_prefix(route.prefix).unwrap_or_default().to_owned(),
        has_client: crate::client::is_there(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        accept_language: joined(&head.headers, header::ACCEPT_LANGUAGE),
        host: asked.host.clone().unwrap_or_default(),
        origin: origin(&head.headers),
        body: content,
        peer: Some(peer),
    };
    Ok((route.handler)(ctx.clone(), asked).await)
}

fn render(page: Page) -> Answer {
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = answer::page(status, page.body, page.style);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(page.kind));
    if let Some(language) = page.language {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
    }
    answer::not_stored(answer)
}

/// The answer to an HTTP-01 challenge (RFC 8555 section 8.3).
pub(crate) fn challenge(http: &Http, token: &str) -> Answer {
    match http.challenges().answer(token) {
        Some(proof) => {
            answer::not_stored(answer::with(StatusCode::OK, "text/plain; charset=utf-8", proof))
        }
        None => answer::status(StatusCode::NOT_FOUND),
    }
}
