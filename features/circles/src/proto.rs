//! What stands on the wire.

use skein_base::limits;
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, Jid, StanzaError, ns};

/// What kind of set it is; clients show it by a picture.
const KINDS: [&str; 4] = ["family", "work", "school", "other"];

/// A circle, as one of its people sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Circle {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: String,
}

/// Somebody in a circle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) jid: String,
    /// Looks after it.
    pub(crate) keeper: bool,
}

/// The id that a request names.
pub(crate) fn read_id(request: Element<'_>) -> Result<String, StanzaError> {
    let id = request.attr("id").ok_or(Condition::BadRequest)?;
    Ok(id.into_owned())
}

/// The account that a request names.
pub(crate) fn read_jid(request: Element<'_>) -> Result<Jid, StanzaError> {
    let jid = request.attr("jid").ok_or(Condition::BadRequest)?;
    Ok(Jid::parse(&jid).map_err(|_| Condition::JidMalformed)?.bare())
}

/// Whether the request makes a keeper.
pub(crate) fn read_keeper(request: Element<'_>) -> Result<bool, StanzaError> {
    match request.attr("role").as_deref() {
        None | Some("person") => Ok(false),
        Some("keeper") => Ok(true),
        Some(_) => Err(Condition::BadRequest.into()),
    }
}

/// A name of a circle, if the request has one.
pub(crate) fn read_name(request: Element<'_>) -> Result<Option<String>, StanzaError> {
    let Some(name) = request.attr("name") else { return Ok(None) };
    let name = name.trim();
    if name.is_empty() || name.len() > limits::CIRCLE_NAME_BYTES {
        return Err(Condition::NotAcceptable.into());
    }
    Ok(Some(name.to_owned()))
}

/// A kind of circle, if the request has one.
pub(crate) fn read_kind(request: Element<'_>) -> Result<Option<String>, StanzaError> {
    let Some(kind) = request.attr("kind") else { return Ok(None) };
    if !KINDS.contains(&&*kind) {
        return Err(Condition::BadRequest.into());
    }
    Ok(Some(kind.into_owned()))
}

/// Opens `<circle/>`; close it with `end`.
pub(crate) fn start_circle(writer: &mut Writer, circle: &Circle, role: Option<bool>) {
    writer.start("circle", ns::CIRCLES);
    writer.attr("id", &circle.id);
    writer.attr("name", &circle.name);
    writer.attr("kind", &circle.kind);
    if let Some(keeper) = role {
        writer.attr("role", role_name(keeper));
    }
}

/// Writes `<person/>`.
pub(crate) fn write_person(writer: &mut Writer, person: &Person) {
    writer.start("person", ns::CIRCLES);
    writer.attr("jid", &person.jid);
    writer.attr("role", role_name(person.keeper));
    writer.end();
}

const fn role_name(keeper: bool) -> &'static str {
    if keeper { "keeper" } else { "person" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(text: &str) -> skein_xml::Document {
        let limits = skein_xml::Limits::after_login();
        skein_xml::Document::parse(text, &limits).expect("well-formed")
    }

    #[test]
    fn names_and_kinds_have_bounds() {
        let long = "n".repeat(limits::CIRCLE_NAME_BYTES + 1);
        for (text, name, kind) in [
            ("<a name=' Family '/>".to_owned(), Ok(Some("Family".to_owned())), Ok(None)),
            ("<a kind='school'/>".to_owned(), Ok(None), Ok(Some("school".to_owned()))),
            (
                "<a name='  ' kind='cult'/>".to_owned(),
                Err(Condition::NotAcceptable),
                Err(Condition::BadRequest),
            ),
            (format!("<a name='{long}'/>"), Err(Condition::NotAcceptable), Ok(None)),
        ] {
            let document = element(&text);
            assert_eq!(read_name(document.root()).map_err(|error| error.condition), name, "{text}");
            assert_eq!(read_kind(document.root()).map_err(|error| error.condition), kind, "{text}");
        }
    }

    #[test]
    fn a_role_is_person_or_keeper() {
        for (text, role) in [
            ("<a/>", Ok(false)),
            ("<a role='keeper'/>", Ok(true)),
            ("<a role='person'/>", Ok(false)),
            ("<a role='king'/>", Err(Condition::BadRequest)),
        ] {
            let document = element(text);
            assert_eq!(read_keeper(document.root()).map_err(|error| error.condition), role);
        }
    }
}
