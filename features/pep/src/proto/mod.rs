//! `<pubsub/>` and `<event/>` (XEP-0060 section 15).

mod request;
mod write;

pub(crate) use request::{Items, OwnerRequest, Publish, SetRequest, standing_alone};
pub(crate) use write::{
    write_config, write_created, write_default, write_deleted, write_items, write_items_event,
    write_published, write_purged, write_retracted,
};
