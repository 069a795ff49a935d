//! Buffers that belong to the thread and are lent for one read or write.

use std::cell::Cell;

/// Bytes asked of the kernel at a time; also the largest TLS record.
pub(crate) const CHUNK: usize = 16 * 1024;
/// A buffer that one large stanza blew up is not kept larger than this.
const KEPT: usize = 4 * CHUNK;

/// What one read needs: ciphertext as it comes, plaintext as it is handed on.
#[derive(Debug, Default)]
pub struct ReadBuffer {
    pub(crate) cipher: Vec<u8>,
    /// Plaintext. A reader first puts back what it kept of an incomplete element,
    /// and [`crate::Socket::try_read`] appends to it.
    pub plain: Vec<u8>,
}

thread_local! {
    static READ: Cell<ReadBuffer> = const { Cell::new(ReadBuffer { cipher: Vec::new(), plain: Vec::new() }) };
    static SEALED: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Frees the buffers of this thread: they lie among those of clients that have left.
pub fn give_back() {
    drop(READ.take());
    drop(SEALED.take());
}

/// Lends the thread's read buffer, empty. Nesting works, at the price of a fresh one.
pub fn lend<T>(use_it: impl FnOnce(&mut ReadBuffer) -> T) -> T {
    let mut buffer = READ.take();
    let result = use_it(&mut buffer);
    buffer.plain.clear();
    buffer.plain.shrink_to(KEPT);
    buffer.cipher.clear();
    buffer.cipher.shrink_to(KEPT);
    READ.set(buffer);
    result
}

/// Lends the thread's buffer for ciphertext on its way out, empty.
pub(crate) fn lend_sealed<T>(use_it: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let mut buffer = SEALED.take();
    let result = use_it(&mut buffer);
    buffer.clear();
    buffer.shrink_to(KEPT);
    SEALED.set(buffer);
    result
}
