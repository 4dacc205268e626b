//! What only SQLite can do to us: a full disk, a killed process, a log that is pinned.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod common;
use common::{SETS, all, put, world, world_with};
use db::{Db, DbError, Engine, Health, Rows, Settings, Statement};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn path(settings: &Settings) -> &str {
    settings.url.strip_prefix("sqlite:").unwrap()
}

fn fill(db: &Db, from: i64) -> Result<u64, DbError> {
    db.write_blocking(move |tx| {
        let mut rows = Rows::new(2);
        for id in from..from + 20_000 {
            rows.push(&[id.into(), 1_i64.into()]);
        }
        tx.execute_many(&common::ADD_MANY, &rows)
    })
}

#[test]
fn a_full_disk_turns_writes_off_until_there_is_space_again() {
    const PAGES: Statement = Statement::new("test.pages", "pragma page_count");
    const LIMIT: Statement = Statement::new("test.limit", "pragma max_page_count = 1");
    let world = world(Engine::Sqlite);
    let db = &world.db;
    fill(db, 0).unwrap();
    let pages = db.read_blocking(|conn| conn.query_one(&PAGES, &[], |row| row.int(0))).unwrap();
    // the limit cannot be below the size, so from here on the file cannot grow
    let limit = db.write_blocking(|tx| tx.query_one(&LIMIT, &[], |row| row.int(0))).unwrap();
    assert_eq!(limit, pages);
    assert!(matches!(fill(db, 20_000), Err(DbError::StorageFull)));
    assert!(matches!(db.health(), Health::ReadOnly(DbError::StorageFull)));
    // refused at the door, while reads go on
    assert!(matches!(put(db, 1, 1), Err(DbError::StorageFull)));
    let front = db.front(|_, commands: &[i64]| Ok(commands.to_vec()));
    assert!(matches!(front.submit_blocking(1), Err(DbError::StorageFull)));
    assert_eq!(all(db).len(), 20_000);
    // somebody makes space
    let other = rusqlite::Connection::open(path(&world.settings)).unwrap();
    other.execute_batch("delete from shop_account where id >= 10").unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while !matches!(db.health(), Health::Good) {
        assert!(Instant::now() < until, "writes resume by themselves");
        std::thread::yield_now();
    }
    put(db, 1, 1).unwrap();
    assert_eq!(front.submit_blocking(1).unwrap(), 1);
    assert_eq!(all(db).len(), 10);
}

#[test]
fn everything_in_a_batch_that_hits_a_full_disk_is_refused() {
    const LIMIT: Statement = Statement::new("test.limit", "pragma max_page_count = 1");
    let world = world(Engine::Sqlite);
    let db = &world.db;
    db.write_blocking(|tx| tx.query_one(&LIMIT, &[], |row| row.int(0))).unwrap();
    std::thread::scope(|scope| {
        let small = scope.spawn(|| put(db, 1, 1));
        let big = scope.spawn(|| fill(db, 0));
        assert!(big.join().unwrap().is_err());
        let stored = all(db);
        match small.join().unwrap() {
            Ok(()) => assert_eq!(stored, [(1, 1)]),
            Err(error) => {
                assert!(matches!(error, DbError::StorageFull), "{error}");
                assert_eq!(stored, []);
            }
        }
    });
}

/// The child of the next test: writes for ever and tells what was answered. Nothing by itself.
#[test]
fn child_that_writes() {
    let Some(url) = std::env::args().find_map(|arg| arg.strip_prefix("--skip=url:").map(str::to_owned))
    else {
        return;
    };
    let db = Db::open(&Settings::new(url), SETS).unwrap();
    db.migrate().unwrap();
    let front = db.front(|tx, commands: &[i64]| {
        let mut rows = Rows::new(2);
        for id in commands {
            rows.push(&[(*id).into(), 1_i64.into()]);
            common::emit(tx, &format!("account {id}"), 1, 1);
        }
        tx.execute_many(&common::ADD_MANY, &rows)?;
        Ok(commands.to_vec())
    });
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let front = &front;
            scope.spawn(move || {
                for round in 0.. {
                    let id = front.submit_blocking(thread + 8 * round).unwrap();
                    println!("answered {id}");
                }
            });
        }
    });
}

#[test]
fn what_was_answered_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("t.db").display());
    let mut answered: Vec<i64> = Vec::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_writes", "--nocapture", &format!("--skip=url:{url}")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(id) = line.strip_prefix("answered ") {
            answered.push(id.parse().unwrap());
        }
        if answered.len() == 300 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(answered.len() >= 300);
    let db = Db::open(&Settings::new(&url), SETS).unwrap();
    let stored: Vec<i64> = all(&db).iter().map(|(id, _)| *id).collect();
    for id in &answered {
        assert!(stored.binary_search(id).is_ok(), "{id} was answered");
    }
    // no row without its event, no event without its position
    let last = db.read_blocking(db::feed::last).unwrap();
    assert_eq!(usize::try_from(last).unwrap(), stored.len());
    assert_eq!(db.read_blocking(|conn| db::feed::read(conn, 0, last + 10)).unwrap().len(), stored.len());
}

#[test]
fn a_slow_reader_does_not_pin_the_log() {
    let world = world_with(Engine::Sqlite, |settings| settings.read_timeout = Duration::from_millis(500));
    let db = &world.db;
    fill(db, 0).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let slow = scope.spawn(move || {
            db.read_blocking(|conn| {
                conn.for_each(&common::ALL, &[], |_| {
                    tell.send(()).unwrap_or_default();
                    std::thread::sleep(Duration::from_millis(5));
                    Ok(())
                })
            })
        });
        told.recv().unwrap();
        let started = Instant::now();
        for round in 0.. {
            fill(db, round * 1_000).unwrap();
            if slow.is_finished() {
                break;
            }
            assert!(started.elapsed() < Duration::from_mins(1));
        }
        assert!(matches!(slow.join().unwrap(), Err(DbError::Timeout(_))));
    });
    // with the reader gone the log is copied back and begins anew
    for round in 0..5 {
        fill(db, round * 1_000).unwrap();
    }
    let log = std::fs::metadata(format!("{}-wal", path(&world.settings))).unwrap().len();
    assert!(log <= 64 * 1024 * 1024, "{log} bytes");
}

/// What a copy of the one file alone holds.
fn copied_alone(settings: &Settings) -> Vec<(i64, i64)> {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::copy(path(settings), &copy).unwrap();
    let db = Db::open(&Settings::new(format!("sqlite:{}", copy.display())), SETS).unwrap();
    all(&db)
}

fn log_bytes(settings: &Settings) -> u64 {
    std::fs::metadata(format!("{}-wal", path(settings))).map_or(0, |log| log.len())
}

#[test]
fn after_the_end_the_file_alone_holds_everything() {
    let world = world(Engine::Sqlite);
    let db = &world.db;
    fill(db, 0).unwrap();
    assert_eq!(all(db).len(), 20_000);
    assert_ne!(log_bytes(&world.settings), 0);
    db.close();
    assert_eq!(log_bytes(&world.settings), 0);
    assert_eq!(copied_alone(&world.settings).len(), 20_000);
    assert!(matches!(
        db.read_blocking(|conn| conn.query_one(&common::ONE, &[1_i64.into()], |row| row.int(0))),
        Err(DbError::Closed)
    ));
}

#[test]
fn the_end_copies_the_log_back_also_beside_another_process_that_reads() {
    let world = world(Engine::Sqlite);
    fill(&world.db, 0).unwrap();
    let beside = Settings { read_only: true, ..world.settings.clone() };
    let beside = Db::open(&beside, SETS).unwrap();
    assert_eq!(all(&beside).len(), 20_000);
    world.db.close();
    assert_eq!(log_bytes(&world.settings), 0);
    assert_eq!(copied_alone(&world.settings).len(), 20_000);
    assert_eq!(all(&beside).len(), 20_000);
}

#[test]
fn a_file_behind_a_link_is_synced_and_locked_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real.db"), dir.path().join("link.db"));
    std::fs::File::create(&real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let url = |path: &std::path::Path| Settings::new(format!("sqlite:{}", path.display()));
    let db = Db::open(&url(&link), SETS).unwrap();
    db.migrate().unwrap();
    put(&db, 1, 1).unwrap();
    let refused = Db::open(&url(&real), SETS).unwrap_err();
    assert!(refused.to_string().contains("another process already uses"), "{refused}");
    db.close();
    drop(db);
    let db = Db::open(&url(&real), SETS).unwrap();
    assert_eq!(all(&db), [(1, 1)]);
}

/// The lock of a second server would keep it out; another program that writes the file is waited for a while.
#[test]
fn another_program_that_holds_the_file_is_waited_for_and_then_told() {
    let world = world(Engine::Sqlite);
    let db = &world.db;
    let other = rusqlite::Connection::open(path(&world.settings)).unwrap();
    let front = db.front(|tx, commands: &[i64]| {
        commands.iter().try_for_each(|id| common::add(tx, *id, 1))?;
        Ok(commands.to_vec())
    });
    other.execute_batch("begin immediate").unwrap();
    assert!(matches!(put(db, 1, 1), Err(DbError::Contention)));
    assert!(matches!(front.submit_blocking(2), Err(DbError::Contention)));
    assert!(matches!(db.health(), Health::Good), "it is no fault of the disk");
    assert_eq!(all(db), []);
    // one that ends in time is not noticed
    std::thread::scope(|scope| {
        let writes = [scope.spawn(|| put(db, 1, 1)), scope.spawn(|| front.submit_blocking(2).map(drop))];
        std::thread::sleep(Duration::from_millis(100));
        other.execute_batch("rollback").unwrap();
        for write in writes {
            write.join().unwrap().unwrap();
        }
    });
    assert_eq!(all(db), [(1, 1), (2, 1)]);
}
