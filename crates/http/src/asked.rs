//! A request, as far as every answer has to know it.

use std::net::IpAddr;

use http::header::{self, HeaderMap, HeaderName};
use http::uri::Authority;
use http::{StatusCode, Version, request};

/// Which server the client thinks it speaks to, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Name, and port if it is not the usual one, in lower case.
    pub(crate) host: Option<String>,
    /// Whether the client sees https: by our TLS, or by that of a proxy on this machine.
    pub(crate) https: bool,
}

impl Asked {
    /// Looks at a request from `peer`.
    ///
    /// # Errors
    /// The status with which the request must be refused: more than one host or none
    /// (RFC 9112 section 3.2), or two opinions about its length (section 6.1).
    pub(crate) fn read(
        head: &request::Parts,
        peer: IpAddr,
        is_tls: bool,
    ) -> Result<Self, StatusCode> {
        let mut named = head.headers.get_all(header::HOST).iter();
        let header = named.next();
        let missing = header.is_none() && head.version == Version::HTTP_11;
        let lengths = head.headers.get_all(header::CONTENT_LENGTH).iter().count();
        let chunked = head.headers.contains_key(header::TRANSFER_ENCODING);
        if missing || named.next().is_some() || lengths > 1 || (lengths == 1 && chunked) {
            return Err(StatusCode::BAD_REQUEST);
        }
        let header = match header {
            None => None,
            Some(value) if value.is_empty() => None,
            Some(value) => Some(authority(value.as_bytes()).ok_or(StatusCode::BAD_REQUEST)?),
        };
        let target = head.uri.authority().and_then(|own| authority(own.as_str().as_bytes()));
        // A proxy elsewhere could be anybody; one on this machine is the operator's.
        let forwarded =
            head.headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
        let https = is_tls || (forwarded && peer.to_canonical().is_loopback());
        Ok(Self { host: target.or(header), https })
    }
}

/// A host with or without a port, and nothing that could break out of a URL.
fn authority(text: &[u8]) -> Option<String> {
    let authority = Authority::try_from(text).ok()?;
    let text = authority.as_str();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let sound = !authority.host().is_empty() && text.bytes().all(allowed);
    sound.then(|| text.to_ascii_lowercase())
}

/// All values of a header in one line, as if it had come once (RFC 9110 section 5.3).
pub(crate) fn joined(headers: &HeaderMap, name: HeaderName) -> String {
    let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?"));
    values.collect::<Vec<_>>().join(",")
}

/// Of which page's origin its browser says that it asks; programs say none.
pub(crate) fn origin(headers: &HeaderMap) -> Option<String> {
    headers.contains_key(header::ORIGIN).then(|| joined(headers, header::ORIGIN))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn asked(peer: [u8; 4], headers: &[(&str, &str)]) -> Result<Asked, StatusCode> {
        let request = headers
            .iter()
            .fold(http::Request::get("/"), |r, (name, value)| r.header(*name, *value));
        let (head, ()) = request.body(()).unwrap().into_parts();
        Asked::read(&head, Ipv4Addr::from(peer).into(), false)
    }

    #[test]
    fn u06_a_request_names_one_host() {
        let host = |headers: &[_]| asked([192, 0, 2, 1], headers).map(|asked| asked.host);
        assert_eq!(host(&[("host", "Chat.Example:8443")]), Ok(Some("chat.example:8443".into())));
        assert_eq!(host(&[("host", "[::1]:80")]), Ok(Some("[::1]:80".into())));
        assert_eq!(host(&[("host", "")]), Ok(None));
        for wrong in ["a/b", "a@b", "a\"b", "<b>", "a b"] {
            assert_eq!(host(&[("host", wrong)]), Err(StatusCode::BAD_REQUEST), "{wrong}");
        }
        assert_eq!(host(&[]), Err(StatusCode::BAD_REQUEST));
        assert_eq!(host(&[("host", "a"), ("host", "b")]), Err(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn u06_a_request_has_one_length() {
        let host = ("host", "localhost");
        let two = asked(
            [127, 0, 0, 1],
            &[host, ("content-length", "1"), ("transfer-encoding", "chunked")],
        );
        assert_eq!(two, Err(StatusCode::BAD_REQUEST));
        let two = asked([127, 0, 0, 1], &[host, ("content-length", "1"), ("content-length", "2")]);
        assert_eq!(two, Err(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn u06_a_forwarded_scheme_counts_only_from_this_machine() {
        let headers = [("host", "chat.example"), ("x-forwarded-proto", "https")];
        assert!(asked([127, 0, 0, 1], &headers).unwrap().https);
        assert!(!asked([192, 0, 2, 1], &headers).unwrap().https);
    }
}
