use super::*;
use crate::tests::{World, body, chat, user, worlds};
use skein_session::User;

async fn found(world: &World, owner: &Arc<User>, text: &'static str) -> Vec<i64> {
    let account = owner.account;
    while world.write(move |tx| index(tx, account, 2)).await {}
    world
        .read(move |tx| Stop::split(find(tx, account, text, Bounds::ALL, None)))
        .await
        .expect("words")
}

#[tokio::test]
async fn words_of_any_script_are_found() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        for text in [
            "The quick brown fox",
            "我明天去北京开会",
            "京北",
            "Привет, мир!",
            "it's 3.14 or 1e5",
            "x-y_z",
        ] {
            world.say(&a, &b, text).await;
        }
        for (words, expected) in [
            ("brown", vec![1]),
            ("BROWN quick", vec![1]),
            ("quick-brown", vec![1]),
            ("brown-quick", vec![]),
            ("brow", vec![]),
            ("北京", vec![2]),
            ("北", vec![2, 3]),
            ("京", vec![2, 3]),
            ("开会 北京", vec![2]),
            ("мир", vec![4]),
            ("3.14", vec![5]),
            ("1e5 3", vec![5]),
            ("x y", vec![6]),
            ("absent", vec![]),
            ("fox absent", vec![]),
        ] {
            assert_eq!(found(&world, &b, words).await, expected, "{words} {}", world.engine());
            assert_eq!(found(&world, &a, words).await, expected, "{words} {}", world.engine());
        }
    }
}

#[tokio::test]
async fn m02_what_is_searched_for_is_data() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        world.say(&a, &b, "plain").await;
        for words in [
            "' OR '1'='1' --",
            "\"",
            "plain\" OR body : \"x",
            "owner : a1",
            "plain*",
            "NOT absent",
            "%",
            "_",
            "\\",
            "a1",
            "''",
            ":*",
            "{",
            "<->",
            "!plain | x",
        ] {
            let expected = if words == "plain*" { vec![1] } else { vec![] };
            assert_eq!(found(&world, &a, words).await, expected, "{words} {}", world.engine());
        }
    }
}

#[tokio::test]
async fn m01_anothers_text_is_never_found() {
    for world in worlds().await {
        let (a, b, eve) = (user(1), user(2), user(11));
        world.say(&a, &b, "canary").await;
        world.say(&eve, &b, "a1 owner").await;
        assert_eq!(found(&world, &a, "canary").await, [1]);
        assert_eq!(found(&world, &b, "canary").await, [1]);
        assert!(found(&world, &eve, "canary").await.is_empty(), "{}", world.engine());
        assert_eq!(found(&world, &eve, "a1").await, [1]);
    }
}

#[tokio::test]
async fn a_retracted_text_is_not_found_in_any_log() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        let mut regretted = chat(&a, &b, body("regretted words"));
        regretted.id = Some("r1".into());
        world.keep(regretted, &a, &b, false).await;
        assert_eq!(found(&world, &a, "regretted").await, [1]);
        assert_eq!(found(&world, &b, "regretted").await, [1]);
        let retraction = chat(&a, &b, |writer| {
            writer.start("retract", ns::RETRACT);
            writer.attr("id", "r1");
            writer.end();
        });
        world.keep(retraction, &a, &b, false).await;
        assert!(found(&world, &a, "regretted").await.is_empty(), "{}", world.engine());
        assert!(found(&world, &b, "regretted").await.is_empty(), "{}", world.engine());
    }
}

#[tokio::test]
async fn a_text_retracted_before_it_was_indexed_is_not_found_either() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        let mut regretted = chat(&a, &b, body("regretted words"));
        regretted.id = Some("r1".into());
        world.keep(regretted, &a, &b, false).await;
        let retraction = chat(&a, &b, |writer| {
            writer.start("retract", ns::RETRACT);
            writer.attr("id", "r1");
            writer.end();
        });
        world.keep(retraction, &a, &b, false).await;
        assert!(found(&world, &b, "regretted").await.is_empty(), "{}", world.engine());
    }
}

#[tokio::test]
async fn what_stands_beside_ciphertext_is_not_indexed() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        let secret = chat(&a, &b, |writer| {
            writer.start("encrypted", "eu.siacs.conversations.axolotl");
            writer.end();
            writer.leaf("body", ns::CLIENT, "your client cannot read this");
        });
        world.keep(secret, &a, &b, false).await;
        assert!(found(&world, &b, "client").await.is_empty(), "{}", world.engine());
    }
}

#[tokio::test]
async fn a_search_keeps_to_a_conversation_and_a_stretch() {
    for world in worlds().await {
        let (a, b, c) = (user(1), user(2), user(3));
        for from in [&b, &c, &b, &c] {
            world.say(from, &a, "word").await;
        }
        assert_eq!(found(&world, &a, "word").await, [1, 2, 3, 4]);
        let peer = world.archive.peer(&b.jid);
        let found = world
            .read(move |tx| {
                Stop::split(find(tx, AccountId(1), "word", Bounds::ALL.after(1), Some(peer)))
            })
            .await;
        assert_eq!(found, Ok(vec![3]), "{}", world.engine());
    }
}
