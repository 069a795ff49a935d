//! How somebody stands to a node (XEP-0060 sections 4.1 and 4.2).

use super::names;

/// Section 4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Affiliation {
    Owner,
    Publisher,
    PublishOnly,
    Member,
    None,
    Outcast,
}

names! { Affiliation {
    Owner "owner", Publisher "publisher", PublishOnly "publish-only", Member "member",
    None "none", Outcast "outcast",
} }

impl Affiliation {
    /// Whether it lets one read a node whatever its access model.
    pub(crate) const fn reads(self) -> bool {
        matches!(self, Self::Owner | Self::Publisher | Self::Member)
    }
}

/// Section 4.2. There is no `unconfigured`: options have defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    None,
    Pending,
    Subscribed,
}

names! { State { None "none", Pending "pending", Subscribed "subscribed", } }
