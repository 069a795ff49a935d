//! Phrases: words, letters and what stands together in the training sentences.

use std::collections::{BTreeMap, BTreeSet};

use super::day::Cast;

/// Phrases in all.
const MOST: usize = 2_600;
/// Phrases with a code of one byte.
const SHORT: usize = 96;
/// Bytes of a phrase of letters that stand together.
const GRAM: usize = 15;
/// How often they must, to be a phrase.
const OFTEN: usize = 3;

/// Phrases as the table has them (`_` for a space), the most used first.
pub(crate) fn learn(cast: &Cast) -> Vec<String> {
    let mut weights: BTreeMap<String, f64> = BTreeMap::new();
    words(&mut weights);
    let sentences: Vec<&str> = cast.english.iter().chain(&cast.chinese).copied().collect();
    for (gram, count) in grams(&sentences) {
        *weights.entry(gram).or_default() += count as f64;
    }
    weights.retain(|phrase, _| phrase.len() > 1 && !phrase.contains(['_', '#', '[', '\n']));
    let known: BTreeSet<&str> = weights.keys().map(String::as_str).collect();
    let uses = uses(&known, &sentences);
    let mut order: Vec<(f64, &str)> = weights
        .iter()
        .map(|(phrase, weight)| {
            let used = uses.get(phrase.as_str()).copied().unwrap_or_default() as f64;
            (used * 4.0 + weight, phrase.as_str())
        })
        .collect();
    order.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
    // Two letters are worth a code of one byte and no other.
    let short: Vec<&str> = order.iter().take(SHORT).map(|(_, phrase)| *phrase).collect();
    let long =
        order.iter().skip(SHORT).map(|(_, phrase)| *phrase).filter(|phrase| phrase.len() > 2);
    short.into_iter().chain(long).take(MOST).map(|phrase| phrase.replace(' ', "_")).collect()
}

/// Words in the order of how common they are, and letters.
fn words(weights: &mut BTreeMap<String, f64>) {
    let mut add = |phrase: String, weight: f64| {
        let known = weights.entry(phrase).or_default();
        *known = known.max(weight);
    };
    for line in include_str!("../../training/words.txt").lines() {
        let several: Vec<&str> = if line.contains(';') {
            line.split(';').map(str::trim).collect()
        } else {
            line.split(' ').collect()
        };
        for (rank, word) in several.into_iter().filter(|word| !word.is_empty()).enumerate() {
            let weight = 60.0 / (rank as f64 + 8.0) + 2.0;
            let word = word.replace('_', " ");
            if word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
                && !word.contains(['.', '/', ':'])
            {
                add(format!(" {word}"), weight);
                let mut letters = word.chars();
                if let Some(first) = letters.next() {
                    add(format!("{}{}", first.to_uppercase(), letters.as_str()), weight / 2.0);
                }
            }
            add(word, weight / 1.5);
        }
    }
    let characters = include_str!("../../training/characters.txt").chars();
    for (rank, letter) in characters.filter(|letter| !letter.is_whitespace()).enumerate() {
        add(letter.to_string(), 60.0 / (rank as f64 + 10.0) + 1.5);
    }
    for mark in [
        ", ", ". ", "? ", "! ", "! ", "…", "—", "’", "“", "”", "ä", "ö", "ü", "ß", "é", "è", "á",
        "ñ",
    ] {
        add(mark.to_owned(), 2.0);
    }
}

/// What stands together often, and how often.
fn grams(sentences: &[&str]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for sentence in sentences {
        let places: Vec<usize> =
            sentence.char_indices().map(|(at, _)| at).chain([sentence.len()]).collect();
        for (nth, &start) in places.iter().enumerate() {
            for &end in places[nth + 1..].iter().take_while(|&&end| end - start <= GRAM) {
                *counts.entry(sentence[start..end].to_owned()).or_default() += 1;
            }
        }
    }
    counts.retain(|_, count| *count >= OFTEN);
    counts
}

/// How often the encoder takes each phrase.
fn uses<'p>(known: &BTreeSet<&'p str>, sentences: &[&str]) -> BTreeMap<&'p str, usize> {
    let mut uses = BTreeMap::new();
    for sentence in sentences {
        let mut rest = *sentence;
        while let Some(first) = rest.chars().next() {
            let ends = rest.char_indices().map(|(at, letter)| at + letter.len_utf8());
            let found = ends.rev().find_map(|end| known.get(&rest[..end]));
            let length = found.map_or(first.len_utf8(), |phrase| {
                *uses.entry(*phrase).or_default() += 1;
                phrase.len()
            });
            rest = &rest[length..];
        }
    }
    uses
}
