//! `<pubsub/>` and `<event/>` (XEP-0060 section 15).

mod event;
mod filter;
mod owner;
mod people;
mod request;
mod write;

pub(crate) use event::{
    write_configured, write_deleted, write_items_event, write_purged, write_retracted,
    write_subscription_event,
};
pub(crate) use filter::Filter;
pub(crate) use owner::OwnerRequest;
pub(crate) use people::{
    Authorization, write_affiliations, write_authorization, write_options, write_subscribed,
    write_subscriptions,
};
pub(crate) use request::{GetRequest, Items, Publish, SetRequest, standing_alone};
pub(crate) use write::{write_config, write_created, write_default, write_items, write_published};
