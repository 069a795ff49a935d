//! Splits text into words, the same for what is searched and for what is searched for.
//!
//! A word is a run of letters and digits in lower case. Scripts that put no space between
//! words (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) have each letter as a
//! word of its own, and a phrase of them is found as letters that follow each other.

/// Words of one message that are indexed: PostgreSQL counts places to 16,383.
const WORDS: usize = 16_000;
/// Letters of a word that count; the rest of a longer one is passed over. Bounds an index
/// entry to 256 bytes, of PostgreSQL's 2,046.
const LETTERS: usize = 64;
/// Words of one search: each costs a walk through an index.
const SEARCHED: usize = 64;

/// The words of `text`, separated by spaces.
pub(crate) fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    append(text, &mut words, WORDS);
    words
}

/// What a search asks for: phrases separated by line feeds, the words of each by spaces.
/// A phrase is what stands between white space. Empty if there is no word in it.
///
/// # Errors
/// If there are more than [`SEARCHED`] words.
pub(crate) fn phrases(text: &str) -> Result<String, TooMany> {
    let mut phrases = String::with_capacity(text.len());
    let mut count = 0;
    for term in text.split_whitespace() {
        let mut phrase = String::new();
        count += append(term, &mut phrase, SEARCHED + 1);
        if count > SEARCHED {
            return Err(TooMany);
        }
        if !phrase.is_empty() {
            if !phrases.is_empty() {
                phrases.push('\n');
            }
            phrases.push_str(&phrase);
        }
    }
    Ok(phrases)
}

/// A search for more than [`SEARCHED`] words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// Appends up to `at_most` words; says how many.
fn append(text: &str, out: &mut String, at_most: usize) -> usize {
    let mut count = 0;
    // Letters of the word that is being written; 0 between words.
    let mut letters = 0;
    for letter in text.chars() {
        let alone = stands_alone(letter);
        if !letter.is_alphanumeric() {
            letters = 0;
            continue;
        }
        if letters == 0 || alone {
            if count == at_most {
                break;
            }
            if !out.is_empty() {
                out.push(' ');
            }
            count += 1;
            letters = 0;
        }
        if letters < LETTERS {
            // Lower case of a letter may hold a mark that is no letter (İ): both engines
            // would split there in their own way.
            out.extend(letter.to_lowercase().filter(|lower| lower.is_alphanumeric()));
        }
        letters = if alone { 0 } else { letters + 1 };
    }
    count
}

/// Whether a letter is a word of its own.
const fn stands_alone(letter: char) -> bool {
    matches!(letter,
        // Thai, Lao; Burmese; Hangul letters; Khmer.
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        // Marks of repetition, kana, Bopomofo, Hangul letters.
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{31ff}'
        // Han.
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
        // Hangul, and kana of half width.
        | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}' | '\u{ff66}'..='\u{ffdc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_words() {
        for (text, expected) in [
            ("The quick, BROWN fox!", "the quick brown fox"),
            ("明天下午三点开会", "明 天 下 午 三 点 开 会"),
            ("ok 北京2024年", "ok 北 京 2024 年"),
            ("Привет, МИР", "привет мир"),
            ("カタカナとひらがな", "カ タ カ ナ と ひ ら が な"),
            ("한국어 x", "한 국 어 x"),
            ("don't e-mail a.b@c", "don t e mail a b c"),
            ("İstanbul STRASSE", "istanbul strasse"),
            ("👍 … ' \" \\ \n", ""),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn a_search_is_a_list_of_phrases() {
        assert_eq!(phrases("北京 e-mail  fox").as_deref(), Ok("北 京\ne mail\nfox"));
        assert_eq!(phrases("' OR \"1\"=\"1\" --").as_deref(), Ok("or\n1 1"));
        assert_eq!(phrases(" % _ ").as_deref(), Ok(""));
        assert_eq!(phrases(&"京".repeat(SEARCHED)).map(|p| p.len()), Ok(SEARCHED * 4 - 1));
        assert_eq!(phrases(&"京".repeat(SEARCHED + 1)), Err(TooMany));
        assert_eq!(phrases(&"a ".repeat(SEARCHED + 1)), Err(TooMany));
    }

    #[test]
    fn m02_words_and_texts_are_bounded() {
        assert_eq!(words(&"x".repeat(20_000)).len(), LETTERS);
        assert_eq!(words(&"a ".repeat(WORDS + 5)).len(), WORDS * 2 - 1);
    }
}
