//! The newest messages of a room that keeps none, while somebody is inside. What is taken
//! back there is taken back here.

use skein_base::{Timestamp, limits};
use skein_kernel::Stored;
use skein_kernel::contracts::SharedEntry;
use skein_xml::{Document, Limits};
use skein_xmpp::{Stanza, ephemeral};

/// See the module.
#[derive(Default)]
pub(crate) struct Recent(Vec<SharedEntry>);

impl Recent {
    /// One more; the oldest goes, and what is over.
    pub(crate) fn add(&mut self, stanza: &Stanza, id: &str, at: Timestamp) {
        self.0.retain(|entry| !ephemeral::is_over(&entry.stanza, at));
        if self.0.len() >= limits::ROOM_HISTORY {
            self.0.remove(0);
        }
        let stored = Stored { seq: 0, id: id.into() };
        // As a log has it: what was added on the way is part of it.
        let document = Document::parse(&stanza.to_xml(), &Limits::kept()).ok();
        let stanza = document.and_then(|document| Stanza::read(document.root()).ok());
        self.0.extend(stanza.map(|stanza| SharedEntry { stored, at, stanza }));
    }

    /// Shows each message to `change` and has what it makes of the first one instead; `false`
    /// if it leaves all.
    pub(crate) fn replace(
        &mut self,
        mut change: impl FnMut(&SharedEntry) -> Option<Stanza>,
    ) -> bool {
        for entry in &mut self.0 {
            if let Some(stanza) = change(entry) {
                entry.stanza = stanza;
                return true;
            }
        }
        false
    }

    /// All, the oldest first.
    pub(crate) fn all(&self) -> Vec<SharedEntry> {
        self.0.clone()
    }

    /// The room keeps messages from now on, or none any more.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
