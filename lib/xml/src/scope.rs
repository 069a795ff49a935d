//! What stands around an element: the declarations of the stream header.

use std::sync::{Arc, LazyLock};

/// The namespace of `stream:stream` (RFC 6120 section 4.8.1).
pub(crate) const STREAMS: &str = "http://etherx.jabber.org/streams";

/// The scopes of nearly every stream, shared by all of them.
static USUAL: LazyLock<[Scope; 3]> = LazyLock::new(|| {
    let header = |default: &str| Declared {
        tag: "stream:stream".into(),
        default: default.into(),
        prefixes: Box::new([("stream".into(), STREAMS.into())]),
    };
    let bare =
        Declared { tag: "".into(), default: "jabber:client".into(), prefixes: Box::default() };
    [header("jabber:client"), header("jabber:server"), bare]
        .map(|declared| Scope(Some(Arc::new(declared))))
});

/// The namespaces that an element inherits, and the tag that closes the stream.
/// Clones share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(Option<Arc<Declared>>);

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    /// Name of the header's start tag as written; empty if there is no end tag to come.
    pub(crate) tag: Box<str>,
    pub(crate) default: Box<str>,
    pub(crate) prefixes: Box<[(Box<str>, Box<str>)]>,
}

impl Scope {
    /// Nothing is declared: WebSocket and BOSH messages, stored text.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Only the default namespace is declared, as inside an element of a plain text.
    pub fn within(namespace: &str) -> Self {
        if namespace.is_empty() {
            return Self::none();
        }
        Self::shared(Declared {
            tag: "".into(),
            default: namespace.into(),
            prefixes: Box::default(),
        })
    }

    /// The same with another default namespace.
    #[must_use]
    pub fn with_namespace(&self, namespace: &str) -> Self {
        let (tag, prefixes) = match self.0.as_deref() {
            Some(declared) => (declared.tag.clone(), declared.prefixes.clone()),
            None => Default::default(),
        };
        Self::shared(Declared { tag, default: namespace.into(), prefixes })
    }

    pub(crate) fn shared(declared: Declared) -> Self {
        let usual = USUAL.iter().find(|scope| scope.0.as_deref() == Some(&declared));
        usual.cloned().unwrap_or_else(|| Self(Some(Arc::new(declared))))
    }

    /// The default namespace, empty if none.
    pub fn namespace(&self) -> &str {
        self.0.as_deref().map_or("", |declared| &declared.default)
    }

    /// What the closing tag has to be called; empty where none may come.
    pub(crate) fn tag(&self) -> &str {
        self.0.as_deref().map_or("", |declared| &declared.tag)
    }

    /// The namespace of a prefix.
    pub(crate) fn prefix(&self, prefix: &[u8]) -> Option<&str> {
        let prefixes = &self.0.as_deref()?.prefixes;
        prefixes.iter().find(|(name, _)| name.as_bytes() == prefix).map(|(_, uri)| &**uri)
    }
}

#[cfg(test)]
impl Scope {
    pub(crate) fn shares(&self, other: &Self) -> bool {
        matches!((&self.0, &other.0), (Some(one), Some(two)) if Arc::ptr_eq(one, two))
    }
}
