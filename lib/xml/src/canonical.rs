//! Any accepted element, rewritten to be plain.

use memchr::memchr;
use smallvec::SmallVec;

use crate::tag::{self, Tag};
use crate::writer::{escape_text, write_raw};
use crate::{Framer, Limits, Scope, Shape, Step, XmlError};

/// Appends to `out` the element in `buf` (whose [`Shape`] is not plain) rewritten so
/// that it is plain, and gives the shape of what was written. Namespaces are declared
/// by `xmlns`, prefixed attributes get their declaration on their own element, CDATA
/// becomes text. A prefix that is used in text only loses its declaration.
///
/// # Errors
/// `TooLong` if the result is longer than `limits.bytes`, as an element with long
/// namespaces behind short prefixes can be, and `TooManyAttributes` likewise.
pub fn canonical(
    buf: &[u8],
    shape: &Shape,
    scope: &Scope,
    limits: &Limits,
    out: &mut Vec<u8>,
) -> Result<Shape, XmlError> {
    let element = buf.get(..shape.len).ok_or(XmlError::NotWellFormed)?;
    let text = std::str::from_utf8(element).map_err(|_| XmlError::Encoding)?;
    let start = out.len();
    let mut rewrite = Rewrite { scope, prefixes: Vec::new(), open: SmallVec::new(), out };
    rewrite.run(text, start + limits.bytes)?;
    // Whoever reads it relies on its being plain, so this is checked and not believed.
    match Framer::new().frame(&out[start..], scope, limits)? {
        Step::Element(shape) if shape.plain && shape.len == out.len() - start => Ok(shape),
        _ => Err(XmlError::NotWellFormed),
    }
}

struct Rewrite<'a, 'o> {
    scope: &'a Scope,
    /// Prefix and namespace, the innermost last.
    prefixes: Vec<(&'a str, &'a str)>,
    open: SmallVec<[Open<'a>; 8]>,
    out: &'o mut Vec<u8>,
}

#[derive(Clone, Copy)]
struct Open<'a> {
    local: &'a str,
    /// Live prefixes outside of it.
    prefixes: usize,
    /// Default namespace in the source.
    default: &'a str,
    /// Default namespace in the result.
    written: &'a str,
}

impl<'a> Rewrite<'a, '_> {
    fn run(&mut self, text: &'a str, cap: usize) -> Result<(), XmlError> {
        let mut rest = text;
        while let Some(markup) = memchr(b'<', rest.as_bytes()) {
            self.out.extend_from_slice(&rest.as_bytes()[..markup]);
            rest = &rest[markup..];
            let len = if rest.starts_with("</") {
                self.end();
                memchr(b'>', rest.as_bytes()).map(|at| at + 1)
            } else if let Some(content) = tag::cdata(rest) {
                // A bracket next to a `>` of the text behind would be `]]>`.
                for (nth, part) in tag::lines(content).split(']').enumerate() {
                    self.out.extend_from_slice(if nth == 0 { b"" } else { b"&#93;" });
                    escape_text(part, self.out);
                }
                Some(tag::CDATA.len() + content.len() + 3)
            } else {
                let tag = Tag::read(rest).ok_or(XmlError::NotWellFormed)?;
                let (len, empty) = tag.end().ok_or(XmlError::NotWellFormed)?;
                self.start(tag, empty)?;
                Some(len)
            };
            if self.out.len() > cap {
                return Err(XmlError::TooLong);
            }
            rest = len.and_then(|len| rest.get(len..)).ok_or(XmlError::NotWellFormed)?;
        }
        Ok(())
    }

    fn start(&mut self, tag: Tag<'a>, empty: bool) -> Result<(), XmlError> {
        let prefixes = self.prefixes.len();
        let outer = self.scope.namespace();
        let (mut default, around) =
            self.open.last().map_or((outer, outer), |open| (open.default, open.written));
        for (name, uri) in tag.attributes() {
            if name == "xmlns" {
                default = uri;
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                self.prefixes.push((prefix, uri));
            }
        }
        let (local, prefix) = tag.local();
        let written = match prefix {
            Some(prefix) => self.resolve(prefix)?,
            None => default,
        };
        self.out.push(b'<');
        self.out.extend_from_slice(local.as_bytes());
        if written != around {
            write_raw(&["xmlns"], written, self.out);
        }
        self.attributes(tag)?;
        if empty {
            self.out.extend_from_slice(b"/>");
            self.prefixes.truncate(prefixes);
        } else {
            self.out.push(b'>');
            self.open.push(Open { local, prefixes, default, written });
        }
        Ok(())
    }

    fn attributes(&mut self, tag: Tag<'a>) -> Result<(), XmlError> {
        let mut declared: SmallVec<[&str; 4]> = SmallVec::new();
        for (name, value) in tag.attributes() {
            let prefix = name.split_once(':').map(|(prefix, _)| prefix);
            if name == "xmlns" || prefix == Some("xmlns") {
                continue;
            }
            if let Some(prefix) =
                prefix.filter(|prefix| *prefix != "xml" && !declared.contains(prefix))
            {
                let uri = self.resolve(prefix)?;
                write_raw(&["xmlns:", prefix], uri, self.out);
                declared.push(prefix);
            }
            write_raw(&[name], value, self.out);
        }
        Ok(())
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.prefixes.truncate(open.prefixes);
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(open.local.as_bytes());
        self.out.push(b'>');
    }

    fn resolve(&self, prefix: &str) -> Result<&'a str, XmlError> {
        let own = self.prefixes.iter().rev().find(|(name, _)| *name == prefix).map(|&(_, uri)| uri);
        own.or_else(|| self.scope.prefix(prefix.as_bytes())).ok_or(XmlError::BadNamespacePrefix)
    }
}
