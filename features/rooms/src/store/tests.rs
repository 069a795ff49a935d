//! Rooms and affiliations on each engine.

use skein_base::Timestamp;
use skein_db::Db;
use skein_db::testing::databases;
use skein_xmpp::Jid;

use super::*;
use crate::rules::affiliation::Affiliation;
use crate::rules::config::Config;

fn named(name: &str) -> Config {
    Config { name: name.into(), ..Config::default() }
}

fn jid(text: &str) -> Jid {
    Jid::parse(text).expect("an address")
}

async fn each(check: impl AsyncFn(Db)) {
    for fresh in databases() {
        let db = fresh.open(MIGRATIONS).await;
        for statements in STATEMENTS {
            db.prepare_all(statements).await.expect("both engines take the statements");
        }
        check(db.clone()).await;
        db.close().await;
    }
}

#[tokio::test]
async fn a_room_is_found_again_with_all_that_was_set() {
    each(async |db| {
        let saved = db
            .write(|tx| {
                let room = jid("coven@rooms.example");
                save(tx, &room, 7, &named("old"))?;
                set_subject(tx, &room, "<message/>")?;
                set_vcard(tx, &room, "<vCard/>")?;
                save(tx, &room, 7, &named("new"))?;
                load(tx, &room)
            })
            .await
            .expect("written");
        let expected = Saved {
            id: 7,
            config: named("new").to_text(),
            subject: "<message/>".into(),
            vcard: "<vCard/>".into(),
        };
        assert_eq!(saved, Some(expected));
    })
    .await;
}

#[tokio::test]
async fn the_directory_shows_public_rooms_of_the_host_page_by_page_and_those_of_ones_circles() {
    each(async |db| {
        db.write(|tx| {
            for (number, name) in (1..).zip(["a", "b", "c", "d"]) {
                let config = Config { public: name != "c", ..named(name) };
                save(tx, &jid(&format!("{name}@rooms.example")), number, &config)?;
            }
            save(tx, &jid("z@other.example"), 9, &named("z"))?;
            let of_circle = Config { circles: vec!["c1".into()], ..named("100%_family!") };
            save(tx, &jid("~x@rooms.example"), 10, &of_circle)?;
            let mine: [Box<str>; 2] = ["c0".into(), "c1".into()];
            let mut found = |after: &str, term: &str, circles: &[Box<str>], most| {
                let terms: Vec<String> = term.split_whitespace().map(str::to_owned).collect();
                let found = search(tx, "rooms.example", after, &terms, circles, most)?;
                let ids: Vec<i64> = found.into_iter().map(|found| found.id).collect();
                Ok::<_, skein_db::DbError>(ids)
            };
            assert_eq!(found("", "", &[], 2)?, [1, 2]);
            assert_eq!(found("b@rooms.example", "", &[], 2)?, [4]);
            assert_eq!(found("", "", &mine, 9)?, [1, 2, 4, 10]);
            assert_eq!(found("", "100%_family!", &mine, 9)?, [10]);
            assert_eq!(found("", "100x", &mine, 9)?, [0; 0]);
            assert_eq!(found("", "100%", &[], 9)?, [0; 0]);
            Ok(())
        })
        .await
        .expect("written");
    })
    .await;
}

#[tokio::test]
async fn a_group_is_there_for_its_circles_and_members_alone() {
    each(async |db| {
        db.write(|tx| {
            let room = jid("~x@rooms.example");
            let (member, banned) = (jid("m@h.example"), jid("b@h.example"));
            let other = jid("o@h.example");
            let config = Config { circles: vec!["c1".into()], ..named("x") };
            save(tx, &room, 7, &config)?;
            let kept = |affiliation| Kept { affiliation, ..Kept::default() };
            put_affiliation(tx, 7, &member, &kept(Affiliation::Member))?;
            put_affiliation(tx, 7, &banned, &kept(Affiliation::Outcast))?;
            let circle: [Box<str>; 1] = ["c1".into()];
            assert!(is_there_for(tx, 7, &member, &[])?);
            assert!(is_there_for(tx, 7, &other, &circle)?);
            assert!(!is_there_for(tx, 7, &other, &["c2".into()])?);
            assert!(!is_there_for(tx, 7, &banned, &circle)?);
            assert!(!is_there_for(tx, 8, &other, &circle)?);
            save(tx, &room, 7, &named("x"))?;
            assert!(is_there_for(tx, 7, &other, &[])?);
            Ok(())
        })
        .await
        .expect("written");
    })
    .await;
}

#[tokio::test]
async fn links_requests_and_pins_are_kept_until_they_are_done_or_the_room_ends() {
    each(async |db| {
        db.write(|tx| {
            let (room, witch) = (jid("coven@rooms.example"), jid("witch@h.example"));
            save(tx, &room, 7, &named("x"))?;
            let now = Timestamp::from_secs(100);
            let made = Link {
                token: "t".into(),
                room: 7,
                maker: "m@h.example".into(),
                expires: Timestamp::from_secs(200),
                uses: 1,
                used: 0,
            };
            put_link(tx, &made)?;
            assert!(links(tx, 7, now)?[0].is_good(now));
            assert!(links(tx, 7, Timestamp::from_secs(200))?.is_empty());
            use_link(tx, "t")?;
            assert!(link(tx, "t")?.is_some_and(|link| !link.is_good(now)));
            revoke_link(tx, 8, "t")?;
            assert_eq!(address(tx, 7)?, Some(room.clone()));
            let asked = Asked { jid: witch.clone(), nick: "w".into(), note: "n".into(), at: now };
            put_request(tx, 7, &asked)?;
            put_request(tx, 8, &asked)?;
            assert_eq!(count_requests(tx, 7, &witch)?, (1, 2));
            assert_eq!(request(tx, 7, &witch)?, Some(asked.clone()));
            drop_request(tx, 8, &witch)?;
            let pin = Pin { id: "i".into(), by: "o".into(), at: now };
            assert!(put_pin(tx, 7, &pin)? && put_pin(tx, 7, &pin)?);
            assert_eq!(pins(tx, 7)?, [pin]);
            remove(tx, &room, 7)?;
            assert!(link(tx, "t")?.is_none());
            assert!(requests(tx, 7)?.is_empty() && pins(tx, 7)?.is_empty());
            put_policy(tx, "h", "anyone", &[])?;
            put_policy(tx, "h", "creators", &["a".into(), "b".into()])?;
            let kept = policy(tx, "h")?;
            assert_eq!(kept, Some(("creators".into(), vec!["a".into(), "b".into()])));
            Ok(())
        })
        .await
        .expect("written");
    })
    .await;
}

#[tokio::test]
async fn members_have_their_rooms_and_read_forward_only() {
    each(async |db| {
        db.write(|tx| {
            let (room, witch) = (jid("coven@rooms.example"), jid("witch@h.example"));
            save(tx, &room, 7, &named("x"))?;
            let kept = |affiliation| Kept { affiliation, ..Kept::default() };
            put_affiliation(tx, 7, &witch, &kept(Affiliation::Member))?;
            put_affiliation(tx, 7, &jid("b@h.example"), &kept(Affiliation::Outcast))?;
            mark_seen(tx, 7, &witch, 5)?;
            mark_seen(tx, 7, &witch, 3)?;
            let one = membership(tx, &witch, &room)?.expect("a member");
            assert_eq!((one.seen, one.log.owner.0, &one.log.jid), (5, -7, &room));
            assert_eq!(memberships(tx, &witch)?, [one]);
            assert!(memberships(tx, &jid("b@h.example"))?.is_empty());
            assert!(membership(tx, &jid("b@h.example"), &room)?.is_none());
            Ok(())
        })
        .await
        .expect("written");
    })
    .await;
}

#[tokio::test]
async fn r06_a_removed_room_leaves_its_number_to_be_cleaned_and_nobody_in_it() {
    each(async |db| {
        let (left, gone_before, gone_after) = db
            .write(|tx| {
                let (room, witch) = (jid("coven@rooms.example"), jid("witch@h.example"));
                let kept = Kept { affiliation: Affiliation::Owner, nick: "w".into(), delivered: 3 };
                save(tx, &room, 7, &named("x"))?;
                put_affiliation(tx, 7, &witch, &kept)?;
                put_affiliation(tx, 8, &witch, &kept)?;
                mark_delivered(tx, 8, &witch, 9)?;
                mark_delivered(tx, 8, &witch, 5)?;
                remove(tx, &room, 7)?;
                let left = (load(tx, &room)?, affiliations(tx, 7)?, affiliations(tx, 8)?);
                let before = gone(tx)?;
                forgotten(tx, 7)?;
                Ok((left, before, gone(tx)?))
            })
            .await
            .expect("written");
        assert_eq!((left.0, left.1.len()), (None, 0));
        assert_eq!(left.2[0].1.delivered, 9);
        assert_eq!((gone_before, gone_after), (vec![7], vec![]));
    })
    .await;
}

#[tokio::test]
async fn invitations_are_found_by_the_invited_until_they_expire_and_the_newest_of_one_stay() {
    each(async |db| {
        db.write(|tx| {
            let (alice, bob) = (jid("alice@example"), jid("bob@example"));
            let at = Timestamp::from_secs;
            let invited = Invited { inviter: alice.clone(), shown: alice.clone(), joined: true };
            put_invitation(tx, 1, &bob, &invited, at(10))?;
            assert_eq!(invitations(tx, 1, &bob, at(20))?, std::slice::from_ref(&invited));
            assert_eq!(invitations(tx, 2, &bob, at(20))?, []);
            assert_eq!(invitations(tx, 1, &alice, at(20))?, []);
            let end = at(10).plus(skein_base::limits::ROOM_INVITATION);
            assert_eq!(invitations(tx, 1, &bob, end)?, []);
            // The second invitation of the same does not make a member of one who was none.
            let again = Invited { joined: false, ..invited.clone() };
            put_invitation(tx, 1, &bob, &again, at(11))?;
            assert_eq!(invitations(tx, 1, &bob, at(20))?, std::slice::from_ref(&invited));
            drop_invitation(tx, 1, &bob, &alice)?;
            assert_eq!(invitations(tx, 1, &bob, at(20))?, []);
            let most = skein_base::limits::ROOM_INVITATIONS_OF_ONE;
            for number in 0..=most {
                put_invitation(tx, number, &bob, &invited, at(100 + number))?;
            }
            assert_eq!(invitations(tx, 0, &bob, at(1000))?, []);
            for room in [1, most] {
                assert_eq!(invitations(tx, room, &bob, at(1000))?.len(), 1, "{room}");
            }
            forget_account(tx, &alice)?;
            assert_eq!(invitations(tx, most, &bob, at(1000))?, []);
            Ok(())
        })
        .await
        .expect("written");
    })
    .await;
}
