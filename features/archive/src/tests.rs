//! A log on each engine, and people who write to each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use skein_base::{AccountId, Secret, Timestamp};
use skein_config::Limits;
use skein_db::testing::{TestDb, databases};
use skein_db::{Db, DbError, Sql, Tx};
use skein_kernel::contracts::{Appended, FileId, Log};
use skein_kernel::{Keep, Side};
use skein_session::{SessionId, User};
use skein_xml::Writer;
use skein_xmpp::{Jid, Kind, MessageType, Stanza, ns};

use crate::log::Archive;
use crate::{conversations, names, store};

/// Messages are a second apart, from here on.
pub(crate) const BEGIN: Timestamp = Timestamp::from_secs(1_800_000_000);

/// See the module.
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) archive: Arc<Archive>,
    seconds: AtomicI64,
    fresh: TestDb,
}

pub(crate) async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for fresh in databases() {
        let db = fresh.open(store::MIGRATIONS).await;
        let archive = Arc::new(Archive::new(&Secret::new([7; 32]), &Limits::default()));
        worlds.push(World { db, archive, seconds: AtomicI64::new(0), fresh });
    }
    worlds
}

/// The account of that number, `a1@example.org`.
pub(crate) fn user(number: i64) -> Arc<User> {
    let jid = Jid::parse(&format!("a{number}@example.org")).expect("valid");
    Arc::new(User::new(jid, AccountId(number), [], BEGIN))
}

pub(crate) fn chat(from: &User, to: &User, content: impl FnOnce(&mut Writer)) -> Stanza {
    let mut stanza = Stanza::new(Kind::Message(MessageType::Chat));
    stanza.from = from.jid.with_resource("home").ok();
    stanza.to = Some(to.jid.clone());
    stanza.with_content(content)
}

pub(crate) fn body(text: &str) -> impl FnOnce(&mut Writer) + '_ {
    move |writer| writer.leaf("body", ns::CLIENT, text)
}

fn keep(owner: &Arc<User>, side: Side, owed: bool) -> Keep {
    Keep { owner: owner.clone(), side, owed, hidden: false, stored: None }
}

impl World {
    pub(crate) fn engine(&self) -> &'static str {
        self.fresh.engine()
    }

    /// Writes a message into both logs, owed to nobody; gives the recipient's id of it.
    pub(crate) async fn say(&self, from: &Arc<User>, to: &Arc<User>, text: &str) -> String {
        self.keep(chat(from, to, body(text)), from, to, false).await
    }

    /// Writes a message into both logs, a second after the one before.
    pub(crate) async fn keep(
        &self,
        stanza: Stanza,
        from: &Arc<User>,
        to: &Arc<User>,
        owed: bool,
    ) -> String {
        let at = Timestamp(BEGIN.0 + self.seconds.fetch_add(1, Ordering::Relaxed) * 1_000_000);
        let (archive, from, to) = (self.archive.clone(), from.clone(), to.clone());
        self.write(move |tx| {
            let mut keeps = vec![keep(&to, Side::Received, owed)];
            if from.account != to.account {
                keeps.push(keep(&from, Side::Sent, false));
            }
            let kept = archive.append(tx, &stanza, &mut keeps, None::<(SessionId, &str)>, at)?;
            assert_eq!(kept, Appended::Kept);
            Ok(keeps
                .swap_remove(0)
                .stored
                .map(|stored| String::from(stored.id))
                .unwrap_or_default())
        })
        .await
    }

    /// Sorts that many further entries by conversation, as one who asks so has it done; says
    /// whether there may be more.
    pub(crate) async fn sort(&self, owner: &User, limit: i64) -> bool {
        let account = owner.account;
        self.write(move |tx| match conversations::newest_sorted(tx, account)? {
            conversations::ALL => Ok(false),
            from => Ok(conversations::sort(tx, account, from, limit)?.is_some()),
        })
        .await
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        write: impl FnMut(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        self.db.write(write).await.unwrap_or_else(|error| panic!("{}: {error}", self.engine()))
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        self.db.read(read).await.unwrap_or_else(|error| panic!("{}: {error}", self.engine()))
    }

    pub(crate) async fn number(&self, sql: &'static Sql) -> i64 {
        self.read(move |tx| tx.query(sql, &[])?[0].int(0)).await
    }
}

#[tokio::test]
async fn statements_have_one_shape_on_both_engines() {
    let feature = crate::feature(&Secret::new([7; 32]), &Limits::default());
    let statements = skein_kernel::compose::statements(&[feature]);
    let mut shapes = Vec::new();
    for world in worlds().await {
        let prepared = world.db.prepare_all(&statements).await;
        shapes.push(prepared.unwrap_or_else(|faults| panic!("{}: {faults:?}", world.engine())));
    }
    assert_eq!(shapes[0], shapes[1]);
}

#[tokio::test]
async fn removed_entries_leave_no_message_and_no_number_to_use_again() {
    const MESSAGES: Sql = Sql::new("test.messages", "SELECT COUNT(*) FROM archive_message");
    const WORDS: Sql = Sql::new("test.words", "SELECT COUNT(*) FROM archive_word");
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        for n in 0..5 {
            world.say(&a, &b, &format!("m{n}")).await;
        }
        world.write(|tx| crate::search::index(tx, AccountId(1), 100)).await;
        assert_eq!(world.write(|tx| store::expire(tx, AccountId(1), 4, 2)).await, 2);
        assert_eq!(world.write(|tx| store::expire(tx, AccountId(1), 4, 2)).await, 1);
        assert_eq!(world.write(|tx| store::expire(tx, AccountId(1), 4, 2)).await, 0);
        assert_eq!((world.number(&MESSAGES).await, world.number(&WORDS).await), (5, 2));
        assert_eq!(world.write(|tx| store::expire(tx, AccountId(1), i64::MAX, 9)).await, 2);
        world.archive.forget_head(AccountId(1));
        let id = world.say(&b, &a, "next").await;
        assert_eq!(world.archive.ids.seq(AccountId(1), &id), Some(6), "{}", world.engine());
        assert_eq!(world.write(|tx| store::forget(tx, AccountId(1), 100)).await, 1);
        assert_eq!(world.write(|tx| store::forget(tx, AccountId(1), 100)).await, 0);
        world.archive.forget_head(AccountId(1));
        assert_eq!((world.number(&MESSAGES).await, world.number(&WORDS).await), (6, 0));
        assert_eq!(world.read(|tx| store::head(tx, AccountId(1))).await, store::Head::default());
    }
}

/// A file that a message names is told of when the last message that names it is gone.
#[tokio::test]
async fn a_file_is_unnamed_when_its_last_message_is_gone() {
    const UNNAMED: Sql = Sql::new("test.unnamed", "SELECT COUNT(*) FROM archive_unnamed");
    const NAMES: Sql = Sql::new("test.names", "SELECT COUNT(*) FROM archive_names");
    for world in worlds().await {
        let (a, b) = (user(1), user(2));
        let file = format!("https://a/upload/{}/x.jpg", FileId([7; 16]).text());
        world.say(&a, &b, &file).await;
        world.say(&a, &b, &format!("see {file} again")).await;
        assert_eq!(
            (world.number(&NAMES).await, world.number(&UNNAMED).await),
            (2, 0),
            "{}",
            world.engine()
        );
        let expire =
            |account, below| world.write(move |tx| store::expire(tx, AccountId(account), below, 9));
        expire(1, i64::MAX).await;
        assert_eq!(
            (world.number(&NAMES).await, world.number(&UNNAMED).await),
            (2, 0),
            "the other log has them"
        );
        expire(2, 2).await;
        assert_eq!((world.number(&NAMES).await, world.number(&UNNAMED).await), (1, 1));
        assert_eq!(world.write(names::gone).await, (1, vec![]));
        // Nobody has to be told of it, so what it loses from here on counts anew.
        assert_eq!(world.number(&UNNAMED).await, 0);
        expire(2, i64::MAX).await;
        assert_eq!(world.write(names::gone).await, (1, vec![FileId([7; 16])]));
        assert_eq!(world.number(&UNNAMED).await, 1, "until it was told of");
    }
}
