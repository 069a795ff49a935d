//! Nodes of some types alone (XEP-0462).

use skein_xml::Element;
use skein_xmpp::form::Form;
use skein_xmpp::{Condition, StanzaError, ns};

/// Which nodes a list has, by their `pubsub#type`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Filter {
    /// All.
    #[default]
    None,
    /// Those of these types; the empty one is that of nodes without a type.
    Only(Vec<String>),
    /// All but those.
    Without(Vec<String>),
}

impl Filter {
    /// Reads the filter of a query for items.
    ///
    /// # Errors
    ///
    /// `bad-request` if it asks for both.
    pub(crate) fn read(query: Element<'_>) -> Result<Self, StanzaError> {
        let Some(form) = query.child("filter", ns::PUBSUB_FILTER).and_then(Form::read) else {
            return Ok(Self::None);
        };
        let types = |name: &str| form.values(name).to_vec();
        match (types("included-types"), types("excluded-types")) {
            (only, without) if !only.is_empty() && !without.is_empty() => {
                Err(Condition::BadRequest.into())
            }
            (only, _) if !only.is_empty() => Ok(Self::Only(only)),
            (_, without) if !without.is_empty() => Ok(Self::Without(without)),
            _ => Ok(Self::None),
        }
    }

    /// Whether nodes of a type are listed.
    pub(crate) fn shows(&self, kind: &str) -> bool {
        match self {
            Self::None => true,
            Self::Only(types) => types.iter().any(|one| one == kind),
            Self::Without(types) => types.iter().all(|one| one != kind),
        }
    }
}
