//! What the server fetches from elsewhere because somebody named an address.
//!
//! Whoever names an address could make the server reach what only the server can reach:
//! services of its own machine, its network, the metadata of a cloud. So a name is looked
//! up once, all its addresses are judged ([`guard`]), and the connection is made to exactly
//! what was judged; a redirect begins anew.
//!
//! Invariants: nothing is sent to an address that was not judged; nobody learns from an
//! answer why there is none; time, bytes and redirects are bounded.

pub mod guard;
mod names;
mod place;
mod talk;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use rustls::{ClientConfig, RootCertStore};
use skein_base::Fault;
use tokio::net::TcpStream;

pub use names::{Names, System};
pub use place::Place;

/// Redirects that are followed: sites go from http to https, to `www`, to a language.
const REDIRECTS: usize = 5;
/// How long one address may take to take a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// Addresses of one name that are tried.
const ADDRESSES: usize = 4;

/// Nothing was fetched. Why is not told, so that nobody can look around by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nothing;

/// How much of a content is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// Bytes.
    pub bytes: usize,
    /// Whether the beginning of a longer one is of use; otherwise there is nothing.
    pub is_beginning_fine: bool,
}

/// What is wished.
#[derive(Clone, Copy)]
pub struct Wish {
    /// The field `Accept`.
    pub accept: &'static str,
    /// How much of a content of this media type (`text/html`) is read; `None` if none.
    pub most: fn(&str) -> Option<Most>,
    /// Time for all of it, redirects included.
    pub time: Duration,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where it was found in the end.
    pub place: Place,
    /// Its media type in lower case, without parameters.
    pub kind: String,
    /// What the sender says of its letters.
    pub charset: Option<String>,
    /// The content, or its beginning.
    pub content: Bytes,
}

/// Fetches. One for the whole process.
pub struct Fetcher {
    names: Arc<dyn Names>,
    tls: OnceLock<Option<Arc<ClientConfig>>>,
}

impl Fetcher {
    /// Fetches from where `names` says that names are.
    pub fn new(names: Arc<dyn Names>) -> Self {
        Self { names, tls: OnceLock::new() }
    }

    /// Fetches the content at `place`. `allowed` are inner addresses, or other ports than
    /// those of the web, that may be reached all the same.
    ///
    /// # Errors
    /// There is nothing of that kind there, or nobody may look.
    pub async fn get(
        &self,
        place: Place,
        allowed: &[SocketAddr],
        wish: Wish,
    ) -> Result<Fetched, Nothing> {
        let get = self.follow(place, allowed, wish);
        tokio::time::timeout(wish.time, get).await.map_err(|_| Nothing)?
    }

    async fn follow(
        &self,
        mut place: Place,
        allowed: &[SocketAddr],
        wish: Wish,
    ) -> Result<Fetched, Nothing> {
        for _ in 0..=REDIRECTS {
            let socket = self.connect(&place, allowed).await?;
            let answer = if place.is_tls() {
                let socket = talk::encrypt(self.tls().ok_or(Nothing)?, &place, socket).await?;
                talk::ask(socket, &place, wish).await?
            } else {
                talk::ask(socket, &place, wish).await?
            };
            match answer {
                talk::Answer::Found { kind, charset, content } => {
                    return Ok(Fetched { place, kind, charset, content });
                }
                talk::Answer::Elsewhere(reference) => {
                    place = place.join(&reference).ok_or(Nothing)?;
                }
            }
        }
        Err(Nothing)
    }

    /// A connection to an address that was judged.
    async fn connect(&self, place: &Place, allowed: &[SocketAddr]) -> Result<TcpStream, Nothing> {
        let addresses = match place.address() {
            Some(address) => vec![address],
            None => self.names.look_up(place.host(), place.port()).await,
        };
        // One that is refused refuses all: who mixes them means harm.
        if !addresses.iter().all(|address| guard::permits(*address, allowed)) {
            return Err(Nothing);
        }
        for address in addresses.into_iter().take(ADDRESSES) {
            let attempt = tokio::time::timeout(CONNECT, TcpStream::connect(address));
            if let Ok(Ok(socket)) = attempt.await
                && socket.peer_addr().is_ok_and(|peer| guard::permits(peer, allowed))
            {
                return Ok(socket);
            }
        }
        Err(Nothing)
    }

    fn tls(&self) -> Option<Arc<ClientConfig>> {
        let made = self.tls.get_or_init(|| match trusted() {
            Ok(config) => Some(Arc::new(config)),
            Err(fault) => {
                tracing::warn!(target: "fetch", %fault, "nothing is fetched over https");
                None
            }
        });
        made.clone()
    }
}

/// TLS that trusts whom the machine trusts.
fn trusted() -> Result<ClientConfig, Fault> {
    const DOING: &str = "reading the certificates that the machine trusts";
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(Fault::because(DOING, "there are none; install the package ca-certificates"));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::because(DOING, error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
