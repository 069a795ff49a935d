//! The pages that the server writes itself, in one frame and in the web client's colours.
//! No script, and nothing loaded from elsewhere, so nobody else learns what is in their
//! addresses, which may be secrets.

use skein_xml::Writer;

use crate::language::Language;

/// The namespace of everything in a document.
pub const XHTML: &str = "http://www.w3.org/1999/xhtml";
const SVG: &str = "http://www.w3.org/2000/svg";
/// The sheet that every document begins with, exactly as it stands between `<style>` and
/// `</style>`.
pub const SHEET: &str = include_str!("document.css");
/// The strands of the sign (`web/src/ui/Logo.svelte`).
const STRANDS: [&str; 3] =
    ["M12 15.5c8-5.5 16 17 24 11.5", "M12 24.5c8-5.5 16 5.5 24 0", "M12 33.5c8-5.5 16-23 24-17.5"];

/// Starts a document with [`SHEET`] and a sheet of its `own`, up to the inside of `<main>`.
pub fn start(language: Language, title: &str, own: &'static str) -> Writer {
    let mut writer = Writer::within(XHTML);
    writer.start("html", XHTML);
    writer.attr("lang", language.tag());
    write_head(&mut writer, title, own);
    writer.start("body", XHTML);
    writer.start("main", XHTML);
    write_sign(&mut writer);
    writer
}

/// Ends the document.
pub fn finish(writer: Writer) -> String {
    format!("<!DOCTYPE html>\n{}\n", writer.finish_text())
}

fn write_head(writer: &mut Writer, title: &str, own: &'static str) {
    writer.start("head", XHTML);
    for attributes in [
        &[("charset", "utf-8")][..],
        &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")],
        &[("name", "referrer"), ("content", "no-referrer")],
        &[("name", "robots"), ("content", "noindex")],
    ] {
        writer.start("meta", XHTML);
        attributes.iter().for_each(|(name, value)| writer.attr(name, value));
        writer.end();
    }
    writer.leaf("title", XHTML, title);
    for sheet in [SHEET, own] {
        writer.start("style", XHTML);
        // Inside <style> HTML knows no escapes; the sheets are ours and have nothing to escape.
        writer.raw(sheet);
        writer.end();
    }
    writer.end();
}

fn write_sign(writer: &mut Writer) {
    writer.start("svg", SVG);
    writer.attr("viewBox", "0 0 48 48");
    writer.attr("aria-hidden", "true");
    writer.start("rect", SVG);
    [("width", "48"), ("height", "48"), ("rx", "14")]
        .iter()
        .for_each(|(name, value)| writer.attr(name, value));
    writer.end();
    for strand in STRANDS {
        writer.start("path", SVG);
        writer.attr("d", strand);
        writer.end();
    }
    writer.end();
}
