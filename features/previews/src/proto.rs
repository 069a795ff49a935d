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
    // The attribute has to have a namespace, and so a prefix; elements have none, as everywhere.
    writer.start("Description", RDF);
    writer.attr("xmlns:rdf", RDF);
    writer.attr("rdf:about", url);
    let page = &preview.page;
    let mut say = |name: &str, namespace: &'static str, text: Option<&str>| {
        if let Some(text) = text {
            writer.leaf(name, namespace, text);
        }
    };
    say("title", OPEN_GRAPH, page.title.as_deref());
    say("description", OPEN_GRAPH, page.description.as_deref());
    say("url", OPEN_GRAPH, Some(&preview.url));
    say("site_name", OPEN_GRAPH, page.site.as_deref());
    say("image", OPEN_GRAPH, picture);
    if picture.is_some() {
        say("alt", OPEN_GRAPH_IMAGE, page.picture_text.as_deref());
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
             <Description xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
             xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
             rdf:about='https://a.example/?x&amp;y'>\
             <title xmlns='https://ogp.me/ns#'>&lt;A &amp; B&gt;</title>\
             <url xmlns='https://ogp.me/ns#'>https://a.example/</url>\
             <image xmlns='https://ogp.me/ns#'>https://b.example/p.jpg</image></Description></preview>"
        );
    }
}
