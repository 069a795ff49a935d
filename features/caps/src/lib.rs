//! What clients can do (XEP-0115), so that they get the notifications they want and no others.
//!
//! Its way: presence carries a hash; a hash that is known answers at once, else the
//! client is asked by service discovery (`handle.rs`). An answer that bears out its
//! hash serves every client of that hash (`book.rs`), over restarts too (`store.rs`); any
//! other answer is believed of the client alone that gave it.
//!
//! Invariants: no client can decide what the server believes of another; memory is
//! bounded by the sessions and a fixed number of hashes that nobody uses now.

mod book;
mod handle;
mod proto;
mod store;

use std::sync::Arc;

use skein_base::Timestamp;
use skein_kernel::contracts::Capabilities;
use skein_kernel::{Event, Feature, Spec};
use skein_session::Session;

use book::{Book, Standing};
use proto::Caps;

/// The feature.
pub fn feature() -> Feature {
    let book = Arc::new(Book::default());
    let contract = Arc::new(Answers(book.clone()));
    Feature::new("caps", "remembers what clients can do")
        .specs(&[Spec { name: "XEP-0115", version: "1.6.0", title: "Entity Capabilities" }])
        .tables(store::MIGRATIONS, store::STATEMENTS)
        .state(book)
        .provides(|provides| provides.capabilities = Some(contract))
        .on(|ctx, event| {
            Box::pin(async move {
                match event {
                    Event::Presence { session, is_initial } => {
                        handle::presence(&ctx, &session, is_initial).await;
                    }
                    Event::Restored(session) => handle::restored(&ctx, &session).await,
                    Event::Ended { session, .. } => {
                        ctx.state::<Book>().forget(session.id);
                        ctx.forget_asked(&session);
                    }
                    _ => {}
                }
            })
        })
}

/// The contract.
struct Answers(Arc<Book>);

impl Capabilities for Answers {
    fn wants(&self, session: &Session, node: &str) -> bool {
        self.0.of(session.id).is_some_and(|client| client.wants(node))
    }

    fn wants_any(&self, session: &Session) -> bool {
        self.0.of(session.id).is_some_and(|client| client.wants_any())
    }

    fn is_asked(&self, session: &Session, now: Timestamp) -> bool {
        match self.0.standing(session.id) {
            Standing::Known => false,
            Standing::Asked(until) => until > now,
            // It will be asked as soon as its presence has been dealt with.
            Standing::Unknown => session.presence().as_ref().and_then(Caps::read).is_some(),
        }
    }

    fn knows(&self, session: &Session, feature: &str) -> bool {
        self.0.of(session.id).is_some_and(|client| client.knows(feature))
    }
}
