//! AWS Signature Version 4, as far as our requests need it: no query, and three headers.

use std::time::SystemTime;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use skein_base::Timestamp;
use skein_base::rng::to_hex;

use super::address::Address;

/// The headers that are signed.
const HEADERS: &str = "host;x-amz-content-sha256;x-amz-date";

/// A time to the second, as signatures write it.
pub(crate) struct Moment(String);

impl Moment {
    pub(crate) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at = Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
        // 2013-05-24T00:00:00.000000Z, without what separates.
        let text = at.to_string();
        let text: String = text.chars().take(19).filter(char::is_ascii_alphanumeric).collect();
        Self(text + "Z")
    }

    /// `20130524T000000Z`
    pub(crate) fn full(&self) -> &str {
        &self.0
    }

    fn day(&self) -> &str {
        &self.0[..8.min(self.0.len())]
    }
}

/// What of a request is signed.
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    /// Of unreserved characters and slashes only.
    pub(crate) path: &'a str,
    /// The SHA-256 of the content, in hexadecimal.
    pub(crate) sum: &'a str,
    pub(crate) moment: Moment,
}

impl Signed<'_> {
    /// The value of `Authorization`.
    pub(crate) fn authorization(&self, address: &Address) -> String {
        let Self { method, host, path, sum, moment } = self;
        let (full, day) = (moment.full(), moment.day());
        let canonical = format!(
            "{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:{sum}\nx-amz-date:{full}\n\n{HEADERS}\n{sum}"
        );
        let scope = format!("{day}/{}/s3/aws4_request", address.region);
        let canonical = to_hex(&Sha256::digest(canonical));
        let text = format!("AWS4-HMAC-SHA256\n{full}\n{scope}\n{canonical}");
        let secret = format!("AWS4{}", address.secret.expose());
        let mut key = mac(secret.as_bytes(), day);
        for part in [&*address.region, "s3", "aws4_request"] {
            key = mac(&key, part);
        }
        let signature = to_hex(&mac(&key, &text));
        let credential = format!("{}/{scope}", address.key);
        format!(
            "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={HEADERS}, Signature={signature}"
        )
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_signature_is_the_one_that_another_program_made() {
        let url = "s3://AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI%2FK7MDENG%2FbPxRfiCYEXAMPLEKEY@s3.amazonaws.com/examplebucket";
        let address = Address::read(url).expect("it is complete");
        let signed = Signed {
            method: "GET",
            host: "s3.amazonaws.com",
            path: "/examplebucket/test.txt",
            sum: super::super::NOTHING,
            moment: Moment::of(SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600)),
        };
        assert_eq!(signed.moment.full(), "20130524T000000Z");
        let signature = "0fcb291c4b47980ad34dd9a29532ceae67b48e45de3d6054873b430740567ec2";
        let authorization = signed.authorization(&address);
        assert!(authorization.ends_with(&format!("Signature={signature}")), "{authorization}");
        assert!(
            authorization
                .contains("Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,")
        );
    }
}
