//! The URL of a PostgreSQL database, with what the driver's own reader does not know.

use std::path::PathBuf;

use skein_base::Fault;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::error::OpenError;
use crate::postgres::tls::Trust;

/// Where a database is and how it is reached.
#[derive(Clone)]
pub(crate) struct Place {
    /// What the driver takes.
    pub(crate) config: Config,
    /// Whose certificates are believed.
    pub(crate) trust: Trust,
}

impl Place {
    /// Reads `postgres://…?sslmode=verify-full&sslrootcert=FILE`.
    ///
    /// # Errors
    /// Never quotes the URL, which may hold a password.
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        let refuse = |why: &'static str| Err(OpenError::Engine(Fault::new(why)));
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut file, mut rest) = (None, None, Vec::new());
        for part in query.split('&').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => file = Some(PathBuf::from(decode(value))),
                _ => rest.push(part),
            }
        }
        let (ssl, verifies) = match mode {
            Some("disable") => (SslMode::Disable, false),
            None if file.is_some() => (SslMode::Require, true),
            None | Some("prefer" | "allow") => (SslMode::Prefer, false),
            // As PostgreSQL's programs do: who names certificates wants them looked at.
            Some("require") => (SslMode::Require, file.is_some()),
            Some("verify-full") => (SslMode::Require, true),
            Some("verify-ca") => {
                return refuse(
                    "sslmode=verify-ca of the database URL: use verify-full, which \
                               looks at the name too (key storage.url)",
                );
            }
            Some(_) => {
                return refuse(
                    "sslmode of the database URL must be disable, prefer, require or \
                               verify-full (key storage.url)",
                );
            }
        };
        let url = format!("{base}?{}", rest.join("&"));
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            OpenError::Engine(Fault::because("reading the database URL", error))
        })?;
        config.ssl_mode(ssl);
        let trust = match file {
            _ if !verifies => Trust::Anyone,
            Some(path) if path.as_os_str() != "system" => Trust::File(path),
            _ => Trust::Machine,
        };
        Ok(Self { config, trust })
    }
}

/// Undoes percent-encoding; what is none stays.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.first_chunk::<2>().filter(|_| *first == b'%');
        let byte = digits.and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> (SslMode, Trust) {
        let place = Place::parse(&format!("postgres://u@db.example/skein?{query}"));
        let place = place.unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(place.config.get_user(), Some("u"));
        (place.config.get_ssl_mode(), place.trust)
    }

    #[test]
    fn sslmode_says_whether_tls_is_wanted_and_who_is_believed() {
        let file = |path: &str| Trust::File(PathBuf::from(path));
        assert_eq!(read(""), (SslMode::Prefer, Trust::Anyone));
        assert_eq!(read("sslmode=disable"), (SslMode::Disable, Trust::Anyone));
        assert_eq!(read("sslmode=require"), (SslMode::Require, Trust::Anyone));
        assert_eq!(read("sslmode=verify-full"), (SslMode::Require, Trust::Machine));
        let named = "sslmode=verify-full&application_name=x&sslrootcert=%2Fetc%2Fa%20b.pem";
        assert_eq!(read(named), (SslMode::Require, file("/etc/a b.pem")));
        assert_eq!(read("sslrootcert=/ca.pem"), (SslMode::Require, file("/ca.pem")));
        assert_eq!(read("sslmode=verify-full&sslrootcert=system").1, Trust::Machine);
    }

    #[test]
    fn what_cannot_be_done_is_refused_without_quoting_the_url() {
        for query in ["sslmode=verify-ca", "sslmode=yes", "port=x"] {
            let refused = Place::parse(&format!("postgres://u:hunter2@db/skein?{query}"));
            let error = refused.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!error.is_empty() && !error.contains("hunter2"), "{query}: {error}");
        }
    }
}
