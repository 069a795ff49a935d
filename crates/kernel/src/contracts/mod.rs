//! The contracts by which features meet: a trait and its plain types each.
//! Reading this folder shows all coupling between features.

mod aside;
mod blocks;
mod capabilities;
mod circles;
mod directory;
mod discovery;
mod files;
mod hints;
mod invitations;
mod log;
mod memberships;
mod once;
mod presence;
mod privacy;
mod published;
mod roster;
mod shared_log;

use std::sync::Arc;

pub use aside::{Aside, AsideName};
pub use blocks::{Blocks, are_apart, blocks};
pub use capabilities::{Capabilities, IgnoreCapabilities, LOOKED_FOR};
pub use circles::{InCircles, is_in_one};
pub use directory::Directory;
pub use discovery::{CAPS_NODE, Discovery};
pub use files::{FILES, FileId, Files, Made, named, named_in};
pub use hints::Hints;
pub use invitations::Invitations;
pub use log::{Appended, Log};
pub use memberships::{Membership, Memberships, read_room};
pub use once::{Once, Sealing};
pub use presence::Presence;
pub use privacy::{
    Acquaintance, Aspect, Privacy, Standing, Strangers, Viewers, acquaintance, is_contact,
    may_invite, shows, shows_node, told,
};
pub use published::{Audience, Change, Changes, FollowFn, Item, MakeFn, Published};
pub use roster::{Roster, RosterBook, Subscription};
pub use shared_log::{Hint, PageSizes, Queried, Reading, Sent, SharedEntry, SharedLog, SharedLogs};

/// All contracts, each fulfilled by exactly one feature.
#[derive(Clone)]
pub struct Contracts {
    /// What clients can do.
    pub capabilities: Arc<dyn Capabilities>,
    /// Which accounts exist.
    pub directory: Arc<dyn Directory>,
    /// Each account's log.
    pub log: Arc<dyn Log>,
    /// Who belongs to which rooms, if there are any.
    pub memberships: Option<Arc<dyn Memberships>>,
    /// What becomes of presence.
    pub presence: Arc<dyn Presence>,
    /// What accounts publish, if they can.
    pub published: Option<Arc<dyn Published>>,
    /// Who hears of changes of nodes before they are durable.
    pub followers: Vec<FollowFn>,
    /// Who may see whom.
    pub roster: Arc<dyn RosterBook>,
    /// Files that the server makes, if it keeps files.
    pub files: Option<Arc<dyn Files>>,
    /// What is said to people whose clients know less.
    pub hints: Option<Arc<dyn Hints>>,
    /// Messages that can be viewed once, if there are any.
    pub once: Option<Arc<dyn Once>>,
    /// Invitations, if the server has any.
    pub invitations: Option<Arc<dyn Invitations>>,
    /// What service discovery says.
    pub discovery: Arc<Discovery>,
}

/// What one feature fulfils.
#[derive(Default, Clone)]
pub struct Provides {
    /// See [`Contracts::capabilities`]; without it no client is known to want anything.
    pub capabilities: Option<Arc<dyn Capabilities>>,
    /// See [`Contracts::files`]; may be missing.
    pub files: Option<Arc<dyn Files>>,
    /// See [`Contracts::hints`]; may be missing.
    pub hints: Option<Arc<dyn Hints>>,
    /// See [`Contracts::once`]; may be missing.
    pub once: Option<Arc<dyn Once>>,
    /// See [`Contracts::log`].
    pub log: Option<Arc<dyn Log>>,
    /// See [`Contracts::memberships`]; may be missing.
    pub memberships: Option<Arc<dyn Memberships>>,
    /// See [`Contracts::presence`].
    pub presence: Option<Arc<dyn Presence>>,
    /// See [`Contracts::invitations`]; may be missing.
    pub invitations: Option<Arc<dyn Invitations>>,
    /// See [`Contracts::published`]; may be missing.
    pub published: Option<Arc<dyn Published>>,
    /// See [`Contracts::roster`].
    pub roster: Option<Arc<dyn RosterBook>>,
}
