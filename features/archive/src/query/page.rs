//! One page of what a query selects (XEP-0313 section 4.3, XEP-0059).
//!
//! What a page costs: one statement over its entries and one look-up for the id it
//! begins behind. The count comes with the first page, the last page and pages by
//! index, as long as it is at most [`COUNTED`]; asked for alone (`max` of 0) it is given
//! whatever it is.

use skein_base::{AccountId, Timestamp, limits};
use skein_db::{DbError, Tx};
use skein_xmpp::rsm::{Page, PageRequest, Position};
use skein_xmpp::{Condition, Stanza};

use crate::conversations::{self, Reference};
use crate::log::Archive;
use crate::query::Stop;
use crate::query::bounds::{self, Bounds};
use crate::query::proto::{Filter, Query, Results};
use crate::query::walk::{self, End, Selection, Way, walk};
use crate::rules::{OWED, SENT};
use crate::search;

/// Entries counted to tell how many there are in all; a million would take 100 ms.
const COUNTED: usize = 10_000;
/// Bytes of results where nothing else is said: half of what an outbox holds.
pub(crate) const PAGE_BYTES: usize = limits::OUTBOX_BYTES / 2;

/// Entries of a page when the client names no number, and at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) default: usize,
    pub(crate) max: usize,
    /// Bytes of results in one page, so that a page of large messages, the last one
    /// included, fits into the outbox.
    pub(crate) bytes: usize,
}

/// A page that was read.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The messages to send, oldest first.
    pub(crate) messages: Vec<Stanza>,
    /// Those among them that were owed to a client that does not read the archive.
    pub(crate) owed: Vec<i64>,
    /// Nothing lies beyond the page.
    pub(crate) complete: bool,
    /// What `<fin/>` says.
    pub(crate) page: Page,
}

/// Reads the page that `query` asks for.
pub(crate) fn read(
    tx: &mut Tx<'_>,
    archive: &Archive,
    account: AccountId,
    query: &Query,
    sizes: Sizes,
    results: &mut Results,
) -> Result<Read, Stop> {
    let selection = select(tx, archive, account, &query.filter)?;
    let max = query.page.max.unwrap_or(sizes.default).min(sizes.max);
    if max == 0 {
        return Ok(count_alone(tx, archive, &selection)?);
    }
    let (bounds, way) = locate(tx, archive, &selection, &query.page)?;
    let taken = take(tx, archive, &selection, (bounds, way), Sizes { max, ..sizes }, results)?;
    let counts = match &query.page.position {
        Position::First | Position::Index(_) | Position::Before(None) => true,
        Position::After(_) | Position::Before(Some(_)) => false,
    };
    let count = if counts { walk::count(tx, &selection, Some(COUNTED))? } else { None };
    Ok(taken.finish(archive, account, &query.page, way, count))
}

/// From a form to what it selects.
fn select(
    tx: &mut Tx<'_>,
    archive: &Archive,
    account: AccountId,
    filter: &Filter,
) -> Result<Selection, Stop> {
    let bounds = Bounds::of(tx, archive, account, filter)?;
    // A room's log is one conversation.
    let with = filter.with.as_ref().filter(|_| account.0 > 0);
    let peer = with.map(|with| archive.peer(with));
    let full = filter.with.clone().filter(|with| !with.is_bare());
    let mut picked = None;
    if let Some(ids) = &filter.ids {
        let mut places = Vec::with_capacity(ids.len());
        for id in ids {
            let place = bounds::find(tx, archive, account, id)?;
            if bounds.hold(place.seq) && peer.is_none_or(|peer| peer == place.peer) {
                places.push(place.seq);
            }
        }
        places.sort_unstable();
        places.dedup();
        picked = Some(places);
    }
    if let Some((id, peer)) = filter.message_id.as_ref().zip(peer) {
        let mut found = called(tx, archive, (account, peer), id)?;
        found.retain(|place| bounds.hold(*place));
        if let Some(named) = &picked {
            found.retain(|place| named.binary_search(place).is_ok());
        }
        picked = Some(found);
    }
    if let Some(text) = &filter.fulltext {
        let mut found = search::find(tx, account, text, bounds, peer)?;
        if let Some(named) = &picked {
            found.retain(|place| named.binary_search(place).is_ok());
        }
        picked = Some(found);
    }
    Ok(Selection { account, bounds, peer, full, picked })
}

/// The places of what either side of a conversation sent under an id; some of them, if they
/// are many.
fn called(
    tx: &mut Tx<'_>,
    archive: &Archive,
    (account, peer): (AccountId, i64),
    id: &str,
) -> Result<Vec<i64>, DbError> {
    let hash = archive.reference(id);
    let mut places = Vec::new();
    for side in [SENT, 0] {
        let reference = Reference { account, peer, hash, side, by: 0 };
        places.extend(conversations::all_referred(tx, reference)?.iter().map(|found| found.seq));
    }
    places.sort_unstable();
    Ok(places)
}

/// Where the page lies within what is selected.
fn locate(
    tx: &mut Tx<'_>,
    archive: &Archive,
    selection: &Selection,
    request: &PageRequest,
) -> Result<(Bounds, Way), Stop> {
    let (account, all) = (selection.account, selection.bounds);
    Ok(match &request.position {
        Position::First => (all, Way::Forward),
        Position::After(id) => {
            (all.after(bounds::position(tx, archive, account, id)?), Way::Forward)
        }
        Position::Before(None) => (all, Way::Backward),
        Position::Before(Some(id)) => {
            (all.before(bounds::position(tx, archive, account, id)?), Way::Backward)
        }
        // Each stanza would have to be read (XEP-0059 section 2.5 lets us refuse).
        Position::Index(_) if selection.full.is_some() => {
            return Err(Stop::Refuse(Condition::FeatureNotImplemented.into()));
        }
        Position::Index(index) => {
            let low = walk::nth(tx, selection, *index)?.unwrap_or(i64::MAX);
            (Bounds { low, ..all }, Way::Forward)
        }
    })
}

/// The count, and the ends of what is selected.
fn count_alone(tx: &mut Tx<'_>, archive: &Archive, selection: &Selection) -> Result<Read, DbError> {
    let count = walk::count(tx, selection, None)?;
    let mut ends = [None; 2];
    for (end, way) in ends.iter_mut().zip([Way::Forward, Way::Backward]) {
        walk(tx, selection, selection.bounds, way, 1, |seen| {
            let is_first = end.is_none();
            end.get_or_insert(seen.seq);
            is_first
        })?;
    }
    let id = |seq| String::from(archive.ids.id(selection.account, seq));
    let page = Page { first: ends[0].map(|seq| (id(seq), Some(0))), last: ends[1].map(id), count };
    Ok(Read { complete: count == Some(0), page, ..Read::default() })
}

/// Entries in the order of the walk.
struct Taken {
    messages: Vec<Stanza>,
    places: Vec<i64>,
    owed: Vec<i64>,
    end: End,
}

fn take(
    tx: &mut Tx<'_>,
    archive: &Archive,
    selection: &Selection,
    (bounds, way): (Bounds, Way),
    sizes: Sizes,
    results: &mut Results,
) -> Result<Taken, DbError> {
    let mut taken =
        Taken { messages: Vec::new(), places: Vec::new(), owed: Vec::new(), end: End::Reached };
    let mut bytes = 0;
    taken.end = walk(tx, selection, bounds, way, sizes.max, |seen| {
        if taken.messages.len() == sizes.max || bytes > sizes.bytes {
            return false;
        }
        let id = archive.ids.id(selection.account, seen.seq);
        let (message, len) = results.message(&id, Timestamp(seen.at), seen.stanza);
        bytes += len;
        taken.messages.push(message);
        taken.places.push(seen.seq);
        if seen.flags & OWED != 0 {
            taken.owed.push(seen.seq);
        }
        true
    })?;
    Ok(taken)
}

impl Taken {
    fn finish(
        mut self,
        archive: &Archive,
        account: AccountId,
        request: &PageRequest,
        way: Way,
        count: Option<usize>,
    ) -> Read {
        if way == Way::Backward {
            self.messages.reverse();
            self.places.reverse();
        }
        let (mut first, mut last) = (self.places.first().copied(), self.places.last().copied());
        // A filter by full address that found too little goes on where it stopped looking.
        if let End::Tired(seq) = self.end {
            match way {
                Way::Forward => last = Some(seq),
                Way::Backward => first = Some(seq),
            }
            first = first.or(last);
            last = last.or(first);
        }
        let index = match &request.position {
            Position::First => Some(0),
            Position::Index(index) => Some(*index),
            // Optional, and clients that see it on the last page think they are through.
            Position::After(_) | Position::Before(_) => None,
        };
        let id = |seq| String::from(archive.ids.id(account, seq));
        Read {
            messages: self.messages,
            owed: self.owed,
            complete: self.end == End::Reached,
            page: Page { first: first.map(|seq| (id(seq), index)), last: last.map(id), count },
        }
    }
}
