//! RFC 6121 section 8.5, table 1, for messages: every type, to every form of address, for
//! every set of resources that makes a difference.

use skein_testkit::{Client, World, refusal};
use skein_xmpp::Condition;

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The session whose address it bears gets it.
    There,
    /// All available sessions of non-negative priority get it.
    NonNegative,
    /// Nobody gets it and nobody is told: it is kept, or ignored.
    Nobody,
    /// The sender gets `service-unavailable`.
    Refused,
}

use Fate::{Nobody, NonNegative, Refused, There};

const TYPES: [&str; 5] = ["normal", "chat", "groupchat", "headline", "error"];

/// A session of the addressee: not available, or available with a priority.
type Resource = Option<i8>;

/// Sets of resources, with whether one of them is available and non-negative.
const SETS: [(&[Resource], bool); 8] = [
    (&[], false),
    (&[None], false),
    (&[Some(-1)], false),
    (&[None, Some(-128)], false),
    (&[Some(0)], true),
    (&[Some(0), Some(5)], true),
    (&[Some(-1), Some(3)], true),
    (&[None, Some(127), Some(-5)], true),
];

/// By type: to the bare address with nobody there, with somebody there; to a full address
/// that nobody has, with nobody there, with somebody there; to one that somebody has.
/// Where the RFC leaves a choice between silence and an error (section 8.5.3.2.1), this
/// is the one that the server made.
const TABLE: [[Fate; 5]; 5] = [
    [Nobody, NonNegative, Refused, Refused, There],
    [Nobody, NonNegative, Nobody, NonNegative, There],
    [Refused, Refused, Refused, Refused, There],
    [Nobody, NonNegative, Nobody, Nobody, There],
    [Nobody, Nobody, Nobody, Nobody, There],
];

struct Scene {
    sender: Client,
    /// Each with its priority.
    resources: Vec<(Client, Resource)>,
}

async fn scene(world: &World, number: usize, set: &[Resource]) -> Scene {
    let name = format!("bob{number}");
    world.account(&name);
    let mut resources = Vec::new();
    for (at, priority) in set.iter().enumerate() {
        let mut client = world.bind(&format!("{name}/r{at}")).await;
        if let Some(priority) = priority {
            client.say(&format!("<presence><priority>{priority}</priority></presence>")).await;
        }
        client.hear();
        resources.push((client, *priority));
    }
    Scene { sender: world.login(&format!("alice/{number}")).await, resources }
}

impl Scene {
    /// Sends one and compares who got it with what the table says.
    async fn check(&mut self, to: &str, kind: &str, expected: Fate) {
        self.sender
            .say(&format!("<message to='{to}' type='{kind}' id='m'><body>x</body></message>"))
            .await;
        let told: Vec<Condition> = self.sender.hear().iter().filter_map(refusal).collect();
        let refused = expected == Refused;
        assert_eq!(
            told,
            vec![Condition::ServiceUnavailable; usize::from(refused)],
            "{kind} to {to}"
        );
        for (client, priority) in &mut self.resources {
            let gets = match expected {
                There => client.full() == to,
                NonNegative => priority.is_some_and(|priority| priority >= 0),
                Nobody | Refused => false,
            };
            let what = format!("{kind} to {to}, {} of priority {priority:?}", client.full());
            assert_eq!(client.hear_bodies().len(), usize::from(gets), "{what}");
        }
    }
}

#[tokio::test]
async fn messages_go_where_table_1_says() {
    let world = World::with(Vec::new(), |config| config.limits.sessions_per_account = 100).await;
    for (number, (set, somebody)) in SETS.into_iter().enumerate() {
        let mut scene = scene(&world, number, set).await;
        for (kind, row) in TYPES.into_iter().zip(TABLE) {
            let bare = format!("bob{number}@localhost");
            scene.check(&bare, kind, row[usize::from(somebody)]).await;
            scene.check(&format!("{bare}/gone"), kind, row[2 + usize::from(somebody)]).await;
            for at in 0..set.len() {
                scene.check(&format!("{bare}/r{at}"), kind, row[4]).await;
            }
        }
    }
}

#[tokio::test]
async fn messages_to_nobody_are_refused_but_for_errors_and_headlines() {
    let world = World::new(Vec::new()).await;
    let mut scene = scene(&world, 0, &[]).await;
    for to in ["nobody@localhost", "nobody@localhost/gone"] {
        for kind in TYPES {
            let expected = if ["headline", "error"].contains(&kind) { Nobody } else { Refused };
            scene.check(to, kind, expected).await;
        }
    }
}

#[tokio::test]
async fn requests_that_nobody_answers_are_refused_and_answers_are_ignored() {
    let world = World::new(Vec::new()).await;
    let mut bob = world.login("bob/here").await;
    let mut alice = world.login("alice/here").await;
    for to in ["bob@localhost", "bob@localhost/gone", "nobody@localhost", "localhost"] {
        for kind in ["get", "set"] {
            let answer = alice.ask_at(Some(to), kind, "<q xmlns='urn:test'/>").await;
            assert_eq!(refusal(&answer), Some(Condition::ServiceUnavailable), "{kind} to {to}");
        }
        for kind in ["result", "error"] {
            alice.say(&format!("<iq type='{kind}' id='x' to='{to}'/>")).await;
            assert!(alice.hear().is_empty(), "{kind} to {to}");
        }
    }
    assert!(bob.hear().is_empty());
}
