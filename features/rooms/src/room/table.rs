//! The rooms that are loaded: those with somebody inside, and those just asked for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use skein_base::{Secret, Timestamp, limits};
use skein_db::{DbError, Tx};
use skein_kernel::Ctx;
use skein_xml::{Document, Limits};
use skein_xmpp::{Jid, Stanza};

use crate::room::{Room, State};
use crate::rules::config::Config;
use crate::store::{self, Saved};

/// The feature's state.
pub(crate) struct Rooms {
    key: [u8; 32],
    loaded: Mutex<HashMap<Jid, Arc<Room>>>,
    /// When each account made rooms lately.
    made: Mutex<HashMap<Jid, Vec<Timestamp>>>,
}

const HOUR: Duration = Duration::from_secs(3600);

impl Rooms {
    pub(crate) fn new(secret: &Secret<[u8; 32]>) -> Self {
        Self { key: crate::ids::key(secret), loaded: Mutex::default(), made: Mutex::default() }
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
        let wanted = jid.clone();
        let found = ctx.db.read(move |tx| read(tx, &wanted)).await?;
        Ok(found.map(|(id, state)| {
            let room = Room::new(jid.clone(), id, self.key, state);
            // Another task may have been quicker.
            self.loaded.lock().entry(jid).or_insert(room).clone()
        }))
    }

    /// A new room, locked until it is configured; or the one that somebody else just made.
    pub(crate) fn make(&self, ctx: &Ctx, jid: Jid) -> Arc<Room> {
        // Positive, and small enough to be negated and stored.
        let id = (ctx.rng.next_u64() >> 2) as i64 | 1;
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
    pub(crate) fn release(&self, room: Arc<Room>) {
        let mut loaded = self.loaded.lock();
        // One reference is ours, one the table's.
        let is_idle = Arc::strong_count(&room) == 2 && room.state().is_empty();
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
        vcard: (!vcard.is_empty()).then(|| vcard.into()),
        ..State::default()
    };
    Ok(Some((id, state)))
}

fn stanza(text: &str) -> Option<Stanza> {
    let document = Document::parse(text, &Limits::kept()).ok()?;
    Stanza::read(document.root()).ok()
}
