//! Durable jobs per second: tasks that each wait until their own row is on the
//! disk, then pages of 50 rows read beside each other.
//!
//! `cargo run --release -p skein-db --example speed -- URL [TASKS] [JOBS]`, with
//! a URL of a database that may be filled, `sqlite:/data/speed.db` say.
#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use skein_base::{Clock, Timestamp};
use skein_db::{Db, Migration, Sql, Value};
use tokio::task::JoinSet;

const TABLE: Migration = Migration {
    feature: "speed",
    number: 1,
    sql: "CREATE TABLE speed_row (id BIGINT PRIMARY KEY, owner BIGINT, name TEXT, at BIGINT, body BLOB);
          CREATE INDEX speed_row_owner ON speed_row (owner, id);",
};
const INSERT: Sql = Sql::new(
    "speed.INSERT",
    "INSERT INTO speed_row (id, owner, name, at, body) VALUES ($1, $2, $3, $4, $5)",
);
const PAGE: Sql = Sql::new(
    "speed.PAGE",
    "SELECT id, name, at, body FROM speed_row WHERE owner = $1 AND id > $2 ORDER BY id LIMIT 50",
);
/// Rows of one owner follow each other, as in an archive.
const OWNERS: i64 = 100;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_secs(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let url = args.next().ok_or("usage: speed URL [TASKS] [JOBS]")?;
    let tasks: i64 = args.next().map_or(Ok(256), |text| text.parse())?;
    let jobs: i64 = args.next().map_or(Ok(200_000), |text| text.parse())?;
    let db = Db::open(&url, &[TABLE], Arc::new(SystemClock)).await?;
    write(&db, tasks, jobs / tasks).await?;
    read(&db, tasks, 20_000 / tasks).await?;
    db.close().await;
    Ok(())
}

async fn write(db: &Db, tasks: i64, each: i64) -> Result<(), Box<dyn std::error::Error>> {
    let begun = Instant::now();
    let start = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?;
    let mut running = JoinSet::new();
    for task in 0..tasks {
        let db = db.clone();
        running.spawn(async move {
            for number in 0..each {
                let id = start + number * tasks + task;
                let body = Value::from(vec![7; 350]);
                let params = [id.into(), (id % OWNERS).into(), "alice".into(), id.into(), body];
                db.write(move |tx| tx.run(&INSERT, &params)).await?;
            }
            Ok::<_, skein_db::DbError>(())
        });
    }
    while let Some(task) = running.join_next().await {
        task??;
    }
    let (seconds, metrics) = (begun.elapsed().as_secs_f64(), db.metrics());
    println!(
        "{:.0} durable jobs/s ({} jobs in {} batches of {:.0}, commit {:.0} us)",
        (tasks * each) as f64 / seconds,
        metrics.jobs,
        metrics.batches,
        metrics.jobs as f64 / metrics.batches as f64,
        metrics.commit_micros as f64 / metrics.batches as f64,
    );
    Ok(())
}

async fn read(db: &Db, tasks: i64, each: i64) -> Result<(), Box<dyn std::error::Error>> {
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for task in 0..tasks {
        let db = db.clone();
        running.spawn(async move {
            let mut bytes = 0;
            for number in 0..each {
                let params = [((task + number) % OWNERS).into(), 0_i64.into()];
                bytes += db
                    .read(move |tx| {
                        let mut bytes = 0;
                        tx.each(&PAGE, &params, |row| {
                            bytes += row.text(1)?.len() + row.blob(3)?.len();
                            Ok(())
                        })?;
                        Ok(bytes)
                    })
                    .await?;
            }
            Ok::<_, skein_db::DbError>(bytes)
        });
    }
    let mut bytes = 0;
    while let Some(task) = running.join_next().await {
        bytes += task??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{:.0} pages/s of 50 rows ({bytes} bytes)", (tasks * each) as f64 / seconds);
    Ok(())
}
