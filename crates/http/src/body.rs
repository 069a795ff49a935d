//! The content of a request, within its bounds.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};

/// Time for the content of one request: the largest over a slow mobile line.
const TIME: Duration = Duration::from_secs(60);

/// Reads the whole content of at most `most` bytes.
///
/// # Errors
/// The status to refuse with: 413 if it is larger, 408 if it takes too long, 400 if it
/// breaks off.
pub(crate) async fn read(body: Incoming, most: usize) -> Result<Bytes, StatusCode> {
    if body.size_hint().lower() > most as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let whole = Limited::new(body, most).collect();
    match tokio::time::timeout(TIME, whole).await {
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
    }
}
