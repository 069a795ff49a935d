//! The directory: rooms that somebody may see, in the order of their addresses.

use skein_db::{DbError, Row, Sql, Tx, Value};

/// Words that are looked for in the store; the others are for the caller.
const TERMS: usize = 3;

static PUBLIC: Sql = Sql::new(
    "rooms.search",
    "SELECT jid, id, config FROM rooms_room
     WHERE host = $1 AND listed <> 0 AND jid > $2
       AND words LIKE $3 ESCAPE '!' AND words LIKE $4 ESCAPE '!' AND words LIKE $5 ESCAPE '!'
     ORDER BY jid LIMIT $6",
);
static OF_CIRCLE: Sql = Sql::new(
    "rooms.search_circle",
    "SELECT r.jid, r.id, r.config FROM rooms_circle c JOIN rooms_room r ON r.id = c.room
     WHERE c.circle = $7 AND r.host = $1 AND r.jid > $2
       AND r.words LIKE $3 ESCAPE '!' AND r.words LIKE $4 ESCAPE '!' AND r.words LIKE $5 ESCAPE '!'
     ORDER BY r.jid LIMIT $6",
);
static MEMBERS: Sql = Sql::new(
    "rooms.count_members",
    "SELECT COUNT(*) FROM rooms_affiliation WHERE room = $1 AND affiliation > 0",
);

pub(super) static STATEMENTS: &[&Sql] = &[&PUBLIC, &OF_CIRCLE, &MEMBERS];

/// A room of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) jid: String,
    pub(crate) id: i64,
    /// As stored.
    pub(crate) config: String,
}

/// Rooms behind the address `after` whose words hold all `terms`: public ones, and those of
/// `circles`.
pub(crate) fn search(
    tx: &mut Tx<'_>,
    host: &str,
    after: &str,
    terms: &[String],
    circles: &[Box<str>],
    most: usize,
) -> Result<Vec<Entry>, DbError> {
    let pattern = |at: usize| terms.get(at).map_or_else(|| "%".to_owned(), |term| contains(term));
    let patterns: [String; TERMS] = std::array::from_fn(pattern);
    let mut values: Vec<Value> = vec![host.into(), after.into()];
    values.extend(patterns.iter().map(|pattern| Value::from(pattern.as_str())));
    values.push(i64::try_from(most).unwrap_or(i64::MAX).into());
    let read = |row: &Row| {
        let (jid, config) = (row.text(0)?.to_owned(), row.text(2)?.to_owned());
        Ok(Entry { jid, id: row.int(1)?, config })
    };
    let mut found: Vec<Entry> =
        tx.query(&PUBLIC, &values)?.iter().map(read).collect::<Result<_, DbError>>()?;
    for circle in circles {
        let mut values = values.clone();
        values.push((&**circle).into());
        for row in tx.query(&OF_CIRCLE, &values)? {
            found.push(read(&row)?);
        }
    }
    found.sort_unstable_by(|one, other| one.jid.cmp(&other.jid));
    found.dedup_by(|one, other| one.id == other.id);
    found.truncate(most);
    Ok(found)
}

/// How many belong to a room.
pub(crate) fn count_members(tx: &mut Tx<'_>, room: i64) -> Result<i64, DbError> {
    tx.query_one(&MEMBERS, &[room.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// What holds the term, for LIKE.
fn contains(term: &str) -> String {
    let mut pattern = String::with_capacity(term.len() + 2);
    pattern.push('%');
    for letter in term.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
