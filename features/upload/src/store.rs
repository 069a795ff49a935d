//! The tables: files, contents, what is to be removed, and what each account used.

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Migration, Row, Sql, Tx, Value};
use skein_kernel::contracts::FileId;
use skein_media::Facts;
use skein_objects::Hash;

use crate::rules::{Purpose, Use, day_of};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    feature: "upload",
    number: 1,
    sql: include_str!("../migrations/0001_files.sql"),
}];

static USED: Sql = Sql::new(
    "upload.used",
    "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM upload_file WHERE account = $1",
);
static OPEN: Sql =
    Sql::new("upload.open", "SELECT COUNT(*) FROM upload_file WHERE account = $1 AND hash IS NULL");
static DAY: Sql =
    Sql::new("upload.day", "SELECT bytes FROM upload_day WHERE account = $1 AND day = $2");
static ADD_DAY: Sql = Sql::new(
    "upload.add_day",
    "INSERT INTO upload_day (account, day, bytes) VALUES ($1, $2, $3)
     ON CONFLICT (account, day) DO UPDATE SET bytes = upload_day.bytes + excluded.bytes",
);
static FORGET_DAYS: Sql = Sql::new("upload.forget_days", "DELETE FROM upload_day WHERE day < $1");
static FORGET_DAYS_OF: Sql =
    Sql::new("upload.forget_days_of", "DELETE FROM upload_day WHERE account = $1");
static ANNOUNCE: Sql = Sql::new(
    "upload.announce",
    "INSERT INTO upload_file (id, account, secret, name, kind, shown, size, purpose, created, until,
                              latest)
     VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10)",
);
static FILE: Sql = Sql::new(
    "upload.file",
    "SELECT id, account, secret, name, kind, shown, size, purpose, created, until, latest,
            hash FROM upload_file WHERE id = $1",
);
static EXTEND: Sql =
    Sql::new("upload.extend", "UPDATE upload_file SET until = $2 WHERE id = $1 AND hash IS NULL");
static FINISH: Sql = Sql::new(
    "upload.finish",
    "UPDATE upload_file SET hash = $2, kind = $3, shown = $4, until = $5
     WHERE id = $1 AND hash IS NULL",
);
static PUT_CONTENT: Sql = Sql::new(
    "upload.put_content",
    "INSERT INTO upload_content (hash, width, height, duration, thumbhash, blurhash, thumbnail,
                                 thumbnail_size, thumbnail_kind)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (hash) DO NOTHING",
);
static CONTENT: Sql = Sql::new(
    "upload.content",
    "SELECT width, height, duration, thumbhash, blurhash, thumbnail, thumbnail_size, thumbnail_kind
     FROM upload_content WHERE hash = $1",
);
static DROP_FILE: Sql = Sql::new(
    "upload.drop_file",
    "DELETE FROM upload_file WHERE id = $1 RETURNING account, size, created, hash",
);
static HAS: Sql = Sql::new("upload.has", "SELECT 1 FROM upload_file WHERE hash = $1 LIMIT 1");
static HAS_THUMBNAIL: Sql =
    Sql::new("upload.has_thumbnail", "SELECT 1 FROM upload_content WHERE thumbnail = $1 LIMIT 1");
static DROP_CONTENT: Sql = Sql::new(
    "upload.drop_content",
    "DELETE FROM upload_content WHERE hash = $1 RETURNING thumbnail",
);
static PUT_GONE: Sql = Sql::new(
    "upload.put_gone",
    "INSERT INTO upload_gone (hash) VALUES ($1) ON CONFLICT (hash) DO NOTHING",
);
static GONE: Sql = Sql::new("upload.gone", "SELECT hash FROM upload_gone LIMIT 500");
static DROP_GONE: Sql = Sql::new("upload.drop_gone", "DELETE FROM upload_gone WHERE hash = $1");
static DUE: Sql =
    Sql::new("upload.due", "SELECT id FROM upload_file WHERE until <= $1 ORDER BY until LIMIT 500");
static NEXT: Sql =
    Sql::new("upload.next_due", "SELECT until FROM upload_file ORDER BY until LIMIT 1");
static OF_ACCOUNT: Sql =
    Sql::new("upload.of_account", "SELECT id FROM upload_file WHERE account = $1 LIMIT 500");

pub(crate) static STATEMENTS: &[&Sql] = &[
    &USED,
    &OPEN,
    &DAY,
    &ADD_DAY,
    &FORGET_DAYS,
    &FORGET_DAYS_OF,
    &ANNOUNCE,
    &FILE,
    &EXTEND,
    &FINISH,
    &PUT_CONTENT,
    &CONTENT,
    &DROP_FILE,
    &HAS,
    &HAS_THUMBNAIL,
    &DROP_CONTENT,
    &PUT_GONE,
    &GONE,
    &DROP_GONE,
    &DUE,
    &NEXT,
    &OF_ACCOUNT,
];

/// A file, announced or there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) id: FileId,
    pub(crate) account: AccountId,
    pub(crate) secret: [u8; 16],
    pub(crate) name: String,
    /// What its sender said until it is there; then what it is.
    pub(crate) kind: String,
    /// Browsers may show it.
    pub(crate) shown: bool,
    pub(crate) size: u64,
    pub(crate) purpose: Purpose,
    pub(crate) created: Timestamp,
    pub(crate) until: Timestamp,
    /// When it must be gone at the latest.
    pub(crate) latest: Timestamp,
    pub(crate) hash: Option<Hash>,
}

/// What is known of a content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Content {
    pub(crate) facts: Facts,
    pub(crate) preview: Option<Preview>,
}

/// What is known of a picture beside its dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Preview {
    pub(crate) thumbhash: Vec<u8>,
    pub(crate) blurhash: String,
    pub(crate) thumbnail: Hash,
    pub(crate) thumbnail_size: u64,
    pub(crate) thumbnail_kind: String,
}

/// How much the account uses.
pub(crate) fn used(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Use, DbError> {
    let mut number = |sql, asked: &[Value]| match tx.query_one(sql, asked)? {
        Some(row) => row.int(0),
        None => Ok(0),
    };
    Ok(Use {
        all: number(&USED, &[account.0.into()])?,
        day: number(&DAY, &[account.0.into(), day_of(now).into()])?,
        open: number(&OPEN, &[account.0.into()])?,
    })
}

pub(crate) fn announce(tx: &mut Tx<'_>, file: &File) -> Result<(), DbError> {
    let size = signed(file.size);
    let announced = [
        file.id.0.into(),
        file.account.0.into(),
        file.secret.into(),
        (&file.name).into(),
        (&file.kind).into(),
        size.into(),
        file.purpose.number().into(),
        file.created.into(),
        file.until.into(),
        file.latest.into(),
    ];
    tx.run(&ANNOUNCE, &announced)?;
    tx.run(&ADD_DAY, &[file.account.0.into(), day_of(file.created).into(), size.into()])
}

pub(crate) fn file(tx: &mut Tx<'_>, id: FileId) -> Result<Option<File>, DbError> {
    let row = tx.query_one(&FILE, &[id.0.into()])?;
    row.as_ref().map(read_file).transpose()
}

fn read_file(row: &Row) -> Result<File, DbError> {
    Ok(File {
        id: FileId(row.blob(0)?.try_into().unwrap_or_default()),
        account: AccountId(row.int(1)?),
        secret: row.blob(2)?.try_into().unwrap_or_default(),
        name: row.text(3)?.to_owned(),
        kind: row.text(4)?.to_owned(),
        shown: row.int(5)? != 0,
        size: row.int(6)?.unsigned_abs(),
        purpose: Purpose::of(row.int(7)?),
        created: Timestamp(row.int(8)?),
        until: Timestamp(row.int(9)?),
        latest: Timestamp(row.int(10)?),
        hash: row.opt_blob(11)?.and_then(Hash::read),
    })
}

/// An announced file is still to be expected until then.
pub(crate) fn extend(tx: &mut Tx<'_>, id: FileId, until: Timestamp) -> Result<(), DbError> {
    tx.run(&EXTEND, &[id.0.into(), until.into()])
}

/// The file is there; `false` if it is not expected any more.
pub(crate) fn finish(
    tx: &mut Tx<'_>,
    file: &File,
    hash: Hash,
    content: &Content,
) -> Result<bool, DbError> {
    let found = [
        file.id.0.into(),
        hash.0.into(),
        (&file.kind).into(),
        file.shown.into(),
        file.until.into(),
    ];
    if tx.exec(&FINISH, &found)? == 0 {
        // The blobs were kept: if nobody else has them they go again.
        for blob in [Some(hash), content.preview.as_ref().map(|preview| preview.thumbnail)] {
            put_gone(tx, blob)?;
        }
        return Ok(false);
    }
    let facts = &content.facts;
    let preview = content.preview.as_ref();
    let known = [
        hash.0.into(),
        facts.width.into(),
        facts.height.into(),
        facts.duration.map(signed).into(),
        preview.map(|preview| preview.thumbhash.clone()).into(),
        preview.map(|preview| &preview.blurhash).into(),
        preview.map(|preview| preview.thumbnail.0).into(),
        preview.map(|preview| signed(preview.thumbnail_size)).into(),
        preview.map(|preview| &preview.thumbnail_kind).into(),
    ];
    tx.run(&PUT_CONTENT, &known)?;
    Ok(true)
}

pub(crate) fn content(tx: &mut Tx<'_>, hash: Hash) -> Result<Content, DbError> {
    let Some(row) = tx.query_one(&CONTENT, &[hash.0.into()])? else {
        return Ok(Content::default());
    };
    let side = |column| Ok::<_, DbError>(row.opt_int(column)?.and_then(|n| u32::try_from(n).ok()));
    let facts = Facts {
        width: side(0)?,
        height: side(1)?,
        duration: row.opt_int(2)?.map(i64::unsigned_abs),
    };
    let preview = match row.opt_blob(5)?.and_then(Hash::read) {
        None => None,
        Some(thumbnail) => Some(Preview {
            thumbhash: row.opt_blob(3)?.unwrap_or_default().to_vec(),
            blurhash: row.opt_text(4)?.unwrap_or_default().to_owned(),
            thumbnail,
            thumbnail_size: row.opt_int(6)?.unwrap_or_default().unsigned_abs(),
            thumbnail_kind: row.opt_text(7)?.unwrap_or_default().to_owned(),
        }),
    };
    Ok(Content { facts, preview })
}

/// Forgets a file; if no other has its content, that goes too. `true` if it was not there
/// yet, so that what has arrived of it is to be removed.
pub(crate) fn drop_file(tx: &mut Tx<'_>, id: FileId) -> Result<bool, DbError> {
    let Some(row) = tx.query_one(&DROP_FILE, &[id.0.into()])? else { return Ok(true) };
    let Some(hash) = row.opt_blob(3)?.and_then(Hash::read) else {
        // What was announced and did not come does not count.
        let day = day_of(Timestamp(row.int(2)?));
        let back = row.int(1)?.saturating_neg();
        tx.run(&ADD_DAY, &[row.int(0)?.into(), day.into(), back.into()])?;
        return Ok(true);
    };
    if !has(tx, hash)? {
        put_gone(tx, Some(hash))?;
        if let Some(row) = tx.query_one(&DROP_CONTENT, &[hash.0.into()])? {
            put_gone(tx, row.opt_blob(0)?.and_then(Hash::read))?;
        }
    }
    Ok(false)
}

fn has(tx: &mut Tx<'_>, hash: Hash) -> Result<bool, DbError> {
    Ok(tx.query_one(&HAS, &[hash.0.into()])?.is_some())
}

fn put_gone(tx: &mut Tx<'_>, hash: Option<Hash>) -> Result<(), DbError> {
    hash.map_or(Ok(()), |hash| tx.run(&PUT_GONE, &[hash.0.into()]))
}

/// Blobs that may have to be removed.
pub(crate) fn gone(tx: &mut Tx<'_>) -> Result<Vec<Hash>, DbError> {
    let rows = tx.query(&GONE, &[])?;
    rows.iter().filter_map(|row| row.blob(0).map(Hash::read).transpose()).collect()
}

/// Whether anybody has this blob, as a file or as a thumbnail.
pub(crate) fn is_used(tx: &mut Tx<'_>, hash: Hash) -> Result<bool, DbError> {
    Ok(has(tx, hash)? || tx.query_one(&HAS_THUMBNAIL, &[hash.0.into()])?.is_some())
}

pub(crate) fn drop_gone(tx: &mut Tx<'_>, hash: Hash) -> Result<(), DbError> {
    tx.run(&DROP_GONE, &[hash.0.into()])
}

/// Files whose time has come.
pub(crate) fn due(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<FileId>, DbError> {
    ids(tx, &DUE, now.into())
}

/// When the next file goes.
pub(crate) fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, DbError> {
    let row = tx.query_one(&NEXT, &[])?;
    Ok(row.map(|row| row.int(0)).transpose()?.map(Timestamp))
}

/// Files of an account.
pub(crate) fn of_account(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<FileId>, DbError> {
    ids(tx, &OF_ACCOUNT, account.0.into())
}

fn ids(tx: &mut Tx<'_>, sql: &'static Sql, asked: Value) -> Result<Vec<FileId>, DbError> {
    let rows = tx.query(sql, &[asked])?;
    rows.iter().map(|row| Ok(FileId(row.blob(0)?.try_into().unwrap_or_default()))).collect()
}

/// Days before this one are of no more use.
pub(crate) fn forget_days(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), DbError> {
    tx.run(&FORGET_DAYS, &[(day_of(now) - 1).into()])
}

pub(crate) fn forget_days_of(tx: &mut Tx<'_>, account: AccountId) -> Result<(), DbError> {
    tx.run(&FORGET_DAYS_OF, &[account.0.into()])
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
