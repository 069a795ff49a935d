//! Addresses of the web, as much of them as fetching needs (RFC 3986).

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use skein_base::percent;

/// Bytes of an address.
const BYTES: usize = 2_048;
/// Bytes of a host's name.
const HOST_BYTES: usize = 253;

/// A place in the web: `http://` or `https://`, nobody's name and password, no fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    is_tls: bool,
    /// In lower case; an IPv6 address without its brackets.
    host: String,
    port: u16,
    /// Path and query; in ASCII.
    path: String,
}

impl Place {
    /// Reads an address. Names of hosts are in ASCII: letters beyond it are written as the
    /// client's own library does it (`xn--…`).
    pub fn read(text: &str) -> Option<Self> {
        let is_blank = |c: char| c.is_whitespace() || c.is_control();
        if text.len() > BYTES || text.contains(is_blank) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let is_tls = match () {
            () if scheme.eq_ignore_ascii_case("https") => true,
            () if scheme.eq_ignore_ascii_case("http") => false,
            () => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (host, port) = read_authority(authority, if is_tls { 443 } else { 80 })?;
        Some(Self { is_tls, host, port, path: path(rest) })
    }

    /// The place to which `reference` leads from here.
    pub fn join(&self, reference: &str) -> Option<Self> {
        let reference = reference.trim();
        let scheme = if self.is_tls { "https" } else { "http" };
        if has_scheme(reference) {
            return Self::read(reference);
        }
        if reference.starts_with("//") {
            return Self::read(&format!("{scheme}:{reference}"));
        }
        let bare = self.path.split('?').next().unwrap_or_default();
        let whole = match reference.chars().next() {
            None | Some('#') => self.path.clone(),
            Some('/') => reference.to_owned(),
            Some('?') => format!("{bare}{reference}"),
            Some(_) => format!("{}{reference}", &bare[..bare.rfind('/').map_or(0, |at| at + 1)]),
        };
        // Read as a whole once more: every bound holds for what is put together.
        Self::read(&format!("{scheme}://{}{whole}", self.authority()))
    }

    /// Whether TLS is spoken there.
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The host's name or address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Path and query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The address, if it is one and no name.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        let address: IpAddr = self.host.parse().ok()?;
        Some(SocketAddr::new(address, self.port))
    }

    /// Host and port as they stand in the address and in the field `Host`.
    pub(crate) fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match (self.is_tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

fn has_scheme(reference: &str) -> bool {
    let end = reference.find([':', '/', '?', '#']);
    let scheme = end.filter(|end| reference.as_bytes()[*end] == b':').map(|end| &reference[..end]);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// Host and port.
fn read_authority(authority: &str, usual: u16) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if behind.is_empty() { None } else { Some(behind.strip_prefix(':')?) })
        }
        None => {
            let (host, port) = match authority.split_once(':') {
                None => (authority, None),
                Some((host, port)) => (host, Some(port)),
            };
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
            if host.is_empty() || host.len() > HOST_BYTES || !host.bytes().all(fits) {
                return None;
            }
            (host, port)
        }
    };
    let port = match port {
        None | Some("") => usual,
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => port.parse().ok()?,
        Some(_) => return None,
    };
    (port != 0).then(|| (host.to_ascii_lowercase(), port))
}

/// Path and query without the fragment; what may not stand there is escaped.
fn path(text: &str) -> String {
    let text = text.split('#').next().unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    if !text.starts_with('/') {
        out.push('/');
    }
    let may_stand = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    percent::escape(text, may_stand, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_one_way() {
        for (text, read) in [
            ("HTTP://Example.ORG", "http://example.org/"),
            ("https://example.org:443/a?b#c", "https://example.org/a?b"),
            ("http://example.org:8080?q", "http://example.org:8080/?q"),
            ("https://[2001:DB8::1]:8/x", "https://[2001:db8::1]:8/x"),
            ("https://example.org/ä\"{}", "https://example.org/%C3%A4%22%7B%7D"),
            ("http://0x7f.1/", "http://0x7f.1/"),
        ] {
            assert_eq!(Place::read(text).map(|place| place.to_string()).as_deref(), Some(read));
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            "example.org",
            "//example.org/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://example.org/",
            "http:///",
            "http://",
            "http://user@example.org/",
            "http://user:pass@example.org/",
            "http://a@b@c/",
            "http://example.org\\@inner/",
            "http://exa mple.org/",
            "http://example.org/\r\nX: y",
            "http://example.org:0/",
            "http://example.org:65536/",
            "http://example.org:+80/",
            "http://[::1/",
            "http://[::1]x/",
            "http://[fe80::1%25eth0]/",
            "http://ex%61mple.org/",
            "http://exämple.org/",
            "http://example.org:80:80/",
            "javascript:alert(1)",
            "http://1.2.3.4\u{200b}/",
            "https://\u{ff11}27.0.0.1/",
        ] {
            assert_eq!(Place::read(text), None, "{text:?}");
        }
        assert_eq!(Place::read(&format!("http://a/{}", "x".repeat(2_100))), None);
    }

    #[test]
    fn a_reference_leads_somewhere() {
        let place = Place::read("https://a.example:8443/b/c/d?e").expect("an address");
        for (reference, leads) in [
            ("http://b.example/", "http://b.example/"),
            ("//c.example/x", "https://c.example/x"),
            ("/x?y", "https://a.example:8443/x?y"),
            ("x.png", "https://a.example:8443/b/c/x.png"),
            ("?q", "https://a.example:8443/b/c/d?q"),
            ("", "https://a.example:8443/b/c/d?e"),
            ("#top", "https://a.example:8443/b/c/d?e"),
            ("a/b:c", "https://a.example:8443/b/c/a/b:c"),
        ] {
            let joined = place.join(reference).map(|place| place.to_string());
            assert_eq!(joined.as_deref(), Some(leads), "{reference}");
        }
        for reference in ["file:///etc/passwd", "data:image/png,", "http://u@b/", "gopher:x"] {
            assert_eq!(place.join(reference), None, "{reference}");
        }
    }
}
