//! What stands on the wire: the answer in the form of XEP-0511.

use skein_xml::Writer;

use crate::kept::Preview;

/// Skein: previews through the server.
pub(crate) const PREVIEW: &str = "urn:skein:preview:0";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const OPEN_GRAPH: &str = "https://ogp.me/ns#";
const OPEN_GRAPH_IMAGE: &str = "https://ogp.me/ns#image:";

/// Writes the answer about `url`, as it was asked for.
pub(crate) fn write(writer: &mut Writer, url: &str, preview: &Preview, picture: Option<&str>) {
    writer.start("preview", PREVIEW);
    // The attribute has to have a namespace, and so a prefix.
    writer.start("rdf:Description", RDF);
    writer.attr("xmlns:rdf", RDF);
    writer.attr("xmlns:og", OPEN_GRAPH);
    writer.attr("xmlns:ogi", OPEN_GRAPH_IMAGE);
    writer.attr("rdf:about", url);
    let page = &preview.page;
    let mut say = |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            writer.leaf(name, OPEN_GRAPH, text);
        }
    };
    say("og:title", page.title.as_deref());
    say("og:description", page.description.as_deref());
    say("og:url", Some(&preview.url));
    say("og:site_name", page.site.as_deref());
    say("og:image", picture);
    if picture.is_some() {
        say("ogi:alt", page.picture_text.as_deref());
    }
    writer.end();
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Page;

    #[test]
    fn the_answer_is_a_description_whose_attribute_has_a_namespace() {
        let page = Page { title: Some("<A & B>".to_owned()), ..Page::default() };
        let preview = Preview { page, url: "https://a.example/".to_owned(), picture: None };
        let mut writer = Writer::within("jabber:client");
        write(&mut writer, "https://a.example/?x&y", &preview, Some("https://b.example/p.jpg"));
        assert_eq!(
            writer.finish_text(),
            "<preview xmlns='urn:skein:preview:0'>\
             <rdf:Description xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
             xmlns:og='https://ogp.me/ns#' xmlns:ogi='https://ogp.me/ns#image:' \
             rdf:about='https://a.example/?x&amp;y'>\
             <og:title>&lt;A &amp; B&gt;</og:title><og:url>https://a.example/</og:url>\
             <og:image>https://b.example/p.jpg</og:image></rdf:Description></preview>"
        );
    }
}
