//! What a page says it is: a look at the head of its HTML, as browsers would read it as far
//! as that matters here. Everything is hostile: nothing is run, nested or followed.

use encoding_rs::{Encoding, UTF_8};

/// Letters of a title.
const TITLE: usize = 200;
/// Letters of a description.
const DESCRIPTION: usize = 400;
/// Letters of a site's name, and of the words for a picture.
const NAME: usize = 100;
/// Bytes in which a page says how its letters are written (HTML, "prescan").
const PRESCAN: usize = 1_024;
/// Bytes of an address.
const ADDRESS: usize = 2_048;

/// A page's words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Page {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) site: Option<String>,
    /// What its picture shows, in words.
    pub(crate) picture_text: Option<String>,
}

/// Where a page says that something is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Links {
    /// The page itself.
    pub(crate) own: Option<String>,
    pub(crate) picture: Option<String>,
}

/// The text of a page; wrong bytes become U+FFFD. A mark at its beginning decides, then what
/// its sender says, then what it says itself.
pub(crate) fn decoded(content: &[u8], said: Option<&str>) -> String {
    let label = |label: &str| Encoding::for_label(label.trim().as_bytes());
    let own = || {
        let head = String::from_utf8_lossy(&content[..content.len().min(PRESCAN)]).into_owned();
        let at = head.to_ascii_lowercase().find("charset=")? + "charset=".len();
        let rest = head[at..].trim_start_matches(['"', '\'', ' ']);
        label(rest.split(['"', '\'', ' ', ';', '>', '/']).next()?)
    };
    let encoding = said.and_then(label).or_else(own).unwrap_or(UTF_8);
    encoding.decode(content).0.into_owned()
}

/// What a page says, the best of what was found: its rank is lowest.
#[derive(Default)]
struct Best(Option<(u8, String)>);

impl Best {
    fn offer(&mut self, rank: u8, text: &str) {
        if !text.trim().is_empty() && self.0.as_ref().is_none_or(|(own, _)| rank < *own) {
            self.0 = Some((rank, text.to_owned()));
        }
    }

    fn words(self, most: usize) -> Option<String> {
        self.0.and_then(|(_, text)| words(&text, most))
    }

    fn address(self) -> Option<String> {
        let address = self.0.map(|(_, text)| text.trim().to_owned());
        address.filter(|address| address.len() <= ADDRESS)
    }
}

/// Reads a page.
pub(crate) fn read(html: &str) -> (Page, Links) {
    let [mut title, mut description, mut site, mut picture_text] = <[Best; 4]>::default();
    let [mut own, mut picture] = <[Best; 2]>::default();
    let mut rest = html;
    while let Some(tag) = next(&mut rest) {
        match &*tag.name {
            "title" => title.offer(3, &unescaped(text_until(&mut rest, "title"))),
            "script" | "style" | "noscript" | "template" => {
                text_until(&mut rest, &tag.name);
            }
            "body" | "/head" => break,
            "meta" => {
                let Some(content) = tag.attribute("content") else { continue };
                let name = tag.attribute("property").or_else(|| tag.attribute("name"));
                match &*name.unwrap_or_default().to_ascii_lowercase() {
                    "og:title" => title.offer(1, &content),
                    "twitter:title" => title.offer(2, &content),
                    "og:description" => description.offer(1, &content),
                    "twitter:description" => description.offer(2, &content),
                    "description" => description.offer(3, &content),
                    "og:site_name" => site.offer(1, &content),
                    "application-name" => site.offer(2, &content),
                    "og:url" => own.offer(1, &content),
                    "og:image" | "og:image:url" | "og:image:secure_url" => {
                        picture.offer(1, &content);
                    }
                    "twitter:image" | "twitter:image:src" => picture.offer(2, &content),
                    "og:image:alt" => picture_text.offer(1, &content),
                    "twitter:image:alt" => picture_text.offer(2, &content),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let page = Page {
        title: title.words(TITLE),
        description: description.words(DESCRIPTION),
        site: site.words(NAME),
        picture_text: picture_text.words(NAME),
    };
    (page, Links { own: own.address(), picture: picture.address() })
}

/// A start or end tag; the name in lower case, with `/` before it at an end.
struct Tag<'a> {
    name: String,
    attributes: Vec<(&'a str, &'a str)>,
}

impl Tag<'_> {
    /// The first attribute of this name, its references resolved.
    fn attribute(&self, name: &str) -> Option<String> {
        let found = self.attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| unescaped(value))
    }
}

/// Attributes of one tag that are looked at.
const ATTRIBUTES: usize = 32;

/// The next tag; `rest` is what stands behind it.
fn next<'a>(rest: &mut &'a str) -> Option<Tag<'a>> {
    loop {
        let (_, behind) = rest.split_once('<')?;
        if let Some(comment) = behind.strip_prefix("!--") {
            *rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
            continue;
        }
        let slash = usize::from(behind.starts_with('/'));
        if !behind[slash..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            *rest = behind;
            continue;
        }
        let end = behind[slash..].find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
        let (name, behind) = behind.split_at(end.map_or(behind.len(), |end| end + slash));
        *rest = behind;
        let mut attributes = Vec::new();
        while let Some(attribute) = attribute(rest) {
            if attributes.len() < ATTRIBUTES {
                attributes.push(attribute);
            }
        }
        return Some(Tag { name: name.to_ascii_lowercase(), attributes });
    }
}

/// The next attribute of a tag; `None` at its end, which is then behind.
fn attribute<'a>(rest: &mut &'a str) -> Option<(&'a str, &'a str)> {
    let text = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
    if let Some(behind) = text.strip_prefix('>') {
        *rest = behind;
        return None;
    }
    if text.is_empty() {
        *rest = text;
        return None;
    }
    let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
    // A sign that should not begin a name is part of it.
    let first = text.chars().next().map_or(0, char::len_utf8);
    let end = text[first..].find(ends).map_or(text.len(), |end| end + first);
    let (name, behind) = text.split_at(end);
    let behind = behind.trim_start();
    let Some(value) = behind.strip_prefix('=') else {
        *rest = behind;
        return Some((name, ""));
    };
    let value = value.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
    let (value, behind) = match quote {
        Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
        None => {
            let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>');
            value.split_at(end.unwrap_or(value.len()))
        }
    };
    *rest = behind;
    Some((name, value))
}

/// The text up to the end tag of `name`, which is then behind.
fn text_until<'a>(rest: &mut &'a str, name: &str) -> &'a str {
    let whole = *rest;
    for (at, _) in whole.match_indices("</") {
        let behind = &whole.as_bytes()[at + 2..];
        let is_end =
            behind.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()))
                && behind.get(name.len()).is_none_or(|b| !b.is_ascii_alphanumeric());
        if is_end {
            *rest = &whole[at..];
            return &whole[..at];
        }
    }
    *rest = "";
    whole
}

/// References of HTML resolved: those by number, and those that pages use in titles.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let found = behind.char_indices().take(12).find(|(_, c)| *c == ';');
        let sign =
            found.and_then(|(end, _)| Some((reference(&behind[..end])?, &behind[end + 1..])));
        match sign {
            Some((sign, behind)) => {
                out.push(sign);
                rest = behind;
            }
            None => {
                out.push('&');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "middot" => '·',
        "bull" => '•',
        "laquo" => '«',
        "raquo" => '»',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        _ => return None,
    })
}

/// Text in one line of at most `most` letters, without what turns the direction of writing
/// or is not seen.
fn words(text: &str, most: usize) -> Option<String> {
    let is_fine = |c: &char| {
        (!c.is_control() || c.is_whitespace())
            && !matches!(*c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    let text: String = text.chars().filter(is_fine).collect();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = line.chars();
    let mut cut: String = letters.by_ref().take(most).collect();
    if letters.next().is_some() {
        cut.pop();
        cut.push('…');
    }
    (!cut.is_empty()).then_some(cut)
}

#[cfg(test)]
mod tests;
