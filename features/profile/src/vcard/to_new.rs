//! vCard 4 from vcard-temp.

use skein_xml::{Element, Writer};
use skein_xmpp::ns;

use super::{NAMES, PLACES, TEXTS, TYPES};

const NEW: &str = ns::VCARD4;

fn text_of(parent: Element<'_>, name: &str) -> Option<String> {
    let text = parent.child(name, ns::VCARD)?.text().trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn value(writer: &mut Writer, property: &str, kind: &str, text: &str) {
    writer.start(property, NEW);
    writer.leaf(kind, NEW, text);
    writer.end();
}

/// Writes the vCard 4 of an old `<vCard/>`.
pub(crate) fn write_new(writer: &mut Writer, old: Element<'_>) {
    writer.start("vcard", NEW);
    for child in old.children().filter(|child| child.ns() == ns::VCARD) {
        property(writer, child);
    }
    writer.end();
}

fn property(writer: &mut Writer, child: Element<'_>) {
    let text = child.text().trim().to_owned();
    if let Some((_, new, kind)) = TEXTS.iter().find(|(old, ..)| *old == child.name()) {
        if !text.is_empty() {
            value(writer, new, kind, &text);
        }
        return;
    }
    match child.name() {
        "N" => parts(writer, "n", child, &NAMES),
        "ADR" => parts(writer, "adr", child, &PLACES),
        "TEL" => {
            if let Some(number) = text_of(child, "NUMBER") {
                writer.start("tel", NEW);
                types(writer, child);
                writer.leaf("uri", NEW, &["tel:", &number].concat());
                writer.end();
            }
        }
        "EMAIL" => {
            if let Some(address) = text_of(child, "USERID") {
                writer.start("email", NEW);
                types(writer, child);
                writer.leaf("text", NEW, &address);
                writer.end();
            }
        }
        "ORG" => organisation(writer, child),
        "GEO" => {
            if let (Some(lat), Some(lon)) = (text_of(child, "LAT"), text_of(child, "LON")) {
                value(writer, "geo", "uri", &["geo:", &lat, ",", &lon].concat());
            }
        }
        "JABBERID" if !text.is_empty() => {
            value(writer, "impp", "uri", &["xmpp:", &text].concat());
        }
        "DESC" | "NOTE" if !text.is_empty() => value(writer, "note", "text", &text),
        "REV" if !text.is_empty() => value(writer, "rev", "timestamp", &text),
        "CATEGORIES" => {
            writer.start("categories", NEW);
            for keyword in child.children().filter(|child| child.is("KEYWORD", ns::VCARD)) {
                writer.leaf("text", NEW, &keyword.text());
            }
            writer.end();
        }
        _ => {}
    }
}

/// A property with parts, of which at least one is there.
fn parts(writer: &mut Writer, property: &str, child: Element<'_>, table: &[(&str, &str)]) {
    if table.iter().all(|(old, _)| text_of(child, old).is_none()) {
        return;
    }
    writer.start(property, NEW);
    types(writer, child);
    for (old, new) in table {
        writer.leaf(new, NEW, &text_of(child, old).unwrap_or_default());
    }
    writer.end();
}

fn types(writer: &mut Writer, child: Element<'_>) {
    let has = |name: &str| child.child(name, ns::VCARD).is_some();
    let known: Vec<&str> = TYPES.iter().filter(|(old, _)| has(old)).map(|(_, new)| *new).collect();
    if known.is_empty() && !has("PREF") {
        return;
    }
    writer.start("parameters", NEW);
    if !known.is_empty() {
        writer.start("type", NEW);
        known.iter().for_each(|kind| writer.leaf("text", NEW, kind));
        writer.end();
    }
    if has("PREF") {
        writer.start("pref", NEW);
        writer.leaf("integer", NEW, "1");
        writer.end();
    }
    writer.end();
}

fn organisation(writer: &mut Writer, child: Element<'_>) {
    let named = ["ORGNAME", "ORGUNIT"];
    let parts: Vec<String> = child
        .children()
        .filter(|part| part.ns() == ns::VCARD && named.contains(&part.name()))
        .map(|part| part.text().trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    if parts.is_empty() {
        return;
    }
    writer.start("org", NEW);
    parts.iter().for_each(|part| writer.leaf("text", NEW, part));
    writer.end();
}
