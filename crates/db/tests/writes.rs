//! Writes: what is answered is committed, and who fails disturbs nobody.

mod common;
use common::{add, all};
use db::DbError;

#[test]
fn a_refused_closure_disturbs_nobody() {
    let world = common::sqlite();
    let db = &world.db;
    db.write_blocking(|tx| add(tx, 1, 10)).unwrap();
    let refused: Result<(), DbError> = db.write_blocking(|tx| {
        add(tx, 2, 5)?;
        add(tx, 1, -20)
    });
    assert!(refused.unwrap_err().is_check("shop_account_floor"));
    db.write_blocking(|tx| add(tx, 3, 1)).unwrap();
    assert_eq!(all(db), [(1, 10), (3, 1)]);
}

#[test]
fn a_poison_command_is_the_only_one_to_fail() {
    let world = common::sqlite();
    let db = &world.db;
    let front = db.front(|tx, commands: &[i64]| {
        let mut rows = db::Rows::new(2);
        for id in commands {
            rows.push(&[(*id).into(), (if *id == 13 { -1 } else { 1_i64 }).into()]);
        }
        tx.execute_many(&common::ADD, &rows)?;
        Ok(commands.to_vec())
    });
    let threads: Vec<_> = (0..40)
        .map(|id| {
            let front = front.clone();
            std::thread::spawn(move || front.submit_blocking(id))
        })
        .collect();
    for (id, thread) in (0..).zip(threads) {
        let outcome = thread.join().unwrap();
        if id == 13 {
            assert!(outcome.unwrap_err().is_check("shop_account_floor"));
        } else {
            assert_eq!(outcome.unwrap(), id);
        }
    }
    assert_eq!(all(db).len(), 39);
}
