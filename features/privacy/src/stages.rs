//! What stands in the way of messages.

use std::sync::Arc;
use std::time::Duration;

use skein_base::limits;
use skein_config::Registration;
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{
    Acquaintance, Aspect, Roster, Standing, Strangers, acquaintance, may_invite, shows, told,
};
use skein_kernel::{Ctx, Envelope, Receiving, Sending, Verdict, Write};
use skein_session::User;
use skein_xmpp::{
    Condition, ErrorType, IqType, Jid, Kind, MessageType, PresenceType, Stanza, StanzaError, ns,
};

use crate::Doors;
use crate::outreach::Allowance;
use crate::proto::write_decided;
use crate::push::push_request;
use crate::requests::entry;
use crate::rules::{is_invitation, is_receipt, is_report};
use crate::store::{self, Waiting};

/// How long an account that nobody vouched for counts as new.
const NEW: Duration = Duration::from_secs(7 * 24 * 3600);
/// What part of the allowance such an account has.
const NEW_PART: usize = 10;

/// Sender: what would tell a service's people what a rule keeps back, and turning to too
/// many strangers.
pub(crate) fn guard(sending: &Sending<'_>, stanza: &Stanza) -> Verdict {
    let (ctx, owner) = (sending.ctx, &*sending.session.user);
    let Some(to) = &stanza.to else { return Verdict::Pass };
    if ctx.host(to.domain()).is_some() && to.local().is_some() && keeps_back(ctx, owner, to, stanza)
    {
        return Verdict::Drop("a receipt is kept back");
    }
    if !ctx.config.limits.rate {
        return Verdict::Pass;
    }
    let now = sending.now;
    let allowance = allowance(ctx, owner, now);
    let outreach = &ctx.state::<Doors>().outreach;
    let mut strangers = approached(ctx, owner, stanza);
    if strangers.all(|peer| outreach.admit(owner.account, &peer, allowance, now)) {
        return Verdict::Pass;
    }
    Verdict::Reject(
        StanzaError::new(Condition::PolicyViolation)
            .class(ErrorType::Wait)
            .text("too many new people at once"),
    )
}

fn allowance(ctx: &Ctx, owner: &User, now: skein_base::Timestamp) -> Allowance {
    let limits = &ctx.config.limits;
    let made = owner.slot::<Strangers>().map_or(now, |strangers| strangers.made);
    let is_new = ctx.config.access.registration == Registration::Open && now.since(made) < NEW;
    let part = if is_new { NEW_PART } else { 1 };
    let of = |all: usize| (all / part).max(1);
    Allowance { hourly: of(limits.strangers_hourly), daily: of(limits.strangers_daily) }
}

/// The strangers to whom a stanza turns of its sender's own accord.
fn approached<'a>(
    ctx: &'a Ctx,
    owner: &'a User,
    stanza: &'a Stanza,
) -> impl Iterator<Item = Jid> + 'a {
    let to = stanza.to.as_ref();
    let is_host = to.is_some_and(|to| ctx.host(to.domain()).is_some());
    let straight = to.filter(|_| match stanza.kind {
        Kind::Message(MessageType::Error) | Kind::Iq(_) => false,
        Kind::Message(_) => !is_report(stanza),
        // Who holds an invitation of theirs is expected (XEP-0379).
        Kind::Presence(PresenceType::Subscribe) => !stanza.has("preauth", ns::PARS),
        Kind::Presence(_) => false,
    });
    let x = stanza.child("x", ns::MUC_USER).filter(|_| is_host);
    let invited = x.into_iter().flat_map(|x| x.children().collect::<Vec<_>>());
    let invited = invited.filter(|child| child.is("invite", ns::MUC_USER));
    let invited = invited.filter_map(|invite| Jid::parse(&invite.attr("to")?).ok());
    straight.cloned().into_iter().chain(invited).filter(move |peer| is_new_to(ctx, owner, peer))
}

/// Whether the owner never had to do with `peer`.
fn is_new_to(ctx: &Ctx, owner: &User, peer: &Jid) -> bool {
    // The many messages to people whom one knows cost one look.
    if acquaintance(ctx, owner, peer) == Acquaintance::Known {
        return false;
    }
    let never = |strangers: Arc<Strangers>| strangers.with(peer).is_none();
    let with = owner.slot::<Roster>().map(|roster| roster.with(peer)).unwrap_or_default();
    !with.ask && !with.pending_in && owner.slot::<Strangers>().is_none_or(never)
}

/// Whether what `owner` sends to `peer` tells what it shall not: receipts, or that anybody
/// is there at all.
fn keeps_back(ctx: &Ctx, owner: &User, peer: &Jid, stanza: &Stanza) -> bool {
    let is_error = stanza.kind == Kind::Message(MessageType::Error);
    let is_report = is_report(stanza);
    (is_report && !shows(owner, Aspect::Receipts, peer))
        || ((is_report || is_error) && acquaintance(ctx, owner, peer) != Acquaintance::Known)
}

/// Sender: receipts in a message that says something else too.
pub(crate) fn stamp(sending: &Sending<'_>, stanza: &mut Stanza) {
    let Kind::Message(MessageType::Chat | MessageType::Normal) = stanza.kind else { return };
    let Some(to) = &stanza.to else { return };
    if (stanza.has_any(ns::RECEIPTS) || stanza.has_any(ns::MARKERS))
        && stanza.children().any(is_receipt)
        && !is_report(stanza)
        && !shows(&sending.session.user, Aspect::Receipts, to)
    {
        stanza.strip(is_receipt);
    }
}

/// Sender: presence that is directed.
pub(crate) fn tell(sending: &Sending<'_>, presence: &mut Stanza) {
    if let Some(to) = &presence.to
        && let Some(told) = told(&sending.session.user, to, presence)
    {
        *presence = told;
    }
}

/// Recipient: nothing of whom the owner declined, nothing that a rule of the sender keeps
/// back, and of strangers no more than a request.
pub(crate) fn admit(receiving: &Receiving<'_>, stanza: &Stanza) -> Verdict {
    let (ctx, owner) = (receiving.ctx, &**receiving.user);
    let Some(from) = stanza.from.as_ref().filter(|from| !from.same_bare(&owner.jid)) else {
        return Verdict::Pass;
    };
    match stanza.kind {
        Kind::Message(kind) => {
            if (kind == MessageType::Error || is_report(stanza))
                && let Some(sender) = ctx.sessions.user(from.bare_str())
                && keeps_back(ctx, &sender, &owner.jid, stanza)
            {
                // Behind the sender's own stages: their other devices know of it.
                return Verdict::Drop("a receipt is kept back");
            }
            admit_message(receiving, from, kind, stanza)
        }
        Kind::Iq(IqType::Get | IqType::Set)
            if receiving.sender(from) != Acquaintance::Known
                && !is_shown(owner, stanza.to.as_ref(), from) =>
        {
            Verdict::Reject(Condition::ServiceUnavailable.into())
        }
        _ => Verdict::Pass,
    }
}

/// Whether the device that is addressed has shown itself to `peer` by directed presence.
fn is_shown(owner: &User, device: Option<&Jid>, peer: &Jid) -> bool {
    let session = device.and_then(Jid::resource).and_then(|resource| owner.session(resource));
    session.is_some_and(|session| {
        session.with_directed(|directed| directed.iter().any(|to| to == peer || *to == peer.bare()))
    })
}

fn admit_message(
    receiving: &Receiving<'_>,
    from: &Jid,
    kind: MessageType,
    stanza: &Stanza,
) -> Verdict {
    let (ctx, owner) = (receiving.ctx, &**receiving.user);
    const DECLINED: Verdict = Verdict::Drop("the owner declined the sender");
    if is_invitation(stanza) {
        let by = inviter(ctx, stanza, from);
        // Of an occupant without an address the room has asked itself.
        if ctx.host(by.domain()).is_none() && !may_invite(ctx, owner, &by) {
            return Verdict::Drop("the owner does not want to be invited");
        }
        let room = owner.slot::<Strangers>().and_then(|met| met.with(from));
        if room == Some(Standing::Declined) {
            return DECLINED;
        }
    }
    match receiving.sender(from) {
        Acquaintance::Known => Verdict::Pass,
        Acquaintance::Declined => DECLINED,
        Acquaintance::Stranger { messages, bytes } => {
            let is_full = stanza.to.as_ref().is_some_and(|to| !to.is_bare());
            match kind {
                MessageType::Error => Verdict::Drop("nobody was asked"),
                _ if is_report(stanza) => Verdict::Drop("a stranger's receipt"),
                // As if there were no such device.
                MessageType::Normal | MessageType::Groupchat if is_full => {
                    Verdict::Reject(Condition::ServiceUnavailable.into())
                }
                MessageType::Headline if is_full => Verdict::Drop("there is no such device"),
                _ => has_room(ctx, owner, messages, bytes),
            }
        }
    }
}

/// A stranger's share of what an account keeps for later (trust D2), and the number of
/// strangers who may wait.
fn has_room(ctx: &Ctx, owner: &User, messages: u32, bytes: u64) -> Verdict {
    let is_waiting = |standing| matches!(standing, Standing::Waiting { .. });
    let too_many = || {
        messages == 0
            && owner
                .slot::<Strangers>()
                .is_some_and(|strangers| strangers.count(is_waiting) >= limits::REQUESTS)
    };
    let is_over = messages >= limits::STRANGER_MESSAGES || bytes >= limits::STRANGER_BYTES;
    if ctx.config.limits.rate && (is_over || too_many()) {
        let error = StanzaError::new(Condition::ResourceConstraint).class(ErrorType::Wait);
        return Verdict::Reject(error);
    }
    Verdict::Pass
}

/// Who invites: by the room, or straight.
fn inviter(ctx: &Ctx, stanza: &Stanza, from: &Jid) -> Jid {
    mediated(ctx, stanza, from).unwrap_or_else(|| from.bare())
}

/// Who invites by a room, as the room names them.
fn mediated(ctx: &Ctx, stanza: &Stanza, from: &Jid) -> Option<Jid> {
    ctx.host(from.domain())?;
    let invite = stanza.child("x", ns::MUC_USER)?.child("invite", ns::MUC_USER)?;
    Jid::parse(&invite.attr("from")?).ok()
}

/// Recipient: what a stranger sends is a request.
pub(crate) fn keep(receiving: &Receiving<'_>, envelope: &mut Envelope) {
    let (ctx, owner) = (receiving.ctx, receiving.user);
    let stanza = &envelope.stanza;
    let Kind::Message(MessageType::Chat | MessageType::Normal) = stanza.kind else { return };
    let Some(from) = &stanza.from else { return };
    let Some(strangers) = owner.slot::<Strangers>() else { return };
    let inviter = mediated(ctx, stanza, from);
    let (messages, bytes) = match &inviter {
        Some(inviter) if is_by_stranger(ctx, owner, inviter) => match strangers.with(from) {
            None => (0, 0),
            Some(Standing::Waiting { messages, bytes }) => (messages, bytes),
            Some(_) => return,
        },
        Some(_) => return,
        None => match receiving.sender(from) {
            Acquaintance::Stranger { messages, bytes } => (messages, bytes),
            _ => return,
        },
    };
    let counted = (messages.saturating_add(1), bytes.saturating_add(stanza.content().len() as u64));
    let waiting = Waiting { peer: from.bare(), inviter, since: receiving.now };
    let standing = Standing::Waiting { messages: counted.0, bytes: counted.1 };
    strangers.set(&waiting.peer, Some(standing));
    // Written when the number has doubled: after a crash a stranger may have half as much again.
    if counted.0.is_power_of_two() {
        let owner = owner.clone();
        envelope.writes.push(Box::new(Arrived { owner, waiting, counted }));
    }
}

/// A room that does not name its people names an occupant, who may be anybody.
fn is_by_stranger(ctx: &Ctx, owner: &User, inviter: &Jid) -> bool {
    ctx.host(inviter.domain()).is_some()
        || matches!(acquaintance(ctx, owner, inviter), Acquaintance::Stranger { .. })
}

/// A request, kept with its message.
struct Arrived {
    owner: Arc<User>,
    waiting: Waiting,
    counted: (u32, u64),
}

impl Write for Arrived {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        store::arrived(tx, self.owner.account, &self.waiting, self.counted)
    }

    fn done(&mut self) {
        if self.counted.0 == 1 {
            let entry = entry(self.waiting.clone(), 1);
            push_request(&self.owner, |writer| entry.write(writer));
        }
    }
}

/// Sender: whom the owner writes to is no stranger any more.
pub(crate) fn record(sending: &Sending<'_>, envelope: &mut Envelope) {
    let (ctx, owner) = (sending.ctx, &sending.session.user);
    let Kind::Message(MessageType::Chat | MessageType::Normal) = envelope.stanza.kind else {
        return;
    };
    let Some(to) = &envelope.stanza.to else { return };
    if is_report(&envelope.stanza) || acquaintance(ctx, owner, to) == Acquaintance::Known {
        return;
    }
    let Some(strangers) = owner.slot::<Strangers>() else { return };
    let before = strangers.with(to);
    if before.is_none()
        && strangers.count(|standing| standing == Standing::Known) >= limits::ACQUAINTANCES
    {
        return;
    }
    strangers.set(to, Some(Standing::Known));
    let (owner, peer) = (owner.clone(), to.bare());
    let is_decision = before.is_some();
    let now = sending.now;
    envelope.writes.push(Box::new(Met { owner, peer, is_decision, now }));
}

/// Somebody to whom the owner wrote, kept with the message.
struct Met {
    owner: Arc<User>,
    peer: Jid,
    is_decision: bool,
    now: skein_base::Timestamp,
}

impl Write for Met {
    fn write(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        store::decide(tx, self.owner.account, &self.peer, true, self.now)
    }

    fn done(&mut self) {
        if self.is_decision {
            push_request(&self.owner, |writer| write_decided(writer, &self.peer, true));
        }
    }
}
