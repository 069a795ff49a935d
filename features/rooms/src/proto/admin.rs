//! `<query/>` of `muc#admin` (XEP-0045 sections 8 to 10).

use skein_base::limits;
use skein_xml::{Element, Writer};
use skein_xmpp::{Condition, Jid, StanzaError, ns};

use crate::proto::note_of;
use crate::rules::affiliation::Affiliation;
use crate::rules::role::Role;

/// Whom an item is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whom {
    Account(Jid),
    Nick(String),
}

/// What an item asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Affiliation(Affiliation),
    Role(Role),
}

/// `<item/>` of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) whom: Whom,
    pub(crate) wish: Wish,
    pub(crate) reason: Option<String>,
    /// The nickname to keep for a new member, where `whom` is an account.
    pub(crate) nick: Option<String>,
}

impl Item {
    /// An account shall have the affiliation.
    pub(crate) fn of_account(who: &Jid, affiliation: Affiliation) -> Self {
        let (whom, wish) = (Whom::Account(who.bare()), Wish::Affiliation(affiliation));
        Self { whom, wish, reason: None, nick: None }
    }
}

/// The items of a set.
pub(crate) fn read_items(query: Element<'_>) -> Result<Vec<Item>, StanzaError> {
    let items: Vec<Item> = query
        .children()
        .filter(|child| child.is("item", ns::MUC_ADMIN))
        .take(limits::ROOM_ITEMS + 1)
        .map(read_item)
        .collect::<Result<_, _>>()?;
    if items.is_empty() || items.len() > limits::ROOM_ITEMS {
        return Err(Condition::BadRequest.into());
    }
    Ok(items)
}

fn read_item(item: Element<'_>) -> Result<Item, StanzaError> {
    let wish = match (item.attr("affiliation"), item.attr("role")) {
        (Some(affiliation), None) => Affiliation::named(&affiliation).map(Wish::Affiliation),
        (None, Some(role)) => Role::named(&role).map(Wish::Role),
        _ => None,
    };
    let wish = wish.ok_or(Condition::BadRequest)?;
    let nick = item.attr("nick").map(|nick| nick.into_owned());
    let whom = match item.attr("jid") {
        Some(jid) => {
            let jid = Jid::parse(&jid).map_err(|_| Condition::JidMalformed)?;
            Whom::Account(jid.bare())
        }
        None => Whom::Nick(nick.clone().ok_or(Condition::BadRequest)?),
    };
    Ok(Item { whom, wish, reason: note_of(item, "reason")?, nick })
}

/// What a get asks to list.
pub(crate) fn read_wish(query: Element<'_>) -> Result<Wish, StanzaError> {
    let item = query.child("item", ns::MUC_ADMIN).ok_or(Condition::BadRequest)?;
    let affiliation = item.attr("affiliation").and_then(|name| Affiliation::named(&name));
    let role = item.attr("role").and_then(|name| Role::named(&name));
    affiliation
        .map(Wish::Affiliation)
        .or(role.map(Wish::Role))
        .ok_or_else(|| Condition::BadRequest.into())
}

/// Writes an item of a list.
pub(crate) fn write_item(
    writer: &mut Writer,
    affiliation: Affiliation,
    role: Option<Role>,
    jid: Option<&str>,
    nick: Option<&str>,
) {
    writer.start("item", ns::MUC_ADMIN);
    writer.attr("affiliation", affiliation.name());
    if let Some(jid) = jid {
        writer.attr("jid", jid);
    }
    if let Some(nick) = nick {
        writer.attr("nick", nick);
    }
    if let Some(role) = role {
        writer.attr("role", role.name());
    }
    writer.end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_xml::{Document, Limits};

    fn items(text: &str) -> Result<Vec<Item>, Condition> {
        let text = format!("<query xmlns='{}'>{text}</query>", ns::MUC_ADMIN);
        let document = Document::parse(&text, &Limits::after_login()).expect("well-formed");
        read_items(document.root()).map_err(|error| error.condition)
    }

    /// Examples of sections 8.2, 9.1 and 9.2.
    #[test]
    fn items_of_the_specification_are_read() {
        assert_eq!(
            items("<item nick='pistol' role='none'><reason>Avaunt, you cullion!</reason></item>"),
            Ok(vec![Item {
                whom: Whom::Nick("pistol".into()),
                wish: Wish::Role(Role::None),
                reason: Some("Avaunt, you cullion!".into()),
                nick: Some("pistol".into()),
            }])
        );
        let banned = items("<item affiliation='outcast' jid='earlofcambridge@shakespeare.lit/x'/>");
        let jid = Jid::parse("earlofcambridge@shakespeare.lit").expect("an address");
        assert_eq!(banned.map(|items| items[0].whom.clone()), Ok(Whom::Account(jid)));
    }

    #[test]
    fn items_that_say_nothing_or_two_things_are_refused() {
        for bad in [
            "",
            "<item/>",
            "<item nick='a'/>",
            "<item role='none'/>",
            "<item nick='a' role='king'/>",
            "<item nick='a' role='none' affiliation='none'/>",
        ] {
            assert_eq!(items(bad), Err(Condition::BadRequest), "{bad}");
        }
        assert_eq!(items("<item jid='@@' affiliation='none'/>"), Err(Condition::JidMalformed));
        let with_reason = |length| {
            let reason = "x".repeat(length);
            items(&format!("<item nick='a' role='none'><reason>{reason}</reason></item>"))
        };
        assert!(with_reason(limits::ROOM_NOTE_BYTES).is_ok());
        let longer = with_reason(limits::ROOM_NOTE_BYTES + 1);
        assert_eq!(longer, Err(Condition::NotAcceptable));
    }
}
