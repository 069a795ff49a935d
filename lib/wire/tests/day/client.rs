//! How clients write: what stands in a message beside its body, in which order, and what ids look like.

use super::Chance;

/// The ids that a client makes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ids {
    Uuid,
    /// So many letters of base64url.
    Token(usize),
}

/// Something beside the body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Body,
    Origin,
    Markable,
    Request,
    Active,
    Thread,
    Store,
}

/// See the module.
pub(crate) struct Client {
    pub(crate) resource: fn(&mut Chance) -> String,
    pub(crate) ids: Ids,
    pub(crate) chat: &'static [Part],
    pub(crate) room: &'static [Part],
    /// What stands behind a receipt or a marker.
    pub(crate) stores: bool,
    pub(crate) node: &'static str,
}

impl Client {
    pub(crate) fn id(&self, chance: &mut Chance) -> String {
        match self.ids {
            Ids::Uuid => chance.uuid(),
            Ids::Token(length) => chance.token(length),
        }
    }
}

use Part::{Active, Body, Markable, Origin, Request, Store, Thread};

/// Clients whose ways may be learned.
pub(crate) const KNOWN: &[Client] = ALL.split_at(4).0;

/// Those and one more, whose way nobody learned.
pub(crate) const ALL: &[Client] = &[
    Client {
        resource: |chance| chance.hex(12),
        ids: Ids::Uuid,
        chat: &[Body, Origin, Markable, Request],
        room: &[Body, Origin, Markable],
        stores: true,
        node: "https://skein.example/caps",
    },
    Client {
        resource: |chance| format!("Conversations.{}", chance.token(4)),
        ids: Ids::Token(21),
        chat: &[Body, Request, Markable, Origin],
        room: &[Body, Origin, Markable],
        stores: true,
        node: "https://conversations.im",
    },
    Client {
        resource: |chance| format!("gajim.{}", chance.token(8)),
        ids: Ids::Uuid,
        chat: &[Active, Thread, Request, Markable, Body, Origin],
        room: &[Active, Body, Origin, Markable],
        stores: false,
        node: "https://gajim.org",
    },
    Client {
        resource: |chance| format!("dino.{}", chance.hex(8)),
        ids: Ids::Uuid,
        chat: &[Body, Active, Markable, Request, Origin],
        room: &[Body, Active, Markable, Origin],
        stores: false,
        node: "https://dino.im",
    },
    // Not learned from.
    Client {
        resource: |chance| format!("Monal-iOS.{}", chance.hex(8)),
        ids: Ids::Uuid,
        chat: &[Origin, Body, Markable, Store, Request],
        room: &[Origin, Body, Store, Markable],
        stores: true,
        node: "http://monal.im/",
    },
];
