//! The room's card and with it its avatar (XEP-0054, XEP-0486).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use skein_base::limits;
use skein_base::rng::to_hex;
use skein_kernel::{Refusal, Reply};
use skein_xml::{Document, Limits};
use skein_xmpp::{Condition, Kind, PresenceType, Stanza, ns};

use crate::handle::At;
use crate::handle::effects;
use crate::room::Room;
use crate::room::change::change;
use crate::room::fan::Fan;
use crate::rules::affiliation::Affiliation;
use crate::rules::rights::Action;
use crate::rules::voice;
use crate::store;

/// The card, for those who may know the room.
pub(crate) fn get(at: &At) -> Result<Reply, Refusal> {
    let state = at.room.state();
    let is_stranger = state.affiliation(&at.session.user.jid) < Affiliation::Member
        && state.inside(at.session.id).is_none();
    if is_stranger && (state.config.members_only || state.locked) && !state.config.public {
        return Err(Condition::ItemNotFound.into());
    }
    let card = state.vcard.clone();
    let Some(card) = card.and_then(|card| Document::parse(&card, &Limits::kept()).ok()) else {
        return Ok(at.result(|writer| writer.leaf("vCard", ns::VCARD, "")));
    };
    Ok(at.result(|writer| writer.element(card.root())))
}

/// Somebody who may edit sets it.
pub(crate) async fn set(at: At) -> Result<Reply, Refusal> {
    let payload = at.stanza.child("vCard", ns::VCARD).ok_or(Condition::BadRequest)?;
    let mut writer = skein_xml::Writer::new();
    writer.element(payload);
    let card: Arc<str> = writer.finish_text().into();
    if card.len() > limits::ROOM_CARD_BYTES {
        return Err(Condition::NotAcceptable.into());
    }
    let _door = at.room.door.lock().await;
    let is_stored = {
        let state = at.room.state();
        let affiliation = state.affiliation(&at.session.user.jid);
        if affiliation < Affiliation::Member && state.inside(at.session.id).is_none() {
            return Err(Condition::Forbidden.into());
        }
        voice::may(&state.config, state.standing_of(&at.session), Action::Edit)?;
        !state.locked
    };
    if !is_stored {
        return Err(Condition::UnexpectedRequest.into());
    }
    let (room, kept) = (at.room.clone(), card.clone());
    let write = move |tx: &mut skein_db::Tx<'_>| store::set_vcard(tx, room.jid(), &kept);
    let room = at.room.clone();
    let apply = move |()| {
        let mut fan = Fan::default();
        let mut state = room.state();
        let presence = presence(&room, avatar_hash(&card));
        state.vcard = Some(card);
        effects::tell_codes(&room, &state, &mut fan, &[104]);
        fan.all(&state, &presence, true);
    };
    change(&at.ctx, write, apply).await?;
    Ok(at.done())
}

/// The hash of the picture in a card, as XEP-0153 names it.
pub(crate) fn avatar_hash(card: &str) -> Option<String> {
    let card = Document::parse(card, &Limits::kept()).ok()?;
    let picture = card.root().child("PHOTO", ns::VCARD)?.child("BINVAL", ns::VCARD)?;
    let text: String = picture.text().split_whitespace().collect();
    let bytes = STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty())?;
    Some(to_hex(&Sha1::digest(&bytes)))
}

/// The room's own presence, which names its avatar.
pub(crate) fn presence(room: &Room, hash: Option<String>) -> Stanza {
    let mut stanza = Stanza::new(Kind::Presence(PresenceType::Available));
    stanza.from = Some(room.jid().clone());
    stanza.with_content(|writer| {
        writer.start("x", ns::VCARD_UPDATE);
        writer.leaf("photo", ns::VCARD_UPDATE, &hash.unwrap_or_default());
        writer.end();
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_picture() {
        let card = |photo: &str| format!("<vCard xmlns='vcard-temp'>{photo}</vCard>");
        let picture = card("<PHOTO><TYPE>image/png</TYPE><BINVAL>YW\n Jj</BINVAL></PHOTO>");
        let expected = "a9993e364706816aba3e25717850c26c9cd0d89d";
        assert_eq!(avatar_hash(&picture).as_deref(), Some(expected));
        for none in ["", "<PHOTO/>", "<PHOTO><BINVAL>!</BINVAL></PHOTO>", "<FN>x</FN>"] {
            assert_eq!(avatar_hash(&card(none)), None, "{none}");
        }
    }
}
