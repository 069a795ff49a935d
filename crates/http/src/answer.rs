//! Answers and the headers that all of them carry.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use hyper::body::Body as _;
use sha2::{Digest as _, Sha256};
use skein_kernel::document;

use crate::content::Content;

/// An answer.
pub(crate) type Answer = Response<Content>;

/// What a page may do: nothing but be looked at (trust: D6).
const POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// For every answer: browsers shall not guess types, tell where somebody came from,
/// or show us inside another page.
const ALWAYS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
];

/// An answer with a body of `kind`, a media type.
pub(crate) fn with(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = bare(status, Content::whole(body));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// An answer with the headers that all carry, and no other.
pub(crate) fn bare(status: StatusCode, content: Content) -> Answer {
    let mut answer = Response::new(content);
    *answer.status_mut() = status;
    for (name, value) in ALWAYS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// An answer that says no more than its status.
pub(crate) fn status(status: StatusCode) -> Answer {
    let reason = status.canonical_reason().unwrap_or_default();
    with(status, "text/plain; charset=utf-8", format!("{reason}\n"))
}

/// Refuses a method; `allowed` are the ones that are answered.
pub(crate) fn not_allowed(allowed: &'static str) -> Answer {
    let mut answer = status(StatusCode::METHOD_NOT_ALLOWED);
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// Lets pages of other sites read the answer. They get it without cookies.
pub(crate) fn for_all_origins(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}

/// The answer is of this moment and must not be kept.
pub(crate) fn not_stored(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A document in HTML. What it may hold of style, the sheet of all documents and its own, is
/// named by hash, so that nothing that slips into the document can bring another.
pub(crate) fn page(status: StatusCode, html: impl Into<Bytes>, style: Option<&str>) -> Answer {
    let mut answer = with(status, "text/html; charset=utf-8", html);
    if let Some(style) = style {
        let [all, own] =
            [document::SHEET, style].map(|sheet| BASE64_STANDARD.encode(Sha256::digest(sheet)));
        let policy = format!("{POLICY}; style-src 'sha256-{all}' 'sha256-{own}'");
        let policy = HeaderValue::try_from(policy);
        // Base64 is always good in a header; without its policy a page has no style.
        if let Ok(policy) = policy {
            answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    answer
}

/// The answer to HEAD: as to GET, with the content's length in place of the content.
pub(crate) fn without_content(answer: Answer) -> Answer {
    let (mut head, content) = answer.into_parts();
    if let Some(length) = content.size_hint().exact() {
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(head, Content::whole(Bytes::new()))
}
