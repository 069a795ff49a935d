//! By what the directory finds a room.

use skein_xmpp::Jid;

use crate::rules::config::Config;

/// Where words are looked for (XEP-0433 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) name: bool,
    pub(crate) description: bool,
    pub(crate) address: bool,
}

/// As words are compared.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// The words of what somebody looks for.
pub(crate) fn terms(query: &str) -> Vec<String> {
    query.split_whitespace().map(fold).collect()
}

/// All under which a room can be found, for the store: a superset of what any search sees.
pub(crate) fn words(room: &Jid, config: &Config) -> String {
    let mut all = vec![room.local().unwrap_or_default().to_owned()];
    all.extend(of_name(room, config));
    all.push(fold(&config.description));
    all.join("\n")
}

/// Whether a room holds all terms at these places. Tags go with the name.
pub(crate) fn holds(room: &Jid, config: &Config, terms: &[String], places: Places) -> bool {
    let mut seen = Vec::new();
    if places.name {
        seen.extend(of_name(room, config));
    }
    if places.description {
        seen.push(fold(&config.description));
    }
    if places.address {
        seen.push(fold(room.bare_str()));
    }
    terms.iter().all(|term| seen.iter().any(|text| text.contains(term.as_str())))
}

/// Name and tags.
fn of_name(room: &Jid, config: &Config) -> Vec<String> {
    let mut all = vec![fold(config.title(room))];
    all.extend(config.tags.iter().map(|tag| fold(tag)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_found_by_its_words_where_they_are_looked_for() {
        let room = Jid::parse("verona@rooms.example.org").expect("an address");
        let config = Config {
            name: "Die Fürsten".into(),
            description: "Two households".into(),
            tags: vec!["Drama".into()],
            ..Config::default()
        };
        const ALL: Places = Places { name: true, description: true, address: true };
        let only = |name, description, address| Places { name, description, address };
        for (query, places, found) in [
            ("fürsten DRAMA", ALL, true),
            ("fürsten comedy", ALL, false),
            ("households", only(true, false, true), false),
            ("households", only(false, true, false), true),
            ("verona", only(true, true, false), false),
            ("ROOMS.example", only(false, false, true), true),
        ] {
            assert_eq!(holds(&room, &config, &terms(query), places), found, "{query}");
        }
        assert!(terms("   ").is_empty());
        assert!(words(&room, &config).contains("drama"));
    }
}
