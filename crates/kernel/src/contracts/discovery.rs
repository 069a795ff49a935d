//! What service discovery says of the server and of accounts, collected from
//! the declarations of all features.

use skein_xmpp::disco::{Identity, Info};
use skein_xmpp::form::Form;

use crate::feature::Subject;

/// The URI by which the server's capabilities are named (XEP-0115 section 4).
pub const CAPS_NODE: &str = "urn:skein:server";

/// Sorted, without doubles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    server: Info,
    account: Info,
    ver: String,
}

impl Discovery {
    /// From what the features declared, and forms about the server (XEP-0128).
    pub fn new(
        features: Vec<(Subject, &'static str)>,
        identities: Vec<(Subject, &'static str, &'static str)>,
        forms: Vec<Form>,
    ) -> Self {
        let server = Info { forms, ..info(Subject::Server, &features, &identities) };
        let account = info(Subject::Account, &features, &identities);
        // Sorted and without doubles, it has a hash.
        let ver = server.ver().unwrap_or_default();
        Self { server, account, ver }
    }

    /// Identities and features of `subject`.
    pub const fn info(&self, subject: Subject) -> &Info {
        match subject {
            Subject::Server => &self.server,
            Subject::Account => &self.account,
        }
    }

    /// The hash of the server's information, for `<c/>` in the stream features
    /// (XEP-0115 section 6.3), beside [`CAPS_NODE`].
    pub fn ver(&self) -> &str {
        &self.ver
    }
}

fn info(
    subject: Subject,
    features: &[(Subject, &'static str)],
    identities: &[(Subject, &'static str, &'static str)],
) -> Info {
    let own = features.iter().filter(|(of, _)| *of == subject);
    let mut features: Vec<String> = own.map(|(_, feature)| (*feature).to_owned()).collect();
    features.sort_unstable();
    features.dedup();
    let own = identities.iter().filter(|(of, ..)| *of == subject);
    let mut identities: Vec<Identity> = own
        .map(|(_, category, kind)| Identity {
            category: (*category).to_owned(),
            kind: (*kind).to_owned(),
            ..Identity::default()
        })
        .collect();
    identities.sort_unstable();
    identities.dedup();
    Info { identities, features, forms: Vec::new() }
}
