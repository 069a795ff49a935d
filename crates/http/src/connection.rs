//! Accepts connections and keeps them within their bounds.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use parking_lot::Mutex;
use rustls::ServerConfig;
use skein_transport::{Listener, Pass, Socket, Stream};

use crate::{Http, dispatch};

/// Bytes of a request's body taken ahead of whoever reads it.
const WINDOW: u32 = 64 * 1024;
/// How long a connection may wait for its next request. Longer than proxies keep
/// theirs, since a request that crosses our close is lost.
const IDLE: Duration = Duration::from_secs(75);

/// One connection, as its requests see it.
pub(crate) struct Line {
    pub(crate) peer: SocketAddr,
    pub(crate) is_tls: bool,
    /// Taken by the session that this connection turns out to belong to.
    pub(crate) pass: Mutex<Option<Pass>>,
    under_way: AtomicU32,
    last: Mutex<Option<Instant>>,
}

impl Line {
    fn begins(&self) {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        *self.last.lock() = Some(Instant::now());
    }

    fn ends(&self) {
        *self.last.lock() = Some(Instant::now());
        self.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Counts a request until it is answered or given up.
pub(crate) struct UnderWay(Arc<Line>);

impl UnderWay {
    fn new(line: Arc<Line>) -> Self {
        line.begins();
        Self(line)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.ends();
    }
}

/// Serves HTTP/1.1 and HTTP/2 to whoever connects to `listener`, for ever; https with
/// `tls`.
pub async fn serve_http(http: Http, listener: Listener, tls: Option<Arc<ServerConfig>>) {
    let builder = Arc::new(builder(&http));
    loop {
        let (tcp, peer) = listener.accept().await;
        let Ok(pass) = http.service().gate.enter(peer.ip(), Instant::now()) else { continue };
        let socket = match &tls {
            None => Socket::plain(tcp, peer),
            Some(config) => match Socket::tls(tcp, peer, config.clone()) {
                Ok(socket) => socket,
                Err(error) => {
                    tracing::error!(target: "http", %error, "a connection was not served");
                    continue;
                }
            },
        };
        socket.give_up_after(http.service().ctx().config.limits.peer_silent);
        tokio::spawn(connection(http.clone(), builder.clone(), socket, pass));
    }
}

/// How requests are read: see trust D3.
fn builder(http: &Http) -> Builder<TokioExecutor> {
    let limits = &http.service().ctx().config.limits;
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .max_buf_size(limits.http_header_bytes.max(8192))
        .max_headers(limits.http_header_fields)
        .header_read_timeout(IDLE);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http_streams)
        .max_header_list_size(u32::try_from(limits.http_header_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(4 * WINDOW)
        .keep_alive_interval(IDLE)
        .keep_alive_timeout(IDLE);
    builder
}

async fn connection(http: Http, builder: Arc<Builder<TokioExecutor>>, socket: Socket, pass: Pass) {
    let line = Arc::new(Line {
        peer: socket.peer(),
        is_tls: socket.is_tls(),
        pass: Mutex::new(Some(pass)),
        under_way: AtomicU32::new(0),
        last: Mutex::new(None),
    });
    let answers = service_fn(|request| {
        let (http, line) = (http.clone(), line.clone());
        async move {
            let under_way = UnderWay::new(line.clone());
            let answer = dispatch::answer(http, line, request).await;
            // Content that flows is under way until its end.
            Ok::<_, Infallible>(answer.map(|content| content.with(under_way)))
        }
    });
    let mut served =
        pin!(builder.serve_connection_with_upgrades(TokioIo::new(Stream::new(socket)), answers));
    // From the first byte of TLS to the end of the first header.
    let patience = http.service().ctx().config.limits.http_header_time;
    let mut look = tokio::time::interval(patience);
    look.tick().await;
    let mut leaving = false;
    loop {
        tokio::select! {
            ended = served.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(target: "http", error = &*error, "a connection ended");
                }
                return;
            }
            _ = look.tick() => {
                let last = *line.last.lock();
                let is_idle = line.under_way.load(Ordering::Acquire) == 0;
                match last {
                    None => return,
                    Some(_) if is_idle && leaving => return,
                    Some(last) if is_idle && last.elapsed() >= IDLE => {
                        leaving = true;
                        served.as_mut().graceful_shutdown();
                    }
                    Some(_) => {}
                }
            }
        }
    }
}
