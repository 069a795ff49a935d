//! Answers over HTTP whose content flows: files that come and files that go. What fits
//! into memory is a [`Route`](crate::route::Route).

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use skein_base::Fault;

use crate::ctx::Ctx;
use crate::feature::Future;

/// Content that comes piece by piece.
pub trait Source: Send {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`Broken`]; nothing comes after it.
    fn next(&mut self) -> Future<'_, Result<Option<Bytes>, Broken>>;
}

/// Why content ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The peer sent nothing for too long.
    #[error("the content came too slowly")]
    Slow,
    /// The peer went away, or sent what is no HTTP.
    #[error("the content broke off")]
    Off,
    /// Our doing.
    #[error("{0}")]
    Fault(#[from] Fault),
}

/// A request. Its header is within the bounds of `limits.http_…`; its content is not
/// bounded: whoever reads it counts.
pub struct Call {
    /// The method, in capitals.
    pub method: Box<str>,
    /// The path behind the exchange's prefix, as it came: not decoded.
    pub rest: Box<str>,
    /// What stands behind `?`, not decoded.
    pub query: Box<str>,
    /// The fields of the header, names in lower case. Values that are not text are left out.
    pub fields: Vec<(Box<str>, Box<str>)>,
    /// The content.
    pub content: Box<dyn Source>,
    /// The other end of the connection, which may be a proxy.
    pub peer: IpAddr,
}

impl Call {
    /// The value of a field that stands once; `name` is in lower case.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(own, _)| **own == *name);
        let value = values.next().map(|(_, value)| &**value);
        if values.next().is_some() { None } else { value }
    }

    /// Whether a field stands there, however often.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(own, _)| **own == *name)
    }
}

/// What is sent back.
pub enum Content {
    /// All of it.
    Whole(Bytes),
    /// So many bytes of this source. One that gives less breaks the connection, so that the
    /// peer sees it.
    Flow(u64, Box<dyn Source>),
}

/// An answer. The web server adds what all answers carry, unless the answer says otherwise.
pub struct Outcome {
    /// The HTTP status.
    pub status: u16,
    /// Fields of the header. One that HTTP cannot carry is left out.
    pub fields: Vec<(&'static str, String)>,
    /// The content. For HEAD the one that GET would get: the web server leaves it out.
    pub content: Content,
}

impl Outcome {
    /// An answer without content.
    pub const fn new(status: u16) -> Self {
        Self { status, fields: Vec::new(), content: Content::Whole(Bytes::new()) }
    }

    /// With a field of the header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}

/// Answers a request.
pub type ExchangeFn = fn(Arc<Ctx>, Call) -> Future<'static, Outcome>;

/// All requests under a path, whatever their method.
#[derive(Clone, Copy)]
pub struct Exchange {
    /// What the path begins with: `/upload/`.
    pub prefix: &'static str,
    /// Answers.
    pub handler: ExchangeFn,
}
