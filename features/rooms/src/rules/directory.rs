//! By what the directory finds a room.

use pinyin::{ToPinyin as _, ToPinyinMulti as _};
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

/// Name and tags, and how they sound.
fn of_name(room: &Jid, config: &Config) -> Vec<String> {
    let mut all = vec![fold(config.title(room))];
    all.extend(config.tags.iter().map(|tag| fold(tag)));
    let sounds: Vec<String> = all.iter().flat_map(|text| sounds(text)).collect();
    all.extend(sounds);
    all
}

/// Ways to read a text that are kept: many signs have two readings, few texts several such.
const READINGS: usize = 8;

/// How Chinese is typed: the syllables without tones, and their first letters. `重庆` is found
/// by `chongqing`, `zhongqing`, `cq` and `zq`.
fn sounds(text: &str) -> Vec<String> {
    if text.chars().all(|sign| sign.to_pinyin().is_none()) {
        return Vec::new();
    }
    let mut ways = vec![(String::new(), String::new())];
    for sign in text.chars().filter(|sign| !sign.is_whitespace()) {
        let syllables = syllables(sign);
        if syllables.is_empty() {
            ways.iter_mut().for_each(|(whole, initials)| {
                whole.push(sign);
                initials.push(sign);
            });
            continue;
        }
        let read = |(whole, initials): &(String, String)| {
            let (whole, initials) = (whole.clone(), initials.clone());
            let ways = syllables.iter().map(move |syllable| {
                (format!("{whole}{syllable}"), format!("{initials}{}", &syllable[..1]))
            });
            ways.collect::<Vec<_>>()
        };
        ways = ways.iter().flat_map(read).collect();
        ways.truncate(READINGS);
    }
    let mut all: Vec<String> = ways.into_iter().flat_map(|(a, b)| [a, b]).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The readings of a sign in letters that every keyboard has: `ü` is typed `v` or `u`.
fn syllables(sign: char) -> Vec<String> {
    let mut all = Vec::new();
    for reading in sign.to_pinyin_multi().into_iter().flatten() {
        for letter in ["v", "u"] {
            let syllable = reading.plain().replace('ü', letter);
            if syllable.is_ascii() && !syllable.is_empty() && !all.contains(&syllable) {
                all.push(syllable);
            }
        }
    }
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

    #[test]
    fn a_chinese_name_is_found_by_how_it_sounds() {
        let room = Jid::parse("r1@rooms.example.org").expect("an address");
        const ALL: Places = Places { name: true, description: true, address: true };
        for (name, queries) in [
            ("北京爱好者", &["beijing", "bjahz", "beijing aihao", "北京"][..]),
            ("重庆火锅", &["chongqing", "zhongqing", "cqhg"]),
            ("绿色 Garden 2", &["lvse", "luse", "lsgarden2"]),
            ("吕布", &["lvbu", "lb"]),
        ] {
            let config = Config { name: name.into(), ..Config::default() };
            for query in queries {
                assert!(holds(&room, &config, &terms(query), ALL), "{name} by {query}");
                let words = words(&room, &config);
                assert!(terms(query).iter().all(|term| words.contains(term)), "{query}: {words}");
            }
            assert!(!holds(&room, &config, &terms("shanghai"), ALL));
        }
        let endless = "重".repeat(5_000);
        assert!(sounds(&endless).len() <= 2 * READINGS);
        assert!(sounds("Verona").is_empty());
    }
}
