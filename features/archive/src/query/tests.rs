mod by_id;

use super::proto::tests::query;
use super::*;
use crate::tests::{BEGIN, World, body, chat, user, worlds};
use skein_base::Timestamp;
use skein_session::User;
use skein_xml::{Document, Limits};
use skein_xmpp::rsm::Page;

const SIZES: Sizes = Sizes { default: 50, max: 250, bytes: 512 << 10 };

async fn try_read(world: &World, owner: &Arc<User>, query: Query) -> Result<Read, StanzaError> {
    let (archive, owner) = (world.archive.clone(), owner.clone());
    let client = owner.jid.with_resource("r").expect("valid");
    world
        .read(move |tx| {
            let mut results = Results::new(owner.jid.clone(), client, query.queryid.clone());
            Stop::split(page::read(tx, &archive, owner.account, &query, SIZES, &mut results))
        })
        .await
}

async fn read(world: &World, owner: &Arc<User>, fields: &[(&str, String)], set: &str) -> Read {
    try_read(world, owner, query(fields, set)).await.expect("a page")
}

fn bodies(read: &Read) -> Vec<String> {
    let body = |message: &Stanza| {
        let result = message.child("result", ns::MAM)?;
        let forwarded = result.child("forwarded", ns::FORWARD)?;
        let inner = forwarded.child("message", ns::CLIENT)?;
        Some(inner.child("body", ns::CLIENT)?.text().into_owned())
    };
    read.messages.iter().map(|message| body(message).unwrap_or_default()).collect()
}

fn named(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("m{n}")).collect()
}

/// `count` messages to the first person from the second, m0, m1, …; and their ids.
async fn history(world: &World, count: usize) -> (Arc<User>, Arc<User>, Vec<String>) {
    let (a, b) = (user(1), user(2));
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(world.say(&b, &a, &format!("m{n}")).await);
    }
    (a, b, ids)
}

#[tokio::test]
async fn a_result_forwards_the_stored_message_under_its_id() {
    for world in worlds().await {
        let (a, _, ids) = history(&world, 1).await;
        let read = read(&world, &a, &[], "").await;
        let expected = format!(
            "<message xmlns='jabber:client' from='a1@example.org' to='a1@example.org/r'>\
             <result xmlns='urn:xmpp:mam:2' queryid='q1' id='{}'><forwarded xmlns='urn:xmpp:forward:0'>\
             <delay xmlns='urn:xmpp:delay' stamp='{BEGIN}'/>\
             <message xmlns='jabber:client' from='a2@example.org/home' to='a1@example.org' type='chat'>\
             <body>m0</body></message></forwarded></result></message>",
            ids[0]
        );
        assert_eq!(read.messages[0].to_xml(), expected, "{}", world.engine());
        let document = Document::parse(&expected, &Limits::after_login()).expect("well-formed");
        assert_eq!(Stanza::read(document.root()).as_ref(), Ok(&read.messages[0]));
    }
}

#[tokio::test]
async fn pages_forward_and_backward_join_to_the_whole() {
    for world in worlds().await {
        let (a, b, _) = history(&world, 23).await;
        for size in [1, 7, 23, 50] {
            for with in [
                vec![],
                vec![("with", b.jid.to_string())],
                vec![("with", format!("{}/home", b.jid))],
            ] {
                let (mut forward, mut after, mut pages) = (Vec::new(), String::new(), 0);
                loop {
                    let page = read(&world, &a, &with, &format!("<max>{size}</max>{after}")).await;
                    forward.extend(bodies(&page));
                    assert_eq!(page.page.count.is_some(), after.is_empty());
                    pages += 1;
                    if page.complete {
                        break;
                    }
                    after = format!("<after>{}</after>", page.page.last.expect("an id"));
                }
                assert_eq!(forward, named(0..23), "{size} {}", world.engine());
                assert_eq!(pages, 23_usize.div_ceil(size));
                let (mut backward, mut before) = (Vec::new(), "<before/>".to_owned());
                loop {
                    let page = read(&world, &a, &with, &format!("<max>{size}</max>{before}")).await;
                    backward.splice(0..0, bodies(&page));
                    if page.complete {
                        break;
                    }
                    before = format!("<before>{}</before>", page.page.first.expect("an id").0);
                }
                assert_eq!(backward, named(0..23), "{size} {}", world.engine());
            }
        }
    }
}

#[tokio::test]
async fn counts_and_indexes_are_exact() {
    for world in worlds().await {
        let (a, _, ids) = history(&world, 9).await;
        let id = |n: usize| ids[n].clone();
        for (set, expected) in [
            ("", Page { first: Some((id(0), Some(0))), last: Some(id(8)), count: Some(9) }),
            (
                "<max>4</max>",
                Page { first: Some((id(0), Some(0))), last: Some(id(3)), count: Some(9) },
            ),
            (
                "<max>4</max><before/>",
                Page { first: Some((id(5), None)), last: Some(id(8)), count: Some(9) },
            ),
            (
                "<max>2</max><index>3</index>",
                Page { first: Some((id(3), Some(3))), last: Some(id(4)), count: Some(9) },
            ),
            ("<max>2</max><index>9</index>", Page { first: None, last: None, count: Some(9) }),
            (
                "<max>2</max><index>999999999999</index>",
                Page { first: None, last: None, count: Some(9) },
            ),
            (
                "<max>0</max>",
                Page { first: Some((id(0), Some(0))), last: Some(id(8)), count: Some(9) },
            ),
        ] {
            let read = read(&world, &a, &[], set).await;
            assert_eq!(read.page, expected, "{set} {}", world.engine());
        }
        let nobody = read(&world, &user(9), &[], "<max>0</max>").await;
        assert_eq!((nobody.complete, nobody.page.count, nobody.page.first), (true, Some(0), None));
    }
}

#[tokio::test]
async fn filters_select_by_person_time_and_ids() {
    for world in worlds().await {
        let (a, b, ids) = history(&world, 4).await;
        let c = user(3);
        world.say(&a, &c, "to c").await;
        world.say(&a, &a, "note").await;
        let at = |second: i64| Timestamp(BEGIN.0 + second * 1_000_000).to_string();
        let between = Timestamp(BEGIN.0 + 1_500_000).to_string();
        for (fields, expected) in [
            (vec![("with", c.jid.to_string())], vec!["to c"]),
            (vec![("with", a.jid.to_string())], vec!["note"]),
            (vec![("with", format!("{}/home", a.jid))], vec!["note"]),
            (vec![("with", format!("{}/away", b.jid))], vec![]),
            (vec![("start", at(1)), ("end", at(2))], vec!["m1", "m2"]),
            (vec![("start", between.clone())], vec!["m2", "m3", "to c", "note"]),
            (vec![("end", between)], vec!["m0", "m1"]),
            (vec![("end", "2001-01-01T00:00:00Z".into())], vec![]),
            (vec![("start", "2099-01-01T00:00:00Z".into())], vec![]),
            (vec![("after-id", ids[0].clone()), ("before-id", ids[3].clone())], vec!["m1", "m2"]),
            (vec![("after-id", ids[3].clone()), ("before-id", ids[0].clone())], vec![]),
            (vec![("ids", ids[2].clone()), ("end", at(3))], vec!["m2"]),
            (vec![("ids", ids[2].clone()), ("with", c.jid.to_string())], vec![]),
        ] {
            let page = read(&world, &a, &fields, "").await;
            assert_eq!(bodies(&page), expected, "{fields:?} {}", world.engine());
            while world.sort(&a, 100).await {}
            let counted = read(&world, &a, &fields, "<max>0</max>").await;
            assert_eq!(counted.page.count, Some(expected.len()), "{fields:?} {}", world.engine());
        }
        let mut several = query(&[], "<max>1</max><before/>");
        several.filter.ids = Some(vec![ids[3].clone(), ids[0].clone(), ids[3].clone()]);
        let page = try_read(&world, &a, several).await.expect("a page");
        assert_eq!((bodies(&page), page.complete, page.page.count), (named(3..4), false, Some(2)));
    }
}

/// Whatever part of a log is sorted by conversation.
#[tokio::test]
async fn pages_of_one_conversation_join_while_it_is_sorted() {
    for world in worlds().await {
        let (a, b, c) = (user(1), user(2), user(3));
        for n in 0..6 {
            world.say(&b, &a, &format!("m{n}")).await;
            world.say(&c, &a, "of another").await;
        }
        let with = [("with", b.jid.to_string())];
        for step in [0, 3, 5, 100] {
            if step > 0 {
                world.sort(&a, step).await;
            }
            for back in [false, true] {
                let (mut seen, mut set) = (Vec::new(), String::from("<max>2</max>"));
                if back {
                    set.push_str("<before/>");
                }
                loop {
                    let page = read(&world, &a, &with, &set).await;
                    let at = if back { 0 } else { seen.len() };
                    seen.splice(at..at, bodies(&page));
                    if page.complete {
                        break;
                    }
                    let ends =
                        if back { page.page.first.map(|(id, _)| id) } else { page.page.last };
                    let (id, name) = (ends.expect("an end"), if back { "before" } else { "after" });
                    set = format!("<max>2</max><{name}>{id}</{name}>");
                }
                assert_eq!(seen, named(0..6), "{step} {back} {}", world.engine());
            }
        }
    }
}

#[tokio::test]
async fn m02_a_page_is_bounded_in_messages_and_in_bytes() {
    for world in worlds().await {
        let (a, b, _) = history(&world, 60).await;
        assert_eq!(read(&world, &a, &[], "").await.messages.len(), 50);
        let most = read(&world, &a, &[], "<max>1000000000</max>").await;
        assert_eq!((most.messages.len(), most.complete), (60, true));
        let large = "x".repeat(200_000);
        for _ in 0..5 {
            world.say(&b, &a, &large).await;
        }
        let last = read(&world, &a, &[], "<max>5</max><before/>").await;
        assert_eq!((last.messages.len(), last.complete), (3, false), "{}", world.engine());
        let before = format!("<max>5</max><before>{}</before>", last.page.first.expect("an id").0);
        assert_eq!(bodies(&read(&world, &a, &[], &before).await)[3..], [large.clone(), large]);
    }
}

#[tokio::test]
async fn removed_and_hidden_entries_leave_gaps_that_no_page_stumbles_over() {
    for world in worlds().await {
        let (a, _, ids) = history(&world, 12).await;
        world
            .write(|tx| {
                store::expire(tx, skein_base::AccountId(1), 4, 100)?;
                store::owe(tx, skein_base::AccountId(1), 6)
            })
            .await;
        // One goes on from where an entry was; where none ever was there is no place.
        let rest = read(&world, &a, &[], &format!("<after>{}</after>", ids[0])).await;
        assert_eq!(bodies(&rest), named(3..12));
        let beyond = world.archive.ids.id(skein_base::AccountId(1), 13);
        let refused = try_read(&world, &a, query(&[], &format!("<after>{beyond}</after>"))).await;
        assert_eq!(refused.map(drop), Err(Condition::ItemNotFound.into()));
        let mut named_alone = query(&[], "");
        named_alone.filter.ids = Some(vec![ids[0].clone()]);
        let refused = try_read(&world, &a, named_alone).await;
        assert_eq!(refused.map(drop), Err(Condition::ItemNotFound.into()), "it is gone itself");
        let at = Timestamp(BEGIN.0 + 5_000_000).to_string();
        for (fields, expected) in [
            (vec![], named(3..12)),
            (vec![("start", at.clone())], named(5..12)),
            (vec![("end", at)], named(3..6)),
        ] {
            let page = read(&world, &a, &fields, "").await;
            assert_eq!(
                (bodies(&page), page.page.count),
                (expected.clone(), Some(expected.len())),
                "{}",
                world.engine()
            );
        }
        assert_eq!(read(&world, &a, &[], "").await.owed, [6]);
        world.write(|tx| store::settle(tx, skein_base::AccountId(1), 6)).await;
        assert!(read(&world, &a, &[], "").await.owed.is_empty());
        let ends = world.read(|tx| metadata::ends(tx, skein_base::AccountId(1))).await;
        assert_eq!(ends.map(|end| end.map(|(seq, _)| seq)), [Some(4), Some(12)]);
        assert_eq!(
            world.read(|tx| metadata::ends(tx, skein_base::AccountId(9))).await,
            [None, None]
        );
    }
}

#[tokio::test]
async fn what_was_found_is_paged_like_everything_else() {
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        for n in 0..10 {
            let text = if n % 2 == 0 { format!("even {n}") } else { format!("odd {n}") };
            world.say(&a, &b, &text).await;
        }
        world.write(|tx| search::index(tx, skein_base::AccountId(1), 100)).await;
        let even = [("{urn:xmpp:fulltext:0}fulltext", "even".to_owned())];
        let first = read(&world, &a, &even, "<max>2</max>").await;
        assert_eq!(
            (bodies(&first), first.complete),
            (vec!["even 0".to_owned(), "even 2".into()], false)
        );
        assert_eq!(first.page.count, Some(5));
        let after = format!("<max>9</max><after>{}</after>", first.page.last.expect("an id"));
        let rest = read(&world, &a, &even, &after).await;
        assert_eq!(
            (bodies(&rest), rest.complete),
            (vec!["even 4".to_owned(), "even 6".into(), "even 8".into()], true)
        );
        let last = read(&world, &a, &even, "<max>1</max><before/>").await;
        assert_eq!(
            (bodies(&last), last.page.first.map(|first| first.1)),
            (vec!["even 8".to_owned()], Some(None))
        );
    }
}

#[tokio::test]
async fn a_filter_that_tires_says_where_to_go_on() {
    let world = worlds().await.swap_remove(0);
    let (a, b) = (user(1), user(2));
    let (archive, a2, b2) = (world.archive.clone(), a.clone(), b.clone());
    world
        .write(move |tx| {
            use skein_kernel::contracts::Log;
            for n in 0..10_600 {
                let mut stanza = chat(&b2, &a2, body(&n.to_string()));
                if n == 5 || n == 10_500 {
                    stanza.from = b2.jid.with_resource("rare").ok();
                }
                let mut keeps = [skein_kernel::Keep {
                    owner: a2.clone(),
                    side: skein_kernel::Side::Received,
                    owed: false,
                    hidden: false,
                    stored: None,
                }];
                archive.append(tx, &stanza, &mut keeps, None, BEGIN)?;
            }
            Ok(())
        })
        .await;
    let rare = [("with", format!("{}/rare", b.jid))];
    let first = read(&world, &a, &rare, "").await;
    assert_eq!(
        (bodies(&first), first.complete, first.page.count),
        (vec!["5".to_owned()], false, None)
    );
    let after = format!("<after>{}</after>", first.page.last.expect("an id"));
    let second = read(&world, &a, &rare, &after).await;
    assert_eq!((bodies(&second), second.complete), (vec!["10500".to_owned()], true));
    // Everything: too many to count with a page, counted when asked for alone.
    assert_eq!(read(&world, &a, &[], "<max>1</max>").await.page.count, None);
    assert_eq!(read(&world, &a, &[], "<max>0</max>").await.page.count, Some(10_600));
}
