//! Elements of stream management (XEP-0198) that we send.

use skein_xml::Writer;
use skein_xmpp::ns;

fn element(name: &str, attributes: &[(&str, &str)], content: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.start(name, ns::SM);
    for (name, value) in attributes {
        writer.attr(name, value);
    }
    content(&mut writer);
    writer.end();
    writer.finish()
}

/// `<enabled/>`; with a secret id and seconds if the session can be resumed.
pub fn enabled(resumable: Option<(&str, u64)>) -> Vec<u8> {
    match resumable {
        None => element("enabled", &[], |_| {}),
        Some((id, max)) => {
            let max = max.to_string();
            element("enabled", &[("id", id), ("resume", "true"), ("max", &max)], |_| {})
        }
    }
}

/// `<resumed/>`: so many stanzas of the client were handled.
pub fn resumed(previd: &str, h: u32) -> Vec<u8> {
    element("resumed", &[("previd", previd), ("h", &h.to_string())], |_| {})
}

/// `<failed/>`; with the number of stanzas handled where it is known exactly.
pub fn failed(condition: &str, h: Option<u32>) -> Vec<u8> {
    let h = h.map(|h| h.to_string());
    let attributes: &[(&str, &str)] = &[("h", h.as_deref().unwrap_or_default())];
    element("failed", if h.is_some() { attributes } else { &[] }, |writer| {
        writer.start(condition, ns::STANZA_ERRORS);
        writer.end();
    })
}

/// `<a/>`: so many stanzas of the client were handled, and are durable.
pub fn acknowledged(h: u32) -> Vec<u8> {
    element("a", &[("h", &h.to_string())], |_| {})
}
