//! The world of this module's tests: a fresh database of either engine, and slices of the real file.

use db::{Engine, MigrationSet};
use flate2::read::MultiGzDecoder;
use std::io::{BufRead, BufReader, Cursor};
use std::ops::ControlFlow;

const SETS: &[MigrationSet] =
    &[catalog::MIGRATIONS, places::MIGRATIONS, stock::MIGRATIONS, crate::MIGRATIONS];
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/online-retail/online-retail.csv.gz");

/// The world that all modules begin with, with the words of this one.
pub(crate) struct World(testkit::World);

impl std::ops::Deref for World {
    type Target = testkit::World;

    fn deref(&self) -> &testkit::World {
        &self.0
    }
}

/// A fresh world of an engine, with nothing in it.
pub(crate) fn world(engine: Engine) -> World {
    let world = World(testkit::World::new(engine, SETS));
    let now = world.ctx.now.0;
    world.db.write_blocking(move |tx| db::partitions::ensure(tx, "stock_movement", now, 6)).unwrap();
    world
}

impl World {
    /// Moves the clock.
    pub(crate) fn set_now(&mut self, text: &str) {
        self.0.ctx.now = domain::Instant::parse(text).unwrap();
    }
}

/// The first lines of the real file, with the row that names the columns.
pub(crate) fn first_lines(lines: usize) -> Vec<u8> {
    let mut text = BufReader::new(MultiGzDecoder::new(std::fs::File::open(FILE).unwrap()));
    let mut slice = Vec::new();
    for _ in 0..=lines {
        text.read_until(b'\n', &mut slice).unwrap();
    }
    slice
}

/// Hears of the progress of an import, and lets it go on.
pub(crate) fn on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The year of the first lines of the real file.
pub(crate) fn slice(lines: usize) -> crate::online_retail::Year {
    crate::online_retail::plan(Cursor::new(first_lines(lines))).unwrap()
}

const HEADER: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

/// The year of some lines.
pub(crate) fn year_of(lines: &str) -> crate::online_retail::Year {
    crate::online_retail::plan(Cursor::new(format!("{HEADER}{lines}"))).unwrap()
}

pub(crate) use testkit::on_both_engines;
