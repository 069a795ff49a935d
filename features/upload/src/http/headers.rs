//! The headers of every answer (trust D6).

use skein_config::Config;
use skein_kernel::exchange::Outcome;

/// Content of people runs no program, loads nothing, and is shown in no page of others.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";
const METHODS: &str = "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS";
const ASKED: &str = "authorization, content-type, if-none-match, if-range, range, tus-resumable, \
                     upload-length, upload-metadata, upload-offset";
const TOLD: &str = "accept-ranges, content-disposition, content-length, content-range, etag, location, \
                    tus-extension, tus-max-size, tus-resumable, tus-version, upload-length, upload-offset";

/// The version of tus that is spoken.
pub(crate) const TUS: &str = "1.0.0";

/// What all answers carry. Pages of any site may read them: they hold no cookies, and who
/// knows the address may read the file.
pub(crate) fn all(outcome: Outcome, is_tus: bool) -> Outcome {
    let stored = outcome.fields.iter().any(|(name, _)| *name == "cache-control");
    let mut outcome = outcome
        .with("content-security-policy", POLICY)
        .with("x-frame-options", "DENY")
        .with("cross-origin-resource-policy", "cross-origin")
        .with("access-control-allow-origin", "*")
        .with("access-control-expose-headers", TOLD);
    if !stored {
        outcome = outcome.with("cache-control", "no-store");
    }
    if is_tus {
        outcome = outcome.with("tus-resumable", TUS);
    }
    outcome
}

/// What may be asked: for browsers before a request to another site, and for clients of tus.
pub(crate) fn options(config: &Config) -> Outcome {
    Outcome::new(204)
        .with("access-control-allow-methods", METHODS)
        .with("access-control-allow-headers", ASKED)
        .with("access-control-max-age", "86400")
        .with("tus-version", TUS)
        .with("tus-extension", "creation,termination")
        .with("tus-max-size", config.limits.upload_bytes.to_string())
}
