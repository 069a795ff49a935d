//! The whole way against an authority in memory. It does not check the client's
//! signatures (that is instant-acme's affair); it does look for the proofs.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use instant_acme::{BodyWrapper, BytesResponse, HttpClient};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, IsCa, Issuer, KeyPair,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, ServerConnection, SignatureScheme,
};
use serde_json::{Value, json};
use skein_base::Timestamp;

use super::*;
use crate::tls::{self, ALPN_ACME, Configs};

const HOST: &str = "https://acme.test";

/// What the authority and the server under test share.
struct World {
    certificates: Arc<Certificates>,
    challenges: Arc<Challenges>,
    folder: PathBuf,
    authority: Arc<Authority>,
}

struct Authority {
    offers: Vec<&'static str>,
    configs: Configs,
    challenges: Arc<Challenges>,
    issuer: Issuer<'static, KeyPair>,
    accounts: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    names: Vec<String>,
    proved: Vec<(String, &'static str)>,
    chain: Option<String>,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn world(offers: &[&'static str]) -> World {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("skein-acme-{}-{n}", std::process::id()));
    let certificates = Arc::new(Certificates::new("chat.example"));
    let (chain, key) = tls::ensure(&folder.join("tls"), &["chat.example".to_owned()]).unwrap();
    certificates.load(&chain, &key).unwrap();
    let challenges = Arc::new(Challenges::default());
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = Authority {
        offers: offers.to_vec(),
        configs: Configs::new(&certificates).unwrap(),
        challenges: Arc::clone(&challenges),
        issuer: Issuer::new(ca, KeyPair::generate().unwrap()),
        accounts: AtomicUsize::new(0),
        state: Mutex::default(),
    };
    World { certificates, challenges, folder, authority: Arc::new(authority) }
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_800_000_000)
    }
}

impl World {
    fn acme(&self) -> Acme {
        let settings = Settings {
            directory: format!("{HOST}/directory"),
            contact: vec!["root@chat.example".into()],
            domains: vec!["chat.example".into(), "www.chat.example".into()],
            folder: self.folder.join("acme"),
        };
        let (certificates, challenges) =
            (Arc::clone(&self.certificates), Arc::clone(&self.challenges));
        Acme::new(settings, certificates, challenges, Arc::new(Noon))
    }

    async fn obtain(&self, failures: u32) -> Result<(), AcmeError> {
        let client = Client(Arc::clone(&self.authority));
        self.acme().obtain(Account::builder_with_http(Box::new(client)), failures).await
    }

    fn proved_by(&self) -> Vec<&'static str> {
        self.authority.state.lock().proved.iter().map(|(_, how)| *how).collect()
    }
}

struct Client(Arc<Authority>);

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        let authority = Arc::clone(&self.0);
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let signed: Value = serde_json::from_slice(&body).unwrap_or_default();
            let payload = signed["payload"].as_str().unwrap_or_default();
            let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
            let payload = serde_json::from_slice(&payload).unwrap_or_default();
            let (status, answer) = authority.answer(&path, &payload);
            let text = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
            let response = Response::builder()
                .status(status)
                .header("replay-nonce", "bm9uY2U")
                .header(
                    "location",
                    format!("{HOST}{}", if path == "/new" { "/order" } else { "/account" }),
                )
                .body(BodyWrapper::from(text.into_bytes()))
                .unwrap();
            Ok(BytesResponse::from(response))
        })
    }
}

impl Authority {
    fn answer(&self, path: &str, payload: &Value) -> (StatusCode, Value) {
        let url = |path: &str| format!("{HOST}{path}");
        match path.rsplit_once('/').unwrap_or_default() {
            ("", "directory") => (
                StatusCode::OK,
                json!({
                    "newNonce": url("/nonce"), "newAccount": url("/account"), "newOrder": url("/new"),
                }),
            ),
            ("", "nonce") => (StatusCode::OK, Value::Null),
            ("", "account") => {
                self.accounts.fetch_add(1, Ordering::Relaxed);
                (StatusCode::CREATED, json!({"status": "valid"}))
            }
            ("", "new") => {
                let names = payload["identifiers"].as_array().unwrap().iter();
                let names = names.map(|name| name["value"].as_str().unwrap().to_owned()).collect();
                *self.state.lock() = State { names, ..State::default() };
                (StatusCode::CREATED, self.order())
            }
            ("", "order") => (StatusCode::OK, self.order()),
            ("/authorization", n) => (StatusCode::OK, self.authorization(n.parse().unwrap())),
            ("/finalize", _) => {
                self.issue(payload["csr"].as_str().unwrap());
                (StatusCode::OK, self.order())
            }
            ("", "certificate") => {
                (StatusCode::OK, self.state.lock().chain.clone().unwrap().into())
            }
            (challenge, how) => {
                let n: usize = challenge.trim_start_matches("/challenge/").parse().unwrap();
                (StatusCode::OK, self.check(n, how))
            }
        }
    }

    fn order(&self) -> Value {
        let state = self.state.lock();
        let status = match (&state.chain, state.proved.len() == state.names.len()) {
            (Some(_), _) => "valid",
            (None, true) => "ready",
            (None, false) => "pending",
        };
        let authorizations: Vec<_> =
            (0..state.names.len()).map(|n| format!("{HOST}/authorization/{n}")).collect();
        let mut order = json!({
            "status": status, "authorizations": authorizations, "finalize": format!("{HOST}/finalize/1"),
        });
        if state.chain.is_some() {
            order["certificate"] = format!("{HOST}/certificate").into();
        }
        order
    }

    fn authorization(&self, n: usize) -> Value {
        let name = &self.state.lock().names[n];
        let challenges: Vec<_> =
            self.offers.iter().map(|how| challenge(n, how, "pending")).collect();
        json!({
            "identifier": {"type": "dns", "value": name}, "status": "pending", "challenges": challenges,
        })
    }

    /// Looks for the proof as an authority would: by HTTP or by TLS.
    fn check(&self, n: usize, how: &str) -> Value {
        let how = *self.offers.iter().find(|offer| **offer == how).unwrap();
        let name = self.state.lock().names[n].clone();
        let token = format!("token-{n}");
        match how {
            "http-01" => {
                let answer = self.challenges.answer(&token).unwrap();
                assert!(answer.starts_with(&format!("{token}.")));
            }
            "tls-alpn-01" => {
                let certificate = alpn_handshake(&self.configs, &name);
                let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).unwrap();
                let proof = parsed
                    .extensions()
                    .iter()
                    .find(|extension| extension.oid.to_id_string() == "1.3.6.1.5.5.7.1.31");
                assert_eq!(proof.unwrap().value.len(), 34, "an octet string of a SHA-256");
            }
            other => panic!("{other}"),
        }
        self.state.lock().proved.push((name, how));
        challenge(n, how, "valid")
    }

    fn issue(&self, csr: &str) {
        let csr = BASE64_URL_SAFE_NO_PAD.decode(csr).unwrap();
        let csr = CertificateSigningRequestParams::from_der(&csr.into()).unwrap();
        let chain = csr.signed_by(&self.issuer).unwrap().pem();
        self.state.lock().chain = Some(chain);
    }
}

fn challenge(n: usize, how: &str, status: &str) -> Value {
    json!({
        "type": how, "url": format!("{HOST}/challenge/{n}/{how}"), "status": status,
        "token": format!("token-{n}"),
    })
}

/// A TLS client that takes any certificate and keeps what it was shown.
#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

fn alpn_handshake(configs: &Configs, name: &str) -> CertificateDer<'static> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate))
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN_ACME.to_vec()];
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut server = ServerConnection::new(Arc::clone(&configs.https)).unwrap();
    let mut bytes = Vec::new();
    while client.is_handshaking() {
        bytes.clear();
        client.write_tls(&mut bytes).unwrap();
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets().unwrap();
        bytes.clear();
        server.write_tls(&mut bytes).unwrap();
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets().unwrap();
    }
    assert_eq!(client.alpn_protocol(), Some(ALPN_ACME));
    client.peer_certificates().unwrap()[0].clone().into_owned()
}

#[tokio::test]
async fn a_certificate_is_had_by_tls_alpn_kept_and_served() {
    let world = world(&["http-01", "dns-01", "tls-alpn-01"]);
    world.obtain(0).await.unwrap();
    assert_eq!(world.proved_by(), ["tls-alpn-01", "tls-alpn-01"]);
    let path = world.acme().settings.certificate();
    let kept = store::describe(&path).unwrap();
    assert_eq!(kept.names, ["chat.example", "www.chat.example"]);
    let served = world.certificates.choose(Some("chat.example")).unwrap();
    let issued = rustls::pki_types::pem::PemObject::from_pem_file(&path);
    let issued: CertificateDer<'_> = issued.unwrap();
    assert_eq!(served.key.cert[0], issued, "before the self-signed one");
    assert!(world.challenges.0.lock().is_empty());
}

#[tokio::test]
async fn after_a_failure_the_other_port_is_tried() {
    let world = world(&["tls-alpn-01", "http-01"]);
    world.obtain(1).await.unwrap();
    assert_eq!(world.proved_by(), ["http-01", "http-01"]);
    assert!(world.challenges.0.lock().is_empty(), "taken down again");
}

#[tokio::test]
async fn what_cannot_be_proved_here_is_reported_with_its_name() {
    let world = world(&["dns-01"]);
    let error = world.obtain(0).await.unwrap_err();
    assert!(matches!(&error, AcmeError::NoChallenge(name) if name == "chat.example"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_account_is_made_once_and_its_key_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world(&["http-01"]);
    world.obtain(0).await.unwrap();
    world.obtain(0).await.unwrap();
    assert_eq!(world.authority.accounts.load(Ordering::Relaxed), 1);
    for file in ["account.json", "cert.pem"] {
        let mode =
            std::fs::metadata(world.folder.join("acme").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}
