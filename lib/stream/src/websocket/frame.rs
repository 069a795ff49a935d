//! One frame: its header, its mask, and what is wrong with it.

use std::ops::Range;

use thiserror::Error;

use super::CONTROL_BYTES;

/// Close codes of RFC 6455 section 7.4.1 that this server sends.
pub mod close_code {
    /// The stream is over.
    pub const NORMAL: u16 = 1000;
    /// The server goes down.
    pub const GOING_AWAY: u16 = 1001;
    /// The peer broke RFC 6455, or a message was not one complete element.
    pub const PROTOCOL: u16 = 1002;
    /// A binary frame where text was agreed on, or the other way round.
    pub const UNSUPPORTED: u16 = 1003;
    /// Text that is not UTF-8.
    pub const INVALID: u16 = 1007;
    /// A rule of this server was broken.
    pub const POLICY: u16 = 1008;
    /// A message over the limit.
    pub const TOO_BIG: u16 = 1009;
}

/// Why a peer's bytes end the connection. RFC 6455 sections in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Violation {
    /// A reserved bit is set and no extension was agreed on (5.2).
    #[error("reserved bit set")]
    ReservedBits,
    /// An opcode nobody defined (5.2).
    #[error("unknown opcode")]
    Opcode,
    /// A client's frame without a mask (5.1).
    #[error("client frame without mask")]
    Unmasked,
    /// A server's frame with a mask (5.1).
    #[error("server frame with mask")]
    Masked,
    /// A control frame that is fragmented or longer than 125 bytes (5.5).
    #[error("control frame fragmented or too long")]
    Control,
    /// A length in more bytes than it needs, or above 2^63 (5.2).
    #[error("length not in its shortest form")]
    Length,
    /// A continuation without a beginning, or a new message inside one (5.4).
    #[error("fragment out of sequence")]
    Sequence,
    /// A close frame with half a code, or a code that must not be sent (5.5.1, 7.4).
    #[error("malformed close frame")]
    Close,
    /// A binary message where text was agreed on.
    #[error("binary message")]
    Binary,
    /// A text message where bytes were agreed on.
    #[error("text message")]
    Text,
    /// Not UTF-8 (8.1).
    #[error("text is not UTF-8")]
    Utf8,
    /// The message is larger than the limit, by what the header announces.
    #[error("message too big")]
    TooBig,
    /// More than [`super::FRAGMENTS`] frames in one message.
    #[error("too many fragments")]
    Fragments,
    /// More than [`super::CONTROLS_IN_MESSAGE`] control frames inside one message.
    #[error("too many control frames")]
    Controls,
}

impl Violation {
    /// The close code to answer with.
    pub const fn code(self) -> u16 {
        match self {
            Self::Binary | Self::Text => close_code::UNSUPPORTED,
            Self::Utf8 => close_code::INVALID,
            Self::TooBig | Self::Fragments => close_code::TOO_BIG,
            Self::Controls => close_code::POLICY,
            _ => close_code::PROTOCOL,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn from_bits(bits: u8, is_binary: bool) -> Result<Self, Violation> {
        Ok(match bits {
            0x0 => Self::Continuation,
            0x1 if is_binary => return Err(Violation::Text),
            0x1 => Self::Text,
            0x2 if is_binary => Self::Binary,
            0x2 => return Err(Violation::Binary),
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return Err(Violation::Opcode),
        })
    }

    const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    pub(super) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// A frame header that arrived whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) fin: bool,
    pub(super) opcode: Opcode,
    mask: Option<[u8; 4]>,
    head: usize,
    payload: usize,
}

impl Header {
    /// Reads the header at the start of `bytes`; `None` if more bytes are needed.
    /// Every rule is applied as soon as the bytes it needs are there, so a length
    /// over `room` is refused before anything waits for it.
    pub(super) fn read(
        bytes: &[u8],
        masked: bool,
        is_binary: bool,
        room: usize,
    ) -> Result<Option<Self>, Violation> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err(Violation::ReservedBits);
        }
        let fin = first & 0x80 != 0;
        let opcode = Opcode::from_bits(first & 0x0F, is_binary)?;
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        match (second & 0x80 != 0, masked) {
            (false, true) => return Err(Violation::Unmasked),
            (true, false) => return Err(Violation::Masked),
            _ => {}
        }
        let short = usize::from(second & 0x7F);
        if opcode.is_control() && (!fin || short > CONTROL_BYTES) {
            return Err(Violation::Control);
        }
        let Some((payload, head)) = length(bytes, short)? else { return Ok(None) };
        if !opcode.is_control() && payload > room {
            return Err(Violation::TooBig);
        }
        if !masked {
            return Ok(Some(Self { fin, opcode, mask: None, head, payload }));
        }
        let Some(key) = bytes.get(head..).and_then(<[u8]>::first_chunk::<4>) else {
            return Ok(None);
        };
        Ok(Some(Self { fin, opcode, mask: Some(*key), head: head + 4, payload }))
    }

    /// Where the payload lies when the frame begins at `at`; `None` if it has not all come.
    pub(super) fn payload_at(&self, at: usize, available: usize) -> Option<Range<usize>> {
        let start = at.checked_add(self.head)?;
        let end = start.checked_add(self.payload)?;
        (end <= available).then_some(start..end)
    }

    /// Removes the mask.
    pub(super) fn unmask(&self, payload: &mut [u8]) {
        if let Some(key) = self.mask {
            apply_mask(key, payload);
        }
    }
}

/// Payload length and the header's length without mask (RFC 6455 section 5.2).
fn length(bytes: &[u8], short: usize) -> Result<Option<(usize, usize)>, Violation> {
    let (long, head, least) = match short {
        126 => match bytes.get(2..).and_then(<[u8]>::first_chunk::<2>) {
            Some(raw) => (u64::from(u16::from_be_bytes(*raw)), 4, 126),
            None => return Ok(None),
        },
        127 => match bytes.get(2..).and_then(<[u8]>::first_chunk::<8>) {
            Some(raw) => (u64::from_be_bytes(*raw), 10, 0x1_0000),
            None => return Ok(None),
        },
        _ => return Ok(Some((short, 2))),
    };
    if long < least || long >> 63 != 0 {
        return Err(Violation::Length);
    }
    usize::try_from(long).map(|payload| Some((payload, head))).map_err(|_| Violation::TooBig)
}

/// XORs `key` over `payload`, eight bytes at a time.
pub(super) fn apply_mask(key: [u8; 4], payload: &mut [u8]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (chunks, rest) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip([a, b, c, d, a, b, c]) {
        *byte ^= key;
    }
}

/// Appends one whole, unfragmented frame: header first, then the payload.
pub(super) fn write(opcode: Opcode, mask: Option<[u8; 4]>, payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(payload.len() + 14);
    out.push(0x80 | opcode.bits());
    let bit = if mask.is_some() { 0x80 } else { 0 };
    let len = payload.len();
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short), _) if short < 126 => out.push(bit | short),
        (_, Ok(medium)) => {
            out.push(bit | 126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(bit | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    let Some(key) = mask else {
        out.extend_from_slice(payload);
        return;
    };
    out.extend_from_slice(&key);
    let from = out.len();
    out.extend_from_slice(payload);
    apply_mask(key, &mut out[from..]);
}

/// Whether a peer may send this close code (RFC 6455 section 7.4, IANA registry).
pub(super) const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
