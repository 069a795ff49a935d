//! A walk through text that the framer accepted, tag by tag.

use std::borrow::Cow;

use memchr::memchr;
use smallvec::SmallVec;

use crate::tag::{self, Tag};

/// What a walk meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// An element begins; its attributes are [`Events::attributes`].
    Start {
        /// Name as written.
        name: &'a str,
        /// The default namespace that it declares.
        namespace: Option<&'a str>,
    },
    /// Text, decoded. What CDATA sections break up comes in pieces.
    Text(Cow<'a, str>),
    /// The innermost open element ends.
    End,
}

/// See the module. Ends early at text that the framer would not accept, and never panics.
#[derive(Debug)]
pub struct Events<'a> {
    rest: &'a str,
    attributes: SmallVec<[(&'a str, &'a str); 8]>,
    ends: bool,
}

impl<'a> Events<'a> {
    /// Through `text`: elements side by side, with or without text between them.
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, attributes: SmallVec::new(), ends: false }
    }

    /// The attributes of the element that began last, `xmlns` left out: name as written, value decoded.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        self.attributes.iter().map(|&(name, value)| (name, tag::value(value)))
    }

    /// What is left, which is nothing if the text was read to its end.
    pub const fn rest(&self) -> &'a str {
        self.rest
    }

    fn markup(&mut self) -> Option<Event<'a>> {
        let text = self.rest;
        if text.starts_with("</") {
            self.rest = text.get(memchr(b'>', text.as_bytes())? + 1..)?;
            return Some(Event::End);
        }
        if let Some(content) = tag::cdata(text) {
            self.rest = text.get(tag::CDATA.len() + content.len() + 3..)?;
            return Some(Event::Text(tag::lines(content)));
        }
        let tag = Tag::read(text)?;
        let mut namespace = None;
        self.attributes.clear();
        let mut attributes = tag.attributes();
        for (name, value) in &mut attributes {
            if name == "xmlns" {
                namespace = Some(value);
            } else {
                self.attributes.push((name, value));
            }
        }
        let closing = attributes.rest().trim_ascii_start();
        self.ends = closing.starts_with("/>");
        if !self.ends && !closing.starts_with('>') {
            return None;
        }
        self.rest = closing.get(1 + usize::from(self.ends)..)?;
        Some(Event::Start { name: tag.name, namespace })
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        if std::mem::take(&mut self.ends) {
            return Some(Event::End);
        }
        if self.rest.is_empty() {
            return None;
        }
        match memchr(b'<', self.rest.as_bytes()) {
            Some(0) => self.markup(),
            found => {
                let (text, rest) = self.rest.split_at(found.unwrap_or(self.rest.len()));
                self.rest = rest;
                Some(Event::Text(tag::text(text)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let mut events = Events::new(text);
        let mut shown = Vec::new();
        while let Some(event) = events.next() {
            shown.push(match event {
                Event::Start { name, namespace } => {
                    let attributes: Vec<_> = events.attributes().collect();
                    format!("{name} {namespace:?} {attributes:?}")
                }
                Event::Text(text) => format!("{text:?}"),
                Event::End => "end".to_owned(),
            });
        }
        shown
    }

    #[test]
    fn tags_text_and_ends_come_in_order() {
        assert_eq!(
            shown("<a  x='1&amp;2' xmlns=\"urn:a\" >t&lt;<b/><![CDATA[<c>]]></a >"),
            [
                "a Some(\"urn:a\") [(\"x\", \"1&2\")]",
                "\"t<\"",
                "b None []",
                "end",
                "\"<c>\"",
                "end"
            ]
        );
    }

    #[test]
    fn damaged_text_ends_the_walk() {
        for text in ["<", "<a", "<a b", "<a b=", "<a b='", "</", "<![CDATA[", "<a/"] {
            assert!(shown(text).len() <= 1, "{text}");
        }
        assert_eq!(shown(""), Vec::<String>::new());
    }
}
