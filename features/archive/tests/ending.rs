//! Sessions that begin and end while the writer is busy, and while it is not: on both engines.

use std::sync::{Arc, Barrier};

use skein_base::{Fault, Secret};
use skein_config::Limits;
use skein_db::{DbError, Job, Tx};
use skein_testkit::{Client, World};
use tokio::sync::oneshot;

async fn worlds() -> Vec<World> {
    World::each(|| vec![skein_archive::feature(&Secret::new([7; 32]), &Limits::default())]).await
}

/// Holds the writer, between two transactions or in one, before what it wrote is committed.
struct Hold {
    in_transaction: bool,
    holding: Option<oneshot::Sender<()>>,
    gate: Arc<Barrier>,
}

impl Hold {
    fn hold(&mut self) {
        if let Some(holding) = self.holding.take() {
            holding.send(()).expect("the test waits for it");
            self.gate.wait();
        }
    }
}

impl Job for Hold {
    fn write(&mut self, _: &mut Tx<'_>) -> Result<(), DbError> {
        if self.in_transaction {
            self.hold();
        }
        Ok(())
    }

    fn done(mut self: Box<Self>, _: Result<(), Fault>) {
        self.hold();
    }
}

/// Has the writer held when its turn comes: that is told, and waiting at the barrier lets it go.
async fn held(world: &World, in_transaction: bool) -> (oneshot::Receiver<()>, Arc<Barrier>) {
    let gate = Arc::new(Barrier::new(2));
    let (holding, is_holding) = oneshot::channel();
    let hold = Hold { in_transaction, holding: Some(holding), gate: gate.clone() };
    world.ctx.db.submit(Box::new(hold)).await;
    (is_holding, gate)
}

/// Returns when the writer is held between two transactions.
async fn hold(world: &World) -> Arc<Barrier> {
    let (is_holding, gate) = held(world, false).await;
    is_holding.await.expect("the writer works");
    gate
}

/// Waits until the writer has answered everything.
async fn rest(world: &World) {
    while world.ctx.db.at_once(|| ()).is_none() {
        tokio::task::yield_now().await;
    }
}

/// How many transactions there were.
fn commits(world: &World) -> u64 {
    world.ctx.db.metrics().batches
}

async fn chat(from: &Client, to: &str, body: &str) {
    from.say(&format!("<message to='{to}' type='chat'><body>{body}</body></message>")).await;
}

#[tokio::test]
async fn who_is_known_to_be_owed_nothing_comes_and_goes_without_a_transaction() {
    for world in worlds().await {
        let first = world.login("bob/b").await;
        rest(&world).await;
        world.end(first).await;
        rest(&world).await;
        let before = commits(&world);
        let again = world.login("bob/b").await;
        world.end(again).await;
        assert_eq!(commits(&world), before, "{}", world.engine());
    }
}

#[tokio::test]
async fn a_message_on_its_way_to_a_session_that_ends_is_owed_to_the_next() {
    for world in worlds().await {
        let (alice, bob) = (world.login("alice/a").await, world.login("bob/b").await);
        bob.session.with_outbox_mut(|outbox| outbox.enable_management());
        let before = hold(&world).await;
        let sent = chat(&alice, "bob@localhost", "on its way");
        let ends = async {
            // In one transaction with the message, which is written and not delivered.
            let (is_holding, behind) = held(&world, true).await;
            before.wait();
            is_holding.await.expect("the writer works");
            tokio::join!(world.end(bob), async { behind.wait() });
        };
        tokio::join!(sent, ends);
        let mut next = world.bind("bob/next").await;
        next.say("<presence/>").await;
        chat(&alice, "bob@localhost", "later").await;
        rest(&world).await;
        assert_eq!(next.hear_bodies(), ["on its way", "later"], "{}", world.engine());
    }
}

#[tokio::test]
async fn a_message_that_is_sent_while_the_receiver_comes_reaches_it_once_and_first() {
    for world in worlds().await {
        let alice = world.login("alice/a").await;
        let known = world.login("bob/b").await;
        world.end(known).await;
        rest(&world).await;
        let gate = hold(&world).await;
        let sent = async {
            chat(&alice, "bob@localhost", "nobody was there").await;
            chat(&alice, "bob@localhost", "behind it").await;
        };
        let come = async {
            let bob = world.bind("bob/next").await;
            tokio::join!(bob.say("<presence/>"), async {
                tokio::task::yield_now().await;
                gate.wait();
            });
            bob
        };
        let ((), mut bob) = tokio::join!(sent, come);
        rest(&world).await;
        assert_eq!(bob.hear_bodies(), ["nobody was there", "behind it"], "{}", world.engine());
    }
}

#[tokio::test]
async fn what_an_ended_session_did_not_acknowledge_unsettles_its_account() {
    for world in worlds().await {
        let alice = world.login("alice/a").await;
        let bob = world.login("bob/b").await;
        bob.session.with_outbox_mut(|outbox| outbox.enable_management());
        chat(&alice, "bob@localhost", "not acknowledged").await;
        rest(&world).await;
        world.end(bob).await;
        rest(&world).await;
        let mut next = world.bind("bob/next").await;
        next.say("<presence/>").await;
        assert_eq!(next.hear_bodies(), ["not acknowledged"], "{}", world.engine());
    }
}
