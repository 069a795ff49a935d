//! `skein doctor`: looks at what the server needs and says what to mend.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use skein_config::Config;
use skein_transport::acme::Settings;
use skein_transport::tls::{self, Certificates};

use crate::{folder, serve};

/// Open files below which many people cannot connect.
const OPEN_FILES: u64 = 10_000;

struct Findings {
    bad: usize,
}

impl Findings {
    fn good(&mut self, what: &str) {
        say(&format!("ok    {what}"));
    }

    fn bad(&mut self, what: &str, remedy: &str) {
        self.bad += 1;
        say(&format!("BAD   {what}\n      {remedy}"));
    }

    fn note(&mut self, what: &str) {
        say(&format!("note  {what}"));
    }
}

/// A reader that has closed the output early (`| head`) has seen enough; the exit status
/// tells the rest.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Examines everything; exit status 1 if something must be mended.
pub(crate) fn run(config: Config) -> ExitCode {
    let config = Arc::new(config);
    let mut findings = Findings { bad: 0 };
    for warning in config.warnings() {
        findings.note(&warning);
    }
    let is_running = folder::is_held(&config.data_dir);
    findings.note(if is_running { "the server runs" } else { "the server does not run" });
    storage(&config, &mut findings);
    certificate(&config, &mut findings);
    if !is_running {
        listeners(&config, &mut findings);
    }
    open_files(&mut findings);
    if findings.bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn storage(config: &Arc<Config>, findings: &mut Findings) {
    let Ok(runtime) = tokio::runtime::Runtime::new() else {
        return findings
            .bad("no thread can be started", "look at the limits of the user and the memory");
    };
    match runtime.block_on(serve::open(config)) {
        Ok((db, accounts)) => {
            findings.good("the database opens and its tables are those of this release");
            match runtime.block_on(accounts.list()) {
                Ok(list) if list.is_empty() => {
                    findings.note("there is no account; `skein user add` makes one")
                }
                Ok(list) => findings.good(&format!("{} accounts", list.len())),
                Err(fault) => {
                    findings.bad(&fault.to_string(), "restore a backup: `skein restore DIR`")
                }
            }
            runtime.block_on(db.close());
        }
        Err(fault) => findings.bad(&fault.to_string(), "look at the keys data_dir and storage.url"),
    }
}

fn certificate(config: &Config, findings: &mut Findings) {
    if let Some(authority) = serve::authority(config) {
        return certified(config, &authority, findings);
    }
    let files = match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => Ok((certificate.clone(), key.clone())),
        _ => {
            findings.note("no certificate is configured: clients must trust the self-signed one");
            tls::ensure(&config.data_dir.join("tls"), &config.domains)
        }
    };
    let certificates = Certificates::new(config.domain());
    match files.and_then(|(chain, key)| certificates.load(&chain, &key)) {
        Ok(()) => findings.good("certificate and key load and belong together"),
        Err(error) => {
            findings.bad(&error.to_string(), "look at the keys tls.certificate and tls.key")
        }
    }
}

/// With an authority: what has come from it, and whether it can find us.
fn certified(config: &Config, authority: &Settings, findings: &mut Findings) {
    let (names, from) = (authority.domains.join(", "), &authority.directory);
    findings.note(&format!("certificates for {names} come by ACME from {from}"));
    let path = authority.certificate();
    if !path.exists() {
        findings.note("none has come yet: clients must trust the self-signed one until then");
    } else if let Err(error) = Certificates::new(config.domain()).load(&path, &path) {
        let remedy = format!("remove {}: the server asks for a new one", path.display());
        findings.bad(&error.to_string(), &remedy);
    } else {
        findings.good("the certificate that came from the authority loads");
    }
    let has = |list: &[SocketAddr], port| list.iter().any(|address| address.port() == port);
    if !has(&config.listen.https, 443) && !has(&config.listen.http, 80) {
        findings.note(
            "the authority looks at port 443 or 80 of each name: forward 443 to listen.https or 80 to listen.http",
        );
    }
}

fn listeners(config: &Config, findings: &mut Findings) {
    let lists = [
        ("listen.c2s", &config.listen.c2s),
        ("listen.c2s_tls", &config.listen.c2s_tls),
        ("listen.http", &config.listen.http),
        ("listen.https", &config.listen.https),
        ("listen.components", &config.listen.components),
    ];
    for (key, addresses) in lists {
        for address in addresses {
            match TcpListener::bind(address) {
                Ok(_) => findings.good(&format!("{address} is free for {key}")),
                Err(error) => {
                    let remedy = format!("stop what uses it, or change the key {key}");
                    findings.bad(&format!("{address} cannot be opened: {error}"), &remedy);
                }
            }
        }
    }
}

fn open_files(findings: &mut Findings) {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let Some(soft) = line.and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok())
    else {
        return;
    };
    if soft < OPEN_FILES {
        findings.note(&format!(
            "{soft} files may be open, one for each connection; the systemd unit sets LimitNOFILE"
        ));
    } else {
        findings.good(&format!("{soft} files may be open"));
    }
}
