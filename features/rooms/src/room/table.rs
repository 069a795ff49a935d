//! The rooms that are loaded: those with somebody inside, and those just asked for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use skein_base::{AccountId, Secret, Timestamp, limits};
use skein_db::{DbError, Tx};
use skein_kernel::Ctx;
use skein_kernel::contracts::SharedLog;
use skein_session::{Session, SessionId};
use skein_xml::{Document, Limits};
use skein_xmpp::{Jid, Stanza};

use crate::ids::{number_of, reserved_number};
use crate::proto::message::author;
use crate::room::tries::Tries;
use crate::room::watchers::Watchers;
use crate::room::{Room, State};
use crate::rules::config::Config;
use crate::rules::creation::Policy;
use crate::store::{self, Saved};

/// The feature's state.
pub(crate) struct Rooms {
    key: [u8; 32],
    loaded: Mutex<HashMap<Jid, Arc<Room>>>,
    /// When each account made rooms lately.
    made: Mutex<HashMap<Jid, Vec<Timestamp>>>,
    /// Who may make rooms at each host.
    policies: Mutex<HashMap<Box<str>, Arc<Policy>>>,
    watchers: Mutex<Watchers>,
    guesses: Mutex<Tries>,
    voice: Mutex<Tries>,
}

/// Messages of the past in which those are looked for who have to wait.
const SPOKE: usize = 1_000;
const HOUR: Duration = Duration::from_secs(3600);

impl Rooms {
    pub(crate) fn new(secret: &Secret<[u8; 32]>) -> Self {
        Self {
            key: crate::ids::key(secret),
            loaded: Mutex::default(),
            made: Mutex::default(),
            policies: Mutex::default(),
            watchers: Mutex::default(),
            guesses: Mutex::new(Tries::of_passwords()),
            voice: Mutex::new(Tries::for_voice()),
        }
    }

    /// A session wants to learn of active rooms of a host; `false` if there are too many.
    pub(crate) fn watch(&self, session: &Arc<Session>, host: &str) -> bool {
        self.watchers.lock().add(session, host)
    }

    /// The session of that address does not want to any more.
    pub(crate) fn unwatch(&self, full: &Jid) {
        self.watchers.lock().remove(full);
    }

    /// A session knows that a room is active.
    pub(crate) fn has_told(&self, session: SessionId, room: &Jid) {
        self.watchers.lock().note(session, room);
    }

    /// Sessions of those who are away from a room and have not been told that it is active.
    pub(crate) fn watchers(&self, room: &Jid, away: &[Jid]) -> Vec<Arc<Session>> {
        self.watchers.lock().of(room, away)
    }

    /// An account is inside of a room: what comes later is news again.
    pub(crate) fn has_seen(&self, who: &Jid, room: &Jid) {
        self.watchers.lock().forget(who, room);
    }

    /// Who tried which password.
    pub(crate) fn guesses(&self) -> MutexGuard<'_, Tries> {
        self.guesses.lock()
    }

    /// Who asked for voice.
    pub(crate) fn voice(&self) -> MutexGuard<'_, Tries> {
        self.voice.lock()
    }

    /// Who may make rooms at a host, if that was read.
    pub(crate) fn policy(&self, host: &str) -> Option<Arc<Policy>> {
        self.policies.lock().get(host).cloned()
    }

    /// Remembers who may make rooms; what was read does not replace what was set meanwhile.
    pub(crate) fn keep_policy(&self, host: &str, policy: Policy, is_set: bool) -> Arc<Policy> {
        let mut policies = self.policies.lock();
        match policies.get(host).filter(|_| !is_set) {
            Some(known) => known.clone(),
            None => {
                let policy = Arc::new(policy);
                policies.insert(host.into(), policy.clone());
                policy
            }
        }
    }

    /// The number of a room whose address the server gave.
    pub(crate) fn reserved_number(&self, jid: &Jid) -> i64 {
        reserved_number(&self.key, jid)
    }

    /// The room of an address, if it is loaded.
    pub(crate) fn loaded(&self, jid: &Jid) -> Option<Arc<Room>> {
        self.loaded.lock().get(&jid.bare()).cloned()
    }

    /// The room of a bare address, loaded if need be.
    pub(crate) async fn find(
        &self,
        ctx: &Arc<Ctx>,
        jid: &Jid,
    ) -> Result<Option<Arc<Room>>, DbError> {
        let jid = jid.bare();
        if let Some(room) = self.loaded.lock().get(&jid) {
            return Ok(Some(room.clone()));
        }
        let (reading, wanted) = (ctx.clone(), jid.clone());
        let read = move |tx: &mut Tx<'_>| {
            let Some((id, state)) = read(tx, &wanted)? else { return Ok(None) };
            let spoke = spoke(&reading, tx, &wanted, id, &state.config)?;
            Ok(Some((id, state, spoke)))
        };
        let found = ctx.db.read(read).await?;
        Ok(found.map(|(id, state, spoke)| {
            let slow = state.config.slow_mode;
            let room = Room::new(jid.clone(), id, self.key, state);
            for (who, at) in spoke {
                room.pace().remember(&who, slow, at);
            }
            // Another task may have been quicker.
            self.loaded.lock().entry(jid).or_insert(room).clone()
        }))
    }

    /// A new room, locked until it is configured; or the one that somebody else just made.
    pub(crate) fn make(&self, ctx: &Ctx, jid: Jid) -> Arc<Room> {
        let id = number_of(ctx.rng.next_u64());
        let state = State { locked: true, made: ctx.now(), ..State::default() };
        let room = Room::new(jid.clone(), id, self.key, state);
        self.loaded.lock().entry(jid).or_insert(room).clone()
    }

    /// Whether an account may make one more room at `now`; notes that it does.
    pub(crate) fn may_make(&self, who: &Jid, now: Timestamp) -> bool {
        let mut made = self.made.lock();
        made.retain(|_, times| {
            times.retain(|time| now.since(*time) < HOUR);
            !times.is_empty()
        });
        let times = made.entry(who.bare()).or_default();
        if times.len() >= limits::ROOMS_MADE_HOURLY {
            return false;
        }
        times.push(now);
        true
    }

    /// Forgets a room that is no more.
    pub(crate) fn forget(&self, room: &Arc<Room>) {
        let mut loaded = self.loaded.lock();
        if loaded.get(room.jid()).is_some_and(|known| Arc::ptr_eq(known, room)) {
            loaded.remove(room.jid());
        }
    }

    /// Lets go of a room in which nobody is and that nobody else looks at.
    pub(crate) fn release(&self, room: Arc<Room>, now: Timestamp) {
        let mut loaded = self.loaded.lock();
        // One reference is ours, one the table's.
        let is_idle =
            Arc::strong_count(&room) == 2 && room.state().is_empty() && !room.pace().matters(now);
        if is_idle && loaded.get(room.jid()).is_some_and(|known| Arc::ptr_eq(known, &room)) {
            loaded.remove(room.jid());
        }
    }

    /// All that are loaded.
    pub(crate) fn all(&self) -> Vec<Arc<Room>> {
        self.loaded.lock().values().cloned().collect()
    }
}

fn read(tx: &mut Tx<'_>, jid: &Jid) -> Result<Option<(i64, State)>, DbError> {
    let Some(Saved { id, config, subject, vcard }) = store::load(tx, jid)? else { return Ok(None) };
    let state = State {
        config: Config::of_text(&config),
        affiliations: store::affiliations(tx, id)?.into_iter().collect(),
        subject: stanza(&subject),
        version: store::version(tx, id)?,
        hats: store::hats(tx, id)?,
        vcard: (!vcard.is_empty()).then(|| vcard.into()),
        ..State::default()
    };
    Ok(Some((id, state)))
}

/// Who spoke so lately that slow mode lets them wait, by the room's log: a restart of the
/// server shortens nobody's wait. A room that keeps no messages does not know it.
fn spoke(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    jid: &Jid,
    id: i64,
    config: &Config,
) -> Result<Vec<(String, Timestamp)>, DbError> {
    let Some(logs) = ctx.contracts.log.shared().filter(|_| config.slow_mode > 0) else {
        return Ok(Vec::new());
    };
    let since = ctx.now().minus(Duration::from_secs(u64::from(config.slow_mode)));
    let log = SharedLog { owner: AccountId(-id), jid: jid.clone() };
    let recent = logs.newest(tx, &log, SPOKE, 0, Some(since))?;
    let said = recent.iter().filter(|entry| entry.stanza.has_body());
    Ok(said.filter_map(|entry| Some((author(&entry.stanza)?, entry.at))).collect())
}

fn stanza(text: &str) -> Option<Stanza> {
    let document = Document::parse(text, &Limits::kept()).ok()?;
    Stanza::read(document.root()).ok()
}
