//! Rules between keys, and between keys and the machine.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::mistake::{Mistake, Origin};
use crate::tree::Config;

/// What a rule found: the key to blame, what is wrong, the remedy.
type Found = Vec<(&'static str, String, String)>;

/// A rule, and the keys that it looks at. It is left out if one of them could not be read.
struct Rule {
    keys: &'static [&'static str],
    find: fn(&Config) -> Found,
}

const RULES: &[Rule] = &[
    Rule { keys: &["data_dir"], find: data_folder },
    Rule {
        keys: &[
            "listen.c2s",
            "listen.c2s_tls",
            "listen.http",
            "listen.https",
            "listen.components",
            "listen.s2s",
        ],
        find: listeners,
    },
    Rule { keys: &["c2s.allow_plaintext", "listen.c2s", "listen.http"], find: plaintext },
    Rule { keys: &["tls.certificate", "tls.key", "tls.acme.directory"], find: certificate },
    Rule { keys: &["tls.certificate"], find: certificate_file },
    Rule { keys: &["tls.key"], find: key_file },
    Rule { keys: &["tls.acme.directory", "tls.acme.contact", "tls.acme.domains"], find: acme },
    Rule {
        keys: &[
            "components.secrets",
            "components.privileged",
            "components.managed_presence",
            "components.roster_presence",
            "domains",
        ],
        find: components,
    },
    Rule { keys: &["limits.page_default", "limits.page_max"], find: pages },
    Rule { keys: &["limits.outbox_bytes", "limits.stanza_bytes"], find: outbox },
    Rule { keys: &["limits.token_renewal", "limits.token_lifetime"], find: tokens },
    Rule {
        keys: &[
            "limits.element_bytes_before_login",
            "limits.stanza_bytes",
            "limits.elements_before_login",
            "limits.stanza_elements",
            "limits.depth_before_login",
            "limits.stanza_depth",
        ],
        find: before_login,
    },
];

/// Everything that the rules find, leaving out those that look at a broken key.
pub(crate) fn mistakes(config: &Config, broken: &BTreeSet<&'static str>) -> Vec<Mistake> {
    let rules = RULES.iter().filter(|rule| rule.keys.iter().all(|key| !broken.contains(key)));
    rules
        .flat_map(|rule| (rule.find)(config))
        .map(|(key, what, remedy)| Mistake {
            place: config.origins.of(key),
            key: key.to_owned(),
            what,
            remedy,
        })
        .collect()
}

fn one(key: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Found {
    vec![(key, what.into(), remedy.into())]
}

fn data_folder(config: &Config) -> Found {
    if config.data_dir.exists() && !config.data_dir.is_dir() {
        let what = format!("{} is a file", config.data_dir.display());
        return one("data_dir", what, "name a folder, which is made when missing");
    }
    Vec::new()
}

/// The listeners by key.
fn doors(config: &Config) -> [(&'static str, &[SocketAddr]); 6] {
    let listen = &config.listen;
    [
        ("listen.c2s", &listen.c2s),
        ("listen.c2s_tls", &listen.c2s_tls),
        ("listen.http", &listen.http),
        ("listen.https", &listen.https),
        ("listen.components", &listen.components),
        ("listen.s2s", &listen.s2s),
    ]
}

fn listeners(config: &Config) -> Found {
    let mut taken: Vec<(SocketAddr, &'static str)> = Vec::new();
    let mut found = Vec::new();
    let doors = doors(config).into_iter();
    for (key, address) in doors.flat_map(|(key, all)| all.iter().map(move |one| (key, *one))) {
        if let Some((first, other)) = taken.iter().find(|(first, _)| clash(*first, address)) {
            // Blame the one that somebody wrote, not a default that was there before.
            let written = config.origins.of(key) != Origin::Default;
            let (key, other) = if written { (key, *other) } else { (*other, key) };
            let what =
                format!("{address} and {first} cannot both be listened on, here and in {other}");
            found.push((key, what, "give each its own port, or keep one".to_owned()));
        }
        taken.push((address, key));
    }
    found
}

/// Whether one of the two addresses takes the other's connections. `[::]` takes those of IPv4 too.
fn clash(a: SocketAddr, b: SocketAddr) -> bool {
    let covers =
        |a: SocketAddr, b: SocketAddr| a.ip().is_unspecified() && (a.is_ipv6() || b.is_ipv4());
    a.port() == b.port() && a.port() != 0 && (a == b || covers(a, b) || covers(b, a))
}

fn components(config: &Config) -> Found {
    let all = &config.components;
    let mut found = Found::new();
    for component in &all.secrets {
        if config.domains.contains(&component.domain) {
            let what = format!("{} is a domain of accounts", component.domain);
            found.extend(one("components.secrets", what, "give the component a domain of its own"));
        }
    }
    for domain in &all.privileged {
        if !all.secrets.iter().any(|component| component.domain == *domain) {
            let what = format!("{domain} is no component");
            found.extend(one("components.privileged", what, "name a domain of components.secrets"));
        }
    }
    let presence = [
        ("components.managed_presence", &all.managed_presence),
        ("components.roster_presence", &all.roster_presence),
    ];
    for (key, domains) in presence {
        for domain in domains.iter().filter(|domain| !all.privileged.contains(domain)) {
            let what = format!("{domain} may not act for accounts");
            found.extend(one(key, what, "name a domain of components.privileged"));
        }
    }
    found
}

fn plaintext(config: &Config) -> Found {
    if !config.c2s.allow_plaintext {
        return Vec::new();
    }
    let open = [("listen.c2s", &config.listen.c2s), ("listen.http", &config.listen.http)];
    let open = open.into_iter().find_map(|(key, addresses)| {
        let address =
            addresses.iter().find(|address| !address.ip().to_canonical().is_loopback())?;
        Some(format!(
            "would let passwords cross the network in the clear, since {key} has {address}"
        ))
    });
    let remedy = "set it to false, or listen on 127.0.0.1 and [::1] only";
    open.map(|what| one("c2s.allow_plaintext", what, remedy)).unwrap_or_default()
}

fn certificate(config: &Config) -> Found {
    let tls = &config.tls;
    match (&tls.certificate, &tls.key, &tls.acme.directory) {
        (Some(_), None, _) => one("tls.certificate", "has no key", "give tls.key as well"),
        (None, Some(_), _) => one("tls.key", "has no certificate", "give tls.certificate as well"),
        (Some(_), Some(_), Some(_)) => {
            let what = "there are certificate files as well as an authority to get them from";
            one("tls.acme.directory", what, "remove tls.acme, or tls.certificate and tls.key")
        }
        _ => Vec::new(),
    }
}

fn certificate_file(config: &Config) -> Found {
    readable("tls.certificate", config.tls.certificate.as_deref())
}

fn key_file(config: &Config) -> Found {
    let path = config.tls.key.as_deref();
    let found = readable("tls.key", path);
    let mode =
        path.and_then(|path| path.metadata().ok()).map_or(0, |file| file.permissions().mode());
    match path {
        Some(path) if found.is_empty() && mode & 0o007 != 0 => {
            let what = format!("everyone on this machine may use {}", path.display());
            one("tls.key", what, format!("run: chmod o= {}", path.display()))
        }
        _ => found,
    }
}

fn readable(key: &'static str, path: Option<&Path>) -> Found {
    let Some(path) = path else {
        return Vec::new();
    };
    let problem = match std::fs::File::open(path) {
        Ok(_) if path.is_dir() => "it is a folder".to_owned(),
        Ok(_) => return Vec::new(),
        Err(error) => error.to_string(),
    };
    one(
        key,
        format!("{} cannot be read: {problem}", path.display()),
        "correct the path or the permissions",
    )
}

fn acme(config: &Config) -> Found {
    let acme = &config.tls.acme;
    let lost = [("tls.acme.contact", &acme.contact), ("tls.acme.domains", &acme.domains)];
    match lost.into_iter().find(|(_, values)| acme.directory.is_none() && !values.is_empty()) {
        Some((key, _)) => one(key, "no authority is named", "give tls.acme.directory as well"),
        None => Vec::new(),
    }
}

fn pages(config: &Config) -> Found {
    let limits = &config.limits;
    if limits.page_default > limits.page_max {
        let what =
            format!("{} is more than limits.page_max, {}", limits.page_default, limits.page_max);
        return one("limits.page_default", what, "lower this or raise that");
    }
    Vec::new()
}

fn outbox(config: &Config) -> Found {
    let least = 2 * config.limits.stanza_bytes;
    if config.limits.outbox_bytes < least {
        let what = "two of the largest stanzas do not fit";
        let remedy = format!("make it {least} bytes at least, or lower limits.stanza_bytes");
        return one("limits.outbox_bytes", what, remedy);
    }
    Vec::new()
}

fn tokens(config: &Config) -> Found {
    let limits = &config.limits;
    if limits.token_renewal >= limits.token_lifetime {
        let what = "a token would die before it is renewed";
        return one("limits.token_renewal", what, "make it shorter than limits.token_lifetime");
    }
    Vec::new()
}

fn before_login(config: &Config) -> Found {
    let limits = &config.limits;
    let pairs = [
        (
            "limits.element_bytes_before_login",
            limits.element_bytes_before_login,
            "limits.stanza_bytes",
            limits.stanza_bytes,
        ),
        (
            "limits.elements_before_login",
            limits.elements_before_login,
            "limits.stanza_elements",
            limits.stanza_elements,
        ),
        (
            "limits.depth_before_login",
            limits.depth_before_login,
            "limits.stanza_depth",
            limits.stanza_depth,
        ),
    ];
    let wrong = pairs.into_iter().filter(|(_, before, _, after)| before > after);
    wrong
        .map(|(key, before, other, after)| {
            let what = format!("{before} would allow strangers more than the {after} of {other}");
            (key, what, "lower this or raise that".to_owned())
        })
        .collect()
}

impl Config {
    /// What is set and has no effect in this version, one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let idle = [
            ("listen.s2s", !self.listen.s2s.is_empty(), "this version does not federate"),
            ("bus.url", self.bus.url.is_some(), "this version runs on one machine"),
        ];
        let idle = idle.into_iter().filter(|(_, set, _)| *set);
        idle.map(|(key, _, why)| format!("{}: {key} has no effect: {why}", self.origins.of(key)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_name_keys_that_exist() {
        for key in RULES.iter().flat_map(|rule| rule.keys) {
            assert!(crate::table::option(key).is_some(), "{key}");
        }
    }
}
