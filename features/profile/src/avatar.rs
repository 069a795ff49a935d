//! Avatars: the data, what is said of it (XEP-0084), and their hash.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use skein_base::rng::to_hex;
use skein_xml::{Document, Limits, Writer};
use skein_xmpp::ns;

/// The name of an image: its SHA-1 in hexadecimal (XEP-0084 section 4.1).
pub(crate) fn hash(image: &[u8]) -> String {
    to_hex(&Sha1::digest(image))
}

/// Decodes base64 with line breaks; `None` if it is none.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let dense: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(dense).ok()
}

/// The kind of an image by its first bytes, or what was said of it.
pub(crate) fn kind_of<'a>(image: &[u8], said: &'a str) -> &'a str {
    match image {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ if said.starts_with("image/") => said,
        _ => "image/png",
    }
}

/// `<data/>`, read.
pub(crate) fn read_data(payload: &str) -> Option<Vec<u8>> {
    let document = Document::parse(payload, &Limits::kept()).ok()?;
    let data = document.root();
    if !data.is("data", ns::AVATAR_DATA) {
        return None;
    }
    decode(&data.text())
}

/// `<data/>`, written.
pub(crate) fn write_data(image: &[u8]) -> String {
    let mut writer = Writer::new();
    writer.leaf("data", ns::AVATAR_DATA, &STANDARD.encode(image));
    writer.finish_text()
}

/// An image that is said to be in the data node.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Info {
    pub(crate) id: String,
    pub(crate) kind: String,
}

/// The images of `<metadata/>` that are not elsewhere on the web; `None` if it is none.
pub(crate) fn read_metadata(payload: &str) -> Option<Vec<Info>> {
    let document = Document::parse(payload, &Limits::kept()).ok()?;
    let metadata = document.root();
    if !metadata.is("metadata", ns::AVATAR_METADATA) {
        return None;
    }
    let own = metadata
        .children()
        .filter(|child| child.is("info", ns::AVATAR_METADATA) && child.attr("url").is_none());
    Some(
        own.filter_map(|info| {
            let id = info.attr("id")?.into_owned();
            let kind = info.attr("type").map(std::borrow::Cow::into_owned).unwrap_or_default();
            Some(Info { id, kind })
        })
        .collect(),
    )
}

/// `<metadata/>` of one image, or of none.
pub(crate) fn write_metadata(image: Option<(&[u8], &str)>) -> String {
    let mut writer = Writer::new();
    writer.start("metadata", ns::AVATAR_METADATA);
    if let Some((image, kind)) = image {
        writer.start("info", ns::AVATAR_METADATA);
        writer.attr("bytes", &image.len().to_string());
        writer.attr("id", &hash(image));
        writer.attr("type", kind);
        writer.end();
    }
    writer.end();
    writer.finish_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_metadata_are_read_back() {
        let image = b"\x89PNG\r\n\x1a\nrest";
        assert_eq!(read_data(&write_data(image)).as_deref(), Some(&image[..]));
        let info = Info { id: hash(image), kind: "image/png".into() };
        let written = write_metadata(Some((image, kind_of(image, ""))));
        assert_eq!(read_metadata(&written), Some(vec![info]));
        assert_eq!(read_metadata(&write_metadata(None)), Some(vec![]));
        assert_eq!(read_metadata("<x xmlns='urn:x'/>"), None);
        assert_eq!(hash(b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    }

    /// XEP-0084 example 9: of several images the one that is here counts.
    #[test]
    fn images_elsewhere_are_passed_over() {
        let metadata = "<metadata xmlns='urn:xmpp:avatar:metadata'>\
            <info bytes='12345' height='64' id='111f4b3c50d7b0df729d299bc6f8e9ef9066971f' type='image/png' width='64'/>\
            <info bytes='12345' id='e279f80c38f99c1e7e53e262b440993b2f7eea57' type='image/png' url='http://avatars.example.org/happy.png'/></metadata>";
        let infos = read_metadata(metadata).expect("metadata");
        let ids: Vec<&str> = infos.iter().map(|info| info.id.as_str()).collect();
        assert_eq!(ids, ["111f4b3c50d7b0df729d299bc6f8e9ef9066971f"]);
    }

    #[test]
    fn broken_base64_is_no_image() {
        assert_eq!(decode("Y2\n91\r\n Y291").as_deref(), Some(&b"coucou"[..]));
        assert_eq!(decode("not base64!"), None);
    }
}
