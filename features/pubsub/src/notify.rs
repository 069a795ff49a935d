//! Events to those who want them and may have them (XEP-0060 section 7.1.2, XEP-0163 section 4).

use std::collections::HashSet;
use std::sync::Arc;

use skein_base::Fault;
use skein_db::{DbError, Tx};
use skein_kernel::Ctx;
use skein_kernel::contracts::{Roster, are_apart, blocks};
use skein_session::{Pushed, Session, SessionId, User};
use skein_xml::Writer;
use skein_xmpp::{Jid, Kind, MessageType, Stanza, StreamError, ns};

use crate::Waiting;
use crate::place::{Place, grouped};
use crate::rules::{Access, Affiliation, Config, State};
use crate::store::{self, Subscriber};

/// Who may have the events of a node, as it was when the event came about.
#[derive(Clone)]
pub(crate) struct Hearers {
    pub(crate) config: Config,
    subscribers: Vec<Subscriber>,
    affiliated: Vec<(Jid, Affiliation)>,
    grouped: Vec<Jid>,
}

impl Hearers {
    /// Looks for them, in the transaction of the event.
    pub(crate) fn load(
        ctx: &Ctx,
        tx: &mut Tx<'_>,
        place: &Place,
        node: &str,
        config: &Config,
    ) -> Result<Self, DbError> {
        let owner = place.owner();
        let groups = match config.access {
            Access::Roster => grouped(ctx, tx, owner, &config.groups)?,
            _ => Vec::new(),
        };
        Ok(Self {
            config: config.clone(),
            subscribers: store::subscribers(tx, owner, node)?,
            affiliated: store::affiliated(tx, owner, node)?,
            grouped: groups,
        })
    }

    /// The owners at a service.
    pub(crate) fn owners(&self) -> impl Iterator<Item = &Jid> {
        let owners = self.affiliated.iter().filter(|(_, is)| *is == Affiliation::Owner);
        owners.map(|(jid, _)| jid)
    }

    /// Whether a bare address may have the events; `sees` if it sees the owner's presence.
    fn may_hear(&self, jid: &Jid, sees: bool, is_subscribed: bool) -> bool {
        let found = self.affiliated.iter().find(|(known, _)| known == jid);
        let affiliation = found.map_or(Affiliation::None, |(_, affiliation)| *affiliation);
        match (affiliation, self.config.access) {
            (Affiliation::Outcast | Affiliation::PublishOnly, _) => false,
            (affiliation, _) if affiliation.reads() => true,
            (_, Access::Open) => true,
            (_, Access::Presence) => sees,
            (_, Access::Roster) => sees && self.grouped.contains(jid),
            (_, Access::Authorize) => is_subscribed,
            (_, Access::Whitelist) => false,
        }
    }
}

/// An event in the name of `from`.
pub(crate) fn event(from: &Jid, write: impl FnOnce(&mut Writer)) -> Stanza {
    let mut event = Stanza::new(Kind::Message(MessageType::Headline));
    event.from = Some(from.clone());
    event.with_content(write)
}

/// Gives an event to a session. It can wait while the client is inactive (XEP-0352).
pub(crate) fn give(session: &Session, event: &Stanza) {
    let mut event = event.clone();
    event.to = Some(session.jid.clone());
    match session.push(&event, None, true) {
        Pushed::Wake => session.wake(),
        Pushed::Full => session.kick(StreamError::new("policy-violation")),
        Pushed::Queued | Pushed::Ended => {}
    }
}

/// Who has got the event already.
struct Giving<'a> {
    ctx: &'a Arc<Ctx>,
    event: &'a Stanza,
    given: HashSet<SessionId>,
    /// Sessions that may want it.
    asked: Vec<Arc<Session>>,
}

impl Giving<'_> {
    fn give(&mut self, session: &Session) {
        if self.given.insert(session.id) {
            give(session, self.event);
        }
    }

    fn wanting(&mut self, user: &User, node: &str) {
        let (held, capabilities) =
            (&self.ctx.state::<Waiting>().held, self.ctx.contracts.capabilities.clone());
        let now = self.ctx.now();
        for session in user.available() {
            // In this order: a client that answers in between is known to want it.
            let is_asked = capabilities.is_asked(&session, now);
            let wants = capabilities.wants(&session, node);
            if is_asked || (wants && !held.is_empty()) {
                self.asked.push(session);
            } else if wants {
                self.give(&session);
            }
        }
    }

    /// To those that may want it and have not got it for another reason.
    fn hold(self, node: &str) {
        let held = &self.ctx.state::<Waiting>().held;
        for session in self.asked.iter().filter(|session| !self.given.contains(&session.id)) {
            held.offer(
                &*self.ctx.contracts.capabilities,
                self.ctx.now(),
                session,
                (node, self.event),
            );
        }
    }

    /// To an address that is subscribed: to what is online of it, or as a message that waits.
    async fn subscribed(&mut self, place: &Place, jid: &Jid, config: &Config) {
        let user = self.ctx.sessions.user(jid.bare_str());
        let unwanted = user.as_ref().is_some_and(|user| blocks(user, place.jid()))
            || matches!(place, Place::Account(owner) if blocks(owner, jid));
        if unwanted {
            return;
        }
        let online: Vec<Arc<Session>> = user.map_or_else(Vec::new, |user| {
            let all = user.available().into_iter();
            let hears = |session: &Arc<Session>| match jid.is_bare() {
                true => session.priority() >= 0,
                false => session.jid == *jid,
            };
            all.filter(hears).collect()
        });
        let is_local = self.ctx.serves(jid.domain());
        if is_local && (config.headline || (config.presence_based && online.is_empty())) {
            online.iter().for_each(|session| self.give(session));
            return;
        }
        if online.iter().any(|session| self.given.contains(&session.id)) {
            return;
        }
        self.given.extend(online.iter().map(|session| session.id));
        let mut event = self.event.clone();
        event.to = Some(jid.clone());
        self.ctx.route().route(event).await;
    }
}

/// Gives an event of a node to all who want it and may have it.
pub(crate) async fn to_all(
    ctx: &Arc<Ctx>,
    place: &Place,
    node: &str,
    hearers: &Hearers,
    event: &Stanza,
) {
    if !hearers.config.deliver {
        return;
    }
    let mut event = event.clone();
    if !hearers.config.headline {
        event.kind = Kind::Message(MessageType::Normal);
        // It waits for who is away (XEP-0334), though it has no text.
        let added = event.added().to_owned();
        let plain = event.clone();
        event = event.with_content(|writer| {
            plain.children().for_each(|child| writer.element(child));
            writer.start("store", ns::HINTS);
            writer.end();
            writer.raw(&added);
        });
    }
    let mut giving = Giving { ctx, event: &event, given: HashSet::new(), asked: Vec::new() };
    let mut roster = None;
    if let Place::Account(owner) = place {
        giving.wanting(owner, node);
        let contacts = owner.slot::<Roster>().unwrap_or_default();
        for contact in contacts.watchers() {
            if place.shows(node, contact)
                && hearers.may_hear(contact, true, false)
                && let Some(contact) = ctx.sessions.user(contact.bare_str())
                && !are_apart(owner, &contact)
            {
                giving.wanting(&contact, node);
            }
        }
        roster = Some(contacts);
    }
    for subscriber in &hearers.subscribers {
        let bare = subscriber.jid.bare();
        let sees = roster.as_ref().is_some_and(|roster| roster.with(&bare).from);
        let is_own = *place.jid() == bare;
        if subscriber.state == State::Subscribed
            && subscriber.deliver
            && place.shows(node, &bare)
            && (is_own || hearers.may_hear(&bare, sees, true))
        {
            giving.subscribed(place, &subscriber.jid, &hearers.config).await;
        }
    }
    giving.hold(node);
}

/// Tells one address something about its subscription, or an owner about others'.
pub(crate) async fn tell(ctx: &Arc<Ctx>, to: &Jid, mut message: Stanza) {
    message.to = Some(to.clone());
    ctx.route().route(message).await;
}

/// A failure that nobody waits for.
pub(crate) fn log(outcome: Result<(), DbError>) {
    if let Err(error) = outcome {
        let fault = Fault::from(error);
        tracing::error!(target: "pubsub", %fault, "published items could not be handled");
    }
}
