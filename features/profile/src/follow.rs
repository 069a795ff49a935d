//! What follows when clients publish avatars and vCards.

use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_kernel::Ctx;
use skein_kernel::contracts::{Audience, Change, Changes, Item, Published};
use skein_xmpp::{Condition, StanzaError, ns};

use crate::avatar::{hash, read_data, read_metadata};
use crate::store;

/// Checks an image, remembers which one is shown, and that a vCard is newer than the old one.
pub(crate) fn follow(
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    account: AccountId,
    changes: &Changes,
) -> Result<Result<Vec<Changes>, StanzaError>, DbError> {
    match changes.node.as_str() {
        ns::AVATAR_DATA => {
            let most = ctx.config.limits.avatar_bytes;
            for change in &changes.changes {
                if let Change::Publish(item) = change
                    && let Err(error) = check(item, most)
                {
                    return Ok(Err(error));
                }
            }
        }
        ns::AVATAR_METADATA => {
            if let Some(published) = ctx.contracts.published.as_deref() {
                let shown = shown(published, tx, account, changes)?;
                store::set_photo(tx, account, shown.as_deref())?;
            }
        }
        ns::VCARD4_NODE => store::set_vcard(tx, account, None)?,
        _ => {}
    }
    Ok(Ok(Vec::new()))
}

/// Whether an item is an image that is not too large and is named by its hash.
pub(crate) fn check(item: &Item, most: usize) -> Result<(), StanzaError> {
    let refused = |why: &str| Err(StanzaError::new(Condition::NotAcceptable).text(why));
    match read_data(&item.payload) {
        None => refused("an avatar is an image in base64"),
        Some(image) if image.len() > most => refused("the image is too large for an avatar"),
        Some(image) if !hash(&image).eq_ignore_ascii_case(&item.id) => {
            refused("an avatar's id is its SHA-1")
        }
        Some(_) => Ok(()),
    }
}

/// The hash of the image that contacts are to see: the last that is said to be shown, if it
/// is there and others may see it.
fn shown(
    published: &dyn Published,
    tx: &mut Tx<'_>,
    account: AccountId,
    changes: &Changes,
) -> Result<Option<String>, DbError> {
    let Some(Change::Publish(item)) = changes.changes.last() else { return Ok(None) };
    if changes.audience == Audience::Owner {
        return Ok(None);
    }
    for info in read_metadata(&item.payload).unwrap_or_default() {
        if published.item(tx, account, ns::AVATAR_DATA, &info.id)?.is_some() {
            return Ok(Some(info.id));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::avatar::write_data;

    #[test]
    fn an_image_is_named_by_its_hash_and_small() {
        let image = vec![7; 100];
        let item = Item { id: hash(&image), payload: write_data(&image) };
        assert_eq!(check(&item, 100), Ok(()));
        assert!(check(&item, 99).is_err());
        assert!(check(&Item { id: hash(b"other"), ..item.clone() }, 100).is_err());
        assert!(check(&Item { payload: "<data xmlns='urn:x'/>".into(), ..item }, 100).is_err());
    }
}
