//! Whether the server works, for whoever watches or balances.

use http::StatusCode;

use crate::Http;
use crate::answer::{self, Answer};

pub(crate) const PATH: &str = "/health";

/// 200 while the server takes messages and keeps them; 503 when the database has
/// failed or the server stops. Says nothing that a stranger may not know.
pub(crate) fn report(http: &Http) -> Answer {
    let service = http.service();
    let (status, word) = if service.ctx().db.has_failed() {
        (StatusCode::SERVICE_UNAVAILABLE, "storage failed")
    } else if service.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else {
        (StatusCode::OK, "ok")
    };
    let body = serde_json::json!({ "status": word }).to_string();
    answer::not_stored(answer::with(status, "application/json", body))
}
