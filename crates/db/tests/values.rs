//! Values read back as they were stored, on both engines and in every type.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;
use common::{world, world_with};
use db::{Db, DbError, Engine, Migration, MigrationSet, Row, Rows, Settings, Statement, Value};
use jiff::civil::date;
use std::time::Duration;
use testkit::on_both_engines;

on_both_engines!(
    every_type_reads_back,
    every_type_reads_back_from_columns_of_rows,
    a_null_is_refused_where_a_value_is_wanted,
    another_type_is_refused_and_named,
    sums_read_as_numbers,
    a_row_is_asked_for_by_one_and_by_option,
    nothing_is_done_for_no_rows,
    a_statement_is_streamed_row_by_row,
    a_snapshot_does_not_move,
    a_read_cannot_write,
    a_slow_read_is_interrupted,
    a_read_that_pauses_too_long_is_interrupted,
    more_reads_than_readers_all_get_their_turn,
);

const SET: &[MigrationSet] = &[MigrationSet {
    name: "kind",
    migrations: &[Migration {
        number: 1,
        name: "kinds",
        text: "create table kind_all (
                   id @id not null primary key,
                   small @small, flag @bool, key @uuid, bytes @bytes, moment @instant, day @date,
                   body @json, word @text
               ) @strict;",
    }],
}];

const INSERT: Statement = Statement::per_engine(
    "kind.insert",
    "insert into kind_all (id, small, flag, key, bytes, moment, day, body, word)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    "insert into kind_all (id, small, flag, key, bytes, moment, day, body, word)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
);

const INSERT_MANY: Statement = Statement::per_engine(
    "kind.insert_many",
    INSERT.sqlite,
    "insert into kind_all (id, small, flag, key, bytes, moment, day, body, word)
     select *
     from unnest(?1::bigint[], ?2::smallint[], ?3::boolean[], ?4::uuid[], ?5::bytea[], ?6::timestamptz[],
                 ?7::date[], ?8::jsonb[], ?9::text[])",
);

const ALL: Statement = Statement::new(
    "kind.all",
    "select id, small, flag, key, bytes, moment, day, body, word from kind_all order by id",
);

#[derive(Debug, PartialEq)]
struct All {
    small: Option<i64>,
    flag: Option<bool>,
    key: Option<[u8; 16]>,
    bytes: Option<Vec<u8>>,
    moment: Option<i64>,
    day: Option<jiff::civil::Date>,
    body: Option<String>,
    word: Option<String>,
}

impl All {
    fn read(row: &Row<'_>) -> Result<All, DbError> {
        Ok(All {
            small: row.opt_int(1)?,
            flag: row.opt_bool(2)?,
            key: row.opt_id16(3)?,
            bytes: row.opt_blob(4)?.map(<[u8]>::to_vec),
            moment: row.opt_int(5)?,
            day: row.opt_date(6)?,
            body: row.opt_text(7)?.map(str::to_owned),
            word: row.opt_text(8)?.map(str::to_owned),
        })
    }

    fn values(&self, id: i64) -> [Value<'_>; 9] {
        [
            id.into(),
            self.small.into(),
            self.flag.into(),
            self.key.as_ref().into(),
            self.bytes.as_ref().into(),
            self.moment.into(),
            self.day.into(),
            self.body.as_ref().into(),
            self.word.as_ref().into(),
        ]
    }
}

fn examples() -> Vec<All> {
    let none = || All {
        small: None,
        flag: None,
        key: None,
        bytes: None,
        moment: None,
        day: None,
        body: None,
        word: None,
    };
    vec![
        All {
            small: Some(-32_768),
            flag: Some(true),
            key: Some([0xfe; 16]),
            bytes: Some(vec![0, 1, 255]),
            moment: Some(1_700_000_000_123_456),
            day: Some(date(2026, 2, 28)),
            body: Some("{\"a\": \"ü\"}".to_owned()),
            word: Some("naïve 'quoted' ?1 \u{1f4e6}".to_owned()),
        },
        none(),
        All {
            small: Some(0),
            flag: Some(false),
            key: Some([0; 16]),
            bytes: Some(Vec::new()),
            moment: Some(-2_208_988_800_000_000),
            day: Some(date(1900, 1, 1)),
            body: Some("[]".to_owned()),
            word: Some(String::new()),
        },
        All { moment: Some(7_258_118_400_000_000), day: Some(date(2200, 12, 31)), small: Some(1), ..none() },
    ]
}

/// A world with the table of all types.
fn kinds(engine: Engine) -> (common::World, Db) {
    let world = world(engine);
    world.db.close();
    let settings = match engine {
        Engine::Sqlite => Settings::new(format!("{}.kinds", world.settings.url)),
        Engine::Postgres => world.settings.clone(),
    };
    let sets = [common::SETS, SET].concat();
    let db = Db::open(&settings, &sets).unwrap();
    db.migrate().unwrap();
    (world, db)
}

fn every_type_reads_back(engine: Engine) {
    let (_world, db) = kinds(engine);
    db.write_blocking(|tx| {
        for (id, example) in (0..).zip(examples()) {
            tx.execute(&INSERT, &example.values(id))?;
        }
        Ok::<(), DbError>(())
    })
    .unwrap();
    assert_eq!(db.read_blocking(|conn| conn.query(&ALL, &[], All::read)).unwrap(), examples());
}

fn every_type_reads_back_from_columns_of_rows(engine: Engine) {
    let (_world, db) = kinds(engine);
    db.write_blocking(|tx| {
        let examples = examples();
        let mut rows = Rows::new(9);
        for (id, example) in (0..).zip(&examples) {
            rows.push(&example.values(id));
        }
        assert_eq!(tx.execute_many(&INSERT_MANY, &rows)?, 4);
        Ok::<(), DbError>(())
    })
    .unwrap();
    assert_eq!(db.read_blocking(|conn| conn.query(&ALL, &[], All::read)).unwrap(), examples());
}

fn a_null_is_refused_where_a_value_is_wanted(engine: Engine) {
    const NULL: Statement = Statement::new("kind.null", "select null, 'x'");
    let world = world(engine);
    let read = |map: fn(&Row<'_>) -> Result<(), DbError>| {
        world.db.read_blocking(|conn| conn.query(&NULL, &[], map).map(|_| ()))
    };
    assert!(matches!(read(|row| row.int(0).map(|_| ())), Err(DbError::Column { column: 0, .. })));
    assert!(matches!(read(|row| row.text(0).map(|_| ())), Err(DbError::Column { column: 0, .. })));
    assert!(matches!(read(|row| row.text(2).map(|_| ())), Err(DbError::Column { column: 2, .. })));
    assert!(read(|row| row.opt_text(0).map(|none| assert_eq!(none, None))).is_ok());
}

fn another_type_is_refused_and_named(engine: Engine) {
    let (_world, db) = kinds(engine);
    // a strict table and a typed parameter both refuse, each in its words
    let refused: Result<u64, DbError> = db.write_blocking(|tx| {
        let mut values = [Value::Null; 9];
        values[0] = 1_i64.into();
        values[3] = "not an id".into();
        tx.execute(&INSERT, &values)
    });
    let error = refused.unwrap_err();
    assert!(error.to_string().contains("kind.insert"), "{error}");
    let text = db.read_blocking(|conn| conn.query(&ALL, &[], |row| row.int(8)));
    assert!(text.unwrap().is_empty(), "nothing was stored");
    let wrong: Result<u64, DbError> = db.write_blocking(|tx| tx.execute(&INSERT, &[1_i64.into()]));
    assert!(wrong.unwrap_err().to_string().contains("kind.insert"));
}

fn sums_read_as_numbers(engine: Engine) {
    const SUM: Statement = Statement::new(
        "test.sum",
        "select sum(amount), count(*), max(amount), coalesce(sum(amount), 0) from shop_account",
    );
    let world = world(engine);
    for (id, amount) in [(1, 10_000), (2, 1_234_567_890_123), (3, 0)] {
        common::put(&world.db, id, amount).unwrap();
    }
    let sums = world
        .db
        .read_blocking(|conn| {
            conn.query_one(&SUM, &[], |row| Ok([row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?]))
        })
        .unwrap();
    assert_eq!(sums, [1_234_567_900_123, 3, 1_234_567_890_123, 1_234_567_900_123]);
}

fn a_row_is_asked_for_by_one_and_by_option(engine: Engine) {
    let world = world(engine);
    common::put(&world.db, 1, 5).unwrap();
    let one =
        |id: i64| world.db.read_blocking(|conn| conn.query_one(&common::ONE, &[id.into()], |row| row.int(0)));
    assert_eq!(one(1).unwrap(), 5);
    assert!(matches!(one(2), Err(DbError::NoRow("shop.one"))));
    let none = world.db.read_blocking(|conn| conn.query_opt(&common::ONE, &[2_i64.into()], |row| row.int(0)));
    assert_eq!(none.unwrap(), None);
}

fn nothing_is_done_for_no_rows(engine: Engine) {
    let world = world(engine);
    let count: u64 =
        world.db.write_blocking(|tx| tx.execute_many(&common::ADD_MANY, &Rows::new(2))).unwrap_or(9);
    assert_eq!(count, 0);
}

const MANY: Statement = Statement::new(
    "test.many",
    "with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000)
     select i from n order by i",
);

fn a_statement_is_streamed_row_by_row(engine: Engine) {
    let world = world(engine);
    let mut sum = 0;
    world
        .db
        .read_blocking(|conn| {
            conn.for_each(&MANY, &[], |row| {
                sum += row.int(0)?;
                Ok(())
            })
        })
        .unwrap();
    assert_eq!(sum, 5_000_050_000);
    // an end before the last row leaves the connection usable
    for _ in 0..20 {
        let mut rows = 0;
        let stopped: Result<(), DbError> = world.db.read_blocking(|conn| {
            conn.for_each(&MANY, &[], |_| {
                rows += 1;
                if rows == 3 { Err(DbError::Busy) } else { Ok(()) }
            })
        });
        assert!(matches!(stopped, Err(DbError::Busy)));
        assert_eq!(rows, 3);
    }
}

fn a_snapshot_does_not_move(engine: Engine) {
    let world = world(engine);
    common::put(&world.db, 1, 1).unwrap();
    let one = Value::Int(1);
    world
        .db
        .read_blocking(|conn| {
            let before = conn.query_one(&common::ONE, &[one], |row| row.int(0))?;
            common::put(&world.db, 1, 1)?;
            let after = conn.query_one(&common::ONE, &[one], |row| row.int(0))?;
            assert_eq!((before, after), (1, 1));
            Ok::<(), DbError>(())
        })
        .unwrap();
    assert_eq!(
        world.db.read_blocking(|conn| conn.query_one(&common::ONE, &[one], |row| row.int(0))).unwrap(),
        2
    );
}

fn a_read_cannot_write(engine: Engine) {
    let world = world(engine);
    let write =
        |conn: &mut db::Conn<'_>| conn.query(&common::INSERT, &[1_i64.into(), 1_i64.into()], |_| Ok(()));
    assert!(world.db.read_blocking(write).is_err());
    assert_eq!(common::all(&world.db), []);
    common::put(&world.db, 1, 1).unwrap();
}

const ENDLESS: Statement = Statement::new(
    "test.endless",
    "with recursive n (i) as (select 1 union all select i + 1 from n)
     select count(*) from n",
);

fn a_slow_read_is_interrupted(engine: Engine) {
    let world = world_with(engine, |settings| settings.read_timeout = Duration::from_millis(300));
    for _ in 0..2 {
        let done = world.db.read_blocking(|conn| conn.query(&ENDLESS, &[], |_| Ok(())));
        assert!(matches!(done, Err(DbError::Timeout("test.endless"))), "{done:?}");
        // and the connection goes on to the next one
        assert_eq!(common::all(&world.db), []);
    }
}

fn a_read_that_pauses_too_long_is_interrupted(engine: Engine) {
    let world = world_with(engine, |settings| settings.read_timeout = Duration::from_millis(200));
    let done = world.db.read_blocking(|conn| {
        let rows = conn.query(&common::ALL, &[], |row| row.int(0))?;
        std::thread::sleep(Duration::from_millis(600));
        conn.query(&common::ALL, &[], |row| row.int(0)).map(|again| (rows, again))
    });
    assert!(matches!(done, Err(DbError::Timeout(_) | DbError::Unavailable(_))), "{done:?}");
    assert_eq!(common::all(&world.db), []);
}

fn more_reads_than_readers_all_get_their_turn(engine: Engine) {
    let world = world_with(engine, |settings| settings.readers = 2);
    common::put(&world.db, 1, 3).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let reads: Vec<_> = (0..100)
            .map(|_| {
                let db = world.db.clone();
                tokio::spawn(async move {
                    let here = db
                        .read_here(|conn| conn.query_one(&common::ONE, &[1_i64.into()], |row| row.int(0)))
                        .await;
                    let later =
                        db.read(|conn| conn.query_one(&common::ONE, &[1_i64.into()], |row| row.int(0))).await;
                    (here.unwrap(), later.unwrap())
                })
            })
            .collect();
        for read in reads {
            assert_eq!(read.await.unwrap(), (3, 3));
        }
    });
}
