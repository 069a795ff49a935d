//! The table behind the tree: what is known of an option, and the macro that
//! makes both from one declaration.

use crate::kind::Given;
use crate::tree::Config;

/// One key of the configuration.
pub(crate) struct Opt {
    /// `listen.c2s`.
    pub(crate) key: &'static str,
    /// Other names of the same option: `domain` for `domains`.
    pub(crate) aliases: &'static [&'static str],
    /// What it does, for people: the lines of its documentation.
    pub(crate) doc: &'static [&'static str],
    /// What may be written, completing "write …".
    pub(crate) expects: fn() -> String,
    /// Puts a given value into the tree, or says what is wrong with it.
    pub(crate) read: fn(&mut Config, &Given) -> Result<(), String>,
    /// The value in TOML, secrets redacted; `None` if it is not set.
    pub(crate) show: fn(&Config) -> Option<String>,
}

impl Opt {
    /// The key within its section: `c2s`.
    pub(crate) fn name(&self) -> &'static str {
        self.key.rsplit('.').next().unwrap_or(self.key)
    }

    /// Its canonical name and the others.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.key).chain(self.aliases.iter().copied())
    }
}

/// A table of the file, with its options in the order of declaration.
pub(crate) struct Section {
    /// `listen.`, with the dot, or nothing for the top of the file.
    pub(crate) prefix: &'static str,
    pub(crate) about: &'static [&'static str],
    pub(crate) options: &'static [Opt],
}

impl Section {
    /// `listen`, or nothing for the top of the file.
    pub(crate) fn name(&self) -> &'static str {
        self.prefix.trim_end_matches('.')
    }
}

/// Every option, in the order of the reference.
pub(crate) fn options() -> impl Iterator<Item = &'static Opt> {
    crate::tree::SECTIONS.iter().flat_map(|section| section.options)
}

/// The option of that key or alias.
pub(crate) fn option(key: &str) -> Option<&'static Opt> {
    options().find(|option| option.names().any(|name| name == key))
}

/// Whether `path` is a table of the file: `tls.acme`.
pub(crate) fn is_section(path: &str) -> bool {
    crate::tree::SECTIONS.iter().any(|section| !path.is_empty() && section.name() == path)
}

/// The environment variable of a key: `SKEIN_LISTEN_C2S`.
pub(crate) fn variable(key: &str) -> String {
    format!("SKEIN_{}", key.replace('.', "_").to_ascii_uppercase())
}

/// Joins documentation lines as the compiler hands them over, each with the
/// space that followed `///`.
pub(crate) fn joined(doc: &[&str]) -> String {
    doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Declares one section: its struct, its defaults and its part of the table.
///
/// ```text
/// section! {
///     /// What the section is about.
///     Name at config.path, "prefix." {
///         /// What the option does.
///         field: Type as Kind = default, also "another.name";
///     }
///     holds { /// Sub-sections and what else lives in the struct.
///         pub field: Type; }
/// }
/// ```
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:ident at config $(. $at:ident)*, $prefix:literal {
            $(
                $(#[doc = $doc:literal])+
                $field:ident : $value:ty as $kind:ty = $default:expr $(, also $alias:literal)?;
            )*
        }
        $(holds { $( $(#[doc = $part_doc:literal])+ $part_vis:vis $part:ident : $part_type:ty; )* })?
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $value, )*
            $($( $(#[doc = $part_doc])+ $part_vis $part: $part_type, )*)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $( $field: $default, )*
                    $($( $part: Default::default(), )*)?
                }
            }
        }

        impl $name {
            fn of(config: &crate::tree::Config) -> &Self {
                &(*config)$(.$at)*
            }

            fn of_mut(config: &mut crate::tree::Config) -> &mut Self {
                &mut (*config)$(.$at)*
            }

            pub(crate) const SECTION: crate::table::Section = crate::table::Section {
                prefix: $prefix,
                about: &[$($about),+],
                options: &[$(
                    crate::table::Opt {
                        key: concat!($prefix, stringify!($field)),
                        aliases: &[$($alias)?],
                        doc: &[$($doc),+],
                        expects: <$kind as crate::kind::Kind>::expects,
                        read: |config, given| {
                            Self::of_mut(config).$field = <$kind as crate::kind::Kind>::read(given)?;
                            Ok(())
                        },
                        show: |config| <$kind as crate::kind::Kind>::show(&Self::of(config).$field),
                    }
                ),*],
            };
        }
    };
}

/// Declares an enum of words, each documented.
macro_rules! choice {
    (
        $(#[doc = $about:literal])+
        $name:ident { $( $(#[doc = $doc:literal])+ $variant:ident = $word:literal; )+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $( $(#[doc = $doc])+ $variant, )+ }

        impl $name {
            /// The word in the file.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl crate::kind::Choice for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$( ($word, Self::$variant) ),+];

            fn word(self) -> &'static str {
                self.as_str()
            }
        }
    };
}
