//! The tables.

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Migration, Sql, Tx};
use skein_xmpp::Jid;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    feature: "admin",
    number: 1,
    sql: include_str!("../migrations/0001_notices.sql"),
}];

static NOTICES: Sql =
    Sql::new("admin.notices", "SELECT kind, text, at FROM admin_notice ORDER BY kind LIMIT 2");
static PUT_NOTICE: Sql = Sql::new(
    "admin.put_notice",
    "INSERT INTO admin_notice (kind, text, at) VALUES ($1, $2, $3)
     ON CONFLICT (kind) DO UPDATE SET text = excluded.text, at = excluded.at",
);
static DROP_NOTICE: Sql = Sql::new("admin.drop_notice", "DELETE FROM admin_notice WHERE kind = $1");
static TOLD: Sql =
    Sql::new("admin.told", "SELECT at FROM admin_told WHERE account = $1 AND kind = $2");
static PUT_TOLD: Sql = Sql::new(
    "admin.put_told",
    "INSERT INTO admin_told (account, kind, at) VALUES ($1, $2, $3)
     ON CONFLICT (account, kind) DO UPDATE SET at = excluded.at",
);
static FORGET: Sql = Sql::new("admin.forget", "DELETE FROM admin_told WHERE account = $1");
static LAST: Sql = Sql::new("admin.last", "SELECT MAX(number) FROM admin_audit");
static NOTE: Sql = Sql::new(
    "admin.note",
    "INSERT INTO admin_audit (number, at, administrator, command, subjects)
     VALUES ($1, $2, $3, $4, $5)",
);
static AUDIT: Sql = Sql::new(
    "admin.audit",
    "SELECT at, administrator, command, subjects FROM admin_audit ORDER BY number DESC LIMIT $1",
);

pub(crate) static STATEMENTS: &[&Sql] =
    &[&NOTICES, &PUT_NOTICE, &DROP_NOTICE, &TOLD, &PUT_TOLD, &FORGET, &LAST, &NOTE, &AUDIT];

/// Which notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    /// The message of the day: everybody gets it once.
    Motd = 0,
    /// Accounts made after it get it once.
    Welcome = 1,
}

/// A notice that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) kind: NoticeKind,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
}

/// Those in force.
pub(crate) fn notices(tx: &mut Tx<'_>) -> Result<Vec<Notice>, DbError> {
    let mut notices = Vec::new();
    tx.each(&NOTICES, &[], |row| {
        let kind = if row.int(0)? == 0 { NoticeKind::Motd } else { NoticeKind::Welcome };
        notices.push(Notice { kind, text: row.text(1)?.to_owned(), at: Timestamp(row.int(2)?) });
        Ok(())
    })?;
    Ok(notices)
}

/// Puts a notice into force, or takes it back.
pub(crate) fn put_notice(
    tx: &mut Tx<'_>,
    kind: NoticeKind,
    text: Option<&str>,
    at: Timestamp,
) -> Result<(), DbError> {
    let number = kind as i64;
    match text {
        Some(text) => tx.run(&PUT_NOTICE, &[number.into(), text.into(), at.0.into()]),
        None => tx.run(&DROP_NOTICE, &[number.into()]),
    }
}

/// What an account has not got yet; it counts as told from now on.
pub(crate) fn take_due(
    tx: &mut Tx<'_>,
    account: AccountId,
    notices: &[Notice],
) -> Result<Vec<Notice>, DbError> {
    let mut due = Vec::new();
    for notice in notices {
        let number = notice.kind as i64;
        let told = tx.query_one(&TOLD, &[account.0.into(), number.into()])?;
        let told = told.map(|row| row.int(0)).transpose()?;
        let is_for = match notice.kind {
            NoticeKind::Motd => told.is_none_or(|told| told < notice.at.0),
            NoticeKind::Welcome => told.is_none() && skein_accounts::made(tx, account)? > notice.at,
        };
        if is_for {
            tx.run(&PUT_TOLD, &[account.0.into(), number.into(), notice.at.0.into()])?;
            due.push(notice.clone());
        }
    }
    Ok(due)
}

/// The account is gone.
pub(crate) fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET, &[account.0.into()])
}

/// Writes down what an administrator did.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    by: &Jid,
    command: &str,
    subjects: &str,
    at: Timestamp,
) -> Result<(), DbError> {
    let last = tx.query_one(&LAST, &[])?.map_or(Ok(None), |row| row.opt_int(0))?;
    let number = last.unwrap_or(0) + 1;
    tx.run(
        &NOTE,
        &[number.into(), at.0.into(), by.as_str().into(), command.into(), subjects.into()],
    )
}

/// The newest entries of the audit, a line each: when, who, which command, about whom.
pub(crate) fn audit(tx: &mut Tx<'_>, most: usize) -> Result<Vec<String>, DbError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut lines = Vec::new();
    tx.each(&AUDIT, &[most.into()], |row| {
        let at = Timestamp(row.int(0)?);
        let command = row.text(2)?.rsplit('#').next().unwrap_or_default().to_owned();
        let subjects = row.text(3)?.replace('\n', ", ");
        lines.push(format!("{at} {} {command} {subjects}", row.text(1)?).trim_end().to_owned());
        Ok(())
    })?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use skein_db::testing::databases;

    #[tokio::test]
    async fn each_account_gets_a_notice_once_and_what_was_done_is_on_record() {
        for fresh in databases() {
            let migrations = [skein_accounts::MIGRATIONS, MIGRATIONS].concat();
            let db = fresh.open(&migrations).await;
            db.prepare_all(STATEMENTS).await.expect("both engines take the statements");
            let seen = db
                .write(|tx| {
                    let (one, other) = (AccountId(7), AccountId(8));
                    put_notice(tx, NoticeKind::Motd, Some("hello"), Timestamp(5))?;
                    put_notice(tx, NoticeKind::Welcome, Some("welcome"), Timestamp(5))?;
                    let all = notices(tx)?;
                    let counts = [
                        take_due(tx, one, &all)?.len(),
                        take_due(tx, one, &all)?.len(),
                        take_due(tx, other, &all)?.len(),
                    ];
                    put_notice(tx, NoticeKind::Motd, Some("news"), Timestamp(6))?;
                    let all = notices(tx)?;
                    let again = take_due(tx, one, &all)?;
                    put_notice(tx, NoticeKind::Motd, None, Timestamp(7))?;
                    let left = notices(tx)?.len();
                    let by = Jid::parse("root@here").expect("an address");
                    note(tx, &by, "x#add-user", "a@here\nb@here", Timestamp(0))?;
                    note(tx, &by, "x#restart", "", Timestamp(1_000_000))?;
                    Ok((counts, again, left, audit(tx, 10)?, audit(tx, 1)?.len()))
                })
                .await
                .expect("written");
            let (counts, again, left, audit, newest) = seen;
            assert_eq!(counts, [1, 0, 1], "accounts from before the welcome get none");
            assert_eq!(again.iter().map(|notice| &*notice.text).collect::<Vec<_>>(), ["news"]);
            assert_eq!((left, newest), (1, 1));
            assert_eq!(
                audit,
                [
                    "1970-01-01T00:00:01Z root@here restart",
                    "1970-01-01T00:00:00Z root@here add-user a@here, b@here"
                ]
            );
            db.close().await;
        }
    }
}
