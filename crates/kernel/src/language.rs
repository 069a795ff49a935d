//! The languages of the pages that the server makes itself.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Chinese in simplified characters.
    ZhCn,
    /// Chinese in traditional characters.
    ZhTw,
}

impl Language {
    /// The one that the browser's user likes best, by the header `Accept-Language`
    /// (RFC 9110 section 12.5.4); English if none is among them.
    pub fn accepted(accept_language: &str) -> Self {
        let mut best = (Self::En, 0.0);
        for range in accept_language.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Self::of) else { continue };
            let quality = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(Some(1.0), |q| q.parse::<f32>().ok());
            if let Some(quality) = quality
                && quality > best.1
            {
                best = (language, quality);
            }
        }
        best.0
    }

    fn of(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        let mut subtags = tag.split('-');
        match subtags.next()? {
            "zh" if subtags.any(|part| ["hant", "tw", "hk", "mo"].contains(&part)) => {
                Some(Self::ZhTw)
            }
            "zh" => Some(Self::ZhCn),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// As in `lang` and `Content-Language` (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
            Self::ZhTw => "zh-TW",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_best_is_spoken() {
        for (header, expected) in [
            ("", Language::En),
            ("de, fr;q=0.9", Language::En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::ZhCn),
            ("zh-TW,zh;q=0.9,en;q=0.8", Language::ZhTw),
            ("zh-Hant-HK", Language::ZhTw),
            ("en;q=0.5, zh;q=0.7", Language::ZhCn),
            ("de, en;q=0.8, zh;q=0.3", Language::En),
            ("zh;q=x", Language::En),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
