//! The contract [`Log`]: entries are appended in the writer's transaction.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::Mutex;
use skein_base::{AccountId, Secret, Timestamp};
use skein_db::{DbError, Tx};
use skein_kernel::contracts::{Appended, Aside, Log, SharedLogs};
use skein_kernel::{Bell, Keep, Side, Stored};
use skein_session::SessionId;
use skein_xml::{Document, Limits};
use skein_xmpp::{Jid, Stanza, ns};

use crate::conversations::{self, Grown, Reference};
use crate::ids::Ids;
use crate::owing::{self, Owing};
use crate::query::bounds;
use crate::rules::{self, OWED, SENT, SHOWN, TEXT, Worth};
use crate::store::{self, Entry, Head};
use crate::tombstone;
use crate::{expiry, names};

/// Accounts whose log's end is remembered; forgotten all at once when it is more.
const HEADS: usize = 100_000;

/// The feature's state.
pub(crate) struct Archive {
    pub(crate) ids: Ids,
    /// Ends of logs as the writer left them. Only the writer's thread changes a log, so
    /// what stands here is true until a batch fails.
    heads: Mutex<HashMap<AccountId, Head>>,
    /// The newest message's number; 0 until asked for.
    last_message: AtomicI64,
    /// What waits for absent accounts.
    pub(crate) owing: Owing,
    /// Rung for messages with a timer.
    pub(crate) bell: Bell,
    /// Rung for files that lost names.
    pub(crate) unnamed: Bell,
    /// Logs with much that is not sorted.
    pub(crate) grown: Grown,
}

impl Archive {
    pub(crate) fn new(secret: &Secret<[u8; 32]>, limits: &skein_config::Limits) -> Self {
        Self {
            ids: Ids::new(secret),
            heads: Mutex::default(),
            last_message: AtomicI64::new(0),
            owing: Owing::new(limits),
            bell: Bell::default(),
            unnamed: Bell::default(),
            grown: Grown::default(),
        }
    }

    /// Forgets the end of a log that was changed otherwise.
    pub(crate) fn forget_head(&self, account: AccountId) {
        self.heads.lock().remove(&account);
        self.owing.forget(account);
    }

    /// A hash of the other side of a conversation.
    pub(crate) fn peer(&self, jid: &Jid) -> i64 {
        self.ids.hash(&[jid.bare_str()])
    }

    /// A hash of the id by which later messages refer to a message.
    pub(crate) fn reference(&self, id: &str) -> i64 {
        self.ids.hash(&["id", id])
    }

    /// The next entry's place in a log: its number and a time that never goes back.
    pub(crate) fn next(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Head, DbError> {
        let known = self.heads.lock().get(&account).copied();
        let last = match known {
            Some(head) => head,
            None => store::head(tx, account)?,
        };
        let next = Head { seq: last.seq + 1, at: last.at.max(now.0) };
        let mut heads = self.heads.lock();
        if heads.len() >= HEADS {
            heads.clear();
        }
        heads.insert(account, next);
        drop(heads);
        self.grown.note(account, next.seq);
        Ok(next)
    }

    pub(crate) fn next_message(&self, tx: &mut Tx<'_>) -> Result<i64, DbError> {
        if self.last_message.load(Ordering::Relaxed) == 0 {
            self.last_message.store(store::last_message(tx)?, Ordering::Relaxed);
        }
        Ok(self.last_message.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Whether another session of the same device sent the same before (trust: R10).
    pub(crate) fn repeats(
        &self,
        tx: &mut Tx<'_>,
        stanza: &Stanza,
        owner: AccountId,
        (session, device): (SessionId, &str),
        at: Timestamp,
    ) -> Result<bool, DbError> {
        let Some(id) = message_id(stanza) else { return Ok(false) };
        let to = stanza.to.as_ref().map_or("", Jid::as_str);
        let hash = self.ids.hash(&["sent", device, &id, to, stanza.content()]);
        let before = store::sent_before(tx, owner, hash)?;
        if before.is_some_and(|before| before != session.0 as i64) {
            return Ok(true);
        }
        store::put_sent(tx, owner, hash, session.0 as i64, at)?;
        Ok(false)
    }

    fn entry(
        &self,
        tx: &mut Tx<'_>,
        stanza: &Stanza,
        keep: &Keep,
        (message, reference): (i64, i64),
        at: Timestamp,
    ) -> Result<Entry, DbError> {
        let account = keep.owner.account;
        let Head { seq, at } = self.next(tx, account, at)?;
        let shown = rules::worth(stanza) == Worth::Keep && !keep.hidden;
        let flag = |set: bool, flag: i64| if set { flag } else { 0 };
        let flags = flag(keep.side == Side::Sent, SENT)
            | flag(shown, SHOWN)
            | flag(keep.owed, OWED)
            | flag(rules::is_text(stanza), TEXT);
        let peer = peer_of(stanza, keep.side).map_or(0, |jid| self.peer(jid));
        Ok(Entry { account, seq, message, peer, at, flags, reference })
    }
}

impl Log for Archive {
    fn append(
        &self,
        tx: &mut Tx<'_>,
        stanza: &Stanza,
        keeps: &mut [Keep],
        sender: Option<(SessionId, &str)>,
        at: Timestamp,
    ) -> Result<Appended, DbError> {
        if !owing::admits(self, tx, stanza, keeps, at)? {
            return Ok(Appended::Full);
        }
        let own = keeps.iter().find(|keep| keep.side == Side::Sent).map(|keep| keep.owner.account);
        if let (Some(owner), Some(sender)) = (own, sender)
            && self.repeats(tx, stanza, owner, sender, at)?
        {
            return Ok(Appended::Repeated);
        }
        let message = self.next_message(tx)?;
        store::put_message(tx, message, &stanza.to_xml())?;
        names::put(tx, message, stanza)?;
        expiry::put(self, tx, message, stanza, at)?;
        let reference = message_id(stanza).map_or(0, |id| self.reference(&id));
        for keep in keeps {
            let entry = self.entry(tx, stanza, keep, (message, reference), at)?;
            store::put_entry(tx, &entry)?;
            tombstone::apply(self, tx, stanza, &entry, at)?;
            mark_read(self, tx, stanza, &entry)?;
            keep.stored =
                Some(Stored { seq: entry.seq, id: self.ids.id(entry.account, entry.seq) });
        }
        Ok(Appended::Kept)
    }

    fn read_up_to(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        peer: &Jid,
        stanza_id: &str,
    ) -> Result<bool, DbError> {
        let Some(place) = bounds::known(tx, self, account, stanza_id)? else { return Ok(false) };
        if place.peer != self.peer(peer) {
            return Ok(false);
        }
        store::put_read(tx, account, place.peer, place.seq)?;
        Ok(true)
    }

    fn shown(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        peer: &Jid,
        stanza_id: &str,
    ) -> Result<Option<(Timestamp, Stanza)>, DbError> {
        let place = bounds::known(tx, self, account, stanza_id)?;
        let Some(place) = place.filter(|place| place.peer == self.peer(peer)) else {
            return Ok(None);
        };
        let Some((at, text)) = bounds::entry_text(tx, account, place.seq)? else { return Ok(None) };
        let read = Document::parse(&text, &Limits::kept()).ok();
        Ok(read.and_then(|read| Some((at, Stanza::read(read.root()).ok()?))))
    }

    fn head(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<i64, DbError> {
        Ok(store::head(tx, account)?.seq)
    }

    fn owe_from(&self, tx: &mut Tx<'_>, account: AccountId, seq: i64) -> Result<(), DbError> {
        self.owing.unsettled(account);
        store::owe_from(tx, account, seq)
    }

    fn rolled_back(&self) {
        self.heads.lock().clear();
        self.owing.clear();
        self.last_message.store(0, Ordering::Relaxed);
    }

    fn aside(&self) -> Option<&dyn Aside> {
        Some(self)
    }

    fn shared(&self) -> Option<&dyn SharedLogs> {
        Some(self)
    }
}

/// The owner sent a `<displayed/>` marker (XEP-0333): the conversation is read so far.
fn mark_read(
    archive: &Archive,
    tx: &mut Tx<'_>,
    stanza: &Stanza,
    entry: &Entry,
) -> Result<(), DbError> {
    if entry.flags & SENT == 0 {
        return Ok(());
    }
    let Some(id) = stanza.child("displayed", ns::MARKERS).and_then(|marker| marker.attr("id"))
    else {
        return Ok(());
    };
    let received = 0;
    let shown = Reference::by(entry, archive.reference(&id), received);
    match conversations::newest_referred(tx, shown)? {
        Some(read) => store::put_read(tx, entry.account, entry.peer, read.seq),
        None => Ok(()),
    }
}

/// The other side of the conversation.
pub(crate) fn peer_of(stanza: &Stanza, side: Side) -> Option<&Jid> {
    match side {
        Side::Sent => stanza.to.as_ref(),
        Side::Received => stanza.from.as_ref(),
    }
}

/// The id by which later messages refer to this one: the sender's own (XEP-0359
/// section 5), else the stanza's.
pub(crate) fn message_id(stanza: &Stanza) -> Option<Cow<'_, str>> {
    if let Some(id) = &stanza.id {
        return Some(Cow::Borrowed(id));
    }
    let origin = stanza.children().find(|child| child.is("origin-id", ns::STANZA_ID))?;
    origin.attr("id")
}
