use super::*;
use crate::store;
use crate::tests::{World, chat, user, worlds};
use skein_kernel::contracts::Log;
use skein_session::User;
use skein_xml::{Document, Limits};
use std::sync::Arc;

/// Who, how many unread, and the last body, of each conversation; and what the page says.
async fn asked(
    world: &World,
    owner: &Arc<User>,
    request: PageRequest,
) -> (Vec<(String, String, String)>, Page) {
    let (archive, user) = (world.archive.clone(), owner.clone());
    while world.sort(owner, 3).await {}
    let xml = world
        .read(move |tx| {
            let strangers = Strangers::default();
            let of = Owner { user: &user, strangers: &strangers, rooms: &[] };
            Stop::split(inbox(tx, &archive, &of, &request))
        })
        .await
        .expect("an inbox");
    let document = Document::parse(&xml, &Limits::after_login()).expect("well-formed");
    let (mut shown, mut page) = (Vec::new(), Page::default());
    for child in document.root().children() {
        if child.is("set", ns::RSM) {
            let text = |name| child.child(name, ns::RSM).map(|found| found.text().into_owned());
            let index =
                child.child("first", ns::RSM).and_then(|first| first.attr("index")?.parse().ok());
            page.first = text("first").map(|first| (first, index));
            page.last = text("last");
            page.count = text("count").and_then(|count| count.parse().ok());
            continue;
        }
        let message =
            child.child("forwarded", ns::FORWARD).and_then(|f| f.child("message", ns::CLIENT));
        let body = message.and_then(|message| message.child("body", ns::CLIENT));
        let body = body.map(|body| body.text().into_owned()).unwrap_or_default();
        let attr = |name| child.attr(name).map(|value| value.into_owned()).unwrap_or_default();
        shown.push((attr("jid"), attr("unread"), body));
    }
    (shown, page)
}

fn shown(list: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    list.iter()
        .map(|(jid, unread, body)| (format!("{jid}@example.org"), (*unread).into(), (*body).into()))
        .collect()
}

#[tokio::test]
async fn conversations_come_newest_first_with_what_is_unread() {
    for world in worlds().await {
        let (a, b, c) = (user(1), user(2), user(3));
        world.say(&b, &a, "b1").await;
        let read = world.say(&c, &a, "c1").await;
        world.say(&c, &a, "c2").await;
        world.say(&b, &a, "b2").await;
        let all = PageRequest::default;
        assert_eq!(
            asked(&world, &a, all()).await.0,
            shown(&[("a2", "2", "b2"), ("a3", "2", "c2")])
        );
        assert_eq!(asked(&world, &b, all()).await.0, shown(&[("a1", "0", "b2")]));
        assert_eq!(asked(&world, &user(9), all()).await.0, []);
        let (archive, peer) = (world.archive.clone(), c.jid.clone());
        let stranger = b.jid.clone();
        world
            .write(move |tx| {
                assert!(archive.read_up_to(tx, AccountId(1), &peer, &read)?);
                // Of another conversation, of another account, of nobody.
                assert!(!archive.read_up_to(tx, AccountId(1), &stranger, &read)?);
                assert!(!archive.read_up_to(tx, AccountId(2), &peer, &read)?);
                assert!(!archive.read_up_to(tx, AccountId(1), &peer, "nonsense")?);
                // Never back.
                store::put_read(tx, AccountId(1), archive.peer(&peer), 0)
            })
            .await;
        assert_eq!(
            asked(&world, &a, all()).await.0,
            shown(&[("a2", "2", "b2"), ("a3", "1", "c2")])
        );
        // Who answers has read.
        world.say(&a, &c, "answer").await;
        assert_eq!(
            asked(&world, &a, all()).await.0,
            shown(&[("a3", "0", "answer"), ("a2", "2", "b2")])
        );
    }
}

#[tokio::test]
async fn receipts_make_no_conversation_and_hide_no_text() {
    for world in worlds().await {
        let (a, b, c) = (user(1), user(2), user(3));
        let receipt = |from, to| {
            chat(from, to, |writer| {
                writer.start("received", ns::RECEIPTS);
                writer.attr("id", "x");
                writer.end();
            })
        };
        world.say(&b, &a, "text").await;
        world.keep(receipt(&b, &a), &b, &a, false).await;
        world.keep(receipt(&c, &a), &c, &a, false).await;
        let inbox = asked(&world, &a, PageRequest::default()).await.0;
        assert_eq!(inbox, shown(&[("a2", "1", "text")]), "{}", world.engine());
    }
}

#[tokio::test]
async fn pages_of_conversations_join() {
    for world in worlds().await {
        let a = user(1);
        for n in 2..9 {
            world.say(&user(n), &a, &format!("m{n}")).await;
        }
        let whole = asked(&world, &a, PageRequest::default()).await.0;
        assert_eq!(whole.len(), 7);
        let (mut forward, mut position) = (Vec::new(), Position::First);
        for index in [0, 3, 6] {
            let (some, page) = asked(&world, &a, PageRequest { max: Some(3), position }).await;
            let (_, first) = page.first.expect("a first");
            assert_eq!((first, page.count), (Some(index), Some(7)));
            position = Position::After(page.last.expect("a last"));
            forward.extend(some);
        }
        assert_eq!(forward, whole, "{}", world.engine());
        let (mut backward, mut position) = (Vec::new(), Position::Before(None));
        for _ in 0..3 {
            let (some, page) = asked(&world, &a, PageRequest { max: Some(3), position }).await;
            position = Position::Before(page.first.map(|(id, _)| id));
            backward.splice(0..0, some);
        }
        assert_eq!(backward, whole, "{}", world.engine());
        let (none, page) =
            asked(&world, &a, PageRequest { max: Some(0), position: Position::First }).await;
        assert_eq!((none.len(), page.count), (0, Some(7)));
    }
}
