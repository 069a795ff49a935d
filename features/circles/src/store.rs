//! The tables.

use skein_base::{AccountId, limits};
use skein_db::{DbError, Migration, Row, Sql, Tx};
use skein_xmpp::Jid;

use crate::proto::{Circle, Person};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    feature: "circles",
    number: 1,
    sql: include_str!("../migrations/0001_circles.sql"),
}];

static OF: Sql =
    Sql::new("circles.of", "SELECT circle FROM circles_person WHERE account = $1 ORDER BY circle");
static MINE: Sql = Sql::new(
    "circles.mine",
    "SELECT c.id, c.name, c.kind, p.keeper FROM circles_person p
     JOIN circles_circle c ON c.id = p.circle WHERE p.account = $1 ORDER BY c.id",
);
static ALL: Sql =
    Sql::new("circles.all", "SELECT id, name, kind FROM circles_circle ORDER BY id LIMIT 1000");
static COUNT: Sql = Sql::new("circles.count", "SELECT COUNT(*) FROM circles_circle");
static ONE: Sql =
    Sql::new("circles.one", "SELECT id, name, kind FROM circles_circle WHERE id = $1");
static PUT: Sql = Sql::new(
    "circles.put",
    "INSERT INTO circles_circle (id, name, kind) VALUES ($1, $2, $3)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind",
);
static REMOVE: Sql = Sql::new("circles.remove", "DELETE FROM circles_circle WHERE id = $1");
static REMOVE_PEOPLE: Sql =
    Sql::new("circles.remove_people", "DELETE FROM circles_person WHERE circle = $1");
static PEOPLE: Sql = Sql::new(
    "circles.people",
    "SELECT jid, keeper FROM circles_person WHERE circle = $1 ORDER BY jid LIMIT 20000",
);
static COUNT_PEOPLE: Sql =
    Sql::new("circles.count_people", "SELECT COUNT(*) FROM circles_person WHERE circle = $1");
static ROLE: Sql = Sql::new(
    "circles.role",
    "SELECT keeper FROM circles_person WHERE circle = $1 AND account = $2",
);
static ADD: Sql = Sql::new(
    "circles.add",
    "INSERT INTO circles_person (circle, account, jid, keeper) VALUES ($1, $2, $3, $4)
     ON CONFLICT (circle, account) DO UPDATE SET keeper = excluded.keeper",
);
static DROP: Sql =
    Sql::new("circles.drop", "DELETE FROM circles_person WHERE circle = $1 AND account = $2");
static FORGET: Sql = Sql::new("circles.forget", "DELETE FROM circles_person WHERE account = $1");

pub(crate) static STATEMENTS: &[&Sql] = &[
    &OF,
    &MINE,
    &ALL,
    &COUNT,
    &ONE,
    &PUT,
    &REMOVE,
    &REMOVE_PEOPLE,
    &PEOPLE,
    &COUNT_PEOPLE,
    &ROLE,
    &ADD,
    &DROP,
    &FORGET,
];

fn circle(row: &Row) -> Result<Circle, DbError> {
    let text = |column| Ok::<_, DbError>(row.text(column)?.to_owned());
    Ok(Circle { id: text(0)?, name: text(1)?, kind: text(2)? })
}

/// The ids of the circles that an account is in, in order.
pub(crate) fn of(tx: &mut Tx<'_>, account: AccountId) -> Result<Box<[Box<str>]>, DbError> {
    tx.query(&OF, &[account.0.into()])?.iter().map(|row| Ok(row.text(0)?.into())).collect()
}

/// The circles that an account is in, and whether it looks after them.
pub(crate) fn mine(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<(Circle, bool)>, DbError> {
    let rows = tx.query(&MINE, &[account.0.into()])?;
    rows.iter().map(|row| Ok((circle(row)?, row.int(3)? != 0))).collect()
}

/// All circles.
pub(crate) fn all(tx: &mut Tx<'_>) -> Result<Vec<Circle>, DbError> {
    tx.query(&ALL, &[])?.iter().map(circle).collect()
}

/// The circle of that id.
pub(crate) fn one(tx: &mut Tx<'_>, id: &str) -> Result<Option<Circle>, DbError> {
    tx.query_one(&ONE, &[id.into()])?.as_ref().map(circle).transpose()
}

/// Whether there is room for one more.
pub(crate) fn has_room(tx: &mut Tx<'_>) -> Result<bool, DbError> {
    let count = tx.query_one(&COUNT, &[])?.map_or(Ok(0), |row| row.int(0))?;
    Ok(count < limits::CIRCLES as i64)
}

/// Makes or changes a circle.
pub(crate) fn put(tx: &mut Tx<'_>, circle: &Circle) -> Result<(), DbError> {
    tx.run(
        &PUT,
        &[circle.id.as_str().into(), circle.name.as_str().into(), circle.kind.as_str().into()],
    )
}

/// Removes a circle.
pub(crate) fn remove(tx: &mut Tx<'_>, id: &str) -> Result<(), DbError> {
    tx.run(&REMOVE, &[id.into()])?;
    tx.run(&REMOVE_PEOPLE, &[id.into()])
}

/// Everybody in a circle.
pub(crate) fn people(tx: &mut Tx<'_>, id: &str) -> Result<Vec<Person>, DbError> {
    let read = |row: &Row| Ok(Person { jid: row.text(0)?.to_owned(), keeper: row.int(1)? != 0 });
    tx.query(&PEOPLE, &[id.into()])?.iter().map(read).collect()
}

/// Whether a circle has room for one more.
pub(crate) fn has_seat(tx: &mut Tx<'_>, id: &str) -> Result<bool, DbError> {
    let count = tx.query_one(&COUNT_PEOPLE, &[id.into()])?.map_or(Ok(0), |row| row.int(0))?;
    Ok(count < limits::CIRCLE_PEOPLE as i64)
}

/// Whether an account is in a circle (`Some`), and whether it looks after it.
pub(crate) fn role(tx: &mut Tx<'_>, id: &str, account: AccountId) -> Result<Option<bool>, DbError> {
    let row = tx.query_one(&ROLE, &[id.into(), account.0.into()])?;
    row.map(|row| Ok(row.int(0)? != 0)).transpose()
}

/// Adds somebody, or changes what they may.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    id: &str,
    account: AccountId,
    jid: &Jid,
    keeper: bool,
) -> Result<(), DbError> {
    tx.run(&ADD, &[id.into(), account.0.into(), jid.bare_str().into(), i64::from(keeper).into()])
}

/// Takes somebody out.
pub(crate) fn drop_out(tx: &mut Tx<'_>, id: &str, account: AccountId) -> Result<(), DbError> {
    tx.run(&DROP, &[id.into(), account.0.into()])
}

/// The account is gone.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET, &[account.0.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_db::testing::databases;

    #[tokio::test]
    async fn people_are_in_circles_until_they_leave_or_the_circle_is_removed() {
        for fresh in databases() {
            let db = fresh.open(MIGRATIONS).await;
            db.prepare_all(STATEMENTS).await.expect("both engines take the statements");
            let circle = |id: &str, name: &str| Circle {
                id: id.into(),
                name: name.into(),
                kind: "family".into(),
            };
            let (one, two) = (AccountId(1), AccountId(2));
            db.write(move |tx| {
                let jid = |text| Jid::parse(text).expect("an address");
                put(tx, &circle("a", "old"))?;
                put(tx, &circle("a", "new"))?;
                put(tx, &circle("b", "other"))?;
                add(tx, "a", one, &jid("one@example.org/x"), true)?;
                add(tx, "a", two, &jid("two@example.org"), true)?;
                add(tx, "a", two, &jid("two@example.org"), false)?;
                add(tx, "b", two, &jid("two@example.org"), false)?;
                assert_eq!(mine(tx, one)?, [(circle("a", "new"), true)]);
                assert_eq!(&*of(tx, two)?, ["a".into(), "b".into()]);
                let person = |jid: &str, keeper| Person { jid: jid.into(), keeper };
                let both = [person("one@example.org", true), person("two@example.org", false)];
                assert_eq!(people(tx, "a")?, both);
                drop_out(tx, "a", one)?;
                assert_eq!((role(tx, "a", one)?, role(tx, "a", two)?), (None, Some(false)));
                remove(tx, "a")?;
                assert_eq!((one_is(tx)?, &*of(tx, two)?), (None, &["b".into()][..]));
                forget(tx, two)?;
                assert!(of(tx, two)?.is_empty());
                Ok(())
            })
            .await
            .expect("written");
            db.close().await;
        }
    }

    fn one_is(tx: &mut Tx<'_>) -> Result<Option<Circle>, DbError> {
        super::one(tx, "a")
    }
}
