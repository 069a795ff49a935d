//! Result set management (XEP-0059): one page out of a long list.

use skein_xml::{Element, Writer};

use crate::error::{Condition, StanzaError};
use crate::ns;

/// Where in the list the page lies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Position {
    /// The first page.
    #[default]
    First,
    /// The page that begins behind the item of this id.
    After(String),
    /// The page that ends before the item of this id; without an id, the last page.
    Before(Option<String>),
    /// The page that begins at this index.
    Index(usize),
}

/// A request for a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// Items at most; `None` leaves it to us. 0 asks for the count alone.
    pub max: Option<usize>,
    /// Which page.
    pub position: Position,
}

/// Bytes of an item id that are looked at; ours are far shorter.
const ID_BYTES: usize = 256;

impl PageRequest {
    /// Reads `<set/>` if `parent` holds one.
    ///
    /// # Errors
    /// `bad-request` for numbers that are none, `item-not-found` for ids that cannot exist.
    pub fn read(parent: Element<'_>) -> Result<Self, StanzaError> {
        let Some(set) = parent.child("set", ns::RSM) else { return Ok(Self::default()) };
        let number = |name| -> Result<Option<usize>, StanzaError> {
            let Some(child) = set.child(name, ns::RSM) else { return Ok(None) };
            child.text().trim().parse().map(Some).map_err(|_| {
                StanzaError::new(Condition::BadRequest).text("the page's numbers must be whole")
            })
        };
        let id = |name| -> Result<Option<String>, StanzaError> {
            let Some(child) = set.child(name, ns::RSM) else { return Ok(None) };
            let id = child.text();
            if id.len() > ID_BYTES {
                return Err(Condition::ItemNotFound.into());
            }
            Ok(Some(id.into_owned()))
        };
        let position = match (id("after")?, id("before")?, number("index")?) {
            (Some(after), _, _) if !after.is_empty() => Position::After(after),
            (_, Some(before), _) => Position::Before(Some(before).filter(|id| !id.is_empty())),
            (_, _, Some(index)) => Position::Index(index),
            _ => Position::First,
        };
        Ok(Self { max: number("max")?, position })
    }
}

/// What an answer says about its page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Id of the page's first item and its index in the whole list.
    pub first: Option<(String, Option<usize>)>,
    /// Id of the page's last item.
    pub last: Option<String>,
    /// Items in the whole list.
    pub count: Option<usize>,
}

impl Page {
    /// Writes `<set/>`.
    pub fn write(&self, writer: &mut Writer) {
        writer.start("set", ns::RSM);
        if let Some((first, index)) = &self.first {
            writer.start("first", ns::RSM);
            if let Some(index) = index {
                writer.attr("index", &index.to_string());
            }
            writer.text(first);
            writer.end();
        }
        if let Some(last) = &self.last {
            writer.start("last", ns::RSM);
            writer.text(last);
            writer.end();
        }
        if let Some(count) = self.count {
            writer.start("count", ns::RSM);
            writer.text(&count.to_string());
            writer.end();
        }
        writer.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn read(set: &str) -> Result<PageRequest, StanzaError> {
        let text = format!("<query xmlns='urn:xmpp:mam:2'>{set}</query>");
        let document = Document::parse(&text, &Limits::after_login()).expect("well-formed");
        PageRequest::read(document.root())
    }

    #[test]
    fn pages_are_read() {
        let set = |inner: &str| read(&format!("<set xmlns='{}'>{inner}</set>", ns::RSM));
        assert_eq!(read(""), Ok(PageRequest::default()));
        assert_eq!(
            set("<max>10</max><after>x</after>"),
            Ok(PageRequest { max: Some(10), position: Position::After("x".into()) })
        );
        assert_eq!(set("<before/>").map(|r| r.position), Ok(Position::Before(None)));
        assert_eq!(set("<index>7</index>").map(|r| r.position), Ok(Position::Index(7)));
    }

    #[test]
    fn m02_numbers_that_are_none_are_bad_requests() {
        for max in ["-1", "1e9", "x", "999999999999999999999999999999", "1 OR 1=1"] {
            let refused = read(&format!("<set xmlns='{}'><max>{max}</max></set>", ns::RSM));
            assert_eq!(refused.map_err(|e| e.condition), Err(Condition::BadRequest), "{max}");
        }
    }
}
