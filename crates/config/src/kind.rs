//! What a value may be: how each kind is read, shown and described.

use std::marker::PhantomData;
use std::path::PathBuf;

use skein_xmpp::jid;

/// A value as it was given, before its kind is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    /// From the environment: text that may mean a number, a switch or a list.
    Word(String),
    Text(String),
    Integer(i64),
    Bool(bool),
    List(Vec<Given>),
    /// Something that no option takes, by name: `a table`.
    Other(&'static str),
}

impl Given {
    /// The text, or what stands there instead.
    pub(crate) fn text(&self) -> Result<&str, String> {
        match self {
            Self::Word(text) | Self::Text(text) => Ok(text),
            other => Err(format!("{other} is not a text")),
        }
    }

    /// The items of a list; one text is a list of one, and in the environment
    /// commas separate.
    pub(crate) fn items(&self) -> Result<Vec<&str>, String> {
        match self {
            Self::Word(text) => {
                Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect())
            }
            Self::Text(text) => Ok(vec![text]),
            Self::List(items) => items.iter().map(Self::text).collect(),
            other => Err(format!("{other} is not a list of texts")),
        }
    }

    /// A whole number that is not negative, if this is a number at all.
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => u64::try_from(*number).ok(),
            Self::Word(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl std::fmt::Display for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(text) | Self::Text(text) => write!(f, "{text:?}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Bool(on) => write!(f, "{on}"),
            Self::List(_) => f.write_str("a list"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// A kind of value: the way between TOML and a plain field.
pub(crate) trait Kind {
    type Value;

    /// What may be written, completing "write …".
    fn expects() -> String;
    /// The value, or what is wrong with what was given.
    fn read(given: &Given) -> Result<Self::Value, String>;
    /// The value in TOML, secrets redacted; `None` if it is not set.
    fn show(value: &Self::Value) -> Option<String>;
}

/// Text in TOML's quotes.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A list of texts in TOML.
pub(crate) fn list<T: ToString>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(&item.to_string())).collect();
    format!("[{}]", items.join(", "))
}

/// `true` or `false`.
pub(crate) struct Switch;

impl Kind for Switch {
    type Value = bool;

    fn expects() -> String {
        "true or false".to_owned()
    }

    fn read(given: &Given) -> Result<bool, String> {
        match given {
            Given::Bool(on) => Ok(*on),
            Given::Word(word) if word == "true" => Ok(true),
            Given::Word(word) if word == "false" => Ok(false),
            other => Err(format!("{other} is neither true nor false")),
        }
    }

    fn show(value: &bool) -> Option<String> {
        Some(value.to_string())
    }
}

/// A whole number of at least `MIN`.
pub(crate) struct Count<T, const MIN: u64>(PhantomData<T>);

impl<T: TryFrom<u64> + ToString, const MIN: u64> Kind for Count<T, MIN> {
    type Value = T;

    fn expects() -> String {
        match MIN {
            0 => "a whole number".to_owned(),
            min => format!("a whole number from {min}"),
        }
    }

    fn read(given: &Given) -> Result<T, String> {
        let number = given.number().ok_or_else(|| format!("{given} is not a whole number"))?;
        if number < MIN {
            return Err(format!("{number} is less than {MIN}"));
        }
        T::try_from(number).map_err(|_| format!("{number} is too large"))
    }

    fn show(value: &T) -> Option<String> {
        Some(value.to_string())
    }
}

/// An enum of words.
pub(crate) trait Choice: Copy + 'static {
    const WORDS: &'static [(&'static str, Self)];

    fn word(self) -> &'static str;
}

/// One of the words of `T`.
pub(crate) struct OneOf<T>(PhantomData<T>);

impl<T: Choice> Kind for OneOf<T> {
    type Value = T;

    fn expects() -> String {
        let words: Vec<String> = T::WORDS.iter().map(|(word, _)| quoted(word)).collect();
        format!("one of {}", words.join(", "))
    }

    fn read(given: &Given) -> Result<T, String> {
        let text = given.text()?;
        let found = T::WORDS.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let known = T::WORDS.iter().map(|(word, _)| *word);
            match crate::nearest::nearest(text, known) {
                Some(word) => format!("{given} is not known, was {} meant?", quoted(word)),
                None => format!("{given} is not known"),
            }
        })
    }

    fn show(value: &T) -> Option<String> {
        Some(quoted(value.word()))
    }
}

/// A folder.
pub(crate) struct Folder;

impl Kind for Folder {
    type Value = PathBuf;

    fn expects() -> String {
        "the path of a folder".to_owned()
    }

    fn read(given: &Given) -> Result<PathBuf, String> {
        match given.text()? {
            "" => Err("the path is empty".to_owned()),
            path => Ok(PathBuf::from(path)),
        }
    }

    fn show(value: &PathBuf) -> Option<String> {
        Some(quoted(&value.to_string_lossy()))
    }
}

/// A file, or none.
pub(crate) struct OptionalFile;

impl Kind for OptionalFile {
    type Value = Option<PathBuf>;

    fn expects() -> String {
        "the path of a file".to_owned()
    }

    fn read(given: &Given) -> Result<Option<PathBuf>, String> {
        Folder::read(given).map(Some)
    }

    fn show(value: &Option<PathBuf>) -> Option<String> {
        value.as_ref().and_then(Folder::show)
    }
}

/// Domains in the form in which addresses carry them (RFC 7622 section 3.2);
/// `SOME`: at least one.
pub(crate) struct Domains<const SOME: bool>;

impl<const SOME: bool> Kind for Domains<SOME> {
    type Value = Vec<String>;

    fn expects() -> String {
        "a domain or a list of them, such as \"example.org\"".to_owned()
    }

    fn read(given: &Given) -> Result<Vec<String>, String> {
        let mut domains = Vec::new();
        for item in given.items()? {
            let domain = domain(item).ok_or_else(|| format!("{item:?} is not a domain"))?;
            if domains.contains(&domain) {
                return Err(format!("{item:?} stands there twice"));
            }
            domains.push(domain);
        }
        if SOME && domains.is_empty() {
            return Err("the list is empty".to_owned());
        }
        Ok(domains)
    }

    fn show(value: &Vec<String>) -> Option<String> {
        Some(list(value))
    }
}

/// Prepares a domain as the JID parser does, and also refuses what no host may
/// be called (RFC 1123 section 2.1): labels of more than 63 bytes, or with a
/// hyphen at either end.
pub(crate) fn domain(text: &str) -> Option<String> {
    let prepared = jid::prepare_domain(text).ok()?;
    let sound = |label: &str| label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-');
    (prepared.starts_with('[') || prepared.split('.').all(sound)).then(|| prepared.into_owned())
}

/// The first label of a domain: what stands before `.example.org`; none turns it off.
pub(crate) struct Label;

impl Kind for Label {
    type Value = String;

    fn expects() -> String {
        "the first part of a domain, such as \"rooms\", or \"\" for none".to_owned()
    }

    fn read(given: &Given) -> Result<String, String> {
        match given.text()? {
            "" => Ok(String::new()),
            text if text.contains('.') => Err(format!("{text:?} has more than one part")),
            text => domain(text).ok_or_else(|| format!("{text:?} is not part of a domain")),
        }
    }

    fn show(value: &String) -> Option<String> {
        Some(quoted(value))
    }
}

/// E-mail addresses, as far as they can be judged from outside.
pub(crate) struct Mailboxes;

impl Kind for Mailboxes {
    type Value = Vec<String>;

    fn expects() -> String {
        "an e-mail address or a list of them, such as \"admin@example.org\"".to_owned()
    }

    fn read(given: &Given) -> Result<Vec<String>, String> {
        let sound = |item: &str| {
            let parts = item.rsplit_once('@');
            parts.is_some_and(|(name, host)| {
                !name.is_empty() && domain(host).is_some() && !item.contains(char::is_whitespace)
            })
        };
        let items = given.items()?;
        match items.iter().find(|item| !sound(item)) {
            Some(item) => Err(format!("{item:?} is not an e-mail address")),
            None => Ok(items.into_iter().map(str::to_owned).collect()),
        }
    }

    fn show(value: &Vec<String>) -> Option<String> {
        Some(list(value))
    }
}
