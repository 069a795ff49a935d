//! One request over a connection that was made.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::{Nothing, Place, Wish};

/// Fields of an answer's header.
const FIELDS: usize = 100;
/// Bytes of an answer's header.
const HEADER_BYTES: usize = 64 * 1024;
const AGENT: &str = concat!("Skein/", env!("CARGO_PKG_VERSION"), " (link preview)");

/// What came back.
pub(crate) enum Answer {
    /// The content.
    Found { kind: String, charset: Option<String>, content: Bytes },
    /// It is elsewhere.
    Elsewhere(String),
}

pub(crate) async fn encrypt(
    config: Arc<ClientConfig>,
    place: &Place,
    socket: TcpStream,
) -> Result<TlsStream<TcpStream>, Nothing> {
    let name = place.host().trim_end_matches('.').to_owned();
    let name = ServerName::try_from(name).map_err(|_| Nothing)?;
    TlsConnector::from(config).connect(name, socket).await.map_err(|_| Nothing)
}

/// Ends the connection's task with the request.
struct Driven(JoinHandle<()>);

impl Drop for Driven {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks for a place. Nothing is told of who asks, and nothing is kept of what is answered.
pub(crate) async fn ask(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    place: &Place,
    wish: Wish,
) -> Result<Answer, Nothing> {
    let (mut requests, connection) = http1::Builder::new()
        .max_headers(FIELDS)
        .max_buf_size(HEADER_BYTES)
        .handshake(TokioIo::new(socket))
        .await
        .map_err(|_| Nothing)?;
    let _driven = Driven(tokio::spawn(async move {
        let _ = connection.await;
    }));
    let request = Request::get(place.path())
        .header(header::HOST, place.authority())
        .header(header::USER_AGENT, AGENT)
        .header(header::ACCEPT, wish.accept)
        // What is packed can be far larger than it looks.
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|_| Nothing)?;
    let answer = requests.send_request(request).await.map_err(|_| Nothing)?;
    if let 301 | 302 | 303 | 307 | 308 = answer.status().as_u16() {
        return field(&answer, header::LOCATION)
            .map(|reference| Answer::Elsewhere(reference.to_owned()))
            .ok_or(Nothing);
    }
    let is_packed = field(&answer, header::CONTENT_ENCODING)
        .is_some_and(|packed| !packed.eq_ignore_ascii_case("identity"));
    if answer.status() != 200 || is_packed {
        return Err(Nothing);
    }
    read(answer, wish).await
}

fn field(answer: &Response<Incoming>, name: header::HeaderName) -> Option<&str> {
    answer.headers().get(name)?.to_str().ok()
}

async fn read(answer: Response<Incoming>, wish: Wish) -> Result<Answer, Nothing> {
    let said = field(&answer, header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let mut parts = said.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_owned();
    let charset = parts.find_map(|part| part.strip_prefix("charset="));
    let charset = charset.map(|charset| charset.trim_matches('"').to_owned());
    let most = (wish.most)(&kind).ok_or(Nothing)?;
    let mut body = answer.into_body();
    let mut content = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Nothing)?.into_data() else { continue };
        if content.len() + data.len() > most.bytes {
            if !most.is_beginning_fine {
                return Err(Nothing);
            }
            content.extend_from_slice(&data[..most.bytes - content.len()]);
            break;
        }
        content.extend_from_slice(&data);
    }
    Ok(Answer::Found { kind, charset, content: content.freeze() })
}
