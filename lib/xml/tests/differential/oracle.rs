//! What rxml makes of the same bytes.

use rxml::{Event, Parse, Parser};
use skein_xml::Element;

const XML: &str = "http://www.w3.org/XML/1998/namespace";

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    name: String,
    ns: String,
    /// Namespace, name, value.
    attributes: Vec<(String, String, String)>,
    text: String,
    children: Vec<Tree>,
}

/// The first element behind `header` and where it ends; `None` if it is refused or incomplete.
pub(crate) fn element(header: &str, bytes: &[u8]) -> Option<(Tree, usize)> {
    let mut parser = Parser::new();
    let mut rest = header.as_bytes();
    while !rest.is_empty() {
        let _ = parser.parse(&mut rest, false);
    }
    let mut rest = bytes;
    let mut open: Vec<Tree> = Vec::new();
    loop {
        match parser.parse(&mut rest, false).ok()?? {
            Event::StartElement(_, (ns, name), attributes) => {
                let attributes = attributes
                    .into_iter()
                    .map(|((ns, name), value)| (ns.to_string(), name.to_string(), value))
                    .collect();
                open.push(Tree {
                    name: name.to_string(),
                    ns: ns.to_string(),
                    attributes,
                    ..Tree::default()
                });
            }
            Event::Text(_, text) => open.last_mut()?.text.push_str(&text),
            Event::EndElement(_) => {
                let done = open.pop()?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Some((done, bytes.len() - rest.len())),
                }
            }
            Event::XmlDeclaration(..) => {}
        }
    }
}

/// Whether our reading of an element is that tree.
pub(crate) fn of_element(element: Element<'_>, tree: &Tree) -> bool {
    let attribute = |(ns, name, value): &(String, String, String)| {
        let ours = match ns.as_str() {
            "" => element.attr(name),
            XML => element.attr(&format!("xml:{name}")),
            ns => element.attr_ns(name, ns),
        };
        ours.as_deref() == Some(value)
    };
    element.is(&tree.name, &tree.ns)
        && same_text(&element.text(), &tree.text)
        && tree.attributes.iter().all(attribute)
        && element.children().count() == tree.children.len()
        && element.children().zip(&tree.children).all(|(child, tree)| of_element(child, tree))
}

/// rxml leaves some carriage returns as they are, where XML 1.0 section 2.11 makes
/// line feeds of them: a lone one, and the one behind a `]` in CDATA.
fn same_text(ours: &str, theirs: &str) -> bool {
    let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    ours == theirs || lines(ours) == lines(theirs)
}
