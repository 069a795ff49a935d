//! Profiles: who somebody is and looks like, in every dialect.
//!
//! One truth, published at the account: the vCard 4 (XEP-0292) and the avatar (XEP-0084).
//! vCards of the old kind (XEP-0054) and the hash in presence (XEP-0153) are views of it:
//! `handle.rs` shows and changes the old by the new, `vcard/` converts, `follow.rs` checks
//! what clients publish and remembers the avatar's hash in the same transaction,
//! `presence.rs` writes the hash into presence (XEP-0398).
//!
//! Invariants: a vCard shows its asker no more than the nodes do; a hash in presence is the
//! hash of an image that is there; an avatar's name is its hash, whoever published it.

mod avatar;
mod follow;
mod handle;
mod presence;
mod store;
mod vcard;

use skein_base::Fault;
use skein_kernel::{Addressee, Event, Feature, Spec, Stage, Subject};
use skein_xmpp::{IqType, ns};

const SPECS: &[Spec] = &[
    Spec { name: "XEP-0054", version: "1.3.0", title: "vcard-temp" },
    Spec { name: "XEP-0084", version: "1.1.4", title: "User Avatar" },
    Spec { name: "XEP-0153", version: "1.1.1", title: "vCard-Based Avatars" },
    Spec { name: "XEP-0292", version: "0.12.0", title: "vCard4 Over XMPP" },
    Spec {
        name: "XEP-0398",
        version: "1.0.1",
        title: "User Avatar to vCard-Based Avatars Conversion",
    },
];

/// The feature.
pub fn feature() -> Feature {
    let mut feature = Feature::new("profile", "keeps vCards and avatars of all kinds in step")
        .specs(SPECS)
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .discovered(Subject::Server, &[ns::VCARD])
        .discovered(Subject::Account, &[ns::VCARD, ns::VCARD4, ns::AVATAR_CONVERSION])
        .slot(presence::load)
        .stage(Stage::Tell(presence::tell))
        .follows(follow::follow)
        .on_rare(|ctx, event| {
            Box::pin(async move {
                let outcome = match event {
                    Event::Published { owner, node } if *node == *ns::AVATAR_METADATA => {
                        presence::refresh(&ctx, &owner).await
                    }
                    Event::Removed { account, .. } => {
                        ctx.db.write(move |tx| store::forget(tx, account)).await
                    }
                    _ => Ok(()),
                };
                if let Err(error) = outcome {
                    let fault = Fault::from(error);
                    tracing::error!(target: "profile", %fault, "a profile could not be kept in step");
                }
            })
        });
    for addressee in [Addressee::Own, Addressee::Other] {
        feature = feature
            .iq((ns::VCARD, "vCard"), IqType::Get, addressee, |request| {
                Box::pin(handle::get_old(request))
            })
            .iq((ns::VCARD4, "vcard"), IqType::Get, addressee, |request| {
                Box::pin(handle::get(request))
            });
    }
    feature
        .iq((ns::VCARD, "vCard"), IqType::Set, Addressee::Own, |request| {
            Box::pin(handle::set_old(request))
        })
        .iq((ns::VCARD4, "vcard"), IqType::Set, Addressee::Own, |request| {
            Box::pin(handle::set(request))
        })
}
