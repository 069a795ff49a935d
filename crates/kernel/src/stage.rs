//! The stages of a message's way: one closed list; the type of each stage's
//! handler fixes what it may change.

use std::cell::OnceCell;
use std::sync::Arc;

use skein_base::Timestamp;
use skein_session::{Session, User};
use skein_xmpp::{Jid, Stanza, StanzaError};

use crate::contracts::{Acquaintance, acquaintance};
use crate::ctx::Ctx;
use crate::envelope::Envelope;

/// What a guard says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Pass,
    /// Stop; the sender gets this error.
    Reject(StanzaError),
    /// Stop; the sender learns nothing. The reason is for the log.
    Drop(&'static str),
}

/// A message that leaves a session.
pub struct Sending<'a> {
    /// The server.
    pub ctx: &'a Ctx,
    /// Who sends.
    pub session: &'a Arc<Session>,
    /// When it arrived here.
    pub now: Timestamp,
}

/// A message that reaches a local account.
pub struct Receiving<'a> {
    /// The server.
    pub ctx: &'a Ctx,
    /// Who receives.
    pub user: &'a Arc<User>,
    /// When it arrived here.
    pub now: Timestamp,
    sender: OnceCell<Acquaintance>,
}

impl<'a> Receiving<'a> {
    /// One that has not been looked at.
    pub const fn new(ctx: &'a Ctx, user: &'a Arc<User>, now: Timestamp) -> Self {
        Self { ctx, user, now, sender: OnceCell::new() }
    }

    /// What the message's sender is to the recipient. Several stages ask, and it is looked up once.
    pub fn sender(&self, from: &Jid) -> Acquaintance {
        *self.sender.get_or_init(|| acquaintance(self.ctx, self.user, from))
    }
}

/// Judges a message that leaves.
pub type GuardFn = fn(&Sending<'_>, &Stanza) -> Verdict;
/// Sets ids and strips what clients may not set.
pub type StampFn = fn(&Sending<'_>, &mut Stanza);
/// Adds writes or receivers on the sender's side.
pub type SentFn = fn(&Sending<'_>, &mut Envelope);
/// Judges a message that arrives.
pub type AdmitFn = fn(&Receiving<'_>, &Stanza) -> Verdict;
/// Adds writes or receivers on the recipient's side.
pub type ReceivedFn = fn(&Receiving<'_>, &mut Envelope);

/// One handler at its stage.
#[derive(Clone, Copy)]
pub enum Stage {
    /// Sender: size and rate. Fails closed.
    Limit(GuardFn),
    /// Sender: may this be sent at all. Fails closed.
    Guard(GuardFn),
    /// Sender: ids, time; strip what clients may not set.
    Stamp(StampFn),
    /// Sender: keep it.
    Record(SentFn),
    /// Sender: the sender's other devices.
    Copy(SentFn),
    /// Recipient: is it wanted. Fails closed.
    Admit(AdmitFn),
    /// Recipient: keep it.
    Keep(ReceivedFn),
    /// Recipient: further sessions beside those that the RFC's rules chose.
    Fan(ReceivedFn),
    /// Recipient: nobody there.
    Absent(ReceivedFn),
    /// Not a message's: available presence that leaves, to whomever; what the server knows
    /// better than the client.
    Tell(StampFn),
}

/// The stages in the order in which a message meets them; the sender keeps and copies
/// once the recipient's side is known.
pub(crate) const NAMES: [&str; 10] =
    ["Limit", "Guard", "Stamp", "Admit", "Keep", "Fan", "Absent", "Record", "Copy", "Tell"];

impl Stage {
    /// The stage's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Limit(_) => "Limit",
            Self::Guard(_) => "Guard",
            Self::Stamp(_) => "Stamp",
            Self::Record(_) => "Record",
            Self::Copy(_) => "Copy",
            Self::Admit(_) => "Admit",
            Self::Keep(_) => "Keep",
            Self::Fan(_) => "Fan",
            Self::Absent(_) => "Absent",
            Self::Tell(_) => "Tell",
        }
    }
}

/// All handlers, by stage, each in the order of the list of features.
#[derive(Default)]
pub struct Pipeline {
    /// See [`Stage::Limit`].
    pub limit: Vec<GuardFn>,
    /// See [`Stage::Guard`].
    pub guard: Vec<GuardFn>,
    /// See [`Stage::Stamp`].
    pub stamp: Vec<StampFn>,
    /// See [`Stage::Record`].
    pub record: Vec<SentFn>,
    /// See [`Stage::Copy`].
    pub copy: Vec<SentFn>,
    /// See [`Stage::Admit`].
    pub admit: Vec<AdmitFn>,
    /// See [`Stage::Keep`].
    pub keep: Vec<ReceivedFn>,
    /// See [`Stage::Fan`].
    pub fan: Vec<ReceivedFn>,
    /// See [`Stage::Absent`].
    pub absent: Vec<ReceivedFn>,
    /// See [`Stage::Tell`].
    pub tell: Vec<StampFn>,
}

impl Pipeline {
    /// Adds a handler behind those of its stage.
    pub fn add(&mut self, stage: Stage) {
        match stage {
            Stage::Limit(handler) => self.limit.push(handler),
            Stage::Guard(handler) => self.guard.push(handler),
            Stage::Stamp(handler) => self.stamp.push(handler),
            Stage::Record(handler) => self.record.push(handler),
            Stage::Copy(handler) => self.copy.push(handler),
            Stage::Admit(handler) => self.admit.push(handler),
            Stage::Keep(handler) => self.keep.push(handler),
            Stage::Fan(handler) => self.fan.push(handler),
            Stage::Absent(handler) => self.absent.push(handler),
            Stage::Tell(handler) => self.tell.push(handler),
        }
    }

    /// Asks each guard in turn; the first that does not pass decides.
    pub fn judge(guards: &[GuardFn], sending: &Sending<'_>, stanza: &Stanza) -> Verdict {
        let verdicts = guards.iter().map(|guard| guard(sending, stanza));
        verdicts.into_iter().find(|verdict| *verdict != Verdict::Pass).unwrap_or(Verdict::Pass)
    }

    /// As [`Pipeline::judge`], on the recipient's side.
    pub fn admits(&self, receiving: &Receiving<'_>, stanza: &Stanza) -> Verdict {
        let verdicts = self.admit.iter().map(|admit| admit(receiving, stanza));
        verdicts.into_iter().find(|verdict| *verdict != Verdict::Pass).unwrap_or(Verdict::Pass)
    }
}
