//! Service discovery (XEP-0030): what the server and its accounts are and can do.
//!
//! The answers are put together from the declarations of all features; this
//! feature knows none of them. Commands that features declare are run from here.
//!
//! Invariants: who may not see an account's presence gets the answer of an
//! account that does not exist (XEP-0030 section 8, and no oracle besides).

mod commands;
mod handle;
mod proto;

use skein_kernel::{Addressee, Feature, Spec, Subject};
use skein_xmpp::{IqType, ns};

/// The feature.
pub fn feature() -> Feature {
    let mut feature = Feature::new("disco", "tells what the server and its accounts can do")
        .specs(&[
            Spec { name: "XEP-0004", version: "2.13.2", title: "Data Forms" },
            Spec { name: "XEP-0030", version: "2.5.0", title: "Service Discovery" },
            Spec { name: "XEP-0050", version: "1.3.0", title: "Ad-Hoc Commands" },
            Spec { name: "XEP-0059", version: "1.0", title: "Result Set Management" },
            Spec {
                name: "XEP-0068",
                version: "1.3.0",
                title: "Field Standardization for Data Forms",
            },
            Spec { name: "XEP-0115", version: "1.6.0", title: "Entity Capabilities" },
            Spec { name: "XEP-0128", version: "1.0.1", title: "Service Discovery Extensions" },
            Spec {
                name: "XEP-0157",
                version: "1.1.1",
                title: "Contact Addresses for XMPP Services",
            },
            Spec { name: "XEP-0455", version: "0.4.0", title: "Service Outage Status" },
        ])
        .discovered(Subject::Server, &[ns::DISCO_INFO, ns::DISCO_ITEMS, ns::CAPS, ns::COMMANDS])
        .iq((ns::COMMANDS, "command"), IqType::Set, Addressee::Server, |request| {
            Box::pin(commands::run(request))
        })
        .discovered(Subject::Account, &[ns::DISCO_INFO, ns::DISCO_ITEMS])
        .identity(Subject::Server, "server", "im")
        .identity(Subject::Account, "account", "registered");
    for addressee in [Addressee::Server, Addressee::Own, Addressee::Other] {
        feature = feature
            .iq((ns::DISCO_INFO, "query"), IqType::Get, addressee, |request| {
                Box::pin(handle::info(request))
            })
            .iq((ns::DISCO_ITEMS, "query"), IqType::Get, addressee, |request| {
                Box::pin(handle::items(request))
            });
    }
    feature
}
