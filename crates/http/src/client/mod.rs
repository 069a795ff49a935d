//! The web client, embedded when the server is built (`build.rs`): its page at `/`, its
//! parts under `/assets/`, which are named by their hashes and kept for ever, and
//! `/client.json`, by which it learns whose server it came from.

use http::StatusCode;
use http::header::{self, HeaderName, HeaderValue};
use skein_config::{Config, Registration};

use crate::Http;
use crate::answer::{self, Answer};
use crate::asked::Asked;

/// Where the client asks about this server.
pub(crate) const ABOUT_PATH: &str = "/client.json";
/// The parts that have their content's hash in their name.
const HASHED: &str = "/assets/";
const YEAR: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";
/// What the client may use of the device.
const PERMISSIONS: &str =
    "camera=(self), microphone=(self), display-capture=(self), geolocation=(self)";

/// A file of the client.
struct File {
    path: &'static str,
    plain: &'static [u8],
    /// The same, compressed.
    brotli: Option<&'static [u8]>,
}

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/client.rs"));

/// Whether a client was built in.
pub(crate) fn is_there() -> bool {
    !FILES.is_empty()
}

/// The client's file of that path; its page for `/`. `None`: there is none.
pub(crate) fn file(http: &Http, asked: &Asked, path: &str, accepts: &str) -> Option<Answer> {
    let path = if path == "/" { "/index.html" } else { path };
    let file = FILES.iter().find(|file| file.path == path)?;
    let packed = file.brotli.filter(|_| takes_brotli(accepts));
    let mut answer = answer::with(StatusCode::OK, kind(path), packed.unwrap_or(file.plain));
    let headers = answer.headers_mut();
    if packed.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let keep = if path.starts_with(HASHED) { YEAR } else { ASK_AGAIN };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    // Workers take the policy of their own script, so each file has it.
    if let Ok(policy) = HeaderValue::try_from(policy(&http.service().ctx().config, asked)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", PERMISSIONS),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Some(answer)
}

/// What the client has to know before anybody is signed in; nothing that host-meta and a
/// stream do not tell anyone.
pub(crate) fn about(http: &Http) -> Answer {
    let config = &http.service().ctx().config;
    let registration = match config.access.registration {
        Registration::Open => "open",
        Registration::Invite => "invite",
        Registration::Approval => "approval",
        Registration::Closed => "closed",
    };
    let tiles = config
        .maps
        .tiles
        .as_ref()
        .map(|url| serde_json::json!({ "url": url.expose(), "credit": config.maps.credit }));
    let about = serde_json::json!({
        "domain": config.domain(),
        "registration": registration,
        "files": files_origin(config),
        "tiles": tiles,
        "passkeys": config.passkey_origins(),
    });
    answer::not_stored(answer::with(StatusCode::OK, "application/json", about.to_string()))
}

/// What the client may load and run (trust: D6): its own parts, its own server, and the
/// place of uploads. Script is made by the two named policies alone.
fn policy(config: &Config, asked: &Asked) -> String {
    let files = files_origin(config);
    let tiles = config.maps.tiles.as_ref();
    let tiles = tiles.map_or_else(String::new, |url| format!(" {}", origin(url.expose())));
    let socket = asked.host.as_ref().map_or_else(String::new, |host| {
        format!(" {}://{host}", if asked.https { "wss" } else { "ws" })
    });
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: {files}{tiles}; \
         media-src 'self' blob: {files}; font-src 'self'; connect-src 'self'{socket} {files}; \
         worker-src 'self'; manifest-src 'self'; base-uri 'none'; object-src 'none'; \
         form-action 'self'; frame-src 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types svelte-trusted-html skein"
    )
}

/// Where uploads are reached, without a path.
fn files_origin(config: &Config) -> String {
    match &config.upload.url {
        Some(url) => origin(url.expose()),
        None => format!("https://{}", config.domain()),
    }
}

/// Scheme, host and port of a URL. What no host has in it does not get into a header.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split(['/', '?', '#', ';', ',', '\'', '"']).next().unwrap_or_default();
    format!("{scheme}://{host}")
}

fn takes_brotli(accepts: &str) -> bool {
    accepts.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        parts.next() == Some("br") && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0"))
    })
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_given_to_who_takes_it() {
        assert!(takes_brotli("gzip, deflate, br"));
        assert!(takes_brotli("br;q=0.5"));
        for accepts in ["", "gzip", "br;q=0", "brotli", "*"] {
            assert!(!takes_brotli(accepts), "{accepts}");
        }
    }

    #[test]
    fn the_policy_allows_no_inline_script_and_no_other_origin() {
        let asked = Asked { host: Some("chat.example".into()), https: true };
        let policy = policy(&Config::default(), &asked);
        for word in ["unsafe", "*", "data:", "http:"] {
            assert!(!policy.contains(word), "{word} in {policy}");
        }
        assert!(policy.contains("wss://chat.example "));
    }

    #[test]
    fn of_an_address_only_its_origin_stands_in_the_policy() {
        assert_eq!(origin("https://tiles.example/{z}/{x}/{y}.png?key=a"), "https://tiles.example");
        assert_eq!(origin("https://files.example:8443"), "https://files.example:8443");
        assert_eq!(origin("https://x;script-src *"), "https://x");
    }
}
