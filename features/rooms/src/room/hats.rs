//! What people are in a room beside affiliation and role (XEP-0317).

use std::collections::{BTreeMap, HashMap};

use skein_xml::Writer;
use skein_xmpp::{Jid, ns};

/// A hat that a room has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hat {
    pub(crate) uri: String,
    pub(crate) title: String,
    /// In degrees; empty if the client chooses.
    pub(crate) hue: String,
}

/// All hats of a room, and who wears them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hats {
    hats: BTreeMap<String, Hat>,
    worn: HashMap<Jid, Vec<String>>,
}

impl Hats {
    pub(crate) fn put(&mut self, hat: Hat) {
        self.hats.insert(hat.uri.clone(), hat);
    }

    pub(crate) fn get(&self, uri: &str) -> Option<&Hat> {
        self.hats.get(uri)
    }

    pub(crate) fn len(&self) -> usize {
        self.hats.len()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Hat> {
        self.hats.values()
    }

    /// Who wears which.
    pub(crate) fn worn(&self) -> impl Iterator<Item = (&Jid, &Hat)> {
        self.worn.iter().flat_map(move |(jid, uris)| {
            uris.iter().filter_map(move |uri| Some((jid, self.hats.get(uri)?)))
        })
    }

    /// The hats of somebody.
    pub(crate) fn of(&self, who: &Jid) -> impl Iterator<Item = &Hat> {
        let uris = self.worn.get(who).map_or(&[][..], Vec::as_slice);
        uris.iter().filter_map(|uri| self.hats.get(uri))
    }

    /// Gives a hat; `false` if they wear it already.
    pub(crate) fn give(&mut self, who: &Jid, uri: &str) -> bool {
        let own = self.worn.entry(who.bare()).or_default();
        let is_new = !own.iter().any(|known| known == uri);
        if is_new {
            own.push(uri.to_owned());
        }
        is_new
    }

    /// Takes a hat; `false` if they do not wear it.
    pub(crate) fn take(&mut self, who: &Jid, uri: &str) -> bool {
        let Some(own) = self.worn.get_mut(who) else { return false };
        let before = own.len();
        own.retain(|known| known != uri);
        before != own.len()
    }

    /// Removes a hat; gives who wore it.
    pub(crate) fn remove(&mut self, uri: &str) -> Vec<Jid> {
        self.hats.remove(uri);
        let mut bare = Vec::new();
        for (jid, own) in &mut self.worn {
            let before = own.len();
            own.retain(|known| known != uri);
            if before != own.len() {
                bare.push(jid.clone());
            }
        }
        bare
    }

    /// The account is no more.
    pub(crate) fn forget(&mut self, who: &Jid) {
        self.worn.remove(who);
    }

    /// Writes `<hats/>` of somebody, if they wear any.
    pub(crate) fn write_of(&self, writer: &mut Writer, who: &Jid) {
        let mut own = self.of(who).peekable();
        if own.peek().is_none() {
            return;
        }
        writer.start("hats", ns::HATS);
        for hat in own {
            writer.start("hat", ns::HATS);
            writer.attr("uri", &hat.uri);
            writer.attr("title", &hat.title);
            if !hat.hue.is_empty() {
                writer.attr("hue", &hat.hue);
            }
            writer.end();
        }
        writer.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hats_are_worn_until_they_are_taken_or_gone() {
        let hat = |uri: &str| Hat { uri: uri.into(), title: uri.into(), hue: String::new() };
        let who = Jid::parse("a@example.org").expect("an address");
        let mut hats = Hats::default();
        hats.put(hat("u:1"));
        hats.put(hat("u:2"));
        assert!(hats.give(&who, "u:1") && !hats.give(&who, "u:1") && hats.give(&who, "u:2"));
        assert_eq!(hats.of(&who).count(), 2);
        assert_eq!(hats.worn().count(), 2);
        assert!(hats.take(&who, "u:1") && !hats.take(&who, "u:1"));
        assert_eq!(hats.remove("u:2"), std::slice::from_ref(&who));
        assert_eq!((hats.of(&who).count(), hats.len()), (0, 1));
    }
}
