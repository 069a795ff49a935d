//! What rustls' unbuffered interface does not tell: the exporter's secret and the
//! certificate that was chosen.
//!
//! Buffered connections can export keying material, unbuffered ones (as of rustls
//! 0.23) cannot. Both facts pass through callbacks of the configuration, on the
//! thread that drives the handshake and within the call that drives it. So the
//! callbacks leave them in a thread-local place, from where [`watch`] takes them.

use std::cell::RefCell;
use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::hkdf::{self, KeyType, Prk};
use rustls::KeyLog;
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

/// A certificate ready to be served.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) key: Arc<CertifiedKey>,
    /// `tls-server-end-point` of its leaf (RFC 5929 section 4).
    pub(crate) end_point: Vec<u8>,
}

/// What one call into rustls let slip.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) exporter: Option<[u8; 32]>,
    pub(super) served: Option<Arc<Served>>,
    pub(super) server_name: Option<Box<str>>,
}

thread_local! {
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

/// Runs `handshake` and returns what was seen during it.
pub(super) fn watch<T>(handshake: impl FnOnce() -> T) -> (T, Seen) {
    SEEN.set(Some(Seen::default()));
    let result = handshake();
    (result, SEEN.take().unwrap_or_default())
}

/// Called by the resolver.
pub(super) fn note_certificate(served: &Arc<Served>, server_name: Option<&str>) {
    SEEN.with_borrow_mut(|seen| {
        if let Some(seen) = seen {
            seen.served = Some(Arc::clone(served));
            seen.server_name = server_name.map(Into::into);
        }
    });
}

/// Derives the channel binding the moment the secret exists; the secret itself is
/// kept nowhere.
#[derive(Debug)]
pub(super) struct ExporterLog;

impl KeyLog for ExporterLog {
    fn log(&self, label: &str, _client_random: &[u8], secret: &[u8]) {
        if label == "EXPORTER_SECRET" {
            SEEN.with_borrow_mut(|seen| {
                if let Some(seen) = seen {
                    seen.exporter = channel_binding(secret);
                }
            });
        }
    }

    fn will_log(&self, label: &str) -> bool {
        label == "EXPORTER_SECRET"
    }
}

/// The TLS 1.3 exporter (RFC 8446 section 7.5) with the label and the empty context
/// of RFC 9266, 32 bytes.
fn channel_binding(secret: &[u8]) -> Option<[u8; 32]> {
    let (algorithm, digest) = match secret.len() {
        32 => (hkdf::HKDF_SHA256, &digest::SHA256),
        48 => (hkdf::HKDF_SHA384, &digest::SHA384),
        _ => return None,
    };
    let empty = digest::digest(digest, b"");
    let label = b"EXPORTER-Channel-Binding";
    let mut derived = Zeroizing::new(vec![0; secret.len()]);
    expand_label(&Prk::new_less_safe(algorithm, secret), label, empty.as_ref(), &mut derived)?;
    let mut binding = [0; 32];
    let derived = Prk::new_less_safe(algorithm, &derived);
    expand_label(&derived, b"exporter", empty.as_ref(), &mut binding)?;
    Some(binding)
}

/// HKDF-Expand-Label (RFC 8446 section 7.1).
fn expand_label(secret: &Prk, label: &[u8], context: &[u8], out: &mut [u8]) -> Option<()> {
    const PREFIX: &[u8] = b"tls13 ";
    let length = u16::try_from(out.len()).ok()?.to_be_bytes();
    let label_length = [u8::try_from(PREFIX.len() + label.len()).ok()?];
    let context_length = [u8::try_from(context.len()).ok()?];
    let info: [&[u8]; 6] = [&length, &label_length, PREFIX, label, &context_length, context];
    secret.expand(&info, Length(out.len())).ok()?.fill(out).ok()
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
