//! The configuration as an operator meets it.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use proptest::prelude::*;

use crate::table::{options, variable};
use crate::{Config, Format, Level, Origin, Rate, Registration, load, parse, print, reference};

fn read(text: &str) -> Config {
    parse("skein.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The mistakes of a file, a line each.
fn mistakes(text: &str) -> Vec<String> {
    with_environment(text, &[])
}

fn with_environment(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    match parse("skein.toml", text, &environment) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.0.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn an_empty_file_serves_localhost_on_loopback() {
    let config = read("");
    assert_eq!(config.domain(), "localhost");
    assert_eq!(config.access.registration, Registration::Invite);
    assert_eq!(config.storage_url().expose(), "sqlite:data/skein.db");
    let listen = &config.listen;
    let ports: Vec<u16> = [&listen.c2s, &listen.c2s_tls, &listen.http, &listen.https, &listen.s2s]
        .into_iter()
        .flatten()
        .inspect(|address| assert!(address.ip().is_loopback()))
        .map(|address| address.port())
        .collect();
    assert_eq!(ports, [5222, 5223, 5280, 5443]);
    assert_eq!(Ok(config), load(None, &[]));
}

#[test]
fn a_full_file_is_understood() {
    let config = read(
        r#"
        domains = ["Example.ORG", "例子.测试"]
        data_dir = "/nonexistent/skein"
        listen.c2s = ["192.0.2.1:5222", "[2001:db8::1]:5222"]
        listen.http = "127.0.0.1:8080"
        [tls]
        acme = "https://authority.example/directory"
        [access]
        registration = "open"
        [archive]
        retention_days = 30
        [storage]
        url = "postgres://skein:hunter2@db/skein"
        [limits]
        rate = false
        stanza_bytes = "512 KiB"
        negotiation = 10
        messages = "10/s burst 100"
        [log]
        level = "debug"
        format = "json"
        targets = ["skein_db=trace"]
        "#,
    );
    assert_eq!(config.domains, ["example.org", "例子.测试"]);
    assert_eq!(config.listen.c2s.len(), 2);
    assert_eq!(
        config.tls.acme.directory.as_ref().map(|url| url.expose()),
        Some("https://authority.example/directory")
    );
    assert_eq!(config.acme_domains(), config.domains);
    assert_eq!(config.archive.retention_days, 30);
    assert_eq!((config.limits.rate, config.limits.stanza_bytes), (false, 524_288));
    assert_eq!(config.limits.negotiation, Duration::from_secs(10));
    assert_eq!(
        config.limits.messages,
        Rate { amount: 10, per: Duration::from_secs(1), burst: 100 }
    );
    assert_eq!((config.log.level, config.log.format), (Level::Debug, Format::Json));
    assert_eq!(config.log.filter(), "debug,skein_db=trace");
}

#[test]
fn the_environment_wins_over_the_file() {
    let environment = [
        ("SKEIN_DOMAIN", "two.example"),
        ("SKEIN_LISTEN_C2S", "127.0.0.1:1, [::1]:2"),
        ("SKEIN_LIMITS_RATE", "false"),
        ("SKEIN_LISTEN_HTTP", ""),
        ("SKEIN_TLS_ACME", "https://authority.example/"),
        ("SKEIN_LIMITS_SILENCE", "20"),
        ("HOME", "/root"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = parse("skein.toml", "domain = \"one.example\"\ndata_dir = \"d\"", &environment)
        .expect("sound");
    assert_eq!(config.domain(), "two.example");
    assert_eq!(config.listen.c2s.len(), 2);
    assert!(config.listen.http.is_empty());
    assert!(!config.limits.rate);
    assert_eq!(config.limits.silence, Duration::from_secs(20));
    assert!(config.tls.acme.directory.is_some());
    assert_eq!(config.origins.of("domains"), Origin::Variable("SKEIN_DOMAIN".into()));
    assert_eq!(config.origins.of("data_dir"), Origin::File { name: "skein.toml".into(), line: 2 });
    assert_eq!(config.origins.of("log.level"), Origin::Default);
}

#[test]
fn all_mistakes_are_told_at_once_with_line_and_remedy() {
    let found = with_environment(
        "domain = \"a b\"\nlisten = 5\n[limits]\nstanza_byte = 1\nstanza_bytes = \"4 KiB\"\n[listen]\n",
        &[
            ("SKEIN_LISTN_C2S", "x"),
            ("SKEIN_LISTEN_HTTP", "localhost:80"),
            ("SKEIN_ZZZZZZZZZZZZZZZ", ""),
        ],
    );
    // `listen` twice is for the parser to refuse; the rest is told all the same.
    let expected = [
        "skein.toml:1: domain: \"a b\" is not a domain; write a domain or a list of them, such as \"example.org\"",
        "skein.toml:4: limits.stanza_byte: there is no such key; limits.stanza_bytes may be meant",
        "skein.toml:5: limits.stanza_bytes: 4 KiB is less than 10000 B; write a size from 10000 B, such as \"256 KiB\", or a number of bytes",
        "SKEIN_LISTEN_HTTP: listen.http: \"localhost:80\" has a name where an IP address must stand; \
         write a list of addresses with ports, such as 127.0.0.1:5222, [::1]:5222, with commas between",
        "SKEIN_LISTN_C2S: there is no such option; SKEIN_LISTEN_C2S may be meant, else unset it",
        "SKEIN_ZZZZZZZZZZZZZZZ: there is no such option; unset it, or see the reference for the keys there are",
    ];
    for line in expected {
        assert!(
            found.iter().any(|mistake| mistake == line),
            "{line}\nis not in\n{}",
            found.join("\n")
        );
    }
    assert!(
        found.iter().any(|mistake| mistake.starts_with("skein.toml:6: ")),
        "{}",
        found.join("\n")
    );
}

#[test]
fn what_is_advised_for_a_variable_may_be_written_into_it() {
    let variable = |value: &str| with_environment("", &[("SKEIN_LISTEN_C2S", value)]);
    let [mistake] = &variable("[\"127.0.0.1:5222\"]")[..] else { panic!("one mistake") };
    let advice = mistake.split_once("such as ").expect("an example").1;
    let advice = advice.strip_suffix(", with commas between").expect("how to write several");
    assert_eq!(variable(advice), Vec::<String>::new(), "{mistake}");
}

#[test]
fn each_wrong_value_is_one_mistake_that_names_its_line() {
    for (line, reason) in [
        ("domains = []", "empty"),
        ("domain = \"-a.example\"", "not a domain"),
        ("domain = \"a..b\"", "not a domain"),
        ("domain = [\"a.example\", \"A.example\"]", "twice"),
        ("data_dir = 7", "not a text"),
        ("data_dir = \"\"", "empty"),
        ("listen.c2s = [\"127.0.0.1\"]", "no port"),
        ("listen.c2s = [5222]", "5222 is not a text"),
        ("listen.http = [\"127.0.0.1:5222\"]", "cannot both"),
        ("listen.c2s = [\"127.0.0.1:5223\"]", "cannot both"),
        ("listen.c2s = [\"0.0.0.0:5222\", \"[::]:5222\"]", "cannot both"),
        ("listen.c2s.addresses = []", "a table"),
        ("access.registration = \"opne\"", "was \"open\" meant?"),
        ("access.registration = true", "not a text"),
        ("archive.retention_days = -1", "not a whole number"),
        ("archive.retention_days = 1.5", "fraction"),
        ("archive.retention_days = 99999999999999999999", "beyond"),
        ("archive.retention_days = 5000000000", "too large"),
        ("storage.url = \"mysql://db\"", "begins otherwise"),
        ("limits.rate = \"false\"", "neither true nor false"),
        ("limits.negotiation = \"0s\"", "less than 1s"),
        ("limits.messages = \"many\"", "not a rate"),
        ("limits.page_default = 1000", "limits.page_max"),
        ("limits.depth_before_login = 100", "strangers"),
        ("limits.token_renewal = \"90d\"", "renewed"),
        ("log.targets = [\"skein_db\"]", "no level"),
        ("log.targets = [\"skein_db=loud\"]", "not known"),
        ("metrics.allow = [\"everyone\"]", "not a network"),
        ("tls.certificate = \"/nonexistent.pem\"\ntls.key = \"/dev/null/key\"", "cannot be read"),
        ("tls.acme = \"http://authority.example\"", "begins otherwise"),
        ("tls.acme.contact = \"admin@example.org\"", "no authority"),
        ("tls.acme = { directory = \"https://a.example\", contact = \"admin\" }", "not an e-mail"),
        ("c2s.allow_plaintext = true\nlisten.c2s = [\"0.0.0.0:5222\"]", "in the clear"),
        ("c2s.allow_plaintext = true\nlisten.http = [\"[::]:80\"]", "in the clear"),
        ("registration = \"open\"", "access.registration may be meant"),
        ("[[listen]]", "is a section"),
        ("domain = \"a.example\"\ndomains = \"b.example\"", "already"),
    ] {
        let found = mistakes(line);
        assert!(found.iter().any(|mistake| mistake.contains(reason)), "{line}: {found:?}");
        assert!(
            found.iter().all(|mistake| mistake.starts_with("skein.toml:")),
            "{line}: {found:?}"
        );
    }
}

#[test]
fn certificate_and_key_go_together() {
    let file = std::env::current_exe().expect("a file that exists").display().to_string();
    assert!(mistakes(&format!("tls.certificate = {file:?}"))[0].contains("has no key"));
    assert!(
        mistakes(&format!("tls.key = {file:?}"))
            .iter()
            .any(|mistake| mistake.contains("has no certificate"))
    );
}

#[test]
fn a_key_that_everyone_may_read_is_refused() {
    let path = std::env::temp_dir().join(format!("skein-config-key-{}.pem", std::process::id()));
    std::fs::write(&path, "key").expect("a temporary file");
    let text = format!("tls = {{ certificate = {path:?}, key = {path:?} }}");
    let with_mode = |mode| {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("our own file");
        mistakes(&text)
    };
    let (open, closed) = (with_mode(0o644), with_mode(0o640));
    std::fs::remove_file(&path).expect("our own file");
    assert!(open.len() == 1 && open[0].contains("run: chmod o= "), "{open:?}");
    assert_eq!(closed, [""; 0]);
}

#[test]
fn broken_toml_is_told_with_the_rest() {
    let found = mistakes("domain = example.org\ndata_dir = 5\n[limits\n");
    assert!(found.len() >= 3, "{found:?}");
    assert!(found[0].starts_with("skein.toml:1: "), "{found:?}");
    assert!(
        found.iter().any(|mistake| mistake.starts_with("skein.toml:2: data_dir: ")),
        "{found:?}"
    );
}

#[test]
fn a_missing_file_is_named() {
    let missing =
        load(Some(std::path::Path::new("/nonexistent/skein.toml")), &[]).expect_err("missing");
    assert!(
        missing.to_string().contains("/nonexistent/skein.toml: the file cannot be read"),
        "{missing}"
    );
}

#[test]
fn variables_of_others_are_left_alone() {
    let environment = [
        ("SKEIN_SERVICE_HOST", "10.0.0.1"),
        ("SKEIN_SERVICE_PORT_C2S", "5222"),
        ("SKEIN_PORT", "tcp://10.0.0.1:5222"),
        ("SKEIN_C2S_PORT_5222_TCP_ADDR", "10.0.0.1"),
        ("SKEIN_CONFIG", "skein.toml"),
        ("SKEIN_TEST_SERVER", "elsewhere"),
    ];
    assert_eq!(with_environment("", &environment), [""; 0]);
    let ours: BTreeSet<String> =
        options().flat_map(|option| option.names()).map(variable).collect();
    assert!(ours.iter().all(|name| !name.contains("_PORT") && !name.contains("_SERVICE_")));
}

#[test]
fn no_two_options_share_a_variable() {
    let names: Vec<String> = options().flat_map(|option| option.names()).map(variable).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn what_is_printed_reads_back_as_the_same() {
    for text in [
        "",
        "domain = \"x.example\"\nlimits.rate = false\nlimits.messages = \"1/2h burst 9\"\nlog.targets = [\"skein_db=warn\"]",
    ] {
        let config = read(text);
        let mut again = read(&print(&config));
        again.origins = config.origins.clone();
        assert_eq!(again, config);
    }
}

#[test]
fn printing_redacts_and_tells_origins() {
    let environment =
        [("SKEIN_STORAGE_URL".to_owned(), "postgres://skein:hunter2@db/skein".to_owned())];
    let config = parse("skein.toml", "\ndomain = \"x.example\"", &environment).expect("sound");
    let printed = print(&config);
    assert!(printed.contains("domains = [\"x.example\"]  # skein.toml:2\n"), "{printed}");
    assert!(
        printed.contains("url = \"postgres://skein:[secret]@db/skein\"  # SKEIN_STORAGE_URL\n"),
        "{printed}"
    );
    assert!(printed.contains("level = \"info\"  # default\n"), "{printed}");
    assert!(!printed.contains("hunter2") && !format!("{config:?}").contains("hunter2"));
}

#[test]
fn what_has_no_effect_is_warned_of() {
    assert_eq!(read("").warnings(), [""; 0]);
    assert_eq!(
        read("listen.s2s = [\"127.0.0.1:5269\"]").warnings(),
        ["skein.toml:1: listen.s2s has no effect: this version does not federate"]
    );
}

#[test]
fn the_reference_in_docs_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    if std::env::var_os("SKEIN_BLESS").is_some() {
        std::fs::write(path, reference()).expect("the file can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == reference(),
        "docs/configuration.md is not what `skein config reference` prints: run the tests with SKEIN_BLESS=1"
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|([a-z0-9_.\\[\\]=\"', \\n-]{0,80})") {
        if let Err(mistakes) = parse("skein.toml", &text, &[]) {
            prop_assert!(!mistakes.0.is_empty());
        }
    }
}
