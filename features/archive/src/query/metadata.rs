//! The ends of the archive (XEP-0313 section 5).

use skein_base::{AccountId, Timestamp};
use skein_db::{DbError, Sql, Tx};
use skein_kernel::{Refusal, Request};
use skein_xml::Writer;
use skein_xmpp::{Stanza, ns};

use crate::log::Archive;

macro_rules! end {
    ($order:literal) => {
        concat!(
            "SELECT seq, at FROM archive_log WHERE account = $1 AND (flags & 2) <> 0 ORDER BY seq ",
            $order,
            " LIMIT 1"
        )
    };
}

static OLDEST: Sql = Sql::new("archive.oldest_shown", end!("ASC"));
static NEWEST: Sql = Sql::new("archive.newest_shown", end!("DESC"));

pub(crate) static STATEMENTS: &[&Sql] = &[&OLDEST, &NEWEST];

/// Ids and times of the oldest and the newest entry; nothing of an empty archive.
pub(crate) async fn get(request: Request) -> Result<Stanza, Refusal> {
    let account = request.session.account();
    let ends = request.ctx.db.read(move |tx| ends(tx, account)).await?;
    let archive = request.ctx.state::<Archive>();
    Ok(request.result(|writer| {
        writer.start("metadata", ns::MAM);
        for (name, (seq, at)) in ["start", "end"].into_iter().zip(ends.into_iter().flatten()) {
            write_end(writer, name, &archive.ids.id(account, seq), at);
        }
        writer.end();
    }))
}

pub(crate) fn write_end(writer: &mut Writer, name: &str, id: &str, at: Timestamp) {
    writer.start(name, ns::MAM);
    writer.attr("id", id);
    writer.attr("timestamp", &at.to_string());
    writer.end();
}

type End = Option<(i64, Timestamp)>;

pub(crate) fn ends(tx: &mut Tx<'_>, account: AccountId) -> Result<[End; 2], DbError> {
    let mut ends = [None; 2];
    for (end, sql) in ends.iter_mut().zip([&OLDEST, &NEWEST]) {
        if let Some(row) = tx.query_one(sql, &[account.0.into()])? {
            *end = Some((row.int(0)?, Timestamp(row.int(1)?)));
        }
    }
    Ok(ends)
}
