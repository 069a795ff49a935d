//! The control socket: `control.sock` in the data folder, for the server's user alone.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::order::{ORDER_BYTES, Order, Reply};
use super::work::Operator;
use crate::folder::Hold;

/// Where the socket is.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

/// Opens the socket. As the data folder is held no other server uses it, so a socket
/// that lies there was left by a server that is gone.
///
/// # Errors
/// What the system says.
pub(crate) fn open(hold: &Hold) -> io::Result<UnixListener> {
    let path = path(hold.folder());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves the socket for as long as the server runs.
pub(crate) async fn serve(listener: UnixListener, operator: Operator) {
    // Who bound the socket owns it; between bind and chmod others might have connected.
    let owner = listener
        .local_addr()
        .ok()
        .and_then(|address| fs::metadata(address.as_pathname()?).ok())
        .map(|socket| socket.uid());
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors; those in use come back.
            tokio::task::yield_now().await;
            continue;
        };
        let peer = stream.peer_cred().map(|peer| peer.uid()).ok();
        if peer != Some(0) && (peer.is_none() || peer != owner) {
            continue;
        }
        let operator = operator.clone();
        tokio::spawn(async move {
            if let Err(error) = answer(stream, &operator).await {
                tracing::debug!(target: "operator", %error, "a command broke off");
            }
        });
    }
}

async fn answer(stream: UnixStream, operator: &Operator) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = Vec::new();
        (&mut read).take(ORDER_BYTES as u64).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Ok(());
        }
        let outcome = match serde_json::from_slice::<Order>(&line) {
            Ok(order) => operator.perform(order).await,
            Err(error) => Err(format!("the order is not understood: {error}")),
        };
        write.write_all(&replies(outcome)?).await?;
    }
}

fn replies(outcome: Result<Vec<String>, String>) -> io::Result<Vec<u8>> {
    let (lines, last) = match outcome {
        Ok(lines) => (lines, Reply::Done),
        Err(why) => (Vec::new(), Reply::Failed(why)),
    };
    let mut bytes = Vec::new();
    for reply in lines.into_iter().map(Reply::Line).chain([last]) {
        serde_json::to_writer(&mut bytes, &reply)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// A running server.
pub(crate) struct Client(BufReader<UnixStream>);

impl Client {
    /// Connects; `None` if no server listens.
    ///
    /// # Errors
    /// If there is a socket that this user may not use.
    pub(crate) async fn connect(data_dir: &Path) -> io::Result<Option<Self>> {
        match UnixStream::connect(path(data_dir)).await {
            Ok(stream) => Ok(Some(Self(BufReader::new(stream)))),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// Has the server do it.
    ///
    /// # Errors
    /// A sentence for people.
    pub(crate) async fn perform(&mut self, order: &Order) -> Result<Vec<String>, String> {
        let broken = |error: io::Error| format!("the server broke off: {error}");
        let mut line = serde_json::to_vec(order).map_err(|error| error.to_string())?;
        line.push(b'\n');
        self.0.write_all(&line).await.map_err(broken)?;
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.map_err(broken)?;
            match serde_json::from_str(&line) {
                Ok(Reply::Line(line)) => lines.push(line),
                Ok(Reply::Done) => return Ok(lines),
                Ok(Reply::Failed(why)) => return Err(why),
                Err(error) => return Err(format!("the server broke off: {error}")),
            }
        }
    }
}
