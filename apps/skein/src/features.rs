//! The list of features. Its order is the order of handlers within a stage.

use skein_base::{Secret, Timestamp};
use skein_config::Limits;
use skein_kernel::Feature;

/// Adding a feature is one line here. `secret` is the server's, from which features
/// derive theirs; `limits` are its bounds; `started` is when the server started.
pub(crate) fn list(secret: &Secret<[u8; 32]>, limits: &Limits, started: Timestamp) -> Vec<Feature> {
    vec![
        skein_limits::feature(),
        skein_blocking::feature(),
        skein_privacy::feature(),
        skein_components::feature(),
        skein_stamps::feature(),
        skein_ephemeral::feature(secret),
        skein_register::feature(),
        skein_invites::feature(),
        skein_admin::feature(),
        skein_disco::feature(),
        skein_basics::feature(started),
        skein_devices::feature(),
        skein_passkeys::feature(),
        skein_roster::feature(),
        skein_presence::feature(),
        skein_archive::feature(secret, limits),
        skein_upload::feature(),
        skein_previews::feature(),
        skein_carbons::feature(),
        skein_caps::feature(),
        skein_pubsub::feature(),
        skein_circles::feature(),
        skein_rooms::feature(secret),
        skein_profile::feature(),
        skein_bookmarks::feature(),
    ]
}
