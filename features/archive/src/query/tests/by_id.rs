//! Finding messages by their ids.

use super::*;

/// Ids are their senders' choice: two may have chosen the same.
#[tokio::test]
async fn a_message_is_found_by_its_senders_id_in_its_conversation_alone() {
    for world in worlds().await {
        let (a, b, c) = (user(1), user(2), user(3));
        for (from, to, id, text) in [
            (&b, &a, "x", "from b"),
            (&a, &b, "x", "from a"),
            (&b, &a, "y", "another"),
            (&c, &a, "x", "from c"),
        ] {
            let mut stanza = chat(from, to, body(text));
            stanza.id = Some(id.into());
            world.keep(stanza, from, to, false).await;
        }
        let with = |id: &str, peer: &Arc<User>| {
            vec![(proto::MESSAGE_ID, id.to_owned()), ("with", peer.jid.to_string())]
        };
        for step in [0, 2, 100] {
            if step > 0 {
                world.sort(&a, step).await;
            }
            for (fields, expected) in [
                (with("x", &b), vec!["from b", "from a"]),
                (with("y", &b), vec!["another"]),
                (with("x", &c), vec!["from c"]),
                (with("y", &c), vec![]),
                (with("z", &b), vec![]),
            ] {
                let page = read(&world, &a, &fields, "").await;
                assert_eq!(bodies(&page), expected, "{fields:?} {step} {}", world.engine());
            }
        }
    }
}

#[tokio::test]
async fn m01_ids_of_others_and_nonsense_are_not_found() {
    for world in worlds().await {
        let (a, b, ids) = history(&world, 2).await;
        for id in [ids[0].as_str(), "no-such-id", "x' OR '1'='1' --", "%"] {
            for set in ["after", "before"] {
                let refused =
                    try_read(&world, &b, query(&[], &format!("<{set}>{id}</{set}>"))).await;
                assert_eq!(refused.map(drop), Err(Condition::ItemNotFound.into()), "{id}");
            }
            for var in ["after-id", "before-id", "ids"] {
                let refused = try_read(&world, &b, query(&[(var, id.to_owned())], "")).await;
                assert_eq!(refused.map(drop), Err(Condition::ItemNotFound.into()), "{var} {id}");
            }
        }
        assert_eq!(bodies(&read(&world, &a, &[], "").await), named(0..2));
    }
}
