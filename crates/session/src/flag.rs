//! What is noted of a session by a bit.

/// Something that is so or not so of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Flag {
    /// It has sent available presence and not unavailable since.
    Available = 1,
    /// It asked for the roster and gets pushes (RFC 6121 section 2.2).
    Interested = 2,
    /// It gets carbons (XEP-0280).
    Carbons = 4,
    /// It is in the background (XEP-0352).
    Inactive = 8,
    /// It reads the archive itself, so nothing is pushed as offline messages.
    ReadsArchive = 16,
    /// It can be resumed (XEP-0198).
    Resumable = 32,
    /// Its initial presence has been dealt with.
    Greeted = 64,
    /// It was given offline messages that it has not acknowledged.
    CatchesUp = 128,
    /// It asked for the block list and gets pushes (XEP-0191 section 3.3).
    WatchesBlocks = 256,
    /// It asked for its privacy rules and gets pushes.
    WatchesPrivacy = 512,
    /// It asked for the requests of strangers and gets pushes.
    WatchesRequests = 1024,
    /// It ends: what is committed from now on does not reach it any more.
    Ends = 2048,
    /// It ended when no other session of the account was there for its messages.
    EndedAlone = 4096,
}
