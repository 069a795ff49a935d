//! Whose stream it is, so that addresses of the same server can be shortened.

/// The full address that the server bound to the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    full: Box<str>,
    bare: usize,
    domain: usize,
}

impl Address {
    /// Of a full address; `None` if it is none or too long to be one (RFC 7622 section 3.1).
    pub fn new(full: &str) -> Option<Self> {
        const LONGEST: usize = 3071;
        let bare = full.find('/')?;
        let domain = full[..bare].find('@')? + 1;
        let parts = [domain - 1, bare - domain, full.len() - bare - 1];
        let fits = full.len() <= LONGEST && parts.iter().all(|length| *length > 0);
        fits.then(|| Self { full: full.into(), bare, domain })
    }

    /// All of it.
    pub const fn full(&self) -> &str {
        &self.full
    }

    /// Without the resource.
    pub fn bare(&self) -> &str {
        &self.full[..self.bare]
    }

    /// The server's.
    pub fn domain(&self) -> &str {
        &self.full[self.domain..self.bare]
    }
}

/// An address of the own domain or below it, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) local: Option<&'a str>,
    /// What stands before the own domain, without the dot.
    pub(crate) sub: Option<&'a str>,
    pub(crate) resource: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// Takes `text` apart; `None` if it is elsewhere.
    pub(crate) fn read(text: &'a str, own: &str) -> Option<Self> {
        // Addresses are short: a search that begins with a call costs more.
        let (bare, resource) = match text.bytes().position(|byte| byte == b'/') {
            Some(slash) => (&text[..slash], Some(&text[slash + 1..])),
            None => (text, None),
        };
        let before = bare.strip_suffix(own)?;
        if before.is_empty() {
            return Some(Self { local: None, sub: None, resource });
        }
        if let Some(local) = before.strip_suffix('@') {
            return Some(Self { local: Some(local), sub: None, resource });
        }
        let labels = before.strip_suffix('.')?;
        Some(match labels.split_once('@') {
            Some((local, sub)) => Self { local: Some(local), sub: Some(sub), resource },
            None => Self { local: None, sub: Some(labels), resource },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_address_has_three_parts() {
        let own = Address::new("juliet@example.org/balcony").unwrap();
        assert_eq!(
            (own.full(), own.bare(), own.domain()),
            ("juliet@example.org/balcony", "juliet@example.org", "example.org")
        );
        for bad in ["", "example.org", "a@example.org", "/x", "@x/y", "a@/y", "a@x/", "x/y@z"] {
            assert_eq!(Address::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_below_the_own_domain_are_taken_apart() {
        let parts = |text| {
            Parts::read(text, "example.org").map(|parts| (parts.local, parts.sub, parts.resource))
        };
        assert_eq!(parts("a@example.org/b/c"), Some((Some("a"), None, Some("b/c"))));
        assert_eq!(parts("r@rooms.example.org"), Some((Some("r"), Some("rooms"), None)));
        assert_eq!(parts("rooms.example.org"), Some((None, Some("rooms"), None)));
        assert_eq!(parts("a@notexample.org"), None);
        assert_eq!(parts("a@example.com"), None);
    }
}
