//! Namespaces in XML, for the start tag that the walk has just read.

use super::walk::{Attr, Prefix, Walk};
use crate::chars::{self, NOT_URI};
use crate::limits::{LIVE_PREFIXES, NAME_BYTES};
use crate::scope::STREAMS;
use crate::{Namespace, Scope, Span, XmlError};

/// Bound to `xml` and never to be declared.
const XML: &[u8] = b"http://www.w3.org/XML/1998/namespace";
/// Bound to `xmlns` and never to be declared.
const XMLNS: &[u8] = b"http://www.w3.org/2000/xmlns/";

impl Walk {
    /// Takes in the tag's declarations and resolves its prefixes. `outside` prefixes
    /// were live before; `default` becomes the default namespace for the content.
    pub(super) fn resolve(
        &mut self,
        bytes: &[u8],
        scope: &Scope,
        outside: usize,
        default: &mut Namespace,
    ) -> Result<(), XmlError> {
        for &Attr { name, colon, value } in &self.attrs {
            let (name_bytes, uri) = (name.bytes(bytes), value.bytes(bytes));
            if colon == 0 {
                if name_bytes == b"xmlns" {
                    check_name(uri)?;
                    *default = Namespace::Declared(value);
                }
            } else if name_bytes.starts_with(b"xmlns:") {
                let prefix = Span { start: colon + 1, end: name.end };
                if uri.is_empty() || matches!(prefix.bytes(bytes), b"xml" | b"xmlns") {
                    return Err(XmlError::NotWellFormed);
                }
                check_name(uri)?;
                if self.prefixes.len() >= LIVE_PREFIXES {
                    return Err(XmlError::TooManyAttributes);
                }
                self.prefixes.push(Prefix { name: prefix, uri: value });
            }
        }
        if self.name_colon != 0 {
            self.shape.plain = false;
            let prefix = Span { start: self.name.start, end: self.name_colon };
            self.find(bytes, scope, prefix).ok_or(XmlError::BadNamespacePrefix)?;
        }
        if self.prefixed { self.resolve_attributes(bytes, scope, outside) } else { Ok(()) }
    }

    fn resolve_attributes(
        &mut self,
        bytes: &[u8],
        scope: &Scope,
        outside: usize,
    ) -> Result<(), XmlError> {
        let mut plain = true;
        for (at, attr) in self.attrs.iter().enumerate() {
            let Some(prefix) = own_prefix(attr, bytes) else { continue };
            let uri = self.find(bytes, scope, prefix).ok_or(XmlError::BadNamespacePrefix)?;
            let own = &self.prefixes[outside..];
            plain &= own.iter().any(|declared| declared.name.bytes(bytes) == prefix.bytes(bytes));
            // The same name behind another prefix for the same namespace.
            let local = &bytes[attr.colon as usize + 1..attr.name.end as usize];
            for earlier in &self.attrs[..at] {
                let Some(prefix) = own_prefix(earlier, bytes) else { continue };
                if bytes[earlier.colon as usize + 1..earlier.name.end as usize] == *local
                    && self.find(bytes, scope, prefix) == Some(uri)
                {
                    return Err(XmlError::NotWellFormed);
                }
            }
        }
        self.shape.plain &= plain;
        Ok(())
    }

    /// The namespace of a prefix other than `xml`.
    fn find<'a>(&self, bytes: &'a [u8], scope: &'a Scope, prefix: Span) -> Option<&'a [u8]> {
        let prefix = prefix.bytes(bytes);
        let declared =
            self.prefixes.iter().rev().find(|declared| declared.name.bytes(bytes) == prefix);
        match declared {
            Some(declared) => Some(declared.uri.bytes(bytes)),
            None => scope.prefix(prefix).map(str::as_bytes),
        }
    }

    /// Refuses a root that is a stream header: it would be read as an element without end.
    pub(super) fn refuse_header(
        &self,
        bytes: &[u8],
        scope: &Scope,
        local: Span,
        default: Namespace,
    ) -> Result<(), XmlError> {
        if local.bytes(bytes) != b"stream" {
            return Ok(());
        }
        let namespace = if self.name_colon != 0 {
            self.find(bytes, scope, Span { start: self.name.start, end: self.name_colon })
        } else {
            Some(match default {
                Namespace::Inherited => scope.namespace().as_bytes(),
                Namespace::Declared(span) => span.bytes(bytes),
            })
        };
        if namespace == Some(STREAMS.as_bytes()) { Err(XmlError::SecondHeader) } else { Ok(()) }
    }
}

/// The prefix of an attribute; none for `xml:` and for declarations.
fn own_prefix(attr: &Attr, bytes: &[u8]) -> Option<Span> {
    let prefix = Span { start: attr.name.start, end: attr.colon };
    (attr.colon != 0 && !matches!(prefix.bytes(bytes), b"xml" | b"xmlns")).then_some(prefix)
}

/// Checks a namespace name that is being declared.
fn check_name(uri: &[u8]) -> Result<(), XmlError> {
    if uri.len() > NAME_BYTES {
        return Err(XmlError::AttributeTooLong);
    }
    if uri == XML || uri == XMLNS {
        return Err(XmlError::NotWellFormed);
    }
    if !chars::none(uri, NOT_URI) {
        return Err(XmlError::InvalidNamespace);
    }
    Ok(())
}
