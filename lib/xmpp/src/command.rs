//! Ad-hoc commands (XEP-0050), as far as a command of one form and one answer needs them:
//! nothing is kept between its steps.

use skein_xml::{Element, Writer};

use crate::form::Form;
use crate::{Condition, StanzaError, ns};

/// Commands keep nothing, so one name does for all executions.
const SESSION: &str = "one";

/// What stands in `<command/>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which command.
    pub node: String,
    /// The user wants no more of it.
    pub is_cancelled: bool,
    /// The form that was filled in.
    pub form: Option<Form>,
}

/// Where a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A form is to be filled in.
    Executing,
    /// It is done.
    Completed,
    /// The user does not want it.
    Canceled,
}

/// Reads `<command/>`.
///
/// # Errors
/// `bad-request` with the conditions of section 4.4.
pub fn read(command: Element<'_>) -> Result<Asked, StanzaError> {
    let bad = |condition| StanzaError::new(Condition::BadRequest).specific(condition, ns::COMMANDS);
    if command.attr("sessionid").is_some_and(|session| session != SESSION) {
        return Err(bad("bad-sessionid"));
    }
    let form = Form::read(command);
    let action = command.attr("action");
    let is_cancelled = match action.as_deref() {
        None | Some("execute" | "complete" | "next") => false,
        Some("cancel") => true,
        Some("prev") => return Err(bad("bad-action")),
        Some(_) => return Err(bad("malformed-action")),
    };
    Ok(Asked {
        node: command.attr("node").unwrap_or_default().into_owned(),
        is_cancelled: is_cancelled || form.as_ref().is_some_and(|form| form.cancelled),
        form,
    })
}

/// Writes `<command/>` as an answer.
pub fn write(writer: &mut Writer, node: &str, status: Status, content: impl FnOnce(&mut Writer)) {
    writer.start("command", ns::COMMANDS);
    writer.attr("node", node);
    writer.attr("sessionid", SESSION);
    let word = match status {
        Status::Executing => "executing",
        Status::Completed => "completed",
        Status::Canceled => "canceled",
    };
    writer.attr("status", word);
    if status == Status::Executing {
        writer.start("actions", ns::COMMANDS);
        writer.attr("execute", "complete");
        writer.start("complete", ns::COMMANDS);
        writer.end();
        writer.end();
    }
    content(writer);
    writer.end();
}

/// Writes a sentence for the user.
pub fn note(writer: &mut Writer, text: &str) {
    writer.start("note", ns::COMMANDS);
    writer.attr("type", "info");
    writer.text(text);
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn asked(attributes: &str, inner: &str) -> Result<Asked, (Condition, Option<&'static str>)> {
        let xml = format!(
            "<command xmlns='http://jabber.org/protocol/commands' node='n' {attributes}>{inner}</command>"
        );
        let document = Document::parse(&xml, &Limits::after_login()).expect("well-formed");
        read(document.root())
            .map_err(|error| (error.condition, error.specific.map(|(name, _)| name)))
    }

    #[test]
    fn commands_are_read() {
        let form =
            "<x xmlns='jabber:x:data' type='submit'><field var='a'><value>1</value></field></x>";
        let begun = asked("action='complete' sessionid='one'", form).expect("valid");
        assert_eq!((begun.node.as_str(), begun.is_cancelled), ("n", false));
        assert_eq!(begun.form.expect("a form").value("a"), Some("1"));
        assert_eq!(asked("", "").expect("valid").form, None);
        assert!(asked("action='cancel'", "").expect("valid").is_cancelled);
        let cancelled = "<x xmlns='jabber:x:data' type='cancel'/>";
        assert!(asked("sessionid='one'", cancelled).expect("valid").is_cancelled);
    }

    #[test]
    fn what_makes_no_sense_has_the_conditions_of_section_4_4() {
        for (attributes, expected) in [
            ("action='dance'", "malformed-action"),
            ("action='prev'", "bad-action"),
            ("action='prev' sessionid='one'", "bad-action"),
            ("sessionid='other'", "bad-sessionid"),
        ] {
            assert_eq!(asked(attributes, ""), Err((Condition::BadRequest, Some(expected))));
        }
    }
}
