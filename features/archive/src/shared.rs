//! The contract [`SharedLogs`]: rooms' logs, under negative numbers among those of accounts.
//!
//! An entry of a room is something the owner received; its peer is the room itself, so a
//! filter by an occupant's full address goes by the stanza's own sender.

use skein_base::Timestamp;
use skein_db::{DbError, Sql, Tx};
use skein_kernel::Stored;
use skein_kernel::contracts::{
    PageSizes, Queried, Reading, Sent, SharedEntry, SharedLog, SharedLogs,
};
use skein_xml::{Document, Limits};
use skein_xmpp::{Condition, IqType, Kind, Stanza, StanzaError, ns};

use crate::log::{Archive, message_id};
use crate::query::beside::{self, Logs};
use crate::query::bounds::{self, Bounds};
use crate::query::page::{self, PAGE_BYTES, Sizes};
use crate::query::proto::{Query, Results, write_fin, write_form};
use crate::query::walk::{Selection, Way, walk};
use crate::query::{Stop, metadata};
use crate::rules::{self, SHOWN, TEXT};
use crate::store::{self, Entry, Head};
use crate::{expiry, names, search};

/// Unread messages counted at most: nobody reads the difference.
const UNREAD: i64 = 1_000;
/// Entries indexed or removed in one transaction: others' messages wait for it.
const BATCH: i64 = 250;

static COUNT_UNREAD: Sql = Sql::new(
    "archive.shared_unread",
    "SELECT COUNT(*) FROM (SELECT 1 FROM archive_log
         WHERE account = $1 AND seq > $2 AND (flags & 8) <> 0 LIMIT $3) AS unread",
);
static MESSAGE_OF: Sql = Sql::new(
    "archive.shared_message",
    "SELECT l.message, m.stanza FROM archive_log l JOIN archive_message m ON m.id = l.message
     WHERE l.account = $1 AND l.seq = $2",
);

static ENTRY: Sql = Sql::new(
    "archive.shared_entry",
    "SELECT l.at, m.stanza FROM archive_log l JOIN archive_message m ON m.id = l.message
     WHERE l.account = $1 AND l.seq = $2",
);

pub(crate) static STATEMENTS: &[&Sql] = &[&COUNT_UNREAD, &MESSAGE_OF, &ENTRY];

impl SharedLogs for Archive {
    fn append(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        stanza: &Stanza,
        sent: Option<&Sent<'_>>,
        at: Timestamp,
    ) -> Result<Option<Stored>, DbError> {
        if let Some(sent) = sent
            && self.repeats(tx, sent.stanza, sent.account, (sent.session, sent.device), at)?
        {
            return Ok(None);
        }
        let message = self.next_message(tx)?;
        store::put_message(tx, message, &stanza.to_xml())?;
        names::put(tx, message, stanza)?;
        expiry::put(self, tx, message, stanza, at)?;
        let Head { seq, at } = self.next(tx, log.owner, at)?;
        let text = if rules::is_text(stanza) { TEXT } else { 0 };
        let entry = Entry {
            account: log.owner,
            seq,
            message,
            peer: self.peer(&log.jid),
            at,
            flags: SHOWN | text,
            reference: message_id(stanza).map_or(0, |id| self.reference(&id)),
        };
        store::put_entry(tx, &entry)?;
        Ok(Some(Stored { seq, id: self.ids.id(log.owner, seq) }))
    }

    fn query(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        request: &Stanza,
        reading: &Reading,
    ) -> Result<Result<Queried, StanzaError>, DbError> {
        let result = request.answer(Kind::Iq(IqType::Result));
        let only = |answer| Ok(Ok(Queried { messages: Vec::new(), answer }));
        if request.has("metadata", ns::MAM) {
            let ends = metadata::ends(tx, log.owner)?;
            return only(result.with_content(|writer| {
                writer.start("metadata", ns::MAM);
                let named = ["start", "end"].into_iter().zip(ends.into_iter().flatten());
                for (name, (seq, at)) in named {
                    metadata::write_end(writer, name, &self.ids.id(log.owner, seq), at);
                }
                writer.end();
            }));
        }
        if request.kind == Kind::Iq(IqType::Get) {
            return only(result.with_content(write_form));
        }
        Stop::split(self.page(tx, log, request, reading))
    }

    fn newest(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        most: usize,
        after: i64,
        since: Option<Timestamp>,
    ) -> Result<Vec<SharedEntry>, DbError> {
        let mut bounds = Bounds::ALL.after(after);
        if let Some(since) = since {
            bounds.low = bounds.low.max(bounds::place_of(tx, log.owner, since)?);
        }
        let selection =
            Selection { account: log.owner, bounds, peer: None, full: None, picked: None };
        let mut entries = Vec::new();
        walk(tx, &selection, bounds, Way::Backward, most, |seen| {
            if entries.len() == most {
                return false;
            }
            // S22: one row that cannot be read keeps nobody from the rest.
            if let Some(stanza) = read(seen.stanza) {
                let stored = Stored { seq: seen.seq, id: self.ids.id(log.owner, seen.seq) };
                entries.push(SharedEntry { stored, at: Timestamp(seen.at), stanza });
            }
            true
        })?;
        entries.reverse();
        Ok(entries)
    }

    fn unread(&self, tx: &mut Tx<'_>, log: &SharedLog, seq: i64) -> Result<i64, DbError> {
        let asked = [log.owner.0.into(), seq.into(), UNREAD.into()];
        tx.query_one(&COUNT_UNREAD, &asked)?.map_or(Ok(0), |row| row.int(0))
    }

    fn entry(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        seq: i64,
    ) -> Result<Option<SharedEntry>, DbError> {
        let Some(row) = tx.query_one(&ENTRY, &[log.owner.0.into(), seq.into()])? else {
            return Ok(None);
        };
        let stored = Stored { seq, id: self.ids.id(log.owner, seq) };
        let at = Timestamp(row.int(0)?);
        Ok(read(row.text(1)?).map(|stanza| SharedEntry { stored, at, stanza }))
    }

    fn texts_since(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        since: Timestamp,
        most: usize,
    ) -> Result<usize, DbError> {
        let before = bounds::place_of(tx, log.owner, since)? - 1;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let asked = [log.owner.0.into(), before.into(), most.into()];
        let count = tx.query_one(&COUNT_UNREAD, &asked)?.map_or(Ok(0), |row| row.int(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    fn replace(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        stanza_id: &str,
        change: &mut dyn FnMut(&Stanza) -> Option<Stanza>,
    ) -> Result<bool, DbError> {
        let Some(place) = bounds::known(tx, self, log.owner, stanza_id)? else { return Ok(false) };
        let asked = [log.owner.0.into(), place.seq.into()];
        let Some(row) = tx.query_one(&MESSAGE_OF, &asked)? else { return Ok(false) };
        let Some(changed) = read(row.text(1)?).and_then(|stanza| change(&stanza)) else {
            return Ok(false);
        };
        let message = row.int(0)?;
        names::replace(self, tx, message, &changed)?;
        for (account, seq) in store::naming(tx, message)? {
            search::forget(tx, account, seq)?;
        }
        Ok(true)
    }

    fn place(&self, log: &SharedLog, stanza_id: &str) -> Option<i64> {
        self.ids.seq(log.owner, stanza_id)
    }

    fn index(&self, tx: &mut Tx<'_>, log: &SharedLog) -> Result<bool, DbError> {
        search::index(tx, log.owner, BATCH)
    }

    fn forget(&self, tx: &mut Tx<'_>, log: &SharedLog) -> Result<bool, DbError> {
        self.forget_head(log.owner);
        Ok(store::forget(tx, log.owner, BATCH)? > 0)
    }
}

impl Archive {
    fn page(
        &self,
        tx: &mut Tx<'_>,
        log: &SharedLog,
        request: &Stanza,
        reading: &Reading,
    ) -> Result<Queried, Stop> {
        let payload = request.child("query", ns::MAM);
        let query = payload.map_or_else(|| Ok(Query::default()), Query::read);
        let mut query = query.map_err(Stop::Refuse)?;
        // Ids of senders are not sorted in logs of rooms, whose answers name messages by place.
        if query.filter.message_id.is_some() {
            return Err(Stop::Refuse(Condition::FeatureNotImplemented.into()));
        }
        // Nobody else wrote here.
        if query.filter.with.as_ref().is_some_and(|with| !with.same_bare(&log.jid)) {
            query.filter.ids = Some(Vec::new());
        }
        let asker = request.from.clone().unwrap_or_else(|| log.jid.clone());
        let results = Results::new(log.jid.clone(), asker, query.queryid.clone());
        let hint = reading.hint.clone();
        let mut results = results.hinted(Box::new(move |stanza| hint(stanza)));
        let PageSizes { default, max } = reading.sizes;
        let sizes = Sizes { default, max, bytes: PAGE_BYTES };
        let logs = Logs { room: log.owner, reader: reading.reader, peer: self.peer(&log.jid) };
        let mut read = match beside::joins(&query) {
            true => beside::read(tx, self, logs, &query, sizes, &mut results)?,
            false => page::read(tx, self, log.owner, &query, sizes, &mut results)?,
        };
        if query.flip {
            read.messages.reverse();
        }
        let result = request.answer(Kind::Iq(IqType::Result));
        let answer = result.with_content(|writer| write_fin(writer, &read.page, read.complete));
        Ok(Queried { messages: read.messages, answer })
    }
}

fn read(stanza: &str) -> Option<Stanza> {
    let document = Document::parse(stanza, &Limits::kept()).ok()?;
    Stanza::read(document.root()).ok()
}
