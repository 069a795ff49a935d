//! Fulfils the contracts that no feature under test fulfils, as simply as can be.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{Appended, Log, Presence, Roster, RosterBook, Subscription};
use skein_kernel::{Ctx, Event, Feature, Future, Keep, Refusal, Stored};
use skein_session::{Session, SessionId, User};
use skein_xmpp::{Jid, Kind, PresenceType, Stanza, ns};

/// What `features` do not fulfil.
pub(crate) fn feature(features: &[Feature]) -> Feature {
    let has_log = features.iter().any(|feature| feature.provided().log.is_some());
    let has_presence = features.iter().any(|feature| feature.provided().presence.is_some());
    let has_roster = features.iter().any(|feature| feature.provided().roster.is_some());
    Feature::new("standin", "stands in for the features that are not under test").provides(
        |provides| {
            if !has_log {
                provides.log = Some(Arc::new(Numbers::default()));
            }
            if !has_presence {
                provides.presence = Some(Arc::new(Noted));
            }
            if !has_roster {
                provides.roster = Some(Arc::new(Entries::default()));
            }
        },
    )
}

/// A log that gives out numbers and keeps nothing.
#[derive(Default)]
struct Numbers(Mutex<HashMap<AccountId, i64>>);

impl Log for Numbers {
    fn append(
        &self,
        _: &mut Tx<'_>,
        _: &Stanza,
        keeps: &mut [Keep],
        _: Option<(SessionId, &str)>,
        _: Timestamp,
    ) -> Result<Appended, DbError> {
        let mut last = self.0.lock();
        for keep in keeps {
            let seq = last.entry(keep.owner.account).or_default();
            *seq += 1;
            keep.stored = Some(Stored { seq: *seq, id: format!("n{seq}").into() });
        }
        Ok(Appended::Kept)
    }

    fn read_up_to(&self, _: &mut Tx<'_>, _: AccountId, _: &Jid, _: &str) -> Result<bool, DbError> {
        Ok(false)
    }

    fn head(&self, _: &mut Tx<'_>, account: AccountId) -> Result<i64, DbError> {
        Ok(self.0.lock().get(&account).copied().unwrap_or_default())
    }

    fn owe_from(&self, _: &mut Tx<'_>, _: AccountId, _: i64) -> Result<(), DbError> {
        Ok(())
    }

    fn rolled_back(&self) {}
}

/// Presence is noted and reaches nobody.
struct Noted;

impl Presence for Noted {
    fn outgoing(
        &self,
        ctx: Arc<Ctx>,
        session: Arc<Session>,
        stanza: Stanza,
    ) -> Future<'static, Result<(), Refusal>> {
        Box::pin(async move {
            let priority = stanza.child("priority", ns::CLIENT);
            let priority = priority.and_then(|priority| priority.text().parse().ok()).unwrap_or(0);
            match stanza.kind {
                Kind::Presence(PresenceType::Available) if stanza.to.is_none() => {
                    let is_initial = session.presence().is_none();
                    session.set_presence(Some((stanza, priority)));
                    let event = Event::Presence { session: session.clone(), is_initial };
                    ctx.route().notify(event).await;
                    if priority >= 0 && is_initial {
                        ctx.route().notify(Event::Available(session)).await;
                    }
                }
                Kind::Presence(PresenceType::Unavailable) => session.set_presence(None),
                _ => {}
            }
            Ok(())
        })
    }

    fn directed(&self, _: &Ctx, _: &Session, _: &Stanza) -> Result<(), Refusal> {
        Ok(())
    }

    fn incoming(&self, _: Arc<Ctx>, _: Stanza) -> Future<'static, Result<(), Refusal>> {
        Box::pin(async { Ok(()) })
    }

    fn lost(&self, _: Arc<Ctx>, session: Arc<Session>) -> Future<'static, ()> {
        Box::pin(async move { session.set_presence(None) })
    }
}

/// Contacts, in memory: each change is seen in the owner's slot at once.
#[derive(Default)]
struct Entries(Mutex<HashMap<(AccountId, Jid), Entry>>);

#[derive(Default, Clone)]
struct Entry {
    state: Subscription,
    request: Option<Stanza>,
}

impl RosterBook for Entries {
    fn change(
        &self,
        _: Arc<Ctx>,
        owner: Arc<User>,
        contact: Jid,
        change: fn(Subscription) -> Subscription,
        request: Option<Stanza>,
    ) -> Future<'static, Result<(Subscription, Subscription), Refusal>> {
        let mut entries = self.0.lock();
        let entry = entries.entry((owner.account, contact)).or_default();
        let before = entry.state;
        entry.state = change(before);
        entry.request = request.or_else(|| entry.request.take());
        entry.request.take_if(|_| !entry.state.pending_in);
        let after = entry.state;
        let own = entries.iter().filter(|((account, _), _)| *account == owner.account);
        let contacts = own.map(|((_, contact), entry)| (contact.clone(), entry.state)).collect();
        owner.set_slot(Roster { contacts });
        Box::pin(async move { Ok((before, after)) })
    }

    fn requests(
        &self,
        _: Arc<Ctx>,
        owner: Arc<User>,
    ) -> Future<'static, Result<Vec<Stanza>, Refusal>> {
        let entries = self.0.lock();
        let own = entries.iter().filter(|((account, _), _)| *account == owner.account);
        let requests = own.filter_map(|(_, entry)| entry.request.clone()).collect();
        Box::pin(async move { Ok(requests) })
    }

    fn grouped(&self, _: &mut Tx<'_>, _: AccountId, _: &[String]) -> Result<Vec<Jid>, DbError> {
        Ok(Vec::new())
    }
}
