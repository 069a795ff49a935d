//! What was probably meant.

/// The known word closest to `word`, if it is close enough to be a slip of the
/// hand: at most a third of the letters differ, or two in a short word.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let close = (word.chars().count() / 3).max(2);
    known
        .map(|other| (distance(word, other), other))
        .filter(|(far, _)| *far <= close)
        .min()
        .map(|(_, other)| other)
}

/// The known key closest to `key`: a slip in its name, or the right name in the wrong section.
pub(crate) fn nearest_key<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let same_name = |other: &&str| other.rsplit('.').next() == key.rsplit('.').next();
    nearest(key, known.iter().copied()).or_else(|| known.iter().copied().find(same_name))
}

/// How many letters must be added, taken or changed (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (from, to, edits) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("c2s", "s2s", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(from, to), edits, "{from} {to}");
        }
    }

    #[test]
    fn a_key_in_the_wrong_section_is_found() {
        let known = ["listen.c2s", "archive.retention_days"];
        assert_eq!(nearest_key("c2s", &known), Some("listen.c2s"));
        assert_eq!(nearest_key("retention_days", &known), Some("archive.retention_days"));
        assert_eq!(nearest_key("listn.c2s", &known), Some("listen.c2s"));
        assert_eq!(nearest_key("entirely.other", &known), None);
    }
}
