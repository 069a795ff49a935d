//! Who may make rooms.

use skein_config::Creation;

/// The rule, and who is named by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) creation: By,
    /// Accounts, and circles as `circle:ID`.
    pub(crate) creators: Vec<String>,
}

/// By whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Anyone,
    Administrators,
    /// Administrators, and those who are named.
    Creators,
}

/// What a circle among the creators begins with.
const CIRCLE: &str = "circle:";

impl By {
    pub(crate) const NAMES: &'static [&'static str] = &["anyone", "administrators", "creators"];
    const ALL: [Self; 3] = [Self::Anyone, Self::Administrators, Self::Creators];

    pub(crate) const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.name() == name)
    }
}

/// Who wants to make a room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maker<'a> {
    /// The bare address.
    pub(crate) jid: &'a str,
    pub(crate) is_admin: bool,
    /// The ids of their circles.
    pub(crate) circles: &'a [Box<str>],
}

impl Policy {
    /// What the settings say.
    pub(crate) fn of_settings(creation: Creation, creators: &[String]) -> Self {
        match creation {
            Creation::Anyone => Self { creation: By::Anyone, creators: Vec::new() },
            Creation::Listed => Self { creation: By::Creators, creators: creators.to_vec() },
        }
    }

    /// From the store; a rule that is not known lets nobody but administrators.
    pub(crate) fn of_store(creation: &str, creators: Vec<String>) -> Self {
        Self { creation: By::named(creation).unwrap_or(By::Administrators), creators }
    }

    /// Whether somebody may make a room.
    pub(crate) fn allows(&self, maker: Maker<'_>) -> bool {
        let is_named = |creator: &String| match creator.strip_prefix(CIRCLE) {
            Some(circle) => maker.circles.iter().any(|own| **own == *circle),
            None => creator == maker.jid,
        };
        match self.creation {
            By::Anyone => true,
            By::Administrators => maker.is_admin,
            By::Creators => maker.is_admin || self.creators.iter().any(is_named),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_made_by_whom_the_rule_names() {
        let circles = ["teachers".into()];
        let nobody = Maker { jid: "a@example.org", is_admin: false, circles: &[] };
        let admin = Maker { is_admin: true, ..nobody };
        let teacher = Maker { circles: &circles, ..nobody };
        let creators = |names: &[&str]| Policy {
            creation: By::Creators,
            creators: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let only = |creation| Policy { creation, creators: vec!["a@example.org".into()] };
        for (policy, maker, allowed) in [
            (only(By::Anyone), nobody, true),
            (only(By::Administrators), nobody, false),
            (only(By::Administrators), admin, true),
            (creators(&["a@example.org"]), nobody, true),
            (creators(&["circle:teachers"]), nobody, false),
            (creators(&["circle:teachers"]), teacher, true),
            (creators(&["teachers"]), teacher, false),
            (creators(&[]), admin, true),
            (Policy::of_store("whoever", Vec::new()), nobody, false),
        ] {
            assert_eq!(policy.allows(maker), allowed, "{policy:?} {maker:?}");
        }
        for name in By::NAMES {
            assert_eq!(By::named(name).map(By::name), Some(*name));
        }
    }
}
