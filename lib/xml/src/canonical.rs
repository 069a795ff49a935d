//! Any accepted element, rewritten to be plain.

use crate::{Limits, Scope, Shape, XmlError};

/// Appends to `out` the element in `buf` (whose [`Shape`] is not plain) rewritten
/// so that it is plain, and gives the shape of what was written:
/// namespaces are declared by `xmlns` only, prefixed attributes get their
/// declaration on their own element, CDATA becomes text. Prefixes in text keep no meaning.
///
/// # Errors
/// [`XmlError::TooLong`] if the result is longer than `limits.bytes`, as an element
/// with many prefixes can be, and `TooManyAttributes` likewise.
pub fn canonical(
    buf: &[u8],
    shape: &Shape,
    scope: &Scope,
    limits: &Limits,
    out: &mut Vec<u8>,
) -> Result<Shape, XmlError> {
    todo!()
}
