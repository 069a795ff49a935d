//! Stanza errors (RFC 6120 section 8.3) and stream errors (section 4.9).

use std::fmt;

use skein_xml::{Element, Writer};

use crate::Jid;
use crate::ns;

/// What the sender may do about a stanza error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorType {
    /// Try again after providing credentials.
    Auth,
    /// Do not try again.
    Cancel,
    /// Go on; this was a warning.
    Continue,
    /// Try again after changing what was sent.
    Modify,
    /// Try again after waiting.
    Wait,
}

impl ErrorType {
    /// As written in the `type` attribute.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Cancel => "cancel",
            Self::Continue => "continue",
            Self::Modify => "modify",
            Self::Wait => "wait",
        }
    }
}

macro_rules! conditions {
    ($($name:ident $text:literal $class:ident),* $(,)?) => {
        /// The defined conditions of RFC 6120 section 8.3.3.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Condition {
            $(#[doc = $text] $name,)*
        }

        impl Condition {
            /// The element's name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The type that RFC 6120 associates with the condition.
            pub const fn usual_type(self) -> ErrorType {
                match self { $(Self::$name => ErrorType::$class,)* }
            }

            /// The condition of that name.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

conditions! {
    BadRequest "bad-request" Modify,
    Conflict "conflict" Cancel,
    FeatureNotImplemented "feature-not-implemented" Cancel,
    Forbidden "forbidden" Auth,
    Gone "gone" Cancel,
    InternalServerError "internal-server-error" Cancel,
    ItemNotFound "item-not-found" Cancel,
    JidMalformed "jid-malformed" Modify,
    NotAcceptable "not-acceptable" Modify,
    NotAllowed "not-allowed" Cancel,
    NotAuthorized "not-authorized" Auth,
    PolicyViolation "policy-violation" Modify,
    RecipientUnavailable "recipient-unavailable" Wait,
    Redirect "redirect" Modify,
    RegistrationRequired "registration-required" Auth,
    RemoteServerNotFound "remote-server-not-found" Cancel,
    RemoteServerTimeout "remote-server-timeout" Wait,
    ResourceConstraint "resource-constraint" Wait,
    ServiceUnavailable "service-unavailable" Cancel,
    SubscriptionRequired "subscription-required" Auth,
    UndefinedCondition "undefined-condition" Cancel,
    UnexpectedRequest "unexpected-request" Wait,
}

/// An answer of type `error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StanzaError {
    /// What the sender may do.
    pub class: ErrorType,
    /// Which condition.
    pub condition: Condition,
    /// For people; says what to do.
    pub text: Option<String>,
    /// Who made the error (section 8.3.2), when it is not the addressee.
    pub by: Option<Jid>,
    /// An application-specific condition: name and namespace.
    pub specific: Option<(&'static str, &'static str)>,
}

impl StanzaError {
    /// An error with the condition's usual type.
    pub const fn new(condition: Condition) -> Self {
        Self { class: condition.usual_type(), condition, text: None, by: None, specific: None }
    }

    /// With another type than the usual one.
    #[must_use]
    pub const fn class(mut self, class: ErrorType) -> Self {
        self.class = class;
        self
    }

    /// With a sentence for people.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// With an application-specific condition.
    #[must_use]
    pub const fn specific(mut self, name: &'static str, namespace: &'static str) -> Self {
        self.specific = Some((name, namespace));
        self
    }

    /// Writes the `<error/>` element.
    pub fn write(&self, writer: &mut Writer) {
        writer.start("error", ns::CLIENT);
        writer.attr("type", self.class.name());
        if let Some(by) = &self.by {
            writer.attr("by", by.as_str());
        }
        writer.start(self.condition.name(), ns::STANZA_ERRORS);
        writer.end();
        if let Some(text) = &self.text {
            writer.start("text", ns::STANZA_ERRORS);
            writer.attr("xml:lang", "en");
            writer.text(text);
            writer.end();
        }
        if let Some((name, namespace)) = self.specific {
            writer.start(name, namespace);
            writer.end();
        }
        writer.end();
    }

    /// Reads the condition out of an `<error/>` element.
    pub fn condition_of(error: Element<'_>) -> Option<Condition> {
        error
            .children()
            .filter(|child| child.ns() == ns::STANZA_ERRORS && child.name() != "text")
            .find_map(|child| Condition::named(child.name()))
    }
}

impl From<Condition> for StanzaError {
    fn from(condition: Condition) -> Self {
        Self::new(condition)
    }
}

impl fmt::Display for StanzaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.condition.name())
    }
}

/// A stream error: the stream ends with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamError {
    /// The condition's element name, from RFC 6120 section 4.9.3.
    pub condition: &'static str,
    /// For people.
    pub text: Option<&'static str>,
    /// An application-specific condition: name and namespace.
    pub specific: Option<(&'static str, &'static str)>,
}

impl StreamError {
    /// A stream error without text.
    pub const fn new(condition: &'static str) -> Self {
        Self { condition, text: None, specific: None }
    }

    /// With a sentence for people.
    #[must_use]
    pub const fn text(mut self, text: &'static str) -> Self {
        self.text = Some(text);
        self
    }

    /// With an application-specific condition.
    #[must_use]
    pub const fn specific(mut self, name: &'static str, namespace: &'static str) -> Self {
        self.specific = Some((name, namespace));
        self
    }

    /// Writes the children of `<stream:error>`; the caller owns the element itself,
    /// whose prefix depends on the framing.
    pub fn write_conditions(&self, writer: &mut Writer) {
        writer.start(self.condition, ns::STREAM_ERRORS);
        writer.end();
        if let Some(text) = self.text {
            writer.start("text", ns::STREAM_ERRORS);
            writer.attr("xml:lang", "en");
            writer.text(text);
            writer.end();
        }
        if let Some((name, namespace)) = self.specific {
            writer.start(name, namespace);
            writer.end();
        }
    }
}

impl From<skein_xml::XmlError> for StreamError {
    fn from(error: skein_xml::XmlError) -> Self {
        Self::new(error.condition())
    }
}
