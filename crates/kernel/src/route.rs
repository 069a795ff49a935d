//! Pages and other answers that features give over HTTP. Plain values: the web server
//! knows HTTP, features do not.

use std::net::IpAddr;
use std::sync::Arc;

use crate::ctx::Ctx;
use crate::feature::Future;

/// Which requests a route answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET, and HEAD without its body.
    Get,
    /// POST.
    Post,
}

/// A request, within the bounds of `limits.http_…`.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The path behind the route's prefix, as it came: not decoded.
    pub rest: String,
    /// What stands behind `?`, not decoded.
    pub query: String,
    /// `Accept-Language`; empty if there was none.
    pub accept_language: String,
    /// The host that the client named, with its port; empty if there was none.
    pub host: String,
    /// The page that asks, as its browser says: `Origin`, if there was one.
    pub origin: Option<String>,
    /// The content.
    pub body: Vec<u8>,
    /// The other end of the connection, which may be a proxy.
    pub peer: Option<IpAddr>,
    /// Whether this server has a web client at `/`, where people can go on.
    pub has_client: bool,
}

/// An answer. The web server adds the headers that all answers carry; none is ever
/// cached or sent on as a referrer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub kind: &'static str,
    /// For `Content-Language`, if the answer is in a language.
    pub language: Option<&'static str>,
    /// The sheet that the [document](crate::document) holds beside the one of all,
    /// exactly as it stands between `<style>` and `</style>`; no other style and no script
    /// takes effect.
    pub style: Option<&'static str>,
    /// The content.
    pub body: Vec<u8>,
}

/// Answers a request.
pub type RouteFn = fn(Arc<Ctx>, Asked) -> Future<'static, Page>;

/// A route of a feature.
#[derive(Clone, Copy)]
pub struct Route {
    /// What it answers.
    pub method: Method,
    /// What the path begins with: `/invite/`.
    pub prefix: &'static str,
    /// Answers.
    pub handler: RouteFn,
}
