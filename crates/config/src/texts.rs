//! Lists of texts of a form.

use crate::kind::{Given, Kind, OneOf, list, quoted};
use crate::tree::Level;

/// Addresses of any kind that people or programs open.
pub(crate) struct Uris;

impl Kind for Uris {
    type Value = Vec<String>;

    fn expects() -> String {
        "a list of URIs, such as [\"mailto:abuse@example.org\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Vec<String>, String> {
        for item in given.items()? {
            let is_scheme = |scheme: &str| {
                scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                    && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
            };
            let is_uri = item
                .split_once(':')
                .is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty());
            if !is_uri || item.contains(['<', ' ']) {
                return Err(format!("{item:?} is no URI: it begins with mailto:, xmpp: or https:"));
            }
        }
        Ok(given.items()?.into_iter().map(str::to_owned).collect())
    }

    fn show(value: &Vec<String>) -> Option<String> {
        Some(list(value))
    }
}

/// Words that people read, in one line.
pub(crate) struct Line;

/// Characters of one.
const LINE: usize = 200;

impl Kind for Line {
    type Value = String;

    fn expects() -> String {
        "one line of text".to_owned()
    }

    fn read(given: &Given) -> Result<String, String> {
        let text = given.text()?;
        if text.chars().count() > LINE || text.contains(char::is_control) {
            return Err(format!("it is more than one line of {LINE} characters"));
        }
        Ok(text.to_owned())
    }

    fn show(value: &String) -> Option<String> {
        Some(quoted(value))
    }
}

/// `part=level` for the log.
pub(crate) struct Targets;

impl Kind for Targets {
    type Value = Vec<String>;

    fn expects() -> String {
        "a list of parts with levels, such as [\"skein_session=debug\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Vec<String>, String> {
        let named = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:".contains(&b))
        };
        for item in given.items()? {
            let (part, level) =
                item.split_once('=').ok_or_else(|| format!("{item:?} has no level"))?;
            if !named(part) {
                return Err(format!("{part:?} is not the name of a part"));
            }
            OneOf::<Level>::read(&Given::Text(level.to_owned()))?;
        }
        Ok(given.items()?.into_iter().map(str::to_owned).collect())
    }

    fn show(value: &Vec<String>) -> Option<String> {
        Some(list(value))
    }
}

/// Where pages come from: scheme, host and port, as browsers write them.
pub(crate) struct Pages;

impl Kind for Pages {
    type Value = Vec<String>;

    fn expects() -> String {
        "a list such as [\"https://chat.example.org\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Vec<String>, String> {
        for item in given.items()? {
            // Browsers take their own machine for safe.
            let is_local = |host: &&str| *host == "localhost" || host.starts_with("localhost:");
            let local = item.strip_prefix("http://").filter(is_local);
            let host = item.strip_prefix("https://").or(local).ok_or_else(|| {
                format!("{item:?} is not reached by https, without which there are no passkeys")
            })?;
            let (domain, port) = host.split_once(':').unwrap_or((host, "8443"));
            let is_domain = domain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
                && domain.contains(|c: char| c.is_ascii_alphabetic());
            if !is_domain || item.contains(char::is_uppercase) {
                return Err(format!(
                    "{item:?} is not scheme, domain in small letters and perhaps port, without anything behind it"
                ));
            }
            if !port
                .parse::<u16>()
                .is_ok_and(|number| ![80, 443].contains(&number) && number.to_string() == port)
            {
                return Err(format!("{item:?} has a port that browsers do not write so"));
            }
        }
        Ok(given.items()?.into_iter().map(str::to_owned).collect())
    }

    fn show(value: &Vec<String>) -> Option<String> {
        Some(list(value))
    }
}
