//! The table of the compact binding, for programs that implement it (docs/wire.md).

use http::StatusCode;
use http::header::{self, HeaderValue};

use crate::answer::{self, Answer};

pub(crate) const PATH: &str = "/wire/1.txt";

/// A published table never changes.
const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";

/// Version 1, as text.
pub(crate) fn table() -> Answer {
    let text = skein_stream::wire::TABLE;
    let mut answer = answer::with(StatusCode::OK, "text/plain; charset=utf-8", text);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_A_YEAR));
    answer::for_all_origins(answer)
}
