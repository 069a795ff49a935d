//! A page of a room's archive with the reader's own whispers in their places between the
//! room's messages (docs/ephemeral.md).
//!
//! Whispers stand in the logs of their parties' accounts and the room's log knows nothing of
//! them. Both are walked and joined by the numbers of messages, which rise in the order in
//! which messages were taken. So an id of either log is a place in both.

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Tx};
use skein_xml::Element;
use skein_xmpp::rsm::{Page, Position};
use skein_xmpp::{Condition, ns};

use crate::log::Archive;
use crate::query::Stop;
use crate::query::bounds::{self, Bounds};
use crate::query::page::{Read, Sizes};
use crate::query::proto::{Filter, Query, Results};
use crate::query::walk::{Seen, Selection, Way, walk};

/// The two logs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Logs {
    pub(crate) room: AccountId,
    pub(crate) reader: AccountId,
    /// The room, as the reader's log names it.
    pub(crate) peer: i64,
}

/// A place in what is joined.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// The message's.
    number: i64,
    is_whisper: bool,
    seq: i64,
}

/// A stretch of both logs.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    room: Bounds,
    own: Bounds,
}

struct Item {
    point: Point,
    at: Timestamp,
    stanza: String,
}

/// Whether a page can be joined; other pages show the room's messages alone.
pub(crate) fn joins(query: &Query) -> bool {
    let Filter { whispers, with, fulltext, ids, .. } = &query.filter;
    *whispers && with.is_none() && fulltext.is_none() && ids.is_none() && query.page.max != Some(0)
}

/// Reads the page that `query` asks for.
pub(crate) fn read(
    tx: &mut Tx<'_>,
    archive: &Archive,
    logs: Logs,
    query: &Query,
    sizes: Sizes,
    results: &mut Results,
) -> Result<Read, Stop> {
    let max = query.page.max.unwrap_or(sizes.default).min(sizes.max);
    let mut stretch = filtered(tx, archive, logs, &query.filter)?;
    let way = match &query.page.position {
        Position::First => Way::Forward,
        Position::After(id) => {
            stretch = beside(tx, archive, logs, stretch, id, Way::Forward)?;
            Way::Forward
        }
        Position::Before(None) => Way::Backward,
        Position::Before(Some(id)) => {
            stretch = beside(tx, archive, logs, stretch, id, Way::Backward)?;
            Way::Backward
        }
        Position::Index(_) => return Err(Stop::Refuse(Condition::FeatureNotImplemented.into())),
    };
    let mut items = of_room(tx, logs, stretch, way, max)?;
    items.extend(of_reader(tx, logs, stretch, way, max)?);
    items.sort_unstable_by_key(|item| item.point.number);
    if way == Way::Backward {
        items.reverse();
    }
    Ok(page(archive, logs, items, (max, sizes.bytes), way, results))
}

fn page(
    archive: &Archive,
    logs: Logs,
    items: Vec<Item>,
    (max, most_bytes): (usize, usize),
    way: Way,
    results: &mut Results,
) -> Read {
    let all = items.len();
    let mut read = Read::default();
    let (mut bytes, mut ids) = (0, Vec::new());
    for Item { point, at, stanza } in items {
        if ids.len() == max || bytes > most_bytes {
            break;
        }
        let owner = if point.is_whisper { logs.reader } else { logs.room };
        let id = String::from(archive.ids.id(owner, point.seq));
        let (message, len) = results.message(&id, at, &stanza);
        bytes += len;
        read.messages.push(message);
        ids.push(id);
    }
    // Each log gave one more than fits, if it had as many.
    read.complete = ids.len() == all;
    if way == Way::Backward {
        read.messages.reverse();
        ids.reverse();
    }
    read.page = Page {
        first: ids.first().map(|id| (id.clone(), None)),
        last: ids.last().cloned(),
        count: None,
    };
    read
}

fn filtered(
    tx: &mut Tx<'_>,
    archive: &Archive,
    logs: Logs,
    filter: &Filter,
) -> Result<Stretch, Stop> {
    let mut stretch = Stretch { room: Bounds::ALL, own: Bounds::ALL };
    if let Some(id) = &filter.after_id {
        stretch = beside(tx, archive, logs, stretch, id, Way::Forward)?;
    }
    if let Some(id) = &filter.before_id {
        stretch = beside(tx, archive, logs, stretch, id, Way::Backward)?;
    }
    for (bounds, owner) in [(&mut stretch.room, logs.room), (&mut stretch.own, logs.reader)] {
        if let Some(start) = filter.start {
            bounds.low = bounds.low.max(bounds::place_of(tx, owner, start)?);
        }
        if let Some(end) = filter.end {
            let end = Timestamp(end.0.saturating_add(1));
            *bounds = bounds.before(bounds::place_of(tx, owner, end)?);
        }
    }
    Ok(stretch)
}

/// The part of both logs behind an id of either ([`Way::Forward`]), or before it.
fn beside(
    tx: &mut Tx<'_>,
    archive: &Archive,
    logs: Logs,
    Stretch { room, own }: Stretch,
    id: &str,
    way: Way,
) -> Result<Stretch, Stop> {
    let point = point(tx, archive, logs, id)?;
    let cut = |bounds: Bounds, seq| match way {
        Way::Forward => bounds.after(seq),
        Way::Backward => bounds.before(seq),
    };
    // The first entry of the other log that is behind the message.
    let mut cut_other = |bounds: Bounds, other| {
        let next = bounds::place_behind(tx, other, point.number)?;
        Ok::<_, Stop>(match way {
            Way::Forward => Bounds { low: bounds.low.max(next), ..bounds },
            Way::Backward => bounds.before(next),
        })
    };
    Ok(if point.is_whisper {
        Stretch { room: cut_other(room, logs.room)?, own: cut(own, point.seq) }
    } else {
        Stretch { room: cut(room, point.seq), own: cut_other(own, logs.reader)? }
    })
}

/// The place of an id of either log; one of somebody else's log is not known.
fn point(tx: &mut Tx<'_>, archive: &Archive, logs: Logs, id: &str) -> Result<Point, Stop> {
    let is_whisper = archive.ids.seq(logs.room, id).is_none();
    let owner = if is_whisper { logs.reader } else { logs.room };
    let seq = bounds::position(tx, archive, owner, id)?;
    Ok(Point { number: bounds::number_of(tx, owner, seq)?, is_whisper, seq })
}

fn of_room(
    tx: &mut Tx<'_>,
    logs: Logs,
    stretch: Stretch,
    way: Way,
    max: usize,
) -> Result<Vec<Item>, DbError> {
    let bounds = stretch.room;
    let selection = Selection { account: logs.room, bounds, peer: None, full: None, picked: None };
    let mut items = Vec::new();
    walk(tx, &selection, bounds, way, max, |seen| {
        items.push(item(seen, false));
        items.len() <= max
    })?;
    Ok(items)
}

/// Whispers stand among other messages of the room to the reader, such as invitations.
fn of_reader(
    tx: &mut Tx<'_>,
    logs: Logs,
    stretch: Stretch,
    way: Way,
    max: usize,
) -> Result<Vec<Item>, DbError> {
    let mut bounds = stretch.own;
    let mut items: Vec<Item> = Vec::new();
    loop {
        let selection = Selection {
            account: logs.reader,
            bounds,
            peer: Some(logs.peer),
            full: None,
            picked: None,
        };
        let (mut looked_at, mut last) = (0, None);
        walk(tx, &selection, bounds, way, max, |seen| {
            (looked_at, last) = (looked_at + 1, Some(seen.seq));
            if is_whisper(seen.stanza) {
                items.push(item(seen, true));
            }
            items.len() <= max
        })?;
        match last {
            Some(last) if looked_at > max && items.len() <= max => {
                bounds = match way {
                    Way::Forward => bounds.after(last),
                    Way::Backward => bounds.before(last),
                };
            }
            _ => return Ok(items),
        }
    }
}

fn item(seen: &Seen<'_>, is_whisper: bool) -> Item {
    let point = Point { number: seen.message, is_whisper, seq: seen.seq };
    Item { point, at: Timestamp(seen.at), stanza: seen.stanza.to_owned() }
}

fn is_whisper(stanza: &str) -> bool {
    stanza.contains(ns::WHISPER) && Element::new(stanza, "").child("whisper", ns::WHISPER).is_some()
}
