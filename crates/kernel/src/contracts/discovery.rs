//! What service discovery says of the server and of accounts, collected from
//! the declarations of all features.

use crate::feature::Subject;

/// Sorted, without doubles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    features: Vec<(Subject, &'static str)>,
    identities: Vec<(Subject, &'static str, &'static str)>,
}

impl Discovery {
    /// From what the features declared.
    pub fn new(
        mut features: Vec<(Subject, &'static str)>,
        identities: Vec<(Subject, &'static str, &'static str)>,
    ) -> Self {
        features.sort_unstable_by_key(|(subject, feature)| (*subject == Subject::Account, *feature));
        features.dedup();
        Self { features, identities }
    }

    /// Feature names of `subject`, sorted.
    pub fn features(&self, subject: Subject) -> impl Iterator<Item = &'static str> + '_ {
        self.features.iter().filter(move |(of, _)| *of == subject).map(|(_, feature)| *feature)
    }

    /// Identities of `subject`: category and type.
    pub fn identities(&self, subject: Subject) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        let of_subject = self.identities.iter().filter(move |(of, ..)| *of == subject);
        of_subject.map(|(_, category, kind)| (*category, *kind))
    }
}
