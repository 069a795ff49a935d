//! One end of a WebSocket: decoding in place, answering control frames, encoding.

use std::num::NonZeroU32;
use std::ops::Range;

use super::frame::{self, Header, Opcode, Violation};
use super::{CONTROLS_IN_MESSAGE, FRAGMENTS};

/// What [`WebSocket::decode`] found. `used` bytes at the front of the buffer are
/// done with; the caller removes them and keeps the rest for the next call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// No whole message yet. What is left may begin with parts of a message.
    More {
        /// Bytes to drop.
        used: usize,
    },
    /// A whole message at `text` in the buffer; valid UTF-8 unless bytes were agreed on.
    Message {
        /// The message, unmasked and joined.
        text: Range<usize>,
        /// Bytes to drop once the message was read.
        used: usize,
    },
    /// The peer closed; the answer is in `out` unless this side closed first.
    /// Nothing that comes afterwards counts.
    Closed {
        /// The peer's reason, if it gave one (RFC 6455 section 7.4).
        code: Option<u16>,
    },
}

/// State of one end between two reads: a few bytes, no heap.
#[derive(Debug, Clone)]
pub struct WebSocket {
    /// Bytes of an unfinished message at the front of the caller's buffer.
    joined: u32,
    /// Source of masks on the client's end.
    masks: Option<NonZeroU32>,
    /// Frames that one message may have.
    most: u8,
    fragments: u8,
    controls: u8,
    closed: Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    No,
    ByUs,
    ByPeer,
}

impl WebSocket {
    /// The server's end: demands masked frames, sends unmasked ones.
    pub const fn server() -> Self {
        Self {
            joined: 0,
            masks: None,
            most: FRAGMENTS,
            fragments: 0,
            controls: 0,
            closed: Closed::No,
        }
    }

    /// The client's end. `seed` feeds a fast generator of masks; that is enough
    /// for tests and load, not for a client that runs other people's code.
    pub const fn client(seed: NonZeroU32) -> Self {
        Self {
            joined: 0,
            masks: Some(seed),
            most: FRAGMENTS,
            fragments: 0,
            controls: 0,
            closed: Closed::No,
        }
    }

    /// One message may be split into so many frames.
    pub const fn set_fragments(&mut self, most: u8) {
        self.most = most;
    }

    /// Decodes up to one message from `buf`, changing it in place. Answers to
    /// pings and closes are appended to `out`; of several pings in one call the
    /// last is answered (RFC 6455 section 5.5.3).
    ///
    /// `limit` is the largest message in bytes; the caller never holds more than
    /// that and one frame header per connection.
    ///
    /// # Errors
    /// The peer broke a rule: [`close`](Self::close) with the violation's code,
    /// flush, and drop the connection.
    pub fn decode(
        &mut self,
        buf: &mut [u8],
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<Step, Violation> {
        let step = self.decode_as(false, buf, limit, out)?;
        if let Step::Message { text, .. } = &step {
            std::str::from_utf8(&buf[text.clone()]).map_err(|_| Violation::Utf8)?;
        }
        Ok(step)
    }

    /// As [`decode`](Self::decode) where messages are bytes and not text.
    ///
    /// # Errors
    /// As there.
    pub fn decode_binary(
        &mut self,
        buf: &mut [u8],
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<Step, Violation> {
        self.decode_as(true, buf, limit, out)
    }

    fn decode_as(
        &mut self,
        is_binary: bool,
        buf: &mut [u8],
        limit: usize,
        out: &mut Vec<u8>,
    ) -> Result<Step, Violation> {
        if self.closed == Closed::ByPeer {
            return Ok(Step::Closed { code: None });
        }
        let mut message = 0..(self.joined as usize).min(buf.len());
        let mut at = message.end;
        let answers = out.len();
        let step = loop {
            let room = limit.saturating_sub(message.len());
            let header = Header::read(&buf[at..], self.masks.is_none(), is_binary, room)?;
            let arrived = header.and_then(|h| Some((h, h.payload_at(at, buf.len())?)));
            let Some((header, payload)) = arrived else { break None };
            header.unmask(&mut buf[payload.clone()]);
            at = payload.end;
            if header.opcode.is_control() {
                self.count_control()?;
                match header.opcode {
                    // At once: joining a message moves it over the frames between its parts.
                    Opcode::Ping if self.closed == Closed::No => {
                        out.truncate(answers);
                        self.frame(Opcode::Pong, &buf[payload], out);
                    }
                    Opcode::Close => break Some(self.closed_by_peer(&buf[payload], out)?),
                    _ => {}
                }
                continue;
            }
            self.count_fragment(header.opcode)?;
            message = join(buf, message, payload);
            if header.fin {
                self.fragments = 0;
                self.controls = 0;
                if self.closed == Closed::No {
                    break Some(Step::Message { text: message.clone(), used: at });
                }
                message = at..at;
            }
        };
        let step = match step {
            Some(step) => {
                self.joined = 0;
                step
            }
            // The beginning of the message has to lie against what comes next.
            None => {
                let used = at - message.len();
                buf.copy_within(message.clone(), used);
                self.joined = u32::try_from(message.len()).map_err(|_| Violation::TooBig)?;
                Step::More { used }
            }
        };
        Ok(step)
    }

    /// Appends `payload`, one complete element, as one text message.
    pub fn text(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.frame(Opcode::Text, payload, out);
    }

    /// Appends `payload` as one message of bytes.
    pub fn bytes(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.frame(Opcode::Binary, payload, out);
    }

    /// Appends an empty ping, to learn whether the peer still answers.
    pub fn ping(&mut self, out: &mut Vec<u8>) {
        self.frame(Opcode::Ping, &[], out);
    }

    /// Appends a close frame with a code from [`super::close_code`], once. Messages
    /// that still come are dropped; [`Step::Closed`] tells of the peer's answer.
    pub fn close(&mut self, code: u16, out: &mut Vec<u8>) {
        if self.closed == Closed::No {
            self.closed = Closed::ByUs;
            self.frame(Opcode::Close, &code.to_be_bytes(), out);
        }
    }

    /// Whether this side has sent its close frame, behind which nothing may follow
    /// (RFC 6455 section 5.5.1).
    pub const fn has_closed(&self) -> bool {
        !matches!(self.closed, Closed::No)
    }

    fn frame(&mut self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
        let mask = self.next_mask();
        frame::write(opcode, mask, payload, out);
    }

    /// Xorshift: never zero when it did not begin with zero.
    fn next_mask(&mut self) -> Option<[u8; 4]> {
        let mut x = self.masks?.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.masks = NonZeroU32::new(x);
        Some(x.to_ne_bytes())
    }

    fn count_control(&mut self) -> Result<(), Violation> {
        if self.fragments == 0 {
            return Ok(());
        }
        self.controls += 1;
        if self.controls > CONTROLS_IN_MESSAGE { Err(Violation::Controls) } else { Ok(()) }
    }

    fn count_fragment(&mut self, opcode: Opcode) -> Result<(), Violation> {
        let begins = matches!(opcode, Opcode::Text | Opcode::Binary);
        if begins != (self.fragments == 0) {
            return Err(Violation::Sequence);
        }
        self.fragments += 1;
        if self.fragments > self.most { Err(Violation::Fragments) } else { Ok(()) }
    }

    fn closed_by_peer(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<Step, Violation> {
        let code = match payload.split_first_chunk::<2>() {
            None if payload.is_empty() => None,
            None => return Err(Violation::Close),
            Some((code, reason)) => {
                std::str::from_utf8(reason).map_err(|_| Violation::Utf8)?;
                Some(u16::from_be_bytes(*code))
            }
        };
        if code.is_some_and(|code| !frame::may_be_sent(code)) {
            return Err(Violation::Close);
        }
        if self.closed == Closed::No {
            self.frame(Opcode::Close, &payload[..payload.len().min(2)], out);
        }
        self.closed = Closed::ByPeer;
        Ok(Step::Closed { code })
    }
}

/// Moves the message so far up against the payload that continues it.
fn join(buf: &mut [u8], message: Range<usize>, payload: Range<usize>) -> Range<usize> {
    let start = payload.start - message.len();
    if message.start != start {
        buf.copy_within(message, start);
    }
    start..payload.end
}
