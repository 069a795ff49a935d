//! Addresses of other services, which may carry passwords.

use std::fmt;
use std::marker::PhantomData;

use skein_base::Secret;

use crate::kind::{Given, Kind, quoted};

/// A URL. Printed without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Secret<String>);

impl Url {
    /// The whole URL with its password; every call of this is a place to look at in review.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(self.expose()))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The URL without the password of its authority and the values of telling query fields.
fn redacted(url: &str) -> String {
    let (start, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    // The last @ of all, so that no part of a password with @, / or ? in it
    // shows; better to hide too much of an odd URL than too little.
    let rest = match rest.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:[secret]@{host}"),
            None => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest.as_str(), None),
    };
    let telling =
        |name: &str| ["password", "secret", "token", "key"].iter().any(|word| name.contains(word));
    let query = query.map(|query| {
        let field = |field: &str| match field.split_once('=') {
            Some((name, _)) if telling(&name.to_ascii_lowercase()) => format!("{name}=[secret]"),
            _ => field.to_owned(),
        };
        format!("?{}", query.split('&').map(field).collect::<Vec<_>>().join("&"))
    });
    format!("{start}{place}{}", query.unwrap_or_default())
}

/// Which URLs an option takes.
pub(crate) trait Scheme {
    const STARTS: &'static [&'static str];
    const EXPECTS: &'static str;
}

pub(crate) struct Sql;
impl Scheme for Sql {
    const STARTS: &'static [&'static str] = &["sqlite:", "postgres://", "postgresql://"];
    const EXPECTS: &'static str = "\"sqlite:PATH\" or \"postgres://USER:PASSWORD@HOST/DATABASE\"";
}

pub(crate) struct Blobs;
impl Scheme for Blobs {
    const STARTS: &'static [&'static str] = &["file:///", "s3://", "s3+http://"];
    const EXPECTS: &'static str = "\"file:///FOLDER\" or \"s3://KEY:SECRET@HOST/BUCKET\"";
}

pub(crate) struct Web;
impl Scheme for Web {
    const STARTS: &'static [&'static str] = &["https://", "http://"];
    const EXPECTS: &'static str = "a URL such as \"https://files.example.org\"";
}

/// Where pictures of a map are, by zoom, column and row.
pub(crate) struct Tiles;
impl Scheme for Tiles {
    const STARTS: &'static [&'static str] = &["https://", "http://"];
    const EXPECTS: &'static str = "a URL such as \"https://tiles.example.org/{z}/{x}/{y}.png\"";
}

pub(crate) struct Nats;
impl Scheme for Nats {
    const STARTS: &'static [&'static str] = &["nats://", "tls://"];
    const EXPECTS: &'static str = "\"nats://HOST:PORT\"";
}

pub(crate) struct Https;
impl Scheme for Https {
    const STARTS: &'static [&'static str] = &["https://"];
    const EXPECTS: &'static str =
        "an https URL, such as \"https://acme-v02.api.letsencrypt.org/directory\"";
}

/// A URL of one of the schemes of `S`, or none.
pub(crate) struct OptionalUrl<S>(PhantomData<S>);

impl<S: Scheme> Kind for OptionalUrl<S> {
    type Value = Option<Url>;

    fn expects() -> String {
        S::EXPECTS.to_owned()
    }

    fn read(given: &Given) -> Result<Option<Url>, String> {
        // The text itself stays out of the messages: it may hold a password.
        let text = given.text()?;
        let start = S::STARTS.iter().find(|start| text.starts_with(**start));
        let start = start.ok_or("the URL begins otherwise than it may")?;
        if text.len() == start.len() || text.contains(|c: char| c.is_whitespace() || c.is_control())
        {
            return Err("the URL is empty or has white space in it".to_owned());
        }
        Ok(Some(Url(Secret::new(text.to_owned()))))
    }

    fn show(value: &Option<Url>) -> Option<String> {
        value.as_ref().map(|url| quoted(&url.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_redacted() {
        for (url, shown) in [
            ("postgres://skein:hunter2@db/skein", "postgres://skein:[secret]@db/skein"),
            ("postgres://skein:p@ss:w/ord@db/skein", "postgres://skein:[secret]@db/skein"),
            ("postgres://skein:w?y@db/skein", "postgres://skein:[secret]@db/skein"),
            ("postgres://skein@db/skein", "postgres://skein@db/skein"),
            ("postgres://db/skein?password=a@b", "postgres://db/skein?password=[secret]"),
            (
                "postgres:///skein?host=/run&user=a&password=b",
                "postgres:///skein?host=/run&user=a&password=[secret]",
            ),
            ("sqlite:data/skein.db", "sqlite:data/skein.db"),
        ] {
            let url = Url(Secret::new(url.to_owned()));
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), shown);
        }
    }

    #[test]
    fn a_wrong_url_is_not_repeated() {
        let wrong = OptionalUrl::<Sql>::read(&Given::Text("mysql://root:hunter2@db".into()));
        assert!(wrong.is_err_and(|reason| !reason.contains("hunter2")));
    }
}
