//! Retrieval of items (XEP-0060 section 6.5).

use skein_kernel::{Refusal, Request};
use skein_session::User;
use skein_xmpp::Stanza;

use crate::proto::{Items, write_items};
use crate::rules::{ANSWER_BYTES, ITEMS, Viewer, may_read, unreadable};
use crate::store::{self, Item};

/// The node's items, oldest first; only the newest if they are many.
pub(crate) async fn items(
    request: &Request,
    owner: &User,
    viewer: Viewer,
    wanted: Items,
) -> Result<Stanza, Refusal> {
    let account = owner.account;
    let name = wanted.node.clone();
    let found = request
        .ctx
        .db
        .read(move |tx| {
            let Some(config) = store::node(tx, account, &wanted.node)? else {
                return Ok(Err(unreadable(None, viewer)));
            };
            if !may_read(config.access, viewer) {
                return Ok(Err(unreadable(Some(config.access), viewer)));
            }
            if wanted.ids.is_empty() {
                return Ok(Ok(store::items(
                    tx,
                    account,
                    &wanted.node,
                    wanted.max.unwrap_or(ITEMS),
                )?));
            }
            let mut items = Vec::new();
            for id in wanted.ids.iter().rev() {
                items.extend(store::item(tx, account, &wanted.node, id)?);
            }
            Ok(Ok(items))
        })
        .await??;
    let kept = &found[..fitting(&found)];
    Ok(request.result(|writer| write_items(writer, &name, kept.iter().rev())))
}

/// How many of `items` fit into one answer: one at least.
fn fitting(items: &[Item]) -> usize {
    let mut room = ANSWER_BYTES;
    let fits = |item: &&Item| {
        let bytes = item.id.len() + item.payload.len();
        let fits = bytes <= room;
        room = room.saturating_sub(bytes);
        fits
    };
    items.iter().take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_bounded_and_not_empty() {
        let item = || Item { id: "i".into(), payload: "x".repeat(crate::rules::ITEM_BYTES) };
        let items: Vec<Item> = std::iter::repeat_with(item).take(10).collect();
        assert_eq!(fitting(&items[..1]), 1);
        assert_eq!(fitting(&items), 3);
    }
}
