//! Rooms and affiliations on each engine.

use skein_db::Db;
use skein_db::testing::databases;
use skein_xmpp::Jid;

use super::*;
use crate::rules::affiliation::Affiliation;

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
                save(tx, &room, 7, "old", None)?;
                set_subject(tx, &room, "<message/>")?;
                set_vcard(tx, &room, "<vCard/>")?;
                save(tx, &room, 7, "new", Some("Coven"))?;
                load(tx, &room)
            })
            .await
            .expect("written");
        let expected = Saved {
            id: 7,
            config: "new".into(),
            subject: "<message/>".into(),
            vcard: "<vCard/>".into(),
        };
        assert_eq!(saved, Some(expected));
    })
    .await;
}

#[tokio::test]
async fn the_list_shows_public_rooms_of_the_host_page_by_page() {
    each(async |db| {
        let (first, second, last) = db
            .write(|tx| {
                for name in ["a", "b", "c", "d"] {
                    let listed = (name != "c").then_some(name);
                    save(tx, &jid(&format!("{name}@rooms.example")), 1, "", listed)?;
                }
                save(tx, &jid("z@other.example"), 2, "", Some("z"))?;
                Ok((
                    list(tx, "rooms.example", "", None, 2)?,
                    list(tx, "rooms.example", "b@rooms.example", None, 2)?,
                    list(tx, "rooms.example", "", Some(""), 1)?,
                ))
            })
            .await
            .expect("written");
        let names = |listed: &Listed| -> Vec<String> {
            listed.rooms.iter().map(|(_, title)| title.clone()).collect()
        };
        assert_eq!((names(&first), first.count), (vec!["a".into(), "b".into()], 3));
        assert_eq!(names(&second), ["d"]);
        assert_eq!(names(&last), ["d"]);
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
                save(tx, &room, 7, "", None)?;
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
