//! The three kinds of stanzas and their types (RFC 6120 section 8.2, RFC 6121).

macro_rules! types {
    ($(#[$meta:meta])* $name:ident { $($variant:ident $text:literal,)* } absent: $absent:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
        }

        impl $name {
            /// The `type` attribute; empty where the attribute is left out.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The type of that name.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }

            /// The type meant where the attribute is missing.
            pub const ABSENT: Self = Self::$absent;
        }
    };
}

types! {
    /// RFC 6121 section 5.2.2.
    MessageType { Chat "chat", Error "error", Groupchat "groupchat", Headline "headline", Normal "normal", }
    absent: Normal
}

types! {
    /// RFC 6121 section 4.7.1.
    PresenceType {
        Available "", Error "error", Probe "probe", Subscribe "subscribe", Subscribed "subscribed",
        Unavailable "unavailable", Unsubscribe "unsubscribe", Unsubscribed "unsubscribed",
    }
    absent: Available
}

impl PresenceType {
    /// Whether the type is about a subscription (RFC 6121 section 3), hence for the server.
    pub const fn is_subscription(self) -> bool {
        matches!(self, Self::Subscribe | Self::Subscribed | Self::Unsubscribe | Self::Unsubscribed)
    }
}

types! {
    /// RFC 6120 section 8.2.3.
    IqType { Error "error", Get "get", Result "result", Set "set", }
    absent: Get
}

impl IqType {
    /// Whether an answer is owed.
    pub const fn is_request(self) -> bool {
        matches!(self, Self::Get | Self::Set)
    }
}

/// What a stanza is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A one-way push.
    Message(MessageType),
    /// A broadcast about availability, or a subscription.
    Presence(PresenceType),
    /// A request or its answer.
    Iq(IqType),
}

impl Kind {
    /// The element's name.
    pub const fn element(self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Presence(_) => "presence",
            Self::Iq(_) => "iq",
        }
    }

    /// The `type` attribute to write; empty for none.
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Message(MessageType::Normal) => "",
            Self::Message(kind) => kind.name(),
            Self::Presence(kind) => kind.name(),
            Self::Iq(kind) => kind.name(),
        }
    }

    /// Whether it is an error answer, which must never be answered with an error.
    pub const fn is_error(self) -> bool {
        matches!(
            self,
            Self::Message(MessageType::Error)
                | Self::Presence(PresenceType::Error)
                | Self::Iq(IqType::Error)
        )
    }

    /// From an element's name and `type`.
    ///
    /// An unknown message type counts as normal (RFC 6121 section 5.2.2); an unknown
    /// type of presence or IQ is `None`, as is an IQ without a type.
    pub fn read(element: &str, kind: Option<&str>) -> Option<Self> {
        match element {
            "message" => Some(Self::Message(
                kind.and_then(MessageType::named).unwrap_or(MessageType::ABSENT),
            )),
            "presence" => match kind {
                None => Some(Self::Presence(PresenceType::Available)),
                Some("") => None,
                Some(kind) => PresenceType::named(kind).map(Self::Presence),
            },
            "iq" => kind.and_then(IqType::named).map(Self::Iq),
            _ => None,
        }
    }
}
