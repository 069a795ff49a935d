//! Who may make rooms at a host, as an administrator set it.

use skein_db::{DbError, Sql, Tx};

static ONE: Sql =
    Sql::new("rooms.policy", "SELECT creation, creators FROM rooms_policy WHERE host = $1");
static PUT: Sql = Sql::new(
    "rooms.put_policy",
    "INSERT INTO rooms_policy (host, creation, creators) VALUES ($1, $2, $3)
     ON CONFLICT (host) DO UPDATE SET creation = excluded.creation, creators = excluded.creators",
);

pub(super) static STATEMENTS: &[&Sql] = &[&ONE, &PUT];

/// The name of the rule and who is named, a line each; `None` if nobody set anything.
pub(crate) fn policy(
    tx: &mut Tx<'_>,
    host: &str,
) -> Result<Option<(String, Vec<String>)>, DbError> {
    let row = tx.query_one(&ONE, &[host.into()])?;
    row.map(|row| {
        let creators = row.text(1)?.lines().map(str::to_owned).collect();
        Ok((row.text(0)?.to_owned(), creators))
    })
    .transpose()
}

/// Sets it.
pub(crate) fn put_policy(
    tx: &mut Tx<'_>,
    host: &str,
    creation: &str,
    creators: &[String],
) -> Result<(), DbError> {
    tx.run(&PUT, &[host.into(), creation.into(), creators.join("\n").as_str().into()])
}
