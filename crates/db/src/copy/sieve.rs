//! A copy that is not given everything: what is withheld never reaches it, so nothing has to be wiped out there
//! afterwards; and the lanes of a server become the one lane that the embedded engine has.
//!
//! Of the lanes only the numbers of events change, which nobody outside knows: readers of the feed go by positions, and
//! those stay. Postings keep their lanes, their numbers and their hashes.

use super::{Chunk, Part, Relation, Shape, cell};
use crate::conn::Conn;
use crate::error::DbError;
use crate::feed::{self, Run};
use crate::pg::sequencer;
use crate::settings::Engine;
use crate::statement::Statement;
use crate::value::Value;

/// Something that a copy is not given.
#[derive(Clone, Copy, Debug)]
pub struct Withheld {
    /// Of which table.
    pub table: &'static str,
    /// What of it.
    pub what: What,
}

/// What of a table is withheld.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// Every row.
    Rows,
    /// What stands in a column; this stands there in its place.
    Column(&'static str, Value<'static>),
    /// The same, in rows where the second column says yes.
    ColumnWhere(&'static str, &'static str, Value<'static>),
}

/// Of the tables of this crate: bodies of held commands that hold a secret, sealed under a key that no copy has.
pub const WITHHELD: &[Withheld] =
    &[Withheld { table: "db_held", what: What::ColumnWhere("body", "sealed", Value::Blob(&[])) }];

/// The one lane of the embedded engine.
const FIRST: i64 = 1;

pub(super) const LANES: Statement =
    Statement::new("db.copy.sieve.lanes", "select count(*) from db_lane where lane = ?1");

/// Passes on what a copy is given.
#[derive(Debug)]
pub struct Sieve {
    withheld: Vec<Withheld>,
    /// Of a server.
    lanes: Option<OneLane>,
    /// The table that rows are of.
    table: Option<Relation>,
}

impl Sieve {
    /// For a source of this shape, which is read in the snapshot that is read from.
    ///
    /// # Errors
    /// When what is to be withheld is not there, for it would pass under another name; when the source cannot be read.
    pub fn new(conn: &mut Conn<'_>, shape: &Shape, withheld: &[&[Withheld]]) -> Result<Sieve, DbError> {
        let withheld = withheld.concat();
        for Withheld { table, what } in &withheld {
            let relation = shape.tables.iter().find(|relation| relation.name == *table);
            let columns: &[&str] = match what {
                What::Rows => &[],
                What::Column(name, _) => &[name],
                What::ColumnWhere(name, when, _) => &[name, when],
            };
            let is_there = relation
                .is_some_and(|relation| columns.iter().all(|column| place(relation, column).is_some()));
            if !is_there {
                return Err(DbError::internal("what a copy is not given is not in the source"));
            }
        }
        let lanes = match conn.engine() {
            Engine::Sqlite => None,
            Engine::Postgres => Some(OneLane::read(conn)?),
        };
        Ok(Sieve { withheld, lanes, table: None })
    }

    /// Hands on what is left of a part, if anything.
    ///
    /// # Errors
    /// When rows cannot be read, and those of `each`.
    pub fn pass(
        &mut self,
        part: Part,
        each: &mut dyn FnMut(Part) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        match part {
            Part::Table(table) => {
                let more = self.lanes.as_ref().and_then(|lanes| lanes.rows_of(&table));
                self.table = Some(table.clone());
                each(Part::Table(table))?;
                more.map_or(Ok(()), |rows| each(Part::Rows(rows)))
            }
            Part::Rows(chunk) => {
                let chunk = self.rows(chunk)?;
                if chunk.rows == 0 { Ok(()) } else { each(Part::Rows(chunk)) }
            }
        }
    }

    fn rows(&self, chunk: Chunk) -> Result<Chunk, DbError> {
        let table = self.table.as_ref().ok_or_else(|| DbError::internal("rows of no table"))?;
        let here: Vec<What> =
            self.withheld.iter().filter(|held| held.table == table.name).map(|held| held.what).collect();
        let lanes = self.lanes.as_ref().filter(|_| OneLane::TABLES.contains(&table.name.as_str()));
        if here.is_empty() && lanes.is_none() {
            return Ok(chunk);
        }
        let mut left = Chunk::default();
        let mut rest = &chunk.bytes[..];
        for _ in 0..chunk.rows {
            let mut cells = Vec::with_capacity(table.columns.len());
            for _ in &table.columns {
                cells.push(cell::read(&mut rest)?);
            }
            let stays = withhold(table, &here, &mut cells)
                && lanes.map_or(Ok(true), |lanes| lanes.renumber(table, &mut cells))?;
            if stays {
                left.add(&cells);
            }
        }
        Ok(left)
    }
}

impl Chunk {
    fn add(&mut self, cells: &[Value<'_>]) {
        for value in cells {
            cell::write(*value, &mut self.bytes);
        }
        self.rows = self.rows.saturating_add(1);
    }
}

fn place(table: &Relation, column: &str) -> Option<usize> {
    table.columns.iter().position(|own| own.name == column)
}

/// Takes what is withheld out of a row; whether the row stays.
fn withhold(table: &Relation, here: &[What], cells: &mut [Value<'_>]) -> bool {
    for what in here {
        let (column, value) = match *what {
            What::Rows => return false,
            What::Column(column, value) => (column, value),
            What::ColumnWhere(column, when, value) => {
                let says = place(table, when).and_then(|place| cells.get(place));
                if !matches!(says, Some(Value::Int(1))) {
                    continue;
                }
                (column, value)
            }
        };
        if let Some(cell) = place(table, column).and_then(|place| cells.get_mut(place)) {
            *cell = value;
        }
    }
    true
}

/// Consecutive events of a lane, and the number that the first of them is given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Stretch {
    lane: i64,
    from: i64,
    to: i64,
    number: i64,
}

/// All events of all lanes, numbered as the feed tells them.
#[derive(Debug)]
struct OneLane {
    /// By lane and number.
    stretches: Vec<Stretch>,
    /// The feed as it will be.
    feed: Vec<Run>,
    events: i64,
    /// Whether the source has the lane that the copy writes in.
    has_first: bool,
}

impl OneLane {
    const TABLES: [&str; 3] = ["db_feed", "db_lane", "db_outbox"];

    fn read(conn: &mut Conn<'_>) -> Result<OneLane, DbError> {
        let told = feed::runs(conn)?;
        // in the snapshot may be what has no position yet
        let waiting = sequencer::waiting(conn)?;
        let has_first = conn.query_one(&LANES, &[FIRST.into()], |row| row.int(0))? > 0;
        Ok(OneLane::new(&told, &waiting, has_first))
    }

    /// Of the runs of the feed in their order, and of runs of (lane, first, last) that follow them. Pure.
    fn new(told: &[Run], waiting: &[(i64, i64, i64)], has_first: bool) -> OneLane {
        let mut made = OneLane { stretches: Vec::new(), feed: Vec::new(), events: 0, has_first };
        for run in told {
            made.add(*run);
        }
        for (lane, number_from, number_to) in waiting {
            let position_from = made.feed.last().map_or(0, Run::position_to).saturating_add(1);
            made.add(Run { position_from, lane: *lane, number_from: *number_from, number_to: *number_to });
        }
        made.stretches.sort_unstable();
        made
    }

    fn add(&mut self, run: Run) {
        if run.lane == feed::RESTORES {
            self.feed.push(run);
            return;
        }
        let Run { position_from, lane, number_from, number_to } = run;
        let number = self.events.saturating_add(1);
        self.events = self.events.saturating_add(number_to.saturating_sub(number_from)).saturating_add(1);
        self.stretches.push(Stretch { lane, from: number_from, to: number_to, number });
        match self.feed.last_mut() {
            Some(last) if last.lane == FIRST && last.position_to().saturating_add(1) == position_from => {
                last.number_to = self.events;
            }
            _ => self.feed.push(Run {
                position_from,
                lane: FIRST,
                number_from: number,
                number_to: self.events,
            }),
        }
    }

    /// The number that an event is given.
    fn number(&self, lane: i64, number: i64) -> Option<i64> {
        let behind = self.stretches.partition_point(|stretch| (stretch.lane, stretch.from) <= (lane, number));
        let stretch = self.stretches.get(behind.checked_sub(1)?)?;
        let is_in = stretch.lane == lane && (stretch.from..=stretch.to).contains(&number);
        is_in.then(|| stretch.number.saturating_add(number.saturating_sub(stretch.from)))
    }

    /// Rows of a table that are made here.
    fn rows_of(&self, table: &Relation) -> Option<Chunk> {
        let mut chunk = Chunk::default();
        let mut add = |value: &dyn Fn(&str) -> Value<'static>| {
            let cells: Vec<Value<'_>> = table.columns.iter().map(|column| value(&column.name)).collect();
            chunk.add(&cells);
        };
        match table.name.as_str() {
            "db_feed" => {
                for run in &self.feed {
                    add(&|column| match column {
                        "position_from" => run.position_from.into(),
                        "lane" => run.lane.into(),
                        "number_from" => run.number_from.into(),
                        "number_to" => run.number_to.into(),
                        _ => Value::Null,
                    });
                }
            }
            "db_lane" if !self.has_first => add(&|column| match column {
                "lane" => FIRST.into(),
                "holder" => Value::Blob(&[0; 16]),
                "hash" => Value::Blob(&[0; 32]),
                _ => Value::Int(0),
            }),
            _ => return None,
        }
        Some(chunk)
    }

    /// Numbers a row of one of [`OneLane::TABLES`] anew; whether it stays.
    fn renumber(&self, table: &Relation, cells: &mut [Value<'_>]) -> Result<bool, DbError> {
        let wrong = || {
            DbError::refused(format!(
                "the source has an event or a lane that its feed does not know, in `{}`",
                table.name
            ))
        };
        let at = |column| place(table, column).ok_or_else(wrong);
        let int = |cells: &[Value<'_>], place: usize| match cells.get(place) {
            Some(Value::Int(number)) => Ok(*number),
            _ => Err(wrong()),
        };
        if table.name == "db_feed" {
            return Ok(false);
        }
        let (lane_at, number_at) = (at("lane")?, at("event_number")?);
        let (lane, number) = (int(cells, lane_at)?, int(cells, number_at)?);
        let (lane, number) = match table.name.as_str() {
            "db_lane" => (lane, if lane == FIRST { self.events } else { 0 }),
            _ => (FIRST, self.number(lane, number).ok_or_else(wrong)?),
        };
        for (place, number) in [(lane_at, lane), (number_at, number)] {
            if let Some(cell) = cells.get_mut(place) {
                *cell = Value::Int(number);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::Column;

    fn run(position_from: i64, lane: i64, number_from: i64, number_to: i64) -> Run {
        Run { position_from, lane, number_from, number_to }
    }

    fn relation(name: &str, columns: &[&str]) -> Relation {
        let column = |name: &&str| Column { name: (*name).to_owned(), is_json: false };
        Relation { name: name.to_owned(), columns: columns.iter().map(column).collect() }
    }

    #[test]
    fn events_of_all_lanes_are_numbered_as_the_feed_tells_them() {
        let told = [
            run(1, 1, 1, 3),
            run(4, 2, 1, 1),
            run(5, 1, 4, 5),
            run(900, 0, 0, 0),
            run(901, 3, 1, 2),
            run(903, 2, 2, 2),
        ];
        let made = OneLane::new(&told, &[(2, 3, 4), (1, 6, 6)], true);
        assert_eq!(made.events, 12);
        assert_eq!(made.feed, [run(1, 1, 1, 6), run(900, 0, 0, 0), run(901, 1, 7, 12)]);
        for (lane, number, expected) in [
            (1, 1, Some(1)),
            (1, 3, Some(3)),
            (2, 1, Some(4)),
            (1, 4, Some(5)),
            (1, 5, Some(6)),
            (3, 1, Some(7)),
            (3, 2, Some(8)),
            (2, 2, Some(9)),
            (2, 3, Some(10)),
            (2, 4, Some(11)),
            (1, 6, Some(12)),
            (1, 7, None),
            (2, 5, None),
            (4, 1, None),
            (0, 0, None),
        ] {
            assert_eq!(made.number(lane, number), expected, "{lane}/{number}");
        }
    }

    #[test]
    fn of_nothing_comes_a_lane_to_write_in() {
        let made = OneLane::new(&[], &[], false);
        assert_eq!((made.events, made.feed.len()), (0, 0));
        let lane = relation("db_lane", &["commits", "hash", "holder", "lane"]);
        let chunk = made.rows_of(&lane).unwrap();
        let mut rest = &chunk.bytes[..];
        let cells: Vec<Value<'_>> = (0..4).map(|_| cell::read(&mut rest).unwrap()).collect();
        assert_eq!((chunk.rows, rest.len()), (1, 0));
        assert_eq!(cells, [Value::Int(0), Value::Blob(&[0; 32]), Value::Blob(&[0; 16]), Value::Int(1)]);
        assert!(made.rows_of(&relation("db_outbox", &["lane"])).is_none());
        assert_eq!(OneLane::new(&[], &[], true).rows_of(&lane).map(|chunk| chunk.rows), None);
    }

    #[test]
    fn what_is_withheld_does_not_pass() {
        let table = relation("t", &["a", "b", "yes"]);
        let row = |yes| [Value::Int(7), Value::Text("secret"), Value::Int(yes)];
        for (here, yes, stays, expected) in [
            (vec![], 1, true, Value::Text("secret")),
            (vec![What::Rows], 1, false, Value::Text("secret")),
            (vec![What::Column("b", Value::Null)], 0, true, Value::Null),
            (vec![What::ColumnWhere("b", "yes", Value::Text(""))], 1, true, Value::Text("")),
            (vec![What::ColumnWhere("b", "yes", Value::Text(""))], 0, true, Value::Text("secret")),
        ] {
            let mut cells = row(yes);
            assert_eq!(withhold(&table, &here, &mut cells), stays, "{here:?}");
            assert_eq!(cells[1], expected, "{here:?}");
            assert_eq!(cells[0], Value::Int(7));
        }
    }

    #[test]
    fn a_part_passes_whole_where_nothing_is_withheld() {
        let withheld = vec![Withheld { table: "gone", what: What::Rows }];
        let mut sieve = Sieve { withheld, lanes: None, table: None };
        let mut chunk = Chunk::default();
        chunk.add(&[Value::Int(1)]);
        chunk.add(&[Value::Int(2)]);
        for (name, expected) in [("gone", vec![]), ("kept", vec![2_u64])] {
            let mut rows = Vec::new();
            let mut each = |part: Part| {
                if let Part::Rows(chunk) = part {
                    rows.push(chunk.rows);
                }
                Ok(())
            };
            sieve.pass(Part::Table(relation(name, &["n"])), &mut each).unwrap();
            sieve.pass(Part::Rows(chunk.clone()), &mut each).unwrap();
            assert_eq!(rows, expected, "{name}");
        }
    }
}
