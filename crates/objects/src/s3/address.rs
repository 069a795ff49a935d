//! Where the bucket is and who we are there, from one URL.

use skein_base::Secret;

pub(crate) struct Address {
    /// `https` or `http`.
    pub(crate) scheme: &'static str,
    /// With its port if it is not the usual one.
    pub(crate) host: String,
    pub(crate) bucket: String,
    pub(crate) region: String,
    pub(crate) key: String,
    pub(crate) secret: Secret<String>,
}

impl Address {
    /// Reads `s3://KEY:SECRET@HOST/BUCKET?region=REGION`. What is not unreserved in the key
    /// and the secret is written with `%`. Without a region it is `us-east-1`, as services
    /// have it that know none.
    ///
    /// # Errors
    /// What is missing; nothing of the URL itself.
    pub(crate) fn read(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = match (url.strip_prefix("s3://"), url.strip_prefix("s3+http://")) {
            (Some(rest), _) => ("https", rest),
            (_, Some(rest)) => ("http", rest),
            _ => return Err("it is no s3:// URL"),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (user, place) = rest.rsplit_once('@').ok_or("it names no KEY:SECRET")?;
        let (key, secret) = user.split_once(':').ok_or("it names no SECRET")?;
        let (host, bucket) = place.split_once('/').ok_or("it names no BUCKET")?;
        let bucket = bucket.trim_end_matches('/');
        let sound = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
        };
        if !sound(bucket) {
            return Err("the BUCKET is empty or no name of a bucket");
        }
        let host = host.to_ascii_lowercase();
        if host.parse::<http::uri::Authority>().is_err() {
            return Err("the HOST is none");
        }
        let region = query.split('&').find_map(|field| field.strip_prefix("region="));
        let region = region.unwrap_or("us-east-1");
        if !sound(region) {
            return Err("the region is none");
        }
        Ok(Self {
            scheme,
            host,
            bucket: bucket.to_owned(),
            region: region.to_owned(),
            key: decoded(key).ok_or("the KEY has a wrong %")?,
            secret: Secret::new(decoded(secret).ok_or("the SECRET has a wrong %")?),
        })
    }
}

fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || (bytes.next()? as char).to_digit(16);
            out.push(u8::try_from(digit()? << 4 | digit()?).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_says_everything() {
        let url = "s3://AKIA:a%2Fb%2Bc@s3.example.org:9000/files?region=eu-1";
        let address = Address::read(url).expect("it is complete");
        assert_eq!((address.scheme, &*address.host), ("https", "s3.example.org:9000"));
        assert_eq!((&*address.bucket, &*address.region), ("files", "eu-1"));
        assert_eq!((&*address.key, &**address.secret.expose()), ("AKIA", "a/b+c"));
        let address = Address::read("s3+http://k:s@127.0.0.1:5000/b/").expect("it is complete");
        assert_eq!(
            (address.scheme, &*address.bucket, &*address.region),
            ("http", "b", "us-east-1")
        );
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_else() {
        for url in [
            "s3://bucket",
            "s3://k@h/b",
            "s3://k:s@h",
            "s3://k:s@h/",
            "s3://k:s@h/a/b",
            "s3://k:s%2@h/b",
        ] {
            let why = Address::read(url).err().expect("it is incomplete");
            assert!(!why.contains("k:s"), "{why}");
        }
    }
}
