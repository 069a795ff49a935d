//! Each on both engines.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use skein_base::{AccountId, Clock, Rng, Secret, Timestamp};
use skein_config::Config;
use skein_db::testing::{TestDb, databases};
use skein_kernel::contracts::Directory;
use skein_sasl::Hash;
use skein_xmpp::Jid;

use crate::*;

const DAY: Duration = Duration::from_secs(86_400);

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

impl Hand {
    fn forward(&self, by: Duration) {
        self.0.fetch_add(by.as_micros() as i64, Ordering::Relaxed);
    }
}

/// Counts, so that no two draws are the same.
struct Counting(AtomicU64);

impl Rng for Counting {
    fn fill(&self, into: &mut [u8]) {
        for byte in into.chunks_mut(8) {
            let next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).to_le_bytes();
            byte.copy_from_slice(&next[..byte.len()]);
        }
    }
}

struct House {
    accounts: Accounts,
    clock: Arc<Hand>,
    db: skein_db::Db,
    _test: TestDb,
}

async fn house(test: TestDb) -> House {
    let migrations: Vec<_> =
        skein_session::store::MIGRATIONS.iter().chain(MIGRATIONS).copied().collect();
    let db = test.open(&migrations).await;
    let clock = Arc::new(Hand(AtomicI64::new(1_767_225_600_000_000)));
    let mut config = Config::default();
    config.domains = vec!["example.org".to_owned()];
    config.limits.scram_iterations = 4096;
    let rng = Arc::new(Counting(AtomicU64::new(1)));
    let opened = Accounts::open(db.clone(), Arc::new(config), clock.clone(), rng).await;
    House { accounts: opened.expect("accounts"), clock, db, _test: test }
}

async fn houses() -> Vec<House> {
    let mut houses = Vec::new();
    for test in databases() {
        houses.push(house(test).await);
    }
    houses
}

fn jid(text: &str) -> Jid {
    Jid::parse(text).expect("an address")
}

fn juliet() -> Jid {
    jid("juliet@example.org")
}

fn password(text: &str) -> Password {
    Password::given(text).expect("usable")
}

fn new(name: &str) -> NewAccount {
    NewAccount::new(jid(&format!("{name}@example.org")), password("r0m30myr0m30"))
}

fn typed(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// To become a contact of `inviter`.
fn contact(inviter: AccountId) -> NewInvite {
    NewInvite {
        kind: InviteKind::Contact,
        inviter: Some(inviter),
        subscribe: true,
        role: Role::User,
        jid: jid("example.org"),
        lifetime: None,
        uses: 1,
    }
}

impl House {
    async fn add(&self, name: &str) -> AccountId {
        self.accounts.create(new(name)).await.expect("an account").account
    }

    async fn token(&self, account: AccountId, client: &str, mechanism: &str) -> IssuedToken {
        self.accounts.issue_token(account, (client, "", ""), mechanism).await.expect("a token")
    }

    async fn checks(&self, text: &str) -> bool {
        let checked = self.accounts.check_password(&juliet(), typed(text)).await;
        checked.expect("an answer").is_some()
    }

    async fn invite(&self, kind: InviteKind, inviter: Option<AccountId>, to: &str) -> Invite {
        let base = contact(AccountId(0));
        let invite = NewInvite { kind, inviter, jid: jid(to), ..base };
        self.accounts.create_invite(invite).await.expect("an invitation")
    }
}

#[tokio::test]
async fn every_statement_is_understood_by_both_engines() {
    for house in houses().await {
        let shapes = house.db.prepare_all(STATEMENTS).await;
        assert!(shapes.is_ok(), "{shapes:?}");
    }
}

#[tokio::test]
async fn an_account_lets_its_password_in_and_no_other() {
    for house in houses().await {
        assert!(house.accounts.is_empty().await.expect("an answer"));
        let account = house.add("juliet").await;
        assert!(!house.accounts.is_empty().await.expect("an answer"));
        assert!(house.checks("r0m30myr0m30").await);
        assert!(!house.checks("R0m30myr0m30").await);
        for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
            let found = house.accounts.keys(&juliet(), hash).await.expect("keys");
            assert_eq!(found.account, Some(account));
        }
        let again = house.accounts.create(new("juliet")).await;
        assert!(matches!(again, Err(CreateError::Exists)));
        let elsewhere = NewAccount::new(jid("juliet@example.net"), password("r0m30myr0m30"));
        assert!(matches!(house.accounts.create(elsewhere).await, Err(CreateError::NotHere)));
    }
}

#[tokio::test]
async fn n10_an_unknown_name_has_keys_of_the_same_shape_that_stay_the_same() {
    for house in houses().await {
        house.add("juliet").await;
        let nobody = jid("nobody@example.org");
        for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
            let known = house.accounts.keys(&juliet(), hash).await.expect("keys");
            let unknown = house.accounts.keys(&nobody, hash).await.expect("keys");
            let again = house.accounts.keys(&nobody, hash).await.expect("keys");
            assert_eq!(unknown.account, None);
            assert_eq!(unknown.keys.salt.len(), known.keys.salt.len());
            assert_eq!(unknown.keys.iterations, known.keys.iterations);
            assert_eq!(unknown.keys.salt, again.keys.salt);
        }
        let checked = house.accounts.check_password(&nobody, typed("r0m30myr0m30")).await;
        assert_eq!(checked.expect("an answer"), None);
        let tokens =
            house.accounts.fast_tokens(&nobody, "c1", "HT-SHA-256-NONE").await.expect("tokens");
        assert!(tokens.len() == 1 && tokens[0].account.is_none());
    }
}

#[tokio::test]
async fn n15_a_new_password_a_suspension_and_a_removal_void_all_tokens() {
    for house in houses().await {
        let account = house.add("juliet").await;
        let accounts = &house.accounts;
        for what in ["password", "suspend", "remove"] {
            house.token(account, "c1", "HT-SHA-256-NONE").await;
            let held =
                accounts.fast_tokens(&juliet(), "c1", "HT-SHA-256-NONE").await.expect("tokens");
            match what {
                "password" => {
                    accounts.set_password(&juliet(), password("another one"), Passkeys::Stay).await
                }
                "suspend" => accounts.suspend(&juliet()).await,
                _ => accounts.remove(&juliet()).await,
            }
            .expect("changed");
            // Also for a login that looked the token up just before.
            assert_eq!(
                accounts.used_token(&held[0], None).await.expect("an answer"),
                Used::Refused
            );
            if what == "suspend" {
                assert!(!house.checks("another one").await);
                accounts.resume(&juliet()).await.expect("changed");
                assert!(house.checks("another one").await);
            }
            let tokens =
                accounts.fast_tokens(&juliet(), "c1", "HT-SHA-256-NONE").await.expect("tokens");
            assert!(tokens[0].account.is_none(), "{what}");
        }
        assert!(!house.checks("another one").await);
    }
}

#[tokio::test]
async fn the_name_of_a_removed_account_rests_for_ninety_days() {
    for house in houses().await {
        let first = house.add("juliet").await;
        house.accounts.remove(&juliet()).await.expect("removed");
        assert!(matches!(house.accounts.remove(&juliet()).await, Err(ChangeError::NoSuchAccount)));
        assert!(house.accounts.find(&juliet()).await.expect("an answer").is_none());
        house.clock.forward(DAY * 91);
        // Not before the features are done with it.
        assert!(matches!(house.accounts.create(new("juliet")).await, Err(CreateError::NameTaken)));
        assert_eq!(house.accounts.erasures().await.expect("erasures"), [(first, juliet())]);
        house.accounts.erased(first).await.expect("noted");
        let second = house.add("juliet").await;
        assert_ne!(first, second, "ids are never used again");

        house.accounts.remove(&juliet()).await.expect("removed");
        house.accounts.erased(second).await.expect("noted");
        house.clock.forward(DAY * 89);
        house.accounts.sweep().await.expect("swept");
        assert!(matches!(house.accounts.create(new("juliet")).await, Err(CreateError::NameTaken)));
    }
}

#[tokio::test]
async fn n08_the_older_token_dies_when_the_newer_is_used() {
    for house in houses().await {
        let account = house.add("juliet").await;
        let accounts = &house.accounts;
        let tokens = || async {
            accounts.fast_tokens(&juliet(), "c1", "HT-SHA-256-NONE").await.expect("tokens")
        };
        let first = house.token(account, "c1", "HT-SHA-256-NONE").await;
        let held = tokens().await;
        assert_eq!(held[0].token, first.token);
        let used = accounts.used_token(&held[0], None).await.expect("an answer");
        assert_eq!(used, Used::Accepted { account, renew: false });
        house.clock.forward(DAY);
        let used = accounts.used_token(&held[0], None).await.expect("an answer");
        assert_eq!(used, Used::Accepted { account, renew: true });

        let lost = house.token(account, "c1", "HT-SHA-256-NONE").await;
        let second = house.token(account, "c1", "HT-SHA-256-NONE").await;
        let both = tokens().await;
        assert!(both.iter().all(|token| token.token != lost.token), "an unused token is replaced");
        assert_eq!((&both[0].token, &both[1].token), (&second.token, &first.token));
        let old = accounts.used_token(&both[1], None).await.expect("an answer");
        assert!(matches!(old, Used::Accepted { .. }), "good until the newer one is used");
        let new = accounts.used_token(&both[0], None).await.expect("an answer");
        assert!(matches!(new, Used::Accepted { .. }));
        assert_eq!(accounts.used_token(&both[1], None).await.expect("an answer"), Used::Refused);
        assert_eq!(tokens().await.len(), 1);
    }
}

#[tokio::test]
async fn n08_tokens_are_bound_to_client_mechanism_count_and_time() {
    for house in houses().await {
        let account = house.add("juliet").await;
        let accounts = &house.accounts;
        house.token(account, "c1", "HT-SHA-256-EXPR").await;
        for (client, mechanism) in [("c1", "HT-SHA-256-NONE"), ("c2", "HT-SHA-256-EXPR")] {
            let tokens = accounts.fast_tokens(&juliet(), client, mechanism).await.expect("tokens");
            assert!(tokens[0].account.is_none());
        }
        let held = accounts.fast_tokens(&juliet(), "c1", "HT-SHA-256-EXPR").await.expect("tokens");
        assert!(matches!(accounts.used_token(&held[0], Some(5)).await, Ok(Used::Accepted { .. })));
        for replayed in [5, 4] {
            assert!(matches!(
                accounts.used_token(&held[0], Some(replayed)).await,
                Ok(Used::Refused)
            ));
        }
        assert!(matches!(accounts.used_token(&held[0], Some(6)).await, Ok(Used::Accepted { .. })));
        house.clock.forward(DAY * 30);
        accounts.sweep().await.expect("swept");
        let held = accounts.fast_tokens(&juliet(), "c1", "HT-SHA-256-EXPR").await.expect("tokens");
        assert!(matches!(accounts.used_token(&held[0], None).await, Ok(Used::Expired)));
        accounts.invalidate_tokens(account, "c1").await.expect("void");
        let held = accounts.fast_tokens(&juliet(), "c1", "HT-SHA-256-EXPR").await.expect("tokens");
        assert!(held[0].account.is_none());
    }
}

#[tokio::test]
async fn an_invitation_makes_one_account_of_the_address_it_is_for() {
    for house in houses().await {
        let romeo = house.add("romeo").await;
        let invite = house.invite(InviteKind::Account, Some(romeo), "juliet@example.org").await;
        assert_eq!(invite.inviter_jid, Some(jid("romeo@example.org")));
        let with =
            |name: &str, token: &str| NewAccount { invite: Some(token.to_owned()), ..new(name) };
        // The name is kept for whoever has the link.
        assert!(matches!(house.accounts.create(new("juliet")).await, Err(CreateError::NameTaken)));
        let other = house.accounts.create(with("tybalt", &invite.token)).await;
        assert!(matches!(other, Err(CreateError::Invitation)));
        let made = house.accounts.create(with("juliet", &invite.token)).await.expect("an account");
        assert_eq!(made.invite.and_then(|invite| invite.inviter), Some(romeo));
        assert!(house.accounts.invite(&invite.token).await.expect("an answer").is_none());

        let any = house.invite(InviteKind::Account, Some(romeo), "example.org").await;
        house.accounts.suspend(&jid("romeo@example.org")).await.expect("changed");
        let after = house.accounts.create(with("paris", &any.token)).await;
        assert!(matches!(after, Err(CreateError::Invitation)), "void with its inviter");
    }
}

#[tokio::test]
async fn invitations_expire_are_revoked_and_are_counted() {
    for house in houses().await {
        let romeo = house.add("romeo").await;
        let first = house.invite(InviteKind::Contact, Some(romeo), "example.org").await;
        assert!(house.accounts.redeem_contact(romeo, &first.token).await.expect("an answer"));
        assert!(!house.accounts.redeem_contact(romeo, &first.token).await.expect("an answer"));
        for _ in 0..5 {
            house.invite(InviteKind::Contact, Some(romeo), "example.org").await;
        }
        let sixth = contact(romeo);
        assert!(matches!(house.accounts.create_invite(sixth).await, Err(InviteError::TooMany)));
        let open = house.accounts.open_invites().await.expect("invitations");
        assert_eq!(open.len(), 5);
        assert!(house.accounts.revoke_invite(&open[0].token).await.expect("an answer"));
        assert!(!house.accounts.revoke_invite(&open[0].token).await.expect("an answer"));
        house.clock.forward(DAY * 7);
        assert!(house.accounts.invite(&open[1].token).await.expect("an answer").is_none());
        assert!(house.accounts.open_invites().await.expect("invitations").is_empty());
    }
}

#[tokio::test]
async fn devices_are_listed_and_cut_off_one_by_one() {
    for house in houses().await {
        let account = house.add("juliet").await;
        let accounts = &house.accounts;
        for (client, software) in [("c1", "Converse"), ("c2", "slixmpp"), ("c1", "Converse 14")] {
            accounts.logged_in(account, Some((client, software, "balcony")));
            house.token(account, client, "HT-SHA-256-NONE").await;
        }
        let devices = accounts.devices(account).await.expect("devices");
        assert_eq!(devices.len(), 2);
        assert!(devices.iter().any(|device| device.software == "Converse 14"));
        assert!(
            accounts.find(&juliet()).await.expect("an answer").expect("found").last_login.is_some()
        );
        assert!(accounts.revoke_device(account, "c1").await.expect("an answer"));
        let tokens =
            accounts.fast_tokens(&juliet(), "c1", "HT-SHA-256-NONE").await.expect("tokens");
        assert!(tokens[0].account.is_none());
        let tokens =
            accounts.fast_tokens(&juliet(), "c2", "HT-SHA-256-NONE").await.expect("tokens");
        assert!(tokens[0].account.is_some());
    }
}

#[tokio::test]
async fn many_accounts_are_made_at_once_and_each_failure_stands_alone() {
    for house in houses().await {
        let many = vec![new("a"), new("b"), new("a"), NewAccount { role: Role::Admin, ..new("c") }];
        let made = house.accounts.create_many(many).await.expect("made");
        assert!(matches!(&made[..], [Ok(_), Ok(_), Err(CreateError::Exists), Ok(_)]));
        let listed = house.accounts.list().await.expect("accounts");
        let shown: Vec<_> =
            listed.iter().map(|a| (a.jid.local().unwrap_or_default(), a.role)).collect();
        assert_eq!(shown, [("a", Role::User), ("b", Role::User), ("c", Role::Admin)]);
    }
}

#[tokio::test]
async fn the_directory_shows_active_accounts_only() {
    for house in houses().await {
        let account = house.add("juliet").await;
        let waiting = NewAccount { state: State::Pending, ..new("paris") };
        house.accounts.create(waiting).await.expect("an account");
        let directory = house.accounts.clone();
        let seen = house.db.read(move |tx| {
            let full = jid("juliet@example.org/balcony");
            Ok((directory.account(tx, &full)?, directory.account(tx, &jid("paris@example.org"))?))
        });
        assert_eq!(seen.await.expect("read"), (Some(account), None));
    }
}

#[tokio::test]
async fn the_secret_stays_the_same() {
    for house in houses().await {
        let (config, clock) = (Arc::new(Config::default()), house.clock.clone());
        let rng = Arc::new(Counting(AtomicU64::new(99)));
        let again = Accounts::open(house.db.clone(), config, clock, rng).await.expect("accounts");
        assert_eq!(again.secret(), house.accounts.secret());
        assert_ne!(again.secret().expose(), &[0; 32]);
    }
}
