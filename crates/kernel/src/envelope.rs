//! A message on its way: what will be kept, and who gets it once that is durable.

use std::sync::Arc;

use skein_db::{DbError, Tx};
use skein_session::{Session, User};
use skein_xml::Element;
use skein_xmpp::{Stanza, ns};
use smallvec::SmallVec;

/// Something to be written in the envelope's transaction.
pub trait Write: Send {
    /// Writes. May run again if another job of the batch failed.
    ///
    /// # Errors
    /// What the database says; nothing of the envelope is kept or sent then.
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError>;

    /// All that the envelope's batch wrote is durable.
    fn done(&mut self) {}
}

impl<F: FnMut(&mut Tx<'_>) -> Result<(), DbError> + Send> Write for F {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        self(tx)
    }
}

/// On whose side of the conversation a log entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The owner sent it.
    Sent,
    /// The owner received it.
    Received,
}

/// Where an entry stands in the owner's log, known once written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Gap-free sequence number in the owner's log.
    pub seq: i64,
    /// The opaque id that clients see (XEP-0359).
    pub id: Box<str>,
}

/// An entry to be kept in an account's log.
#[derive(Debug)]
pub struct Keep {
    /// Whose log.
    pub owner: Arc<User>,
    /// Which side of the conversation.
    pub side: Side,
    /// Nobody was there to receive it: it is owed to the next client that does
    /// not read the archive itself.
    pub owed: bool,
    /// The owner does not want it in the archive; it is kept only while it is owed.
    pub hidden: bool,
    /// Set when written.
    pub stored: Option<Stored>,
}

/// Makes the copy that a session gets, from the stanza as it stands in the log.
pub type Wrap = fn(&Stanza, &Session) -> Stanza;

/// A session that gets the message.
#[derive(Debug)]
pub struct Target {
    /// The session.
    pub session: Arc<Session>,
    /// How its copy is made, if it does not get the stanza itself.
    pub wrap: Option<Wrap>,
    /// Which of the envelope's log entries is the one of this session's account.
    pub keep: Option<u8>,
    /// It may wait while the client is inactive (XEP-0352).
    pub can_wait: bool,
}

/// See the module.
pub struct Envelope {
    /// The message, with the true sender.
    pub stanza: Stanza,
    /// The session that sent it; it learns of failures.
    pub sender: Option<Arc<Session>>,
    /// Log entries.
    pub keeps: SmallVec<[Keep; 2]>,
    /// Receivers.
    pub targets: SmallVec<[Target; 4]>,
    /// Further writes of features.
    pub writes: Vec<Box<dyn Write>>,
    /// The sender repeats a message that we have: nothing is sent again.
    pub repeated: bool,
    /// Too much waits for its receiver already: nothing is kept and nothing is sent.
    pub full: bool,
}

impl Envelope {
    /// An envelope that nobody has looked at.
    pub fn new(stanza: Stanza, sender: Option<Arc<Session>>) -> Self {
        Self {
            stanza,
            sender,
            keeps: SmallVec::new(),
            targets: SmallVec::new(),
            writes: Vec::new(),
            repeated: false,
            full: false,
        }
    }

    /// Whether something must be durable before the message leaves.
    pub fn has_writes(&self) -> bool {
        !self.keeps.is_empty() || !self.writes.is_empty()
    }

    /// Whether an inactive client need not be woken for it (XEP-0352, XEP-0286): it
    /// carries nothing but a chat state.
    pub fn can_wait(&self) -> bool {
        if self.stanza.has_body() {
            return false;
        }
        let mut children = self.stanza.children().peekable();
        let is_light = |child: Element<'_>| {
            [ns::CHAT_STATES, ns::HINTS].contains(&child.ns()) || child.name() == "thread"
        };
        children.peek().is_some() && children.all(is_light)
    }

    /// Adds a log entry.
    pub fn keep(&mut self, owner: Arc<User>, side: Side) -> &mut Keep {
        self.keeps.push(Keep { owner, side, owed: false, hidden: false, stored: None });
        let last = self.keeps.len() - 1;
        &mut self.keeps[last]
    }

    /// The index of the log entry of `owner` on `side`.
    pub fn kept(&self, owner: &User, side: Side) -> Option<u8> {
        let at =
            self.keeps.iter().position(|k| k.side == side && k.owner.account == owner.account)?;
        u8::try_from(at).ok()
    }

    /// Adds a receiver.
    pub fn send_to(
        &mut self,
        session: Arc<Session>,
        wrap: Option<Wrap>,
        side: Side,
        can_wait: bool,
    ) {
        let keep = self.kept(&session.user, side);
        self.targets.push(Target { session, wrap, keep, can_wait });
    }
}
