//! All conversations in one answer: how much is unread, and the last message of each.
//! The protocol is described in docs/inbox.md.

use std::collections::HashSet;

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Sql, Tx};
use skein_kernel::contracts::{Membership, SharedLogs, Standing, Strangers, is_contact, read_room};
use skein_kernel::{Addressee, Feature, Refusal, Request, Subject};
use skein_session::User;
use skein_xml::{Element, Writer};
use skein_xmpp::rsm::{Page, PageRequest, Position};
use skein_xmpp::{Condition, IqType, Jid, Stanza, ns};

use crate::conversations;
use crate::log::Archive;
use crate::query::page::PAGE_BYTES;
use crate::query::proto::write_forwarded;
use crate::query::{Stop, forbid};
use crate::rules::SENT;

// Leaps from peer to peer over the index (account, peer, seq), so that the cost grows
// with the conversations and not with the messages.
macro_rules! conversations {
    ($index:literal, $sorted:literal) => {
        concat!(
            "WITH RECURSIVE people (peer) AS (
                 SELECT MIN(peer) FROM archive_log WHERE account = $1",
            $sorted,
            "    UNION ALL
                 SELECT (SELECT MIN(l.peer) FROM archive_log l
                         WHERE l.account = $1 AND l.peer > people.peer",
            $sorted,
            "    ) FROM people WHERE people.peer IS NOT NULL
             )
             SELECT n.seq, n.peer,
                 (SELECT e.at FROM archive_log e WHERE e.account = $1 AND e.seq = n.seq)
             FROM (SELECT people.peer AS peer, (SELECT l.seq FROM archive_log l",
            $index,
            "        WHERE l.account = $1 AND l.peer = people.peer AND (l.flags & 10) = 10",
            $sorted,
            "        ORDER BY l.seq DESC LIMIT 1) AS seq
                 FROM people WHERE people.peer IS NOT NULL) AS n
             WHERE n.seq IS NOT NULL"
        )
    };
}
static CONVERSATIONS: Sql = Sql::split(
    "archive.conversations",
    conversations!(" INDEXED BY archive_log_peer ", " AND (flags & 16) = 0 "),
    conversations!(" ", " "),
);
/// The newest entry of a room's log that holds something to read.
static NEWEST: Sql = Sql::new(
    "archive.newest_text",
    "SELECT seq, at FROM archive_log WHERE account = $1 AND (flags & 10) = 10
     ORDER BY seq DESC LIMIT 1",
);
/// When a place in a log was written, or what stood before it if that was removed.
static WRITTEN: Sql = Sql::new(
    "archive.written",
    "SELECT at FROM archive_log WHERE account = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1",
);
/// One conversation: its newest message, and how many texts its owner has neither read nor
/// answered. Who answers has read, so the count begins behind the newest text of the owner,
/// for which as many entries are looked through as are counted.
macro_rules! conversation {
    ($index:literal, $sorted_o:literal, $sorted_u:literal) => {
        concat!(
            "WITH newest AS (
                 SELECT at, flags, peer, message FROM archive_log WHERE account = $1 AND seq = $2
             ), known AS (
                 SELECT COALESCE((SELECT r.seq FROM archive_read r, newest
                                  WHERE r.account = $1 AND r.peer = newest.peer), 0) AS seq
             ), answered AS (
                 SELECT COALESCE((SELECT s.seq FROM (
                     SELECT o.seq, o.flags FROM newest, archive_log o",
            $index,
            "        WHERE o.account = $1 AND o.peer = newest.peer
                       AND o.seq > (SELECT seq FROM known)",
            $sorted_o,
            "        ORDER BY o.seq DESC LIMIT $3) s
                 WHERE (s.flags & 9) = 9 LIMIT 1), (SELECT seq FROM known)) AS seq
             )
             SELECT newest.at, newest.flags, m.stanza,
                 (SELECT COUNT(*) FROM (
                     SELECT 1 FROM archive_log u",
            $index,
            "        WHERE u.account = $1 AND u.peer = newest.peer AND (u.flags & 11) = 10
                       AND u.seq > (SELECT seq FROM answered)",
            $sorted_u,
            "        LIMIT $3) AS unread)
             FROM newest JOIN archive_message m ON m.id = newest.message"
        )
    };
}
static CONVERSATION: Sql = Sql::split(
    "archive.conversation",
    conversation!(
        " INDEXED BY archive_log_peer ",
        " AND (o.flags & 16) = 0 ",
        " AND (u.flags & 16) = 0 "
    ),
    conversation!(" ", " ", " "),
);

static STATEMENTS: &[&Sql] = &[&CONVERSATIONS, &CONVERSATION, &NEWEST, &WRITTEN];

/// Conversations of a page when the client names no number.
const PAGE_DEFAULT: usize = 50;
/// Conversations of a page at most: each costs a look-up of its own.
const PAGE_MAX: usize = 1_000;
/// Unread messages of one conversation that are counted; clients show "999+".
const UNREAD: i64 = 1_000;

/// Adds what clients may ask.
pub(crate) fn register(feature: Feature) -> Feature {
    let (inbox, read) = ((ns::INBOX, "inbox"), (ns::INBOX, "read"));
    feature
        .tables(&[], STATEMENTS)
        .iq(inbox, IqType::Get, Addressee::Own, |request| Box::pin(get(request)))
        .iq(read, IqType::Set, Addressee::Own, |request| Box::pin(set_read(request)))
        .iq(inbox, IqType::Get, Addressee::Other, |request| Box::pin(forbid(request)))
        .iq(read, IqType::Set, Addressee::Other, |request| Box::pin(forbid(request)))
        .discovered(Subject::Account, &[ns::INBOX])
        .discovered(Subject::Server, &[ns::INBOX])
}

async fn get(request: Request) -> Result<Stanza, Refusal> {
    let asked = PageRequest::read(request.payload()?)?;
    let (ctx, owner) = (request.ctx.clone(), request.session.user.clone());
    conversations::catch_up(&ctx, owner.account).await?;
    let inbox = request.ctx.db.read(move |tx| {
        let strangers = owner.slot::<Strangers>().unwrap_or_default();
        let rooms = match &ctx.contracts.memberships {
            Some(memberships) => memberships.of(tx, &owner.jid)?,
            None => Vec::new(),
        };
        let of = Owner { user: &owner, strangers: &strangers, rooms: &rooms };
        Stop::split(inbox(tx, ctx.state::<Archive>(), &of, &asked))
    });
    let xml = inbox.await??;
    Ok(request.done().with_element(xml))
}

/// The owner has read a conversation up to a message.
async fn set_read(request: Request) -> Result<Stanza, Refusal> {
    let read = request.payload()?;
    let (Some(with), Some(id)) = (read.attr("with"), read.attr("id")) else {
        return Err(Condition::BadRequest.into());
    };
    let peer = Jid::parse(&with).map_err(|_| Condition::JidMalformed)?;
    let (ctx, user, id) = (request.ctx.clone(), request.session.user.clone(), id.into_owned());
    let known = request.ctx.db.write(move |tx| {
        if ctx.contracts.log.read_up_to(tx, user.account, &peer, &id)? {
            return Ok(true);
        }
        read_room(&ctx.contracts, tx, &user.jid, &peer, &id)
    });
    if known.await? { Ok(request.done()) } else { Err(Condition::ItemNotFound.into()) }
}

/// Whose inbox.
struct Owner<'a> {
    user: &'a User,
    strangers: &'a Strangers,
    /// The rooms that they belong to.
    rooms: &'a [Membership],
}

/// A conversation by its newest message; later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    at: i64,
    /// Whose log: the account's, or a room's.
    log: i64,
    seq: i64,
}

impl Owner<'_> {
    fn waits(&self, peer: &Jid) -> bool {
        let standing = self.strangers.with(peer);
        matches!(standing, Some(Standing::Waiting { .. })) && !is_contact(self.user, peer)
    }
}

/// `<inbox/>` with one page of conversations, the one with the newest message first.
fn inbox(
    tx: &mut Tx<'_>,
    archive: &Archive,
    owner: &Owner<'_>,
    asked: &PageRequest,
) -> Result<Box<str>, Stop> {
    let account = owner.user.account;
    let declined = owner.strangers.all_that(|standing| standing == Standing::Declined);
    let hidden: HashSet<i64> = declined.iter().map(|peer| archive.peer(peer)).collect();
    let newest = conversations(tx, owner, &hidden)?;
    let max = asked.max.unwrap_or(PAGE_DEFAULT).min(PAGE_MAX);
    let logs = || std::iter::once(account).chain(owner.rooms.iter().map(|room| room.log.owner));
    let mut place = |id: &str| {
        let known = logs().find_map(|log| Some((log, archive.ids.seq(log, id)?)));
        let (log, seq) = known.ok_or(Stop::Refuse(Condition::ItemNotFound.into()))?;
        let row = tx.query_one(&WRITTEN, &[log.0.into(), seq.into()])?;
        let at = row.map_or(Ok(0), |row| row.int(0))?;
        Ok::<_, Stop>(Place { at, log: log.0, seq })
    };
    let (from, to) = cut(&newest, &asked.position, max, &mut place)?;
    let mut writer = Writer::within(ns::CLIENT);
    writer.start("inbox", ns::INBOX);
    let mut page = Page { count: Some(newest.len()), ..Page::default() };
    let mut bytes = 0;
    for (index, shown) in newest.iter().enumerate().take(to).skip(from) {
        // Large messages end the page early; the next one begins where it ended.
        if bytes > PAGE_BYTES {
            break;
        }
        let id = String::from(archive.ids.id(AccountId(shown.log), shown.seq));
        bytes += match owner.rooms.iter().find(|room| room.log.owner.0 == shown.log) {
            Some(room) => write_room(tx, &mut writer, archive, room, shown.seq, &id)?,
            None => write_conversation(tx, &mut writer, owner, shown.seq, &id)?,
        };
        page.first.get_or_insert_with(|| (id.clone(), Some(index)));
        page.last = Some(id);
    }
    page.write(&mut writer);
    writer.end();
    Ok(writer.finish_text().into())
}

/// The newest message of each conversation and room, newest first. Those that hold nothing
/// to read (receipts and the like) are left out, and those with the peers of `hidden`.
fn conversations(
    tx: &mut Tx<'_>,
    owner: &Owner<'_>,
    hidden: &HashSet<i64>,
) -> Result<Vec<Place>, DbError> {
    let account = owner.user.account.0;
    let mut newest = Vec::new();
    tx.each(&CONVERSATIONS, &[account.into()], |row| {
        if hidden.is_empty() || !hidden.contains(&row.int(1)?) {
            newest.push(Place { at: row.int(2)?, log: account, seq: row.int(0)? });
        }
        Ok(())
    })?;
    for room in owner.rooms {
        let log = room.log.owner.0;
        if let Some(row) = tx.query_one(&NEWEST, &[log.into()])? {
            newest.push(Place { at: row.int(1)?, log, seq: row.int(0)? });
        }
    }
    newest.sort_unstable_by(|a, b| b.cmp(a));
    Ok(newest)
}

/// Which of `newest` stand on the page. An id marks a place in a log, so a page can be
/// found also behind a conversation that has moved to the top since.
fn cut(
    newest: &[Place],
    position: &Position,
    max: usize,
    place: &mut impl FnMut(&str) -> Result<Place, Stop>,
) -> Result<(usize, usize), Stop> {
    let from = match position {
        Position::First => 0,
        Position::Index(index) => (*index).min(newest.len()),
        Position::After(id) => {
            let place = place(id)?;
            newest.partition_point(|newer| *newer >= place)
        }
        Position::Before(id) => {
            let place = id.as_deref().map(place).transpose()?;
            let to =
                place.map_or(newest.len(), |place| newest.partition_point(|newer| *newer > place));
            return Ok((to.saturating_sub(max), to));
        }
    };
    Ok((from, from.saturating_add(max).min(newest.len())))
}

/// Writes `<conversation/>` of a room; says how many bytes the message has.
fn write_room(
    tx: &mut Tx<'_>,
    writer: &mut Writer,
    archive: &Archive,
    room: &Membership,
    seq: i64,
    id: &str,
) -> Result<usize, DbError> {
    let Some(entry) = archive.entry(tx, &room.log, seq)? else { return Ok(0) };
    let unread = archive.unread(tx, &room.log, room.seen)?;
    let stanza = entry.stanza.to_xml();
    writer.start("conversation", ns::INBOX);
    writer.attr("jid", room.log.jid.as_str());
    writer.attr("type", "groupchat");
    writer.attr("unread", &unread.to_string());
    writer.attr("id", id);
    write_forwarded(writer, entry.at, &stanza);
    writer.end();
    Ok(stanza.len())
}

/// Writes `<conversation/>`; says how many bytes the message has.
fn write_conversation(
    tx: &mut Tx<'_>,
    writer: &mut Writer,
    owner: &Owner<'_>,
    seq: i64,
    id: &str,
) -> Result<usize, DbError> {
    let mut bytes = 0;
    tx.each(&CONVERSATION, &[owner.user.account.0.into(), seq.into(), UNREAD.into()], |row| {
        let stanza = row.text(2)?;
        let side = if row.int(1)? & SENT != 0 { "to" } else { "from" };
        let address = Element::new(stanza, "").attr(side).and_then(|text| Jid::parse(&text).ok());
        let Some(peer) = address else {
            // S22: one row that cannot be read keeps nobody from the rest.
            tracing::error!(target: "archive", seq, "an entry without an address was passed over");
            return Ok(());
        };
        // Beside a room stand its whispers; what else the account has of it says nothing.
        let is_room = owner.rooms.iter().any(|room| room.log.jid.same_bare(&peer));
        if is_room && !stanza.contains(ns::WHISPER) {
            return Ok(());
        }
        bytes = stanza.len();
        writer.start("conversation", ns::INBOX);
        writer.attr("jid", peer.bare_str());
        if is_room {
            writer.attr("type", "whispers");
        }
        writer.attr("unread", &row.int(3)?.to_string());
        writer.attr("id", id);
        if owner.waits(&peer) {
            writer.attr("request", "true");
        }
        write_forwarded(writer, Timestamp(row.int(0)?), stanza);
        writer.end();
        Ok(())
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
