//! The avatar's hash in presence (XEP-0153, XEP-0398).

use std::sync::Arc;

use skein_base::AccountId;
use skein_db::{DbError, Tx};
use skein_kernel::{Ctx, Sending};
use skein_session::User;
use skein_session::user::Slot;
use skein_xml::Element;
use skein_xmpp::{Stanza, ns};

use crate::store;

/// The hash of the avatar of a user that is loaded.
#[derive(Default)]
pub(crate) struct Photo(Option<Box<str>>);

/// The slot.
pub(crate) fn load(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Slot>, DbError> {
    let photo = store::photo(tx, account)?;
    Ok(photo.map(|hash| Arc::new(Photo(Some(hash.into()))) as Slot))
}

fn is_update(child: Element<'_>) -> bool {
    child.is("x", ns::VCARD_UPDATE)
}

/// Puts the hash into presence that leaves.
pub(crate) fn tell(sending: &Sending<'_>, presence: &mut Stanza) {
    let photo = sending.session.user.slot::<Photo>();
    let hash = photo.as_ref().and_then(|photo| photo.0.as_deref());
    if let Some(told) = told(presence, hash) {
        *presence = told;
    }
}

/// The presence as it is to be told, if that is not as it is (XEP-0398 section 5). A client
/// that shows no image, by an empty `<photo/>`, shows none.
fn told(presence: &Stanza, hash: Option<&str>) -> Option<Stanza> {
    let said = presence.children().find(|child| is_update(*child));
    let said =
        said.map(|x| x.child("photo", ns::VCARD_UPDATE).map(|photo| photo.text().into_owned()));
    match (&said, hash) {
        (None, None) => return None,
        (Some(Some(shown)), hash) if shown.is_empty() || Some(shown.as_str()) == hash => {
            return None;
        }
        _ => {}
    }
    let mut bare = presence.clone();
    bare.strip(is_update);
    let children: Vec<Element<'_>> = bare.children().collect();
    Some(bare.clone().with_content(|writer| {
        for child in children {
            writer.element(child);
        }
        writer.start("x", ns::VCARD_UPDATE);
        writer.leaf("photo", ns::VCARD_UPDATE, hash.unwrap_or_default());
        writer.end();
    }))
}

/// The avatar has changed perhaps: contacts are told.
pub(crate) async fn refresh(ctx: &Arc<Ctx>, owner: &Arc<User>) -> Result<(), DbError> {
    let account = owner.account;
    let hash = ctx.db.read(move |tx| store::photo(tx, account)).await?;
    let before = owner.slot::<Photo>().unwrap_or_default();
    if before.0.as_deref() == hash.as_deref() {
        return Ok(());
    }
    owner.set_slot(Photo(hash.clone().map(Into::into)));
    for session in owner.available() {
        let Some(mut presence) = session.presence() else { continue };
        // What the server said of the old image is no word of the client.
        let was_told = presence.children().any(|child| {
            is_update(child)
                && child.child("photo", ns::VCARD_UPDATE).is_some_and(|photo| {
                    photo.text().is_empty() || Some(&*photo.text()) == before.0.as_deref()
                })
        });
        if was_told && before.0.is_some() {
            presence.strip(is_update);
        }
        let Some(told) = told(&presence, hash.as_deref()).or(was_told.then_some(presence)) else {
            continue;
        };
        let contract = ctx.contracts.presence.clone();
        if let Err(refusal) = contract.outgoing(ctx.clone(), session.clone(), told).await {
            tracing::debug!(target: "profile", %refusal, "presence was not told anew");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xmpp::{Kind, PresenceType};

    fn presence(x: Option<&str>) -> Stanza {
        Stanza::new(Kind::Presence(PresenceType::Available)).with_content(|writer| {
            writer.leaf("show", ns::CLIENT, "away");
            if let Some(x) = x {
                writer.start("x", ns::VCARD_UPDATE);
                if !x.is_empty() {
                    writer.leaf("photo", ns::VCARD_UPDATE, x.trim());
                }
                writer.end();
            }
        })
    }

    fn photo(told: &Stanza) -> String {
        let x = told.child("x", ns::VCARD_UPDATE).expect("told");
        x.child("photo", ns::VCARD_UPDATE).expect("a photo").text().into_owned()
    }

    /// XEP-0398 section 5. `" "` stands for an empty `<photo/>`, `""` for none.
    #[test]
    fn presence_has_the_hash_unless_the_client_shows_no_image() {
        for (x, expected) in [
            (None, Some("new")),
            (Some(""), Some("new")),
            (Some("old"), Some("new")),
            (Some("new"), None),
            (Some(" "), None),
        ] {
            let told = told(&presence(x), Some("new"));
            assert_eq!(told.as_ref().map(photo).as_deref(), expected, "{x:?}");
            assert!(told.is_none_or(|told| told.has("show", ns::CLIENT)));
        }
        assert_eq!(told(&presence(None), None), None);
        assert_eq!(photo(&told(&presence(Some("old")), None).expect("told")), "");
    }
}
