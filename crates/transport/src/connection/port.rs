//! The socket of a client that is logged in: its task reads and writes, and who has something
//! for the client writes while the task sleeps.

use std::io;
use std::task::{Context, Poll};

use parking_lot::Mutex;
use skein_session::{Line, Session};

use super::unsent::Unsent;
use crate::socket::Socket;

/// See the module. The lock orders what is written: whoever takes something out of the outbox
/// holds it until that is written or stands in `unsent`.
#[derive(Debug)]
pub(super) struct Port {
    epoch: u32,
    way: Mutex<Option<Way>>,
}

/// A socket and what it has not taken yet.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) socket: Socket,
    pub(super) unsent: Unsent,
}

impl Port {
    /// Of connection `epoch` of a session.
    pub(super) fn new(socket: Socket, epoch: u32) -> Self {
        let way = Way { socket, unsent: Unsent::default() };
        Self { epoch, way: Mutex::new(Some(way)) }
    }

    /// Uses the socket. Nobody waits long for it: what is done with it never blocks.
    pub(super) fn with<T>(&self, use_it: impl FnOnce(&mut Way) -> T) -> io::Result<T> {
        self.way.lock().as_mut().map(use_it).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Takes the socket: from now on nobody else writes.
    pub(super) fn close(&self) -> Option<Way> {
        self.way.lock().take()
    }
}

impl Way {
    /// Whether something waits for room in the socket.
    fn is_full(&self) -> bool {
        !self.unsent.is_empty() || self.socket.has_unsent()
    }

    /// Ready when there is something to read (`true`) or room for what waits.
    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if let Poll::Ready(ready) = self.socket.poll_readable(cx) {
            return Poll::Ready(ready.map(|()| true));
        }
        if !self.unsent.is_empty()
            && let Poll::Ready(ready) = self.socket.poll_writable(cx)
        {
            return Poll::Ready(ready.map(|()| false));
        }
        Poll::Pending
    }
}

impl Line for Port {
    fn write(&self, session: &Session) -> bool {
        // Whoever holds the lock may have looked into the outbox already.
        let Some(mut way) = self.way.try_lock() else { return false };
        let Some(way) = way.as_mut().filter(|way| !way.is_full()) else { return false };
        let Some(output) = session.take_output(self.epoch) else { return false };
        way.unsent = Unsent { bytes: output, from: 0 };
        // The task meets the same error.
        way.unsent.write(&mut way.socket).is_ok() && !way.is_full()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is a failed test

    use std::future::poll_fn;
    use std::sync::Arc;

    use skein_base::{AccountId, Timestamp};
    use skein_session::{Device, Pushed, SessionId, User};
    use skein_stream::Framing;
    use skein_xmpp::{Jid, Kind, MessageType, Stanza};
    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const EACH: usize = 3_000;
    const WRITERS: usize = 3;

    fn session() -> Arc<Session> {
        let jid = Jid::parse("juliet@chat.example/balcony").unwrap();
        let user = Arc::new(User::new(jid.bare(), AccountId(1), [], Timestamp(0)));
        let device = Device { key: "balcony".into() };
        Arc::new(Session::new(jid, user, SessionId(1), device, Framing::Tcp, Timestamp(0)))
    }

    fn message(id: &str) -> Stanza {
        let mut message = Stanza::new(Kind::Message(MessageType::Chat));
        message.id = Some(id.into());
        message.with_content(|writer| writer.leaf("body", "jabber:client", &"o".repeat(500)))
    }

    /// What a connection's task does about output.
    async fn serve(port: Arc<Port>, session: Arc<Session>) {
        loop {
            let written = port.with(|way| {
                if way.unsent.is_empty() {
                    let bytes = session.take_output(0).unwrap();
                    way.unsent = Unsent { bytes, from: 0 };
                }
                way.unsent.write(&mut way.socket)
            });
            written.flatten().unwrap();
            poll_fn(|cx| match port.with(|way| way.poll_ready(cx)).unwrap() {
                Poll::Ready(ready) => Poll::Ready(ready.map(drop)),
                Poll::Pending => session.poll_woken(0, cx).map(Ok),
            })
            .await
            .unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_writers_and_the_task_write_whole_stanzas_each_in_its_order() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (tcp, peer) = listener.accept().await.unwrap();
        // So little room that the task is needed time and again.
        socket2::SockRef::from(&tcp).set_send_buffer_size(4_096).unwrap();
        let session = session();
        let port = Arc::new(Port::new(Socket::plain(tcp, peer), 0));
        session.with_outbox_mut(|outbox| outbox.set_line(0, port.clone()));
        let task = tokio::spawn(serve(port, session.clone()));
        for writer in 0..WRITERS {
            let session = session.clone();
            tokio::spawn(async move {
                for n in 0..EACH {
                    match session.push(&message(&format!("{writer}.{n}")), None, false) {
                        Pushed::Wake => session.flush(),
                        Pushed::Queued => {}
                        lost => panic!("{lost:?}"),
                    }
                    while session.with_outbox_mut(|outbox| !outbox.is_calm()) {
                        tokio::task::yield_now().await;
                    }
                }
            });
        }
        let (mut text, mut next) = (Vec::new(), [0; WRITERS]);
        while next != [EACH; WRITERS] {
            assert!(client.read_buf(&mut text).await.unwrap() > 0);
            while let Some(end) = text.windows(10).position(|part| part == b"</message>") {
                let stanza = String::from_utf8(text.drain(..end + 10).collect()).unwrap();
                let id = stanza.split("id='").nth(1).unwrap().split('\'').next().unwrap();
                let (writer, n) = id.split_once('.').unwrap();
                let writer: usize = writer.parse().unwrap();
                assert_eq!(n.parse::<usize>().unwrap(), next[writer]);
                assert!(
                    stanza.starts_with("<message ") && stanza.matches("<message ").count() == 1
                );
                next[writer] += 1;
            }
        }
        task.abort();
    }

    #[tokio::test]
    async fn only_a_sleeping_task_is_passed_by() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (tcp, peer) = listener.accept().await.unwrap();
        let session = session();
        let port = Arc::new(Port::new(Socket::plain(tcp, peer), 0));
        session.with_outbox_mut(|outbox| outbox.set_line(0, port.clone()));
        let mut woken = std::pin::pin!(session.woken(0));
        let mut is_woken =
            async || poll_fn(|cx| Poll::Ready(woken.as_mut().poll(cx))).await.is_ready();

        assert_eq!(session.push(&message("awake"), None, false), Pushed::Wake);
        session.flush();
        assert!(is_woken().await, "the task was at work, so it has to look");
        assert!(!session.take_output(0).unwrap().is_empty());

        let mut woken = std::pin::pin!(session.woken(0));
        let mut is_woken =
            async || poll_fn(|cx| Poll::Ready(woken.as_mut().poll(cx))).await.is_ready();
        assert!(!is_woken().await);
        session.push(&message("asleep"), None, false);
        session.flush();
        assert!(!is_woken().await, "what it had to do is done");
        let mut text = [0; 400];
        client.read_exact(&mut text).await.unwrap();
        assert!(text.starts_with(b"<message ") && session.take_output(0).unwrap().is_empty());

        drop(port.close().unwrap());
        session.push(&message("closed"), None, false);
        session.flush();
        assert!(is_woken().await, "there is no socket any more");
    }
}
