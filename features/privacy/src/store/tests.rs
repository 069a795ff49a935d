//! The tables on both engines.

use super::*;
use skein_db::testing::databases;
use skein_kernel::contracts::Aspect;

fn jid(text: &str) -> Jid {
    Jid::parse(text).expect("an address")
}

fn migrations() -> Vec<Migration> {
    [skein_accounts::MIGRATIONS, MIGRATIONS].concat()
}

#[tokio::test]
async fn rules_are_kept_and_go_with_their_account_and_with_those_they_name() {
    for fresh in databases() {
        let db = fresh.open(&migrations()).await;
        db.prepare_all(STATEMENTS).await.expect("both engines take the statements");
        let (account, other) = (AccountId(7), AccountId(8));
        let seen = db
            .write(move |tx| {
                let chosen = Viewers::Chosen([jid("a@b"), jid("c@d")].into());
                let changed = [
                    Rule { aspect: Aspect::Picture, viewers: chosen.clone() },
                    Rule { aspect: Aspect::LastSeen, viewers: Viewers::Nobody },
                ];
                put_rules(tx, account, &changed)?;
                put_rules(tx, other, &changed)?;
                let kept = rules(tx, account)?;
                forget(tx, other, &jid("a@b"))?;
                let left = rules(tx, account)?;
                let back = [Rule { aspect: Aspect::Picture, viewers: Viewers::Contacts }];
                put_rules(tx, account, &back)?;
                Ok((chosen, kept, left, rules(tx, account)?, rules(tx, other)?))
            })
            .await
            .expect("written");
        let (chosen, kept, left, back, gone) = seen;
        assert_eq!(*kept.of(Aspect::Picture), chosen);
        assert_eq!(*kept.of(Aspect::LastSeen), Viewers::Nobody);
        assert_eq!(*kept.of(Aspect::Status), Viewers::Everybody);
        assert_eq!(*left.of(Aspect::Picture), Viewers::Chosen([jid("c@d")].into()));
        assert_eq!(*back.of(Aspect::Picture), Viewers::Contacts);
        assert_eq!(gone, Privacy::default());
        db.close().await;
    }
}

#[tokio::test]
async fn strangers_wait_until_they_are_decided_on() {
    for fresh in databases() {
        let db = fresh.open(&migrations()).await;
        let account = AccountId(7);
        let seen = db
            .write(move |tx| {
                let one = Waiting { peer: jid("a@b"), inviter: None, since: Timestamp(1) };
                let inviter = Some(jid("x@b/r"));
                let two = Waiting { peer: jid("room@rooms"), inviter, since: Timestamp(2) };
                arrived(tx, account, &one, (1, 10))?;
                arrived(tx, account, &two, (1, 20))?;
                arrived(tx, account, &one, (4, 44))?;
                let all = waiting(tx, account)?;
                let counted = strangers(tx, account)?.with(&jid("a@b"));
                decide(tx, account, &jid("a@b"), true, Timestamp(3))?;
                decide(tx, account, &jid("room@rooms"), false, Timestamp(3))?;
                decide(tx, account, &jid("new@b"), true, Timestamp(3))?;
                let left = waiting(tx, account)?;
                let standing = strangers(tx, account)?;
                forget(tx, AccountId(9), &jid("new@b"))?;
                let after = strangers(tx, account)?.with(&jid("new@b"));
                Ok((all == [two, one], counted, left, standing, after))
            })
            .await
            .expect("written");
        let (in_order, counted, left, standing, after) = seen;
        assert!(in_order && left.is_empty());
        assert_eq!(counted, Some(Standing::Waiting { messages: 4, bytes: 44 }));
        assert_eq!(standing.with(&jid("a@b")), Some(Standing::Known));
        assert_eq!(standing.with(&jid("room@rooms")), Some(Standing::Declined));
        assert_eq!(standing.with(&jid("new@b")), Some(Standing::Known));
        assert_eq!(after, None, "an address that was given up means nobody");
        db.close().await;
    }
}
