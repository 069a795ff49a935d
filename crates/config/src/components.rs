//! Components: a domain and the secret by which it is claimed.

use skein_base::Secret;

use crate::kind::{Given, Kind, domain, list};

/// A component that may connect (XEP-0114).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The domain that it answers for.
    pub domain: String,
    /// What it shows to be let in.
    pub secret: Secret<String>,
}

/// `domain=secret` each.
pub(crate) struct Secrets;

impl Kind for Secrets {
    type Value = Vec<Component>;

    fn expects() -> String {
        "a list such as [\"irc.example.org=SECRET\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Vec<Component>, String> {
        let mut components: Vec<Component> = Vec::new();
        for (at, item) in given.items()?.into_iter().enumerate() {
            // What is wrong is told without the item: it may hold the secret.
            let nth = at + 1;
            let (name, secret) =
                item.split_once('=').ok_or_else(|| format!("item {nth} has no \"=\""))?;
            let domain = domain(name.trim())
                .ok_or_else(|| format!("item {nth} does not begin with a domain"))?;
            if secret.len() < 8 {
                return Err(format!("the secret of {domain} is shorter than 8 bytes"));
            }
            if components.iter().any(|other| other.domain == domain) {
                return Err(format!("{domain} stands there twice"));
            }
            components.push(Component { domain, secret: Secret::new(secret.to_owned()) });
        }
        Ok(components)
    }

    fn show(value: &Vec<Component>) -> Option<String> {
        let shown: Vec<String> =
            value.iter().map(|component| format!("{}=[secret]", component.domain)).collect();
        Some(list(&shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_read_and_never_shown() {
        let given = Given::List(vec![Given::Text("irc.example.org=hunter=22".into())]);
        let read = Secrets::read(&given).expect("a component");
        assert_eq!(read[0].domain, "irc.example.org");
        assert_eq!(read[0].secret.expose(), "hunter=22");
        assert_eq!(Secrets::show(&read).as_deref(), Some("[\"irc.example.org=[secret]\"]"));
        for wrong in ["irc.example.org", "irc.example.org=short", "-=long enough"] {
            let told = Secrets::read(&Given::Text(wrong.into())).expect_err(wrong);
            assert!(!told.contains("short") || told.contains("shorter"), "{told}");
        }
    }
}
