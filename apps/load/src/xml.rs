//! Writing the few stanzas that the generator sends.

/// Appends `text` with the five characters replaced that XML reserves.
pub(crate) fn escape(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'\'' => out.extend_from_slice(b"&apos;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            _ => out.push(byte),
        }
    }
}

/// Appends `parts`, of which every second one is escaped: markup, text, markup, ...
pub(crate) fn write<const N: usize>(out: &mut Vec<u8>, parts: [&str; N]) {
    for (index, part) in parts.into_iter().enumerate() {
        if index % 2 == 0 {
            out.extend_from_slice(part.as_bytes());
        } else {
            escape(out, part);
        }
    }
}

/// Appends a ping to the server (XEP-0199) with the request id `id`.
pub(crate) fn ping(out: &mut Vec<u8>, domain: &str, id: &str) {
    let open = "<iq type='get' to='";
    write(out, [open, domain, "' id='", id, "'><ping xmlns='urn:xmpp:ping'/></iq>"]);
}

/// Appends the answer to a request of the server. One that asks whether its clients are still
/// there (XEP-0199) must hear from them, or it drops them.
pub(crate) fn answer(out: &mut Vec<u8>, id: &[u8]) {
    out.extend_from_slice(b"<iq type='result' id='");
    out.extend_from_slice(id);
    out.extend_from_slice(b"'/>");
}
