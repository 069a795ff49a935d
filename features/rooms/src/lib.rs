//! Rooms (XEP-0045): group conversations at a host of their own, `rooms.example.org`.
//!
//! Rooms live in the store; one is loaded when somebody comes or asks, and let go of when
//! nobody is inside, so idle rooms cost nothing and a start reads none. A room's log is one
//! of the archive's, under a number of its own (kernel contract `SharedLogs`).
//!
//! The way of a message: `handle/speak.rs` judges it and returns an envelope whose write
//! appends to the log in the sender's transaction; behind the commit it goes to everybody
//! inside, in the order of the log. Everything else that changes a room goes through
//! `room/change.rs`, on the same thread.
//!
//! `proto/` reads and writes what stands on the wire, `rules/` decides, `store/` has the
//! SQL, `room/` is a room while it is loaded, `handle/` glues, one file for each of its
//! doors.
//!
//! Invariants: what is in the log is what was sent, in one order for all; what only the room
//! may say is removed from what clients send; real addresses reach only who may see them; a
//! change that is refused changes nothing; a room made again under an old name has nothing of
//! the old one.

mod handle;
mod ids;
mod members;
mod proto;
mod room;
mod rules;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use skein_base::Secret;
use skein_config::Config;
use skein_kernel::route::{Method, Route};
use skein_kernel::{Feature, Host, Spec};

use room::table::Rooms;

/// The feature. `secret` is the server's.
pub fn feature(secret: &Secret<[u8; 32]>) -> Feature {
    let mut feature = Feature::new("rooms", "group conversations")
        .specs(&[
            Spec { name: "XEP-0045", version: "1.35.3", title: "Multi-User Chat" },
            Spec { name: "XEP-0249", version: "1.2", title: "Direct MUC Invitations" },
            Spec { name: "XEP-0317", version: "0.3.1", title: "Hats" },
            Spec {
                name: "XEP-0410",
                version: "1.1.0",
                title: "MUC Self-Ping (Schrödinger's Chat)",
            },
            Spec {
                name: "XEP-0421",
                version: "1.0.1",
                title: "Occupant identifiers for semi-anonymous MUCs",
            },
            Spec { name: "XEP-0425", version: "0.3.1", title: "Moderated Message Retraction" },
            Spec { name: "XEP-0433", version: "0.1.0", title: "Extended Channel Search" },
            Spec { name: "XEP-0437", version: "0.2.0", title: "Room Activity Indicators" },
            Spec { name: "XEP-0463", version: "0.2.0", title: "MUC Affiliations Versioning" },
            Spec { name: "XEP-0486", version: "0.1.0", title: "MUC Avatars" },
            Spec { name: "XEP-0500", version: "0.1.1", title: "MUC Slow Mode" },
            Spec { name: "XEP-0502", version: "0.1.0", title: "MUC Activity Indicator" },
            Spec { name: "XEP-0503", version: "0.3.0", title: "Spaces" },
        ])
        .state(Arc::new(Rooms::new(secret)))
        .host(Host {
            domains,
            title: Some("Rooms"),
            handler: |visit| Box::pin(handle::visit(visit)),
        });
    feature = feature.tables(store::MIGRATIONS, &[]);
    for statements in store::STATEMENTS {
        feature = feature.tables(&[], statements);
    }
    let feature = feature
        .route(Route {
            method: Method::Get,
            prefix: handle::page::PATH,
            handler: |ctx, asked| Box::pin(handle::page::show(ctx, asked)),
        })
        .provides(|provides| provides.memberships = Some(Arc::new(members::Members)));
    handle::jobs::register(feature)
}

/// `rooms.` before each domain that is served.
fn domains(config: &Config) -> Vec<String> {
    let label = &config.rooms.host;
    if label.is_empty() {
        return Vec::new();
    }
    config.domains.iter().map(|domain| format!("{label}.{domain}")).collect()
}
