//! vcard-temp from vCard 4.

use skein_xml::{Element, Writer};
use skein_xmpp::ns;

use super::{NAMES, PLACES, TEXTS, TYPES};

const NEW: &str = ns::VCARD4;
const OLD: &str = ns::VCARD;

/// The first value of a property: what stands in its element that is no parameter.
fn value(property: Element<'_>) -> Option<String> {
    let value = property.children().find(|child| child.name() != "parameters")?;
    let text = value.text().trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn texts(property: Element<'_>) -> Vec<String> {
    let values = property.children().filter(|child| child.is("text", NEW));
    values.map(|value| value.text().into_owned()).collect()
}

/// Writes what an old `<vCard/>` holds of a vCard 4.
pub(crate) fn write_old(writer: &mut Writer, new: Element<'_>) {
    for property in new.children().filter(|child| child.ns() == NEW) {
        // Properties may stand in groups (RFC 6351 section 5.2).
        match property.name() {
            "group" => write_old(writer, property),
            _ => old_property(writer, property),
        }
    }
}

fn old_property(writer: &mut Writer, property: Element<'_>) {
    if let Some((old, ..)) = TEXTS.iter().find(|(_, new, _)| *new == property.name()) {
        if let Some(text) = value(property) {
            writer.leaf(old, OLD, &text);
        }
        return;
    }
    match property.name() {
        "n" => parts(writer, "N", property, &NAMES),
        "adr" => parts(writer, "ADR", property, &PLACES),
        "tel" => leaf(writer, "TEL", "NUMBER", property, "tel:"),
        "email" => leaf(writer, "EMAIL", "USERID", property, "mailto:"),
        "org" => {
            writer.start("ORG", OLD);
            for (at, part) in texts(property).iter().enumerate() {
                writer.leaf(if at == 0 { "ORGNAME" } else { "ORGUNIT" }, OLD, part);
            }
            writer.end();
        }
        "geo" => {
            let place = value(property);
            let place = place.as_deref().map(|uri| uri.trim_start_matches("geo:"));
            if let Some((lat, lon)) = place.and_then(|place| place.split_once(',')) {
                let lon = lon.split([',', ';']).next().unwrap_or_default();
                writer.start("GEO", OLD);
                writer.leaf("LAT", OLD, lat);
                writer.leaf("LON", OLD, lon);
                writer.end();
            }
        }
        "impp" => {
            if let Some(jid) = value(property).as_deref().and_then(|uri| uri.strip_prefix("xmpp:"))
            {
                writer.leaf("JABBERID", OLD, jid);
            }
        }
        "note" => {
            if let Some(text) = value(property) {
                writer.leaf("DESC", OLD, &text);
            }
        }
        "rev" => {
            if let Some(text) = value(property) {
                writer.leaf("REV", OLD, &text);
            }
        }
        "categories" => {
            writer.start("CATEGORIES", OLD);
            texts(property).iter().for_each(|word| writer.leaf("KEYWORD", OLD, word));
            writer.end();
        }
        _ => {}
    }
}

fn types(writer: &mut Writer, property: Element<'_>) {
    let Some(parameters) = property.child("parameters", NEW) else { return };
    let kinds = parameters.child("type", NEW).map(texts).unwrap_or_default();
    for (old, new) in TYPES {
        if kinds.iter().any(|kind| kind == new) {
            writer.start(old, OLD);
            writer.end();
        }
    }
    if parameters.child("pref", NEW).is_some() {
        writer.start("PREF", OLD);
        writer.end();
    }
}

fn parts(writer: &mut Writer, old: &str, property: Element<'_>, table: &[(&str, &str)]) {
    writer.start(old, OLD);
    types(writer, property);
    for (old, new) in table {
        if let Some(part) = property.child(new, NEW) {
            writer.leaf(old, OLD, part.text().trim());
        }
    }
    writer.end();
}

fn leaf(writer: &mut Writer, old: &str, inner: &str, property: Element<'_>, scheme: &str) {
    let Some(text) = value(property) else { return };
    writer.start(old, OLD);
    types(writer, property);
    writer.leaf(inner, OLD, text.strip_prefix(scheme).unwrap_or(&text));
    writer.end();
}
