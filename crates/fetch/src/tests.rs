//! Fetching from servers of this machine, with names that say what a test wants.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Answers look-ups in turn, the last one again and again.
struct Script(Vec<Vec<SocketAddr>>, AtomicUsize);

impl Names for Script {
    fn look_up<'a>(
        &'a self,
        _: &'a str,
        port: u16,
    ) -> std::pin::Pin<Box<dyn Future<Output = Vec<SocketAddr>> + Send + 'a>> {
        let turn = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
        let answer = self.0[turn].iter();
        // A name's port is that of the address; the script names the hosts.
        let answer = answer.map(|address| match address.port() {
            0 => SocketAddr::new(address.ip(), port),
            _ => *address,
        });
        let answer = answer.collect();
        Box::pin(async move { answer })
    }
}

/// A server that gives `answer` to everyone, and counts them.
async fn server(answer: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = visits.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut asked = [0; 4096];
            let _ = socket.read(&mut asked).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    (address, visits)
}

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; charset=\"UTF-8\"\r\n\
                    Content-Length: 5\r\n\r\nhello";

fn wish() -> Wish {
    Wish {
        accept: "text/html",
        most: |kind| (kind == "text/html").then_some(Most { bytes: 16, is_beginning_fine: true }),
        time: Duration::from_secs(5),
    }
}

fn names(answers: &[&[SocketAddr]]) -> (Fetcher, Arc<Script>) {
    let script = answers.iter().map(|answer| answer.to_vec()).collect();
    let script = Arc::new(Script(script, AtomicUsize::new(0)));
    (Fetcher::new(script.clone()), script)
}

fn place(text: &str) -> Place {
    Place::read(text).expect("an address")
}

#[tokio::test]
async fn what_is_there_is_fetched() {
    let (at, _) = server(PAGE).await;
    let (fetcher, _) = names(&[&[at]]);
    let fetched = fetcher.get(place("http://site.example/"), &[at], wish()).await;
    let fetched = fetched.expect("it is there");
    assert_eq!((&*fetched.kind, fetched.charset.as_deref()), ("text/html", Some("utf-8")));
    assert_eq!(&*fetched.content, b"hello");
}

#[tokio::test]
async fn g01_a_name_whose_second_answer_is_inner_is_looked_up_once() {
    let (site, visits) = server(PAGE).await;
    let (canary, reached) = server(PAGE).await;
    let (fetcher, script) = names(&[&[site], &[canary]]);
    let fetched = fetcher.get(place("http://site.example/"), &[site], wish()).await;
    assert!(fetched.is_ok());
    assert_eq!(script.1.load(Ordering::SeqCst), 1);
    // The name has changed sides: from now on nothing is reached.
    let fetched = fetcher.get(place("http://site.example/"), &[site], wish()).await;
    assert_eq!(fetched, Err(Nothing));
    assert_eq!((visits.load(Ordering::SeqCst), reached.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn g01_an_inner_address_among_others_refuses_them_all() {
    let (site, visits) = server(PAGE).await;
    let (canary, reached) = server(PAGE).await;
    let (fetcher, _) = names(&[&[site, canary]]);
    let fetched = fetcher.get(place("http://site.example/"), &[site], wish()).await;
    assert_eq!(fetched, Err(Nothing));
    assert_eq!((visits.load(Ordering::SeqCst), reached.load(Ordering::SeqCst)), (0, 0));
}

#[tokio::test]
async fn g01_a_redirect_is_judged_like_the_first_address() {
    let redirect = "HTTP/1.1 302 Found\r\nLocation: http://inner.example/\r\n\
                    Content-Length: 0\r\n\r\n";
    let (site, _) = server(redirect).await;
    let (canary, reached) = server(PAGE).await;
    let (fetcher, script) = names(&[&[site], &[canary]]);
    let fetched = fetcher.get(place("http://site.example/"), &[site], wish()).await;
    assert_eq!(fetched, Err(Nothing));
    assert_eq!(script.1.load(Ordering::SeqCst), 2);
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn redirects_have_an_end() {
    let again = "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n";
    let (site, visits) = server(again).await;
    let (fetcher, _) = names(&[&[site]]);
    let fetched = fetcher.get(place("http://site.example/"), &[site], wish()).await;
    assert_eq!(fetched, Err(Nothing));
    assert_eq!(visits.load(Ordering::SeqCst), REDIRECTS + 1);
}
