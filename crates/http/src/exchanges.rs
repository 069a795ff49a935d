//! What features answer with content that flows.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Request, StatusCode, request};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use skein_kernel::Future;
use skein_kernel::exchange::{self, Broken, Call, Exchange, Outcome, Source};

use crate::Http;
use crate::answer::{self, Answer};
use crate::content::Content;

/// How long a peer may send nothing of content that flows: a phone passes a tunnel.
const SILENCE: Duration = Duration::from_secs(30);

/// The exchange that has the path.
pub(crate) fn of(http: &Http, path: &str) -> Option<Exchange> {
    let exchanges = http.service().router.exchanges();
    exchanges.iter().find(|exchange| path.starts_with(exchange.prefix)).copied()
}

/// Answers by it.
pub(crate) async fn answer(
    http: &Http,
    exchange: Exchange,
    peer: IpAddr,
    request: Request<Incoming>,
) -> Answer {
    let (head, content) = request.into_parts();
    let call = call(&head, exchange.prefix, peer, content);
    // A task of its own: a peer that goes away ends the content, and not what must be done then.
    let handled = tokio::spawn((exchange.handler)(http.service().ctx().clone(), call));
    render(handled.await.unwrap_or_else(|_| Outcome::new(500)))
}

fn call(head: &request::Parts, prefix: &str, peer: IpAddr, content: Incoming) -> Call {
    let field = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().into(), value.to_str().ok()?.into()))
    };
    Call {
        method: head.method.as_str().into(),
        rest: head.uri.path().strip_prefix(prefix).unwrap_or_default().into(),
        query: head.uri.query().unwrap_or_default().into(),
        fields: head.headers.iter().filter_map(field).collect(),
        content: Box::new(Arriving(content)),
        peer,
    }
}

fn render(outcome: Outcome) -> Answer {
    let status = StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = answer::bare(
        status,
        match outcome.content {
            exchange::Content::Whole(content) => Content::whole(content),
            exchange::Content::Flow(length, source) => Content::flow(length, source),
        },
    );
    for (name, value) in outcome.fields {
        let name = HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// The content of a request as it arrives.
struct Arriving(Incoming);

impl Source for Arriving {
    fn next(&mut self) -> Future<'_, Result<Option<Bytes>, Broken>> {
        Box::pin(async {
            loop {
                let frame = tokio::time::timeout(SILENCE, self.0.frame()).await;
                let frame = match frame.map_err(|_| Broken::Slow)? {
                    None => return Ok(None),
                    Some(frame) => frame.map_err(|_| Broken::Off)?,
                };
                // Trailers say nothing that we ask for.
                if let Ok(piece) = frame.into_data()
                    && !piece.is_empty()
                {
                    return Ok(Some(piece));
                }
            }
        })
    }
}
