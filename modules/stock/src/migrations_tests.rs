//! Steps that write rows anew, over a database that was filled before them.

use crate::store_costs;
use db::{Db, DbError, Engine, MigrationSet, Statement};
use testkit::{Store, on_both_engines};

on_both_engines!(layers_move_to_the_order_of_their_use);

/// The tables as they were before a step.
const fn before(step: usize) -> [MigrationSet; 3] {
    let stock = MigrationSet { name: "stock", migrations: crate::MIGRATIONS.migrations.split_at(step - 1).0 };
    [catalog::MIGRATIONS, places::MIGRATIONS, stock]
}

const NOW: [MigrationSet; 3] = [catalog::MIGRATIONS, places::MIGRATIONS, crate::MIGRATIONS];

/// Two stacks: in the one a layer that came late lies before an older one and both are used in part; in the other
/// all layers are used up.
const FILL: [Statement; 3] = [
    Statement::new(
        "stock.test.fill_stacks",
        "insert into stock_stack (item, grp, next_seq, qty, value)
         values (7, 1, 4, 9, 90), (8, 1, 2, 0, 0), (9, 1, 1, 0, 0)",
    ),
    Statement::new(
        "stock.test.fill_layers",
        "insert into stock_layer (item, grp, seq, effective_at, qty_in, value_in, qty_left, value_left)
         values (7, 1, 1, 2000, 5, 50, 0, 0), (7, 1, 2, 3000, 5, 50, 4, 40), (7, 1, 3, 2500, 6, 60, 5, 50),
                (8, 1, 1, 1000, 2, 20, 0, 0)",
    ),
    Statement::new(
        "stock.test.fill_uses",
        "insert into stock_layer_use (lane, number, line, item, grp, seq, qty, value, made)
         values (1, 1, 0, 7, 1, 1, -5, -50, 1), (1, 2, 0, 7, 1, 2, -5, -50, 1), (1, 3, 0, 7, 1, 3, -6, -60, 1),
                (1, 4, 0, 7, 1, 1, 5, 50, 0), (1, 4, 0, 7, 1, 2, 1, 10, 0), (1, 5, 0, 7, 1, 3, 1, 10, 0)",
    ),
];

const STACKS: Statement = Statement::new(
    "stock.test.stacks",
    "select item, next_seq, qty, open_since from stock_stack order by item",
);
const LAYERS: Statement = Statement::new(
    "stock.test.layers",
    "select item, seq, effective_at, qty_left from stock_layer order by item, grp, effective_at, seq",
);
const USES: Statement = Statement::new(
    "stock.test.uses",
    "select number, seq, layer_at, qty from stock_layer_use order by number, seq",
);
const CHANGE: Statement = Statement::new("stock.test.change", "update stock_layer_use set qty = 1");

fn four(db: &Db, statement: &Statement) -> Vec<[i64; 4]> {
    let row = |row: &db::Row<'_>| Ok([row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?]);
    db.read_blocking(|conn| conn.query(statement, &[], row)).unwrap()
}

fn layers_move_to_the_order_of_their_use(engine: Engine) {
    let store = Store::new(engine, &before(24)).unwrap();
    let fill = |tx: &mut db::Tx<'_>| FILL.iter().try_for_each(|one| tx.execute(one, &[]).map(drop));
    store.db.write_blocking(fill).unwrap();
    let db = Db::open(&store.closed(), &NOW).unwrap();
    assert!(db.migrate().unwrap() >= 1);
    assert_eq!(four(&db, &STACKS), [[7, 4, 9, 2500], [8, 2, 0, 0], [9, 1, 0, 0]]);
    let layers = [[7, 1, 2000, 0], [7, 3, 2500, 5], [7, 2, 3000, 4], [8, 1, 1000, 0]];
    assert_eq!(four(&db, &LAYERS), layers, "in the order of their use");
    let uses = [
        [1, 1, 2000, -5],
        [2, 2, 3000, -5],
        [3, 3, 2500, -6],
        [4, 1, 2000, 5],
        [4, 2, 3000, 1],
        [5, 3, 2500, 1],
    ];
    assert_eq!(four(&db, &USES), uses);
    // what never changes does not from here on either
    let changed: Result<u64, DbError> = db.write_blocking(|tx| tx.execute(&CHANGE, &[]));
    assert!(matches!(changed, Err(DbError::Raised(_))), "{changed:?}");
    // the oldest open ones are found where the head says
    let mut wanted = db::Rows::new(4);
    wanted.push(&[7_i64.into(), 1_i64.into(), 32_i64.into(), 2500_i64.into()]);
    let found = db.read_blocking(|conn| {
        conn.query_many(&store_costs::READ_OLDEST_LAYERS, &wanted, |row| Ok((row.int(2)?, row.int(4)?)))
    });
    assert_eq!(found.unwrap(), [(3, 5), (2, 4)]);
    db.close();
}
