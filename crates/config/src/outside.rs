//! `[previews]`, `[maps]`, `[passkeys]`: what of the web is asked for the users, and where they see it.

use std::net::SocketAddr;

use crate::address::Addresses;
use crate::kind::Switch;
use crate::texts::{Line, Pages};
use crate::tree::Config;
use crate::url::{OptionalUrl, Tiles, Url};

section! {
    /// Previews of links: the server looks at the page that somebody is about to send, so that readers need not.
    /// Only the public network is reached, at the ports of the web.
    Previews at config.previews, "previews." {
        /// Whether the server looks at pages. It needs a way to the web for that.
        enabled: bool as Switch = true;
        /// Addresses with ports that are reached although they are inner ones or use other ports, such as a wiki
        /// of your own: `"10.1.2.3:443"`. Everybody with an account here sees previews of what is there.
        allow: Vec<SocketAddr> as Addresses = Vec::new();
    }
}

section! {
    /// Maps of places in the web client. Without this section they are drawn from outlines that the server has, and nobody else is asked.
    Maps at config.maps, "maps." {
        /// Where the pictures of a map are, with `{z}`, `{x}` and `{y}` for zoom, column and row. Whoever looks at a place then loads
        /// them from there, and tells that server so where it is.
        tiles: Option<Url> as OptionalUrl<Tiles> = None;
        /// To whom the map is owed; shown on it.
        credit: String as Line = "© OpenStreetMap contributors".to_owned();
    }
}

section! {
    /// Passkeys, by which people sign in at the web client without a password. Each is bound for ever to the domain of the
    /// page where it was made: whoever moves the web client to another domain makes all of them useless.
    Passkeys at config.passkeys, "passkeys." {
        /// Where people open the web client, if it is not at the domains of the accounts: passkeys work on these pages
        /// alone. Not set, they work at `https://DOMAIN` of each domain, with the port of `listen.https` where that is a
        /// public one, and for `localhost` at the ports of `listen.http` and `listen.https`.
        origins: Vec<String> as Pages = Vec::new();
    }
}

impl Config {
    /// The pages on which passkeys are made and used, each as a browser names its origin.
    pub fn passkey_origins(&self) -> Vec<String> {
        if !self.passkeys.origins.is_empty() {
            return self.passkeys.origins.clone();
        }
        let of = |domain: &String| {
            if domain != "localhost" && !domain.ends_with(".localhost") {
                return vec![self.web_origin(domain)];
            }
            let at = |scheme: &str, usual: u16, address: &SocketAddr| match address.port() {
                port if port == usual => format!("{scheme}://{domain}"),
                port => format!("{scheme}://{domain}:{port}"),
            };
            let http = self.listen.http.iter().map(|address| at("http", 80, address));
            http.chain(self.listen.https.iter().map(|address| at("https", 443, address))).collect()
        };
        self.domains.iter().flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, parse};

    #[test]
    fn passkeys_work_where_the_web_client_is_reached() {
        let mut config = Config { domains: vec!["localhost".to_owned()], ..Config::default() };
        assert_eq!(config.passkey_origins(), ["http://localhost:5280", "https://localhost:5443"]);
        config.domains = vec!["example.org".to_owned(), "example.net".to_owned()];
        assert_eq!(config.passkey_origins(), ["https://example.org", "https://example.net"]);
        config.listen.https = vec!["[::]:8443".parse().expect("an address")];
        assert_eq!(config.passkey_origins()[0], "https://example.org:8443");
        config.passkeys.origins = vec!["https://chat.example.org".to_owned()];
        assert_eq!(config.passkey_origins(), ["https://chat.example.org"]);
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        let read =
            |origin: &str| parse("skein.toml", &format!("[passkeys]\norigins = [{origin:?}]"), &[]);
        for good in
            ["https://chat.example.org", "https://a-b.example:8443", "http://localhost:5280"]
        {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in [
            "chat.example.org",
            "http://chat.example.org",
            "http://localhost.example.org",
            "https://chat.example.org/",
            "https://Chat.example.org",
            "https://chat.example.org:443",
            "https://chat.example.org:08443",
            "https://chat.example.org:99999",
            "https://192.0.2.1",
            "https://user@chat.example.org",
            "https://",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
