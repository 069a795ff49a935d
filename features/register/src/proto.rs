//! `jabber:iq:register`: what is asked, and the form.

use skein_accounts::{CreateError, WeakPassword};
use skein_base::Secret;
use skein_xml::{Element, Writer};
use skein_xmpp::form::{self, Form};
use skein_xmpp::{Condition, StanzaError, ns};

/// The field of the form that holds why somebody asks.
const REASON: &str = "reason";

/// What a `set` asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To remove the account (section 3.2).
    Remove,
    /// A new account (section 3.1) or a new password (section 3.3).
    Credentials {
        username: Option<String>,
        password: Option<Secret<String>>,
        /// Why, for the administrator who decides.
        reason: Option<String>,
    },
}

impl Asked {
    /// Reads `<query/>`: its own elements, else the form in it.
    pub(crate) fn read(query: Element<'_>) -> Result<Self, StanzaError> {
        let elements = query.children().filter(|child| child.ns() == ns::REGISTER).count();
        if query.child("remove", ns::REGISTER).is_some() {
            // Section 3.2: with anything else beside it, something is misunderstood.
            return if query.children().count() == 1 {
                Ok(Self::Remove)
            } else {
                Err(bad_request())
            };
        }
        let form = Form::read(query).filter(|form| !form.cancelled);
        // Several values are the lines of one text.
        let reason = form.as_ref().and_then(|form| filled(form.values(REASON).join("\n").trim()));
        if elements == 0
            && let Some(form) = form
        {
            return Ok(Self::Credentials {
                username: form.value("username").and_then(filled),
                password: form.value("password").and_then(filled).map(Secret::new),
                reason,
            });
        }
        let text = |name| query.child(name, ns::REGISTER).and_then(|child| filled(&child.text()));
        Ok(Self::Credentials {
            username: text("username"),
            password: text("password").map(Secret::new),
            reason,
        })
    }
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn bad_request() -> StanzaError {
    StanzaError::new(Condition::BadRequest)
}

/// Writes what a newcomer must fill in (section 3.1.1); `username` is given if an
/// invitation reserves it. Who has to be let in may also say why they ask, in a form
/// (section 4): as an element of its own it would be one that everybody must fill in.
pub(crate) fn write_fields(writer: &mut Writer, username: Option<&str>, waits: bool) {
    writer.start("query", ns::REGISTER);
    writer.leaf("instructions", ns::REGISTER, "Choose a name and a password.");
    writer.leaf("username", ns::REGISTER, username.unwrap_or_default());
    writer.leaf("password", ns::REGISTER, "");
    if waits {
        form::start(writer, "form", ns::REGISTER);
        write_field(writer, ("username", "text-single", "Name"), true);
        write_field(writer, ("password", "text-private", "Password"), true);
        write_field(writer, (REASON, "text-multi", "Why you ask for an account"), false);
        writer.end();
    }
    writer.end();
}

fn write_field(writer: &mut Writer, (var, kind, label): (&str, &str, &str), is_required: bool) {
    writer.start("field", ns::DATA);
    writer.attr("var", var);
    writer.attr("type", kind);
    writer.attr("label", label);
    if is_required {
        writer.leaf("required", ns::DATA, "");
    }
    writer.end();
}

/// Writes what is registered.
pub(crate) fn write_registered(writer: &mut Writer, username: &str) {
    writer.start("query", ns::REGISTER);
    writer.leaf("registered", ns::REGISTER, "");
    writer.leaf("username", ns::REGISTER, username);
    writer.leaf("password", ns::REGISTER, "");
    writer.end();
}

/// The answer to somebody who chose a bad password.
pub(crate) fn weak(error: WeakPassword) -> StanzaError {
    StanzaError::new(Condition::NotAcceptable).text(error.to_string())
}

/// The answer to somebody whose account is not made. Faults are the caller's.
pub(crate) fn refused(error: &CreateError) -> StanzaError {
    let condition = match error {
        CreateError::Exists | CreateError::NameTaken => Condition::Conflict,
        CreateError::Invitation => Condition::Forbidden,
        CreateError::NotHere => Condition::NotAcceptable,
        CreateError::Waiting => Condition::ResourceConstraint,
        CreateError::Fault(_) => return StanzaError::new(Condition::InternalServerError),
    };
    StanzaError::new(condition).text(error.to_string())
}

#[cfg(test)]
mod tests {
    use skein_xml::{Document, Limits};

    use super::*;

    fn asked(inner: &str) -> Result<Asked, Condition> {
        let text = format!("<query xmlns='jabber:iq:register'>{inner}</query>");
        let document = Document::parse(&text, &Limits::after_login()).expect("well-formed");
        Asked::read(document.root()).map_err(|error| error.condition)
    }

    fn credentials(username: Option<&str>, password: Option<&str>) -> Result<Asked, Condition> {
        Ok(Asked::Credentials {
            username: username.map(str::to_owned),
            password: password.map(|password| Secret::new(password.to_owned())),
            reason: None,
        })
    }

    #[test]
    fn the_examples_of_xep_0077_are_read() {
        assert_eq!(asked("<remove/>"), Ok(Asked::Remove));
        assert_eq!(
            asked("<username>bill</username><password>newpass</password>"),
            credentials(Some("bill"), Some("newpass"))
        );
        let form = "<x xmlns='jabber:x:data' type='submit'>
            <field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>
            <field var='username'><value>bill</value></field>
            <field var='password'><value>Calliope</value></field></x>";
        assert_eq!(asked(form), credentials(Some("bill"), Some("Calliope")));
    }

    #[test]
    fn a_reason_stands_in_a_form_with_or_without_the_elements() {
        let reason =
            "<field var='reason'><value>I sing in</value><value>the choir </value></field>";
        let form = format!("<x xmlns='jabber:x:data' type='submit'>{reason}</x>");
        for elements in ["", "<username>bill</username><password>Calliope</password>"] {
            let Ok(Asked::Credentials { reason, .. }) = asked(&format!("{elements}{form}")) else {
                panic!("credentials");
            };
            assert_eq!(reason.as_deref(), Some("I sing in\nthe choir"));
        }
    }

    #[test]
    fn a_removal_that_says_more_is_refused() {
        assert_eq!(asked("<remove/><username>bill</username>"), Err(Condition::BadRequest));
    }

    #[test]
    fn an_empty_password_is_none() {
        assert_eq!(asked("<username>bill</username><password/>"), credentials(Some("bill"), None));
    }
}
