//! Both kinds of vCards, one made from the other by the tables of XEP-0292 section 10.
//! The photo is not part of it: that is the avatar.

mod from_new;
mod to_new;

pub(crate) use from_new::write_old;
pub(crate) use to_new::write_new;

/// Properties whose value is one text: the old name, the new name, the new value's type.
const TEXTS: [(&str, &str, &str); 9] = [
    ("FN", "fn", "text"),
    ("NICKNAME", "nickname", "text"),
    ("BDAY", "bday", "date"),
    ("TITLE", "title", "text"),
    ("ROLE", "role", "text"),
    ("TZ", "tz", "text"),
    ("PRODID", "prodid", "text"),
    ("URL", "url", "uri"),
    ("UID", "uid", "uri"),
];

/// Parts of a name.
const NAMES: [(&str, &str); 5] = [
    ("FAMILY", "surname"),
    ("GIVEN", "given"),
    ("MIDDLE", "additional"),
    ("PREFIX", "prefix"),
    ("SUFFIX", "suffix"),
];

/// Parts of an address.
const PLACES: [(&str, &str); 7] = [
    ("POBOX", "pobox"),
    ("EXTADD", "ext"),
    ("STREET", "street"),
    ("LOCALITY", "locality"),
    ("REGION", "region"),
    ("PCODE", "code"),
    ("CTRY", "country"),
];

/// Kinds of addresses and numbers; those of the old that are missing have no new name.
const TYPES: [(&str, &str); 8] = [
    ("HOME", "home"),
    ("WORK", "work"),
    ("VOICE", "voice"),
    ("FAX", "fax"),
    ("PAGER", "pager"),
    ("CELL", "cell"),
    ("VIDEO", "video"),
    ("TEXT", "text"),
];

#[cfg(test)]
mod tests;
