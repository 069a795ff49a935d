//! What kind of file it is: by its first bytes, and by what its sender says.

/// A media type, and whether it is safe to show in a browser where people read messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    essence: String,
    is_inline: bool,
    is_bmff: bool,
}

impl Kind {
    /// `image/jpeg`: type and subtype in lower case, without parameters.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// Whether browsers may show it; otherwise they may only save it.
    pub const fn is_inline(&self) -> bool {
        self.is_inline
    }

    /// Whether it is made of boxes, as MP4 and HEIC are.
    pub const fn is_bmff(&self) -> bool {
        self.is_bmff
    }
}

/// Nothing is known of it.
const ANY: &str = "application/octet-stream";

/// What browsers may show (trust D3). SVG, HTML and XML can hold programs, PDF has a viewer of its own.
const INLINE: [&str; 18] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "video/quicktime",
    "audio/mp4",
    "audio/mpeg",
    "audio/aac",
    "audio/ogg",
    "audio/opus",
    "audio/webm",
    "audio/flac",
    "audio/wav",
    "text/plain",
];

/// Parts of subtypes that browsers might run or render: never told to them.
const ACTIVE: [&str; 7] = ["html", "xml", "svg", "script", "css", "mhtml", "wasm"];

/// The kind of a file that begins with `head` (a few kilobytes) and of which its sender says
/// that it is `said`. The bytes decide; what they do not show is believed if it does no harm.
pub fn kind(head: &[u8], said: &str) -> Kind {
    let said = essence(said);
    let said = said.as_deref().unwrap_or(ANY);
    let (shown, is_bmff) = signature(head);
    let essence = match shown {
        // Of several that begin alike the sender says which it is.
        Some(shown) if shown.contains(&said) => said,
        Some(shown) => shown[0],
        None if said == "text/plain" && !is_text(head) => ANY,
        // It says so, and does not look so.
        None if said != "text/plain" && INLINE.contains(&said) => ANY,
        None if is_active(said) => ANY,
        None => said,
    };
    Kind { essence: essence.to_owned(), is_inline: INLINE.contains(&essence), is_bmff }
}

/// `type/subtype` of RFC 9110 section 8.3.1, in lower case; `None` if it is none.
fn essence(said: &str) -> Option<String> {
    let essence = said.split(';').next()?.trim().to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/')?;
    let is_token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    (essence.len() <= 127 && is_token(kind) && is_token(subtype)).then_some(essence)
}

fn is_active(essence: &str) -> bool {
    let (kind, subtype) = essence.split_once('/').unwrap_or((essence, ""));
    ["multipart", "message"].contains(&kind) || ACTIVE.iter().any(|part| subtype.contains(part))
}

/// What begins like this, the likeliest first; and whether it is made of boxes.
fn signature(head: &[u8]) -> (Option<&'static [&'static str]>, bool) {
    let starts = |with: &[u8]| head.starts_with(with);
    let at =
        |place: usize, with: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(with));
    let kinds: &[&str] = if starts(b"\xff\xd8\xff") {
        &["image/jpeg"]
    } else if starts(b"\x89PNG\r\n\x1a\n") {
        &["image/png"]
    } else if starts(b"GIF87a") || starts(b"GIF89a") {
        &["image/gif"]
    } else if starts(b"RIFF") && at(8, b"WEBP") {
        &["image/webp"]
    } else if starts(b"RIFF") && at(8, b"WAVE") {
        &["audio/wav"]
    } else if at(4, b"ftyp") {
        return (Some(boxed(head.get(8..12).unwrap_or_default())), true);
    } else if starts(b"\x1aE\xdf\xa3") {
        if crate::reading::has(&head[..head.len().min(64)], b"webm") {
            &["video/webm", "audio/webm"]
        } else {
            &["video/x-matroska", "audio/x-matroska"]
        }
    } else if starts(b"OggS") {
        &["audio/ogg", "video/ogg", "audio/opus"]
    } else if starts(b"fLaC") {
        &["audio/flac"]
    } else if starts(b"ID3") {
        &["audio/mpeg", "audio/aac"]
    } else if head.len() > 2 && head[0] == 0xff && head[1] & 0xf6 == 0xf0 {
        &["audio/aac"]
    } else if head.len() > 2 && head[0] == 0xff && head[1] & 0xe6 == 0xe2 {
        &["audio/mpeg"]
    } else {
        return (None, false);
    };
    (Some(kinds), false)
}

/// By the main brand of a file of boxes.
fn boxed(brand: &[u8]) -> &'static [&'static str] {
    match brand {
        b"M4A " | b"M4B " => &["audio/mp4"],
        b"qt  " => &["video/quicktime"],
        b"avif" | b"avis" => &["image/avif"],
        b"heic" | b"heix" | b"mif1" | b"msf1" => &["image/heic", "image/heif"],
        b"3gp4" | b"3gp5" | b"3gp6" => &["video/3gpp", "audio/3gpp", "video/mp4"],
        _ => &["video/mp4", "audio/mp4"],
    }
}

/// Whether it is UTF-8 without control characters, as far as `head` reaches.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last letter may have been cut in two.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.chars().any(|c| c.is_control() && !"\n\r\t\u{c}".contains(c))
}
