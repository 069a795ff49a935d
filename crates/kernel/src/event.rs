//! The events that features hear.

use std::sync::Arc;

use skein_base::AccountId;
use skein_session::{Owed, Session, User};
use skein_xmpp::{Jid, Stanza};

use crate::contracts::FileId;
use crate::ctx::Ctx;
use crate::feature::Future;

/// Something that happened; handlers run after it is durable.
#[derive(Clone)]
pub enum Event {
    /// A session was bound.
    Bound(Arc<Session>),
    /// A session of an earlier process waits to be resumed, as available as it was.
    Restored(Arc<Session>),
    /// A session became available with a priority that is not negative.
    Available(Arc<Session>),
    /// A session told its contacts that it is available, for the first time or anew.
    Presence {
        /// The session.
        session: Arc<Session>,
        /// It was not available before.
        is_initial: bool,
    },
    /// It is known what the client of an available session can do; it became available
    /// or learnt something new.
    Capable(Arc<Session>),
    /// A session is over; `owed` is what its client never acknowledged.
    Ended {
        /// The session; no longer in the table.
        session: Arc<Session>,
        /// Unacknowledged stanzas.
        owed: Arc<[Owed]>,
    },
    /// A client acknowledged stanzas of its log.
    Acknowledged {
        /// The session.
        session: Arc<Session>,
        /// The highest acknowledged place in the account's log.
        seq: i64,
    },
    /// All that waited for a client that catches up with its log was written to its
    /// connection, and nothing of it waits to be acknowledged.
    Drained(Arc<Session>),
    /// An account was made by invitation, and shall be a contact of the inviter.
    Joined {
        /// The new account.
        jid: Jid,
        /// Who invited it.
        inviter: Jid,
    },
    /// The component of this domain has connected, and may have been told what it may do.
    Connected(Arc<str>),
    /// No component answers for this domain any more.
    Disconnected(Arc<str>),
    /// Somebody asks for an account, which waits until an administrator lets it in.
    AccountAsked,
    /// No message names these files any more.
    Unnamed(Arc<[FileId]>),
    /// The process ends and all sessions have gone: what was to be written later is written now.
    Stopping,
    /// An account changed what it publishes (XEP-0163).
    Published {
        /// The account.
        owner: Arc<User>,
        /// The node that has changed.
        node: Arc<str>,
    },
    /// The circles of an account are others than before.
    Circles(Jid),
    /// A room has a message with something to read that some have not got: no client of theirs
    /// is inside, or the one that was ended without it.
    Missed {
        /// The room.
        room: Jid,
        /// The bare addresses of who has not got it: members, or the receiver of a whisper of
        /// whom no client is there at all.
        away: Arc<[Jid]>,
        /// The message as it is kept.
        message: Arc<Stanza>,
        /// Its id in the room's log, or a whisper's in its receiver's.
        id: Box<str>,
    },
    /// People joined a space or left it, or it got a room (XEP-0503).
    Space {
        /// The service that keeps it.
        service: Jid,
        /// The space.
        node: Arc<str>,
        /// The bare addresses of those it is about.
        who: Arc<[Jid]>,
        /// Whether they are in the space now.
        joined: bool,
        /// Its rooms, each with whether whoever joins shall be in it.
        rooms: Arc<[(Jid, bool)]>,
    },
    /// An account was removed; delete what is kept of it.
    Removed {
        /// The account.
        account: AccountId,
        /// Its former address.
        jid: Jid,
    },
}

impl Event {
    /// Whether it is what a session does: such events are many.
    pub const fn is_of_session(&self) -> bool {
        matches!(
            self,
            Self::Bound(_)
                | Self::Restored(_)
                | Self::Available(_)
                | Self::Presence { .. }
                | Self::Capable(_)
                | Self::Ended { .. }
                | Self::Acknowledged { .. }
                | Self::Drained(_)
        )
    }
}

/// Hears an event.
pub type EventFn = fn(Arc<Ctx>, Event) -> Future<'static, ()>;

/// A feature that hears events.
#[derive(Clone, Copy)]
pub struct Hearer {
    /// Those of sessions too.
    pub of_sessions: bool,
    /// Hears one.
    pub hear: EventFn,
}
