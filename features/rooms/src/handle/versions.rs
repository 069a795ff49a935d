//! Versions of a room's affiliations (XEP-0463): what a client that enters has missed.

use skein_db::{DbError, Tx};
use skein_xml::Element;
use skein_xmpp::{Condition, Jid, Kind, MessageType, Stanza, StanzaError, ns};

use crate::room::{Room, State};
use crate::rules::affiliation::Affiliation;
use crate::store;

/// Items of one message.
const ITEMS: usize = 200;

/// `<mav/>` of who enters: the version that they know, if it can be one.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    since: Option<String>,
}

impl Asked {
    pub(crate) fn read(x: Element<'_>) -> Option<Self> {
        let mav = x.child("mav", ns::MAV)?;
        Some(Self { since: mav.attr("since").map(|since| since.into_owned()) })
    }

    /// Who stands otherwise since then; `None` if everything is to be told.
    pub(crate) fn look(&self, tx: &mut Tx<'_>, room: i64) -> Result<Option<Vec<Jid>>, DbError> {
        let version = self.since.as_deref().and_then(|since| number(room, since));
        version.map_or(Ok(None), |version| store::changed_since(tx, room, version))
    }

    /// The messages that tell it, before any presence (section 4.2.1).
    pub(crate) fn answers(
        &self,
        room: &Room,
        state: &State,
        asker: Affiliation,
        changed: Option<&[Jid]>,
    ) -> Vec<Stanza> {
        let until = name(room.id(), state.version);
        let all: Vec<(&Jid, Affiliation)> = match changed {
            Some(changed) => changed.iter().map(|jid| (jid, state.affiliation(jid))).collect(),
            None => state.affiliations.iter().map(|(jid, kept)| (jid, kept.affiliation)).collect(),
        };
        // The list of the banned is for owners and admins.
        let hides = |affiliation: Affiliation| {
            affiliation == Affiliation::Outcast && asker < Affiliation::Admin
        };
        let shown: Vec<(&Jid, Affiliation)> = all
            .into_iter()
            .filter_map(|(jid, affiliation)| match (hides(affiliation), changed) {
                (true, None) => None,
                (true, Some(_)) => Some((jid, Affiliation::None)),
                (false, _) => Some((jid, affiliation)),
            })
            .collect();
        if changed.is_some() && shown.is_empty() {
            return Vec::new();
        }
        let mut since = changed.and(self.since.clone());
        let mut chunks: Vec<&[(&Jid, Affiliation)]> = shown.chunks(ITEMS).collect();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        let mut messages = Vec::new();
        for chunk in chunks {
            messages.push(message(room, since.as_deref(), &until, chunk));
            since = Some(until.clone());
        }
        messages
    }
}

fn message(room: &Room, since: Option<&str>, until: &str, items: &[(&Jid, Affiliation)]) -> Stanza {
    let mut stanza = Stanza::new(Kind::Message(MessageType::Normal));
    stanza.from = Some(room.jid().clone());
    stanza.with_content(|writer| {
        writer.start("x", ns::MUC_USER);
        writer.start("mav", ns::MAV);
        if let Some(since) = since {
            writer.attr("since", since);
        }
        writer.attr("until", until);
        writer.end();
        for (jid, affiliation) in items {
            writer.start("item", ns::MUC_USER);
            writer.attr("affiliation", affiliation.name());
            writer.attr("jid", jid.as_str());
            writer.end();
        }
        writer.end();
    })
}

/// The answer to who may not see the lists (section 4.2.3).
pub(crate) fn refusal(room: &Room, id: Option<std::sync::Arc<str>>) -> Stanza {
    let mut stanza = Stanza::new(Kind::Message(MessageType::Error));
    stanza.from = Some(room.jid().clone());
    stanza.id = id;
    let mut error = StanzaError::new(Condition::Forbidden);
    error.by = Some(room.jid().clone());
    stanza.with_content(|writer| error.write(writer))
}

/// A version as clients see it: of this room, and of no other that had its name before.
pub(crate) fn name(room: i64, version: i64) -> String {
    format!("{room:x}-{version}")
}

fn number(room: i64, name: &str) -> Option<i64> {
    let (of, version) = name.split_once('-')?;
    (i64::from_str_radix(of, 16).ok()? == room).then(|| version.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_of_one_room() {
        assert_eq!(number(255, &name(255, 7)), Some(7));
        for bad in ["", "7", "fe-7", "ff-", "ff-x", "x-7"] {
            assert_eq!(number(255, bad), None, "{bad}");
        }
    }
}
