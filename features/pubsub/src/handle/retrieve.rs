//! Retrieval of items (XEP-0060 section 6.5).

use skein_db::Tx;
use skein_kernel::Refusal;
use skein_xmpp::rsm::{Page, PageRequest, Position};
use skein_xmpp::{Condition, Stanza};

use crate::place::{Call, Stop};
use crate::proto::{Items, write_items};
use crate::rules::{ANSWER_BYTES, may_read, unreadable};
use crate::store::{self, Stored};

/// The node's items, oldest first; only the newest if they are many.
pub(super) async fn items(call: &Call, wanted: Items) -> Result<Stanza, Refusal> {
    let name = wanted.node.clone();
    let (found, page) = call
        .read(move |call, tx| {
            let (node, standing) = call.find(tx, &wanted.node)?;
            if !may_read(node.config.access, &standing) {
                return Err(unreadable(&node.config, &standing).into());
            }
            let (owner, now) = (call.owner(), call.ctx.now());
            if !wanted.ids.is_empty() {
                let mut items = Vec::new();
                for id in wanted.ids.iter().rev() {
                    items.extend(store::item(tx, owner, &wanted.node, id, now)?);
                }
                return Ok((items, None));
            }
            match &wanted.page {
                Some(request) => page(call, tx, &wanted.node, request),
                None => newest(call, tx, &wanted.node, wanted.max),
            }
        })
        .await?;
    Ok(call.result(|writer| write_items(writer, &name, found.iter().rev(), page.as_ref())))
}

type Found = (Vec<Stored>, Option<Page>);

/// The newest items that fit into one answer, with a note if there are more (section 6.5.4).
fn newest(call: &Call, tx: &mut Tx<'_>, name: &str, max: Option<u32>) -> Result<Found, Stop> {
    let (owner, now, most) = (call.owner(), call.ctx.now(), call.bounds().items);
    let mut items = store::items(tx, owner, name, max.unwrap_or(most).min(most), now)?;
    let fit = fitting(&items);
    if fit == items.len() {
        return Ok((items, None));
    }
    items.truncate(fit);
    let count = usize::try_from(store::count_items(tx, owner, name)?).ok();
    let id = |item: Option<&Stored>| item.map(|stored| stored.item.id.clone());
    let first = id(items.last()).map(|first| (first, None));
    let last = id(items.first());
    Ok((items, Some(Page { first, last, count })))
}

/// A page of the items (XEP-0059), from the oldest on.
fn page(call: &Call, tx: &mut Tx<'_>, name: &str, request: &PageRequest) -> Result<Found, Stop> {
    let (owner, now, most) = (call.owner(), call.ctx.now(), call.bounds().items);
    let all = store::ids(tx, owner, name, most, now)?;
    let range = cut(&all, request).ok_or(Condition::ItemNotFound)?;
    let mut page = Page { count: Some(all.len()), ..Page::default() };
    let (Some(first), Some(last)) = (all.get(range.start), all[..range.end].last()) else {
        return Ok((Vec::new(), Some(page)));
    };
    if range.is_empty() {
        return Ok((Vec::new(), Some(page)));
    }
    let mut items = store::items_between(tx, owner, name, (first.1, last.1), now)?;
    let mut start = range.start;
    let fit = match request.position {
        // The end that the client is at stays.
        Position::Before(_) => {
            let fit = fitting(&items);
            start = range.end - fit;
            items.truncate(fit);
            fit
        }
        _ => {
            items.reverse();
            let fit = fitting(&items);
            items.truncate(fit);
            items.reverse();
            fit
        }
    };
    page.first = all.get(start).map(|(id, _)| (id.clone(), Some(start)));
    page.last = all.get(start + fit - 1).map(|(id, _)| id.clone());
    Ok((items, Some(page)))
}

/// The part of `all` that a page request names; `None` if it names an item that is none.
pub(super) fn cut(all: &[(String, i64)], request: &PageRequest) -> Option<std::ops::Range<usize>> {
    let place = |id: &str| all.iter().position(|(known, _)| known == id);
    let max = request.max.unwrap_or(all.len());
    Some(match &request.position {
        Position::First => 0..max.min(all.len()),
        Position::After(id) => {
            let start = place(id)? + 1;
            start..start.saturating_add(max).min(all.len())
        }
        Position::Before(id) => {
            let end = id.as_ref().map_or(Some(all.len()), |id| place(id))?;
            end.saturating_sub(max)..end
        }
        Position::Index(start) => {
            let start = (*start).min(all.len());
            start..start.saturating_add(max).min(all.len())
        }
    })
}

/// How many of `items` fit into one answer: one at least.
fn fitting(items: &[Stored]) -> usize {
    let mut room = ANSWER_BYTES;
    let fits = |stored: &&Stored| {
        let bytes = stored.item.id.len() + stored.item.payload.len();
        let fits = bytes <= room;
        room = room.saturating_sub(bytes);
        fits
    };
    items.iter().take_while(fits).count().max(items.len().min(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_kernel::contracts::Item;

    #[test]
    fn an_answer_is_bounded_and_not_empty() {
        let item = |bytes| Stored {
            item: Item { id: "i".into(), payload: "x".repeat(bytes) },
            publisher: String::new(),
        };
        assert_eq!(fitting(&[item(ANSWER_BYTES * 2)]), 1);
        assert_eq!(fitting(&[]), 0);
        let items: Vec<Stored> = (0..10).map(|_| item(128 * 1024)).collect();
        assert_eq!(fitting(&items), 3);
    }

    #[test]
    fn pages_are_cut_from_the_oldest_item_on() {
        let all: Vec<(String, i64)> = ["a", "b", "c", "d"].map(|id| (id.to_owned(), 0)).into();
        let cut = |max, position| cut(&all, &PageRequest { max, position });
        assert_eq!(cut(None, Position::First), Some(0..4));
        assert_eq!(cut(Some(2), Position::First), Some(0..2));
        assert_eq!(cut(Some(2), Position::After("b".into())), Some(2..4));
        assert_eq!(cut(Some(2), Position::After("d".into())), Some(4..4));
        assert_eq!(cut(Some(3), Position::Before(None)), Some(1..4));
        assert_eq!(cut(Some(3), Position::Before(Some("c".into()))), Some(0..2));
        assert_eq!(cut(Some(3), Position::Index(3)), Some(3..4));
        assert_eq!(cut(Some(3), Position::Index(9)), Some(4..4));
        assert_eq!(cut(Some(0), Position::First), Some(0..0));
        assert_eq!(cut(None, Position::After("x".into())), None);
    }
}
