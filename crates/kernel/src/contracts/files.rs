//! Files that people uploaded, as the messages name them.
//!
//! Whoever keeps messages notes which files each names, and tells by
//! [`Event::Unnamed`](crate::Event::Unnamed) when the last message that named a file is
//! gone: retracted, expired or removed. The file then goes with it.

use std::sync::Arc;

use bytes::Bytes;
use skein_base::{AccountId, Fault};
use skein_xmpp::Stanza;

use crate::ctx::Ctx;
use crate::feature::Future;

/// A file's name in its address: not to be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub [u8; 16]);

/// What the path of a file's address begins with; its id in 22 letters of base64url and a
/// slash follow.
pub const FILES: &str = "/upload/";

/// Files that one message may name and take with it; an album fits.
const NAMED: usize = 64;
/// Letters of an id.
const LETTERS: usize = 22;

/// The files whose addresses stand anywhere in a stanza, each once. It may be a file of
/// another server, whose addresses look alike; nobody here knows its id then.
pub fn named(stanza: &Stanza) -> Vec<FileId> {
    named_in(stanza.content())
}

/// The same for what is kept otherwise.
pub fn named_in(mut rest: &str) -> Vec<FileId> {
    let mut files = Vec::new();
    while let Some((_, behind)) = rest.split_once(FILES) {
        rest = behind;
        if let Some(id) = behind.get(..LETTERS).and_then(FileId::read)
            && behind.as_bytes().get(LETTERS) == Some(&b'/')
            && !files.contains(&id)
        {
            files.push(id);
            if files.len() == NAMED {
                break;
            }
        }
    }
    files
}

/// A file that the server made for somebody, to go with a message.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its name.
    pub name: &'static str,
    /// Its media type.
    pub kind: &'static str,
    /// All of it; small.
    pub content: Bytes,
}

/// Keeps files beside those that people upload. Fulfilled by the feature that takes them.
pub trait Files: Send + Sync {
    /// Keeps a file for `account`, within its quotas, and gives its address; `None` if the
    /// account may have no more.
    fn keep(
        &self,
        ctx: Arc<Ctx>,
        account: AccountId,
        file: Made,
    ) -> Future<'static, Result<Option<String>, Fault>>;
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl FileId {
    /// Reads 22 letters.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() != LETTERS {
            return None;
        }
        let mut bits: u128 = 0;
        let mut last = 0;
        for letter in text.bytes() {
            last = ALPHABET.iter().position(|own| *own == letter)? as u128;
            bits = bits << 6 | last;
        }
        // 132 bits, of which the last four say nothing and must be zero: one id, one text.
        if last & 15 != 0 {
            return None;
        }
        // The first four bits were pushed out; they are the top of the first letter.
        let first = ALPHABET.iter().position(|own| *own == text.as_bytes()[0])? as u128;
        Some(Self((first << 122 | bits >> 4 & (u128::MAX >> 6)).to_be_bytes()))
    }

    /// Writes 22 letters.
    pub fn text(self) -> String {
        let bits = u128::from_be_bytes(self.0);
        let letter = |n: usize| {
            let value = if n < 21 { bits >> (122 - 6 * n) } else { bits << 4 };
            ALPHABET[(value & 63) as usize] as char
        };
        (0..LETTERS).map(letter).collect()
    }
}

#[cfg(test)]
mod tests {
    use skein_xmpp::{Kind, MessageType, ns};

    use super::*;

    #[test]
    fn an_id_has_one_text() {
        for bytes in [[0; 16], [255; 16], *b"0123456789abcdef", [1; 16]] {
            let text = FileId(bytes).text();
            assert_eq!(FileId::read(&text), Some(FileId(bytes)), "{text}");
        }
        assert_eq!(FileId([255; 16]).text(), "_____________________w");
        assert_eq!(FileId(*b"0123456789abcdef").text(), "MDEyMzQ1Njc4OWFiY2RlZg");
        for wrong in
            ["", "_____________________x", "______________________", "a", "=====================A"]
        {
            assert_eq!(FileId::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn files_are_found_wherever_their_addresses_stand() {
        let (one, two) = (FileId([1; 16]), FileId([2; 16]));
        let message = Stanza::new(Kind::Message(MessageType::Chat)).with_content(|writer| {
            let (one, two) = (one.text(), two.text());
            writer.leaf(
                "body",
                ns::CLIENT,
                &format!("https://a/upload/{one}/x.jpg and /upload/{one}"),
            );
            writer.start("x", "jabber:x:oob");
            writer.leaf("url", "jabber:x:oob", &format!("https://a/upload/{two}/<&>"));
            writer.leaf("url", "jabber:x:oob", &format!("https://a/upload/{one}/x.jpg"));
            writer.leaf("url", "jabber:x:oob", &format!("https://a/upload/{one}.{two}/x.jpg"));
            writer.end();
        });
        assert_eq!(named(&message), [one, two]);
    }
}
