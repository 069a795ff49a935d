use super::{COUNT, INSERT, INSERT_TAG, NOTES, SELECT, count, note};
use crate::testing::databases;
use crate::{Constraint, ConstraintKind, DbError, Sql, Value};

const SWAPPED: Sql = Sql::new(
    "notes.SWAPPED",
    "SELECT CAST($2 AS TEXT) || '-$1-' || CAST($1 AS TEXT) || CAST($2 AS TEXT)",
);

#[tokio::test]
async fn parameters_are_numbered_and_not_counted() {
    for fresh in databases() {
        let db = fresh.open(&[]).await;
        let params = [Value::from("one"), Value::from("two")];
        let row = db.read(move |tx| tx.query_one(&SWAPPED, &params)).await.unwrap().unwrap();
        assert_eq!(row.text(0).unwrap(), "two-$1-onetwo", "{}", fresh.engine());
    }
}

#[tokio::test]
async fn values_and_nulls_come_back_as_they_went() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        db.write(|tx| {
            let data = Value::from(&[0_u8, 255, 7]);
            tx.exec(&INSERT, &[Value::from(1_i64), "größer 京".into(), data, i64::MAX.into()])?;
            tx.run(&INSERT, &[2_i64.into(), "".into(), Value::Null, None::<i64>.into()])
        })
        .await
        .unwrap();
        let full = db.read(|tx| tx.query_one(&SELECT, &[1_i64.into()])).await.unwrap().unwrap();
        assert_eq!(full.text(1).unwrap(), "größer 京");
        assert_eq!(full.blob(2).unwrap(), [0, 255, 7]);
        assert_eq!(&full.bytes(2).unwrap()[..], [0, 255, 7]);
        assert_eq!(full.opt_int(3).unwrap(), Some(i64::MAX));
        let bare = db.read(|tx| tx.query_one(&SELECT, &[2_i64.into()])).await.unwrap().unwrap();
        assert_eq!((bare.opt_blob(2).unwrap(), bare.opt_int(3).unwrap()), (None, None));
        assert_eq!(bare.opt_text(1).unwrap(), Some(""));
        let none = db.read(|tx| tx.query_one(&SELECT, &[3_i64.into()])).await.unwrap();
        assert!(none.is_none());
    }
}

#[tokio::test]
async fn a_column_of_another_type_is_a_fault_that_names_it() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        db.write(|tx| tx.run(&INSERT, &note(1))).await.unwrap();
        let row = db.read(|tx| tx.query_one(&SELECT, &[1_i64.into()])).await.unwrap().unwrap();
        let told = |result: Result<i64, DbError>| result.unwrap_err().to_string();
        assert_eq!(told(row.int(1)), "notes.SELECT: column 1 should be int, is text");
        assert_eq!(told(row.int(3)), "notes.SELECT: column 3 should be int, is null");
        assert_eq!(told(row.int(4)), "notes.SELECT: column 4 should be int, is missing");
    }
}

#[tokio::test]
async fn broken_constraints_are_told_apart() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        db.write(|tx| tx.run(&INSERT, &note(1))).await.unwrap();
        let expectations: [(&'static Sql, Vec<Value>, ConstraintKind); 4] = [
            (&INSERT, note(1).to_vec(), ConstraintKind::Unique),
            (&INSERT, note(-1).to_vec(), ConstraintKind::Check),
            (&INSERT_TAG, vec![9_i64.into(), "x".into()], ConstraintKind::ForeignKey),
            (&INSERT_TAG, vec![1_i64.into(), Value::Null], ConstraintKind::NotNull),
        ];
        for (sql, params, kind) in expectations {
            let expected = Constraint { statement: sql.name(), kind };
            let waited = params.clone();
            let outcome = db.write(move |tx| tx.exec(sql, &waited)).await;
            assert!(matches!(outcome, Err(DbError::Constraint(found)) if found == expected));
            // Not awaited, so the error comes with the commit: it is the same.
            let outcome = db.write(move |tx| tx.run(sql, &params)).await;
            assert!(matches!(outcome, Err(DbError::Constraint(found)) if found == expected));
        }
        assert_eq!(count(&db).await, 1, "{}", fresh.engine());
    }
}

#[tokio::test]
async fn a_wrong_number_of_parameters_is_a_fault() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        let outcome = db.read(|tx| tx.query(&SELECT, &[])).await;
        assert_eq!(outcome.unwrap_err().to_string(), "notes.SELECT: takes 1 parameters, given 0");
    }
}

#[tokio::test]
async fn rows_are_shown_in_place_until_the_caller_stops() {
    const ALL: Sql = Sql::new("notes.ALL", "SELECT id FROM notes_note ORDER BY id");
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        db.write(|tx| (0..100).try_for_each(|id| tx.run(&INSERT, &note(id)))).await.unwrap();
        let (sum, stopped_at) = db
            .read(|tx| {
                let mut sum = 0;
                tx.each(&ALL, &[], |row| {
                    sum += row.int(0)?;
                    Ok(())
                })?;
                let mut seen = 0;
                let stopped = tx.each(&ALL, &[], |row| {
                    seen = row.int(0)?;
                    if seen == 3 { Err(skein_base::Fault::new("enough").into()) } else { Ok(()) }
                });
                assert_eq!(stopped.unwrap_err().to_string(), "enough");
                tx.query_one(&COUNT, &[])?;
                Ok((sum, seen))
            })
            .await
            .unwrap();
        assert_eq!((sum, stopped_at), (4_950, 3), "{}", fresh.engine());
    }
}

#[tokio::test]
async fn unlimited_queries_are_faults() {
    const MANY: Sql = Sql::new(
        "notes.MANY",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) SELECT i FROM n",
    );
    for fresh in databases() {
        let db = fresh.open(&[]).await;
        assert!(db.read(|tx| tx.query(&MANY, &[])).await.is_err(), "{}", fresh.engine());
        assert!(db.read(|tx| tx.query_one(&MANY, &[])).await.is_err(), "{}", fresh.engine());
    }
}

#[tokio::test]
async fn statements_are_checked_and_have_one_shape_on_both_engines() {
    const WRONG: Sql = Sql::new("notes.WRONG", "SELECT nothing FROM notes_note");
    let mut shapes = Vec::new();
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        shapes.push(db.prepare_all(&[&INSERT, &SELECT, &COUNT]).await.unwrap());
        let faults = db.prepare_all(&[&WRONG, &INSERT, &WRONG, &SELECT]).await.unwrap_err();
        assert_eq!(faults.len(), 2, "{}: {faults:?}", fresh.engine());
        assert!(faults.iter().all(|fault| fault.name == "notes.WRONG"));
    }
    assert_eq!(shapes[0], shapes[1]);
    assert_eq!((shapes[0][1].parameters, shapes[0][1].columns), (1, 4));
}

#[tokio::test]
async fn reads_cannot_write_and_see_one_snapshot() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        assert!(db.read(|tx| tx.exec(&INSERT, &note(1))).await.is_err(), "{}", fresh.engine());
        let (begun, is_begun) = tokio::sync::oneshot::channel();
        let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
        let reading = tokio::spawn({
            let db = db.clone();
            async move {
                db.read(move |tx| {
                    let before = tx.query(&COUNT, &[])?[0].int(0)?;
                    begun.send(()).unwrap();
                    goes_on.recv().unwrap();
                    Ok((before, tx.query(&COUNT, &[])?[0].int(0)?))
                })
                .await
            }
        });
        is_begun.await.unwrap();
        db.write(|tx| tx.run(&INSERT, &note(1))).await.unwrap();
        go_on.send(()).unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), (0, 0), "{}", fresh.engine());
        assert_eq!(count(&db).await, 1);
    }
}

#[tokio::test]
async fn a_read_that_panics_harms_no_other() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        for _ in 0..10 {
            let outcome = db.read::<(), _>(|_| panic!("on purpose")).await;
            assert!(matches!(outcome, Err(DbError::Fault(_))));
        }
        assert_eq!(count(&db).await, 0);
    }
}

const GATHERED: Sql = Sql::rows(
    "notes.GATHERED",
    "INSERT INTO notes_note (id, body, data, at) VALUES ($1, $2, $3, $4)",
    "INSERT INTO notes_note (id, body, data, at)
     SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[], $3::BYTEA[], $4::BIGINT[])",
);

#[tokio::test]
async fn gathered_rows_are_there_when_anything_looks_and_when_it_commits() {
    for fresh in databases() {
        let db = fresh.open(&[NOTES]).await;
        let row = |id: i64| [id.into(), "x".into(), Value::Null, None::<i64>.into()];
        let seen = db
            .write(move |tx| {
                (0..2_500).try_for_each(|id| tx.run(&GATHERED, &row(id)))?;
                let seen = tx.query_one(&COUNT, &[])?.expect("a number").int(0)?;
                tx.run(&GATHERED, &row(2_500))?;
                Ok(seen)
            })
            .await
            .unwrap();
        assert_eq!((seen, count(&db).await), (2_500, 2_501), "{}", fresh.engine());
        // One that is there already takes its own job down, and says which statement it was.
        let outcome = db.write(move |tx| tx.run(&GATHERED, &row(7))).await;
        let expected = Constraint { statement: "notes.GATHERED", kind: ConstraintKind::Unique };
        assert!(matches!(outcome, Err(DbError::Constraint(found)) if found == expected));
        assert_eq!(count(&db).await, 2_501, "{}", fresh.engine());
    }
}
