//! From a file and the environment to the tree, collecting every mistake on the way.

use std::collections::BTreeSet;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use crate::check;
use crate::kind::Given;
use crate::mistake::{Mistake, Mistakes, Origin};
use crate::nearest::nearest_key;
use crate::table::{is_section, option, options, variable};
use crate::tree::{Config, SECTIONS};

/// The variables of this process that concern Skein, for [`load`].
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        })
        .filter(|(name, _)| name.starts_with("SKEIN_"))
        .collect()
}

/// Reads the configuration: `file`, if there is one, and `SKEIN_…` variables,
/// which win over it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(file: Option<&Path>, environment: &[(String, String)]) -> Result<Config, Mistakes> {
    let Some(path) = file else {
        return parse("", "", environment);
    };
    let name = path.display().to_string();
    let unreadable = |line, what: String, remedy: &str| {
        let place = Origin::File { name: name.clone(), line };
        Mistakes(vec![Mistake { place, key: String::new(), what, remedy: remedy.to_owned() }])
    };
    let bytes = std::fs::read(path).map_err(|error| {
        unreadable(
            0,
            format!("the file cannot be read: {error}"),
            "correct its path or its permissions",
        )
    })?;
    match String::from_utf8(bytes) {
        Ok(text) => parse(&name, &text, environment),
        Err(error) => {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
            Err(unreadable(line, "the file is not UTF-8 from here".to_owned(), "save it as UTF-8"))
        }
    }
}

/// As [`load`], with the text of the file and what to call it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(name: &str, text: &str, environment: &[(String, String)]) -> Result<Config, Mistakes> {
    let mut reader = Reader {
        name,
        text,
        config: Config::default(),
        broken: BTreeSet::new(),
        mistakes: Vec::new(),
    };
    let sound = reader.file();
    for (variable, value) in environment {
        reader.variable(variable, value);
    }
    // Where the file ends for the parser, nobody knows what the rest would
    // have set, so rules between keys would cry wolf.
    if sound {
        let found = check::mistakes(&reader.config, &reader.broken);
        reader.mistakes.extend(found);
    }
    if reader.mistakes.is_empty() {
        return Ok(reader.config);
    }
    reader.mistakes.sort_by(|a, b| a.place.cmp(&b.place));
    Err(Mistakes(reader.mistakes))
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    config: Config,
    /// Keys whose values could not be read; rules leave them alone.
    broken: BTreeSet<&'static str>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    /// Reads the file; false if it is not TOML throughout.
    fn file(&mut self) -> bool {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let place = self.line(error.span().map_or(0, |span| span.start));
            // Recovery may trip again over the same spot.
            if self.mistakes.iter().all(|mistake| mistake.place != place) {
                let what = error.message().lines().collect::<Vec<_>>().join(", ");
                self.mistake(
                    place,
                    "",
                    what,
                    "correct the TOML of this line (text stands in quotes)".to_owned(),
                );
            }
        }
        self.table(table.get_ref(), "");
        errors.is_empty()
    }

    fn line(&self, offset: usize) -> Origin {
        let before = self.text.as_bytes().iter().take(offset);
        Origin::File {
            name: self.name.to_owned(),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
        }
    }

    fn mistake(&mut self, place: Origin, key: &str, what: String, remedy: String) {
        self.mistakes.push(Mistake { place, key: key.to_owned(), what, remedy });
    }

    /// Takes the keys of a table of the file; `prefix` is `tls.`, or nothing at the top.
    fn table(&mut self, table: &DeTable<'_>, prefix: &str) {
        for (name, value) in table {
            let path = format!("{prefix}{}", name.get_ref());
            let place = self.line(name.span().start);
            if self.mistakes.iter().any(|mistake| mistake.key.is_empty() && mistake.place == place)
            {
                continue; // The parser has already complained of this line.
            }
            match value.get_ref() {
                DeValue::Table(inner) if is_section(&path) => {
                    self.table(inner, &format!("{path}."))
                }
                _ if option(&path).is_none() && is_section(&path) => {
                    let what = "is a section, not a key".to_owned();
                    self.mistake(
                        place,
                        &path,
                        what,
                        format!("write [{path}] and below it its keys"),
                    );
                }
                value => self.set(place, &path, &given(value)),
            }
        }
    }

    /// Takes one variable of the environment.
    fn variable(&mut self, name: &str, value: &str) {
        if !name.starts_with("SKEIN_") || foreign(name) {
            return;
        }
        let place = Origin::Variable(name.to_owned());
        match options().flat_map(|option| option.names()).find(|key| variable(key) == name) {
            Some(key) => self.set(place, key, &Given::Word(value.to_owned())),
            None => {
                let known: Vec<String> =
                    options().flat_map(|option| option.names()).map(variable).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let remedy = match nearest_key(name, &known) {
                    Some(known) => format!("{known} may be meant, else unset it"),
                    None => "unset it, or see the reference for the keys there are".to_owned(),
                };
                self.mistake(place, "", "there is no such option".to_owned(), remedy);
            }
        }
    }

    fn set(&mut self, place: Origin, path: &str, given: &Given) {
        let Some(option) = option(path) else {
            let remedy = remedy_for_unknown(path);
            return self.mistake(place, path, "there is no such key".to_owned(), remedy);
        };
        let earlier = self.config.origins.of(option.key);
        if std::mem::discriminant(&earlier) == std::mem::discriminant(&place) {
            let what = format!("has been given at {earlier} already");
            return self.mistake(
                place,
                path,
                what,
                format!("keep one of {}", option.names().collect::<Vec<_>>().join(" and ")),
            );
        }
        self.config.origins.0.insert(option.key, place.clone());
        if let Err(what) = (option.read)(&mut self.config, given) {
            self.broken.insert(option.key);
            let remedy = remedy_for_value(&place, &(option.expects)());
            self.mistake(place, path, what, remedy);
        }
    }
}

/// What to write, as it is written there: a variable has neither TOML's quotes nor its brackets.
fn remedy_for_value(place: &Origin, expects: &str) -> String {
    if !matches!(place, Origin::Variable(_)) {
        return format!("write {expects}");
    }
    let commas = if expects.contains("[\"") { ", with commas between" } else { "" };
    let bare = expects.replace("[\"", "").replace("\"]", "");
    let bare = bare.replace("\"\"", "nothing").replace('"', "");
    format!("write {bare}{commas}")
}

fn remedy_for_unknown(path: &str) -> String {
    let keys = options().flat_map(|option| option.names());
    let sections = SECTIONS.iter().map(|section| section.name()).filter(|name| !name.is_empty());
    let known: Vec<&str> = keys.chain(sections).collect();
    if let Some(known) = nearest_key(path, &known) {
        return format!("{known} may be meant");
    }
    let section = path.rsplit_once('.').map_or("", |(section, _)| section);
    match SECTIONS.iter().find(|known| known.name() == section) {
        Some(known) if !section.is_empty() && known.options.len() < 12 => {
            let names: Vec<&str> = known.options.iter().map(|option| option.name()).collect();
            format!("remove it; [{section}] has {}", names.join(", "))
        }
        _ => "remove it, or see the reference for the keys there are".to_owned(),
    }
}

fn given(value: &DeValue<'_>) -> Given {
    match value {
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Boolean(on) => Given::Bool(*on),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Given::Integer(number),
            Err(_) => Given::Other("a number beyond all bounds"),
        },
        DeValue::Array(items) => {
            Given::List(items.iter().map(|item| given(item.get_ref())).collect())
        }
        DeValue::Float(_) => Given::Other("a number with a fraction"),
        DeValue::Datetime(_) => Given::Other("a date"),
        DeValue::Table(_) => Given::Other("a table"),
    }
}

/// Variables that begin like ours and are no options: the one that names the
/// file, and those of the commands that build, measure and test.
const OTHER_VARIABLES: [&str; 4] = ["SKEIN_CONFIG", "SKEIN_BIN", "SKEIN_CACHE", "SKEIN_LOAD"];
const OTHER_PREFIXES: [&str; 2] = ["SKEIN_TEST_", "SKEIN_UNSAFE_"];

/// Whether a variable is none of the configuration's: one of those above, or one
/// of those which Kubernetes sets for every service whose name begins with `skein`.
fn foreign(name: &str) -> bool {
    let kubernetes = name.contains("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name
            .split_once("_PORT_")
            .is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()));
    let other = OTHER_VARIABLES.contains(&name);
    other || OTHER_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || kubernetes
}
