//! What a password must be.

use skein_base::Secret;
use skein_config::Limits;
use skein_sasl::normalize;
use skein_xmpp::Jid;

/// Bytes of the longest password. Hashing does not care; memory before login does.
const PASSWORD_BYTES: usize = 1023;

/// The passwords that guessers try first, of eight letters or more: shorter ones
/// fail by their length. NIST SP 800-63B section 3.1.1.2 asks for such a list.
const COMMON: &[&str] = &[
    "00000000",
    "000000000",
    "0123456789",
    "1111111111",
    "11111111",
    "12341234",
    "123123123",
    "12344321",
    "12345678",
    "123456789",
    "1234567890",
    "12345678910",
    "1234qwer",
    "123qweasd",
    "147258369",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "87654321",
    "88888888",
    "987654321",
    "5201314520",
    "66666666",
    "a123456789",
    "a1234567",
    "aa123456",
    "aa12345678",
    "abc12345",
    "abcd1234",
    "abcdefgh",
    "admin123",
    "administrator",
    "asdfasdf",
    "asdfghjk",
    "asdfghjkl",
    "baseball",
    "changeme",
    "computer",
    "corvette",
    "dragon123",
    "football",
    "iloveyou",
    "iloveyou1",
    "internet",
    "jennifer",
    "letmein1",
    "letmein123",
    "liverpool",
    "maverick",
    "michelle",
    "mercedes",
    "midnight",
    "password",
    "password1",
    "password12",
    "password123",
    "passw0rd",
    "p@ssw0rd",
    "princess",
    "princess1",
    "q1w2e3r4",
    "qazwsxedc",
    "qwer1234",
    "qwerty12",
    "qwerty123",
    "qwertyui",
    "qwertyuiop",
    "samantha",
    "security",
    "starwars",
    "sunshine",
    "superman",
    "testtest",
    "trustno1",
    "welcome1",
    "welcome123",
    "whatever",
    "woaini520",
    "woaini1314",
    "zaq12wsx",
    "zxcvbnm123",
];

/// A password as it is hashed: normalised by SASLprep (RFC 4013).
#[derive(Debug, Clone)]
pub struct Password(Secret<String>);

/// Why a password is not taken; the text is for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Empty, over 1,023 bytes, or with characters that no password may have.
    #[error("the password is empty, too long, or has characters that cannot be used")]
    Unusable,
    /// Fewer letters than the server's rule.
    #[error("the password is too short: take {0} letters or more")]
    Short(usize),
    /// Among the first that anybody would guess.
    #[error("the password is among the first that anybody would guess: take another")]
    Common,
}

impl Password {
    /// A password that an operator sets: any that can be typed.
    ///
    /// # Errors
    /// [`WeakPassword::Unusable`].
    pub fn given(text: &str) -> Result<Self, WeakPassword> {
        let prepared = normalize(text).map_err(|_| WeakPassword::Unusable)?;
        if prepared.len() > PASSWORD_BYTES {
            return Err(WeakPassword::Unusable);
        }
        Ok(Self(Secret::new(prepared)))
    }

    /// A password that the holder of `jid` chose: long enough and not among the
    /// first to be guessed. No other rules (NIST SP 800-63B).
    ///
    /// # Errors
    /// Says which rule it breaks.
    pub fn chosen(text: &str, jid: &Jid, limits: &Limits) -> Result<Self, WeakPassword> {
        let password = Self::given(text)?;
        if password.text().chars().count() < limits.password_length {
            return Err(WeakPassword::Short(limits.password_length));
        }
        if is_guessed_first(password.text(), jid) {
            return Err(WeakPassword::Common);
        }
        Ok(password)
    }

    pub(crate) const fn secret(&self) -> &Secret<String> {
        &self.0
    }

    fn text(&self) -> &str {
        self.0.expose()
    }
}

fn is_guessed_first(password: &str, jid: &Jid) -> bool {
    let lower = password.to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next();
    let one_letter = letters.all(|letter| Some(letter) == first);
    // The name, alone or with a few digits behind it.
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit());
    let own = [jid.local().unwrap_or_default(), jid.domain(), jid.bare_str()];
    one_letter
        || COMMON.contains(&lower.as_str())
        || own.contains(&lower.as_str())
        || own.contains(&stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> Option<WeakPassword> {
        let limits = Limits { password_length: 8, ..skein_config::Config::default().limits };
        let jid = Jid::parse("juliet@example.org").expect("an address");
        Password::chosen(text, &jid, &limits).err()
    }

    #[test]
    fn short_and_common_passwords_are_refused() {
        assert_eq!(judge("sword"), Some(WeakPassword::Short(8)));
        for common in [
            "password",
            "PassWord",
            "aaaaaaaaaaaa",
            "juliet1597",
            "juliet@example.org",
            "example.org",
        ] {
            assert_eq!(judge(common), Some(WeakPassword::Common), "{common}");
        }
        assert_eq!(judge("r0m30myr0m30"), None);
        assert_eq!(judge("密码很长很长很长"), None);
    }

    #[test]
    fn a_password_is_normalised_before_anything_else() {
        // RFC 4013 section 3: the soft hyphen disappears, the Roman numeral becomes letters.
        let prepared = Password::given("I\u{ad}X").expect("usable");
        assert_eq!(prepared.text(), Password::given("\u{2168}").expect("usable").text());
        assert_eq!(Password::given("").err(), Some(WeakPassword::Unusable));
        assert_eq!(Password::given("\u{7}").err(), Some(WeakPassword::Unusable));
    }
}
