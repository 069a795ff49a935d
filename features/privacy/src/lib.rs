//! Who may see what of an account, and requests of strangers apart from conversations
//! (`urn:skein:privacy:0`, docs/privacy.md).
//!
//! Its way: `handle.rs` changes rules and decides requests; others ask the kernel's contract
//! whenever they show an account to somebody. `stages.rs` stands in the way of messages:
//! strangers' messages become requests, what would tell them something is dropped, who turns
//! to too many strangers is refused (`outreach.rs`). What a message is to a stranger says
//! `rules.rs`.
//!
//! Invariants: nothing that an account does without its owner's will tells a stranger whether,
//! when or where the owner is there; a rule narrows and never widens what others keep back;
//! nobody learns from an answer that a rule is what keeps something from them.

mod handle;
mod outreach;
mod proto;
mod push;
mod requests;
mod rules;
mod stages;
mod store;

use std::sync::{Arc, LazyLock};

use skein_base::Fault;
use skein_kernel::contracts::Privacy;
use skein_kernel::{Addressee, Event, Feature, Refusal, Request, Stage, Subject};
use skein_session::Turns;
use skein_xmpp::{Condition, IqType, Stanza, ns};

/// The rules of the many who never set one: shared, so that they cost a session nothing.
static BEGINNING: LazyLock<Arc<Privacy>> = LazyLock::new(Arc::default);

/// The feature's state.
#[derive(Default)]
pub(crate) struct Doors {
    /// One change of an account's rules at a time, so that the slot follows the store.
    pub(crate) turns: Turns,
    pub(crate) outreach: outreach::Outreach,
}

/// The feature.
pub fn feature() -> Feature {
    use Addressee::{Other, Own};
    use IqType::{Get, Set};
    let mut feature = Feature::new("privacy", "who may see what, and requests of strangers")
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .slot(|tx, account| {
            let rules = store::rules(tx, account)?;
            Ok(Some(if rules == **BEGINNING { BEGINNING.clone() } else { Arc::new(rules) }))
        })
        .slot(|tx, account| Ok(Some(Arc::new(store::strangers(tx, account)?))))
        .state(Arc::new(Doors::default()))
        .stage(Stage::Guard(stages::guard))
        .stage(Stage::Stamp(stages::stamp))
        .stage(Stage::Admit(stages::admit))
        .stage(Stage::Keep(stages::keep))
        .stage(Stage::Record(stages::record))
        .stage(Stage::Tell(stages::tell))
        .iq((ns::PRIVACY_RULES, "privacy"), Get, Own, |request| Box::pin(handle::rules(request)))
        .iq((ns::PRIVACY_RULES, "privacy"), Set, Own, |request| Box::pin(handle::set(request)))
        .iq((ns::PRIVACY_RULES, "requests"), Get, Own, |request| Box::pin(requests::list(request)))
        .iq((ns::PRIVACY_RULES, "accept"), Set, Own, |request| Box::pin(requests::accept(request)))
        .iq((ns::PRIVACY_RULES, "decline"), Set, Own, |request| {
            Box::pin(requests::decline(request))
        })
        .discovered(Subject::Server, &[ns::PRIVACY_RULES])
        .discovered(Subject::Account, &[ns::PRIVACY_RULES])
        .on_rare(|ctx, event| {
            Box::pin(async move {
                if let Event::Removed { account, jid } = event
                    && let Err(error) =
                        ctx.db.write(move |tx| store::forget(tx, account, &jid)).await
                {
                    let fault = Fault::from(error);
                    tracing::error!(target: "privacy", %fault, "privacy rules stay behind");
                }
            })
        });
    for (element, kind) in
        [("privacy", Get), ("privacy", Set), ("requests", Get), ("accept", Set), ("decline", Set)]
    {
        feature = feature
            .iq((ns::PRIVACY_RULES, element), kind, Other, |request| Box::pin(forbid(request)));
    }
    feature
}

/// Nobody's business but the owner's.
async fn forbid(_: Request) -> Result<Stanza, Refusal> {
    Err(Condition::Forbidden.into())
}
