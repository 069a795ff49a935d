//! Listeners and certificates.

use std::sync::Arc;
use std::time::Instant;

use skein_base::Fault;
use skein_config::Config;
use skein_http::{Http, serve_http};
use skein_stream::Framing;
use skein_transport::acme::{Acme, Challenges, Settings};
use skein_transport::connection::{Service, serve, serve_component};
use skein_transport::tls::{self, Certificates, Configs};
use skein_transport::{Gate, Inherited, Limits, Listener, Socket};

use super::SystemClock;

/// Admission of strangers as configured.
pub(crate) fn admission(config: &Config) -> Limits {
    let limits = &config.limits;
    Limits {
        per_address: limits.unauthenticated_per_address,
        total: limits.unauthenticated,
        per_second: u32::try_from(limits.connections.amount).unwrap_or(u32::MAX),
        burst: u32::try_from(limits.connections.burst).unwrap_or(u32::MAX),
        rate: limits.rate,
    }
}

/// Loads the configured certificate, or makes one on the first run.
///
/// # Errors
/// Which file cannot be used.
pub(crate) fn certificates(config: &Config) -> Result<(Configs, Arc<Certificates>), Fault> {
    let certificates = Arc::new(Certificates::new(config.domain()));
    let files = match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => Ok((certificate.clone(), key.clone())),
        _ => tls::ensure(&config.data_dir.join("tls"), &config.domains),
    };
    let loaded = files.and_then(|(chain, key)| certificates.load(&chain, &key));
    loaded.map_err(|error| Fault::because("loading the certificate (section tls)", error))?;
    let configs =
        Configs::new(&certificates).map_err(|error| Fault::because("setting up TLS", error))?;
    Ok((configs, certificates))
}

/// The authority that certificates come from, if `[tls.acme]` names one.
pub(crate) fn authority(config: &Config) -> Option<Settings> {
    let acme = &config.tls.acme;
    Some(Settings {
        directory: acme.directory.as_ref()?.expose().to_owned(),
        contact: acme.contact.clone(),
        domains: config.acme_domains().to_vec(),
        folder: config.data_dir.join("acme"),
    })
}

/// Who gets the certificate from the configured authority and renews it.
pub(crate) fn acme(
    config: &Config,
    certificates: &Arc<Certificates>,
    challenges: &Arc<Challenges>,
) -> Option<Acme> {
    let settings = authority(config)?;
    let (authority, domains) = (&settings.directory, &settings.domains);
    if settings.certificate().exists() {
        tracing::info!(target: "tls", authority, ?domains, "certificates come by ACME");
    } else {
        tracing::info!(
            target: "tls", authority, ?domains,
            "certificates come by ACME; until there is one the self-signed one is served"
        );
    }
    let (certificates, challenges) = (certificates.clone(), challenges.clone());
    Some(Acme::new(settings, certificates, challenges, Arc::new(SystemClock)))
}

/// What a listener speaks.
#[derive(Clone, Copy)]
enum Speaks {
    Xmpp,
    XmppOverTls,
    Http,
    Https,
    Components,
}

/// Binds all listeners, then serves them.
///
/// # Errors
/// Which address is taken, and the key that changes it.
pub(crate) async fn start(
    service: &Service,
    config: &Config,
    challenges: Arc<Challenges>,
) -> Result<(), Fault> {
    let inherited = Inherited::from_environment()
        .map_err(|error| Fault::because("taking over sockets", error))?;
    let wanted = [
        ("listen.c2s", &config.listen.c2s, Speaks::Xmpp),
        ("listen.c2s_tls", &config.listen.c2s_tls, Speaks::XmppOverTls),
        ("listen.http", &config.listen.http, Speaks::Http),
        ("listen.https", &config.listen.https, Speaks::Https),
        ("listen.components", &config.listen.components, Speaks::Components),
    ];
    let mut bound = Vec::new();
    for (key, addresses, speaks) in wanted {
        for address in addresses {
            let listener = Listener::bind(*address, key, &inherited)
                .map_err(|error| Fault::because("opening a listener", error))?;
            tracing::info!(target: "listen", key, %address, "listening");
            bound.push((listener, speaks));
        }
    }
    for unused in inherited.left() {
        tracing::warn!(target: "listen", socket = unused, "an inherited socket is in no list of [listen]");
    }
    let http = Http::with_challenges(service.clone(), challenges);
    for (listener, speaks) in bound {
        match speaks {
            Speaks::Xmpp => drop(tokio::spawn(accept(service.clone(), listener, false))),
            Speaks::XmppOverTls => drop(tokio::spawn(accept(service.clone(), listener, true))),
            Speaks::Components => {
                drop(tokio::spawn(accept_components(service.clone(), listener)));
            }
            Speaks::Http => drop(tokio::spawn(serve_http(http.clone(), listener, None))),
            Speaks::Https => {
                let tls = Some(service.tls.https.clone());
                drop(tokio::spawn(serve_http(http.clone(), listener, tls)));
            }
        }
    }
    Ok(())
}

async fn accept(service: Service, listener: Listener, is_tls: bool) {
    loop {
        let (tcp, peer) = listener.accept().await;
        let gate: &Arc<Gate> = &service.gate;
        let Ok(pass) = gate.enter(peer.ip(), Instant::now()) else { continue };
        let socket = if is_tls {
            match Socket::tls(tcp, peer, service.tls.direct.clone()) {
                Ok(socket) => socket,
                Err(_) => continue,
            }
        } else {
            Socket::plain(tcp, peer)
        };
        socket.give_up_after(service.ctx().config.limits.peer_silent);
        tokio::spawn(serve(service.clone(), socket, Framing::Tcp, Vec::new(), pass));
    }
}

async fn accept_components(service: Service, listener: Listener) {
    loop {
        let (tcp, peer) = listener.accept().await;
        let Ok(pass) = service.gate.enter(peer.ip(), Instant::now()) else { continue };
        tokio::spawn(serve_component(service.clone(), Socket::plain(tcp, peer), pass));
    }
}
