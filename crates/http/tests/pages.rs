//! What the web server answers to plain requests.

#![allow(clippy::unwrap_used)] // helpers of tests

mod world;

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use world::{within, world, world_with};

#[tokio::test]
async fn host_meta_tells_pages_of_any_site_where_to_connect() {
    let world = world().await;
    for (path, quote) in [("/.well-known/host-meta", '\''), ("/.well-known/host-meta.json", '"')] {
        let answer = world.get(path, "").await;
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("access-control-allow-origin: *"), "{answer:?}");
        for address in ["ws://localhost/ws", "http://localhost/bosh"] {
            assert!(answer.content.contains(&format!("{quote}{address}{quote}")), "{answer:?}");
        }
        let behind = world.get(path, "X-Forwarded-Proto: https\r\n").await;
        assert!(behind.content.contains("wss://localhost/ws"), "{behind:?}");
    }
}

#[tokio::test]
async fn a08_metrics_are_refused_to_whoever_comes_through_a_proxy() {
    let world = world().await;
    let answer = world.get("/metrics", "").await;
    assert_eq!(answer.status, 200);
    for name in [
        "skein_sessions 0",
        "skein_build_info{version=",
        "skein_db_commit_seconds_bucket{le=\"+Inf\"}",
    ] {
        assert!(answer.content.contains(name), "{name}: {}", answer.content);
    }
    for header in [
        "X-Forwarded-For: 127.0.0.1",
        "Forwarded: for=127.0.0.1",
        "Via: 1.1 x",
        "x-forwarded-host: a",
    ] {
        assert_eq!(world.get("/metrics", &format!("{header}\r\n")).await.status, 403, "{header}");
    }
    let closed = world_with(|config| config.metrics.allow.clear()).await;
    assert_eq!(closed.get("/metrics", "").await.status, 403);
}

#[tokio::test]
async fn health_changes_when_the_server_stops() {
    let world = world().await;
    assert_eq!(world.get("/health", "").await.status, 200);
    assert_eq!(world.ask("POST", "/health", "", "").await.status, 405);
    world.service.stop();
    assert_eq!(world.get("/health", "").await.status, 503);
}

#[tokio::test]
async fn u06_tricks_with_paths_find_nothing() {
    let world = world().await;
    for path in [
        "/nothing",
        "/../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/ws/",
        "/WS",
        "/%77s",
        "/health/",
        "/metrics/../health",
        "/greet",
        "/.well-known/acme-challenge/unknown",
        "/.well-known/acme-challenge/../../health",
    ] {
        let answer = world.get(path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.content.contains("root:"));
    }
}

#[tokio::test]
async fn u06_malformed_and_oversized_headers_are_refused() {
    let world = world().await;
    let fields = "X: y\r\n".repeat(200);
    let long = format!("X: {}\r\n", "y".repeat(100_000));
    for (request, status) in [
        ("GET /health HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), 400),
        ("GET /health HTTP/1.1\r\nHost: a/b\r\n\r\n".to_owned(), 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n".to_owned(), 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n".to_owned(), 400),
        (format!("GET /health HTTP/1.1\r\nHost: a\r\n{fields}\r\n"), 431),
        (format!("GET /health HTTP/1.1\r\nHost: a\r\n{long}\r\n"), 431),
        (
            "GET http://elsewhere.example/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                .to_owned(),
            200,
        ),
    ] {
        let request = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        let answer = world::Answer::read(&world.raw(request.as_bytes()).await);
        assert_eq!(answer.status, status, "{}", &request[..request.len().min(80)]);
    }
}

#[tokio::test]
async fn u06_who_sends_headers_too_slowly_is_cut_off() {
    let patience = Duration::from_millis(50);
    let world = world_with(|config| config.limits.http_header_time = patience).await;
    for begun in ["", "GET /health HTTP/1.1\r\nHost: "] {
        let mut tcp = world.connect().await;
        tcp.write_all(begun.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        within(tcp.read_to_end(&mut rest)).await.ok();
        assert!(!rest.starts_with(b"HTTP/1.1 200"), "{begun}");
    }
}

#[tokio::test]
async fn the_first_page_speaks_the_languages_of_its_readers() {
    let world = world().await;
    for (wanted, tag, word) in [
        ("de", "en", "chat server"),
        ("zh-CN", "zh-CN", "服务器"),
        ("zh-TW,en;q=0.5", "zh-TW", "伺服器"),
    ] {
        let answer = world.get("/", &format!("Accept-Language: {wanted}\r\n")).await;
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains(&format!("content-language: {tag}")), "{}", answer.head);
        assert!(answer.content.contains(word) && answer.content.contains("localhost"));
    }
}

#[tokio::test]
async fn every_answer_forbids_scripts_frames_and_guessing() {
    let world = world().await;
    for path in ["/", "/health", "/nothing", "/greet/you", "/.well-known/host-meta"] {
        let answer = world.get(path, "").await;
        for header in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "nosniff",
            "referrer-policy: no-referrer",
        ] {
            assert!(answer.head.contains(header), "{path}: {}", answer.head);
        }
        assert!(!answer.head.contains("unsafe"));
    }
}

#[tokio::test]
async fn a_page_of_a_feature_is_found_by_its_prefix_with_its_style() {
    let world = world().await;
    let answer = world.get("/greet/you%20there?x=y", "").await;
    assert_eq!((answer.status, answer.content.as_str()), (200, "hello you%20there"));
    // The hash of `p{color:red}`.
    assert!(answer.head.contains("style-src 'sha256-"), "{}", answer.head);
    assert!(
        answer.head.contains("cache-control: no-store")
            && answer.head.contains("content-language: en")
    );
    assert_eq!(world.ask("POST", "/greet/you", "", "x").await.status, 405);
    assert_eq!(world.ask("HEAD", "/greet/you", "", "").await.content, "");
}

#[tokio::test]
async fn http2_answers_get_and_head_alike() {
    let world = world().await;
    let io = TokioIo::new(world.connect().await);
    let (mut send, connection) =
        within(hyper::client::conn::http2::handshake(TokioExecutor::new(), io)).await.unwrap();
    tokio::spawn(connection);
    for (method, has_content) in [("GET", true), ("HEAD", false)] {
        let request = http::Request::builder().method(method).uri("http://localhost/health");
        let request = request.body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
        let answer = within(send.send_request(request)).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-length"]),
            (200, &"15".parse().unwrap())
        );
        let content = within(answer.into_body().collect()).await.unwrap().to_bytes();
        assert_eq!(content.len(), if has_content { 15 } else { 0 });
    }
}
