//! The movements of a month, the postings that made them, and the movements that were recorded after a moment: by item, or all of them.
//!
//! Most movements are recorded when they take effect or soon after, so those of a month lie together,
//! in the order in which they were recorded. Those that were recorded *late*, more than a day after
//! they took effect, have indexes of their own. So what is read is what happened in the month and on
//! the day after it, and what was recorded late: never the history between.

use crate::load;
use db::{Conn, DbError, Row, Rows, Statement};
use domain::ledger::{Group, Key, Place};
use domain::{Instant, ItemId, LocationId, LotId, Period, Zone};

/// A movement that is recorded later than this after it took effect is late: one day, in
/// microseconds. The statements and the migration that makes their indexes say the same.
const LATE_AFTER: i64 = 24 * 3_600 * 1_000_000;

macro_rules! late_on_sqlite {
    () => {
        "m.recorded_at - m.effective_at > 86400000000"
    };
}

macro_rules! late_on_postgres {
    () => {
        "m.recorded_at - m.effective_at > interval '1 day'"
    };
}

/// A movement, from some tables under some condition.
macro_rules! select {
    ($($which:expr),+) => {
        concat!(
            "select m.item, m.lot, m.from_location, m.from_status, m.to_location, m.to_status, m.qty,
               m.from_group, m.to_group, m.value, m.effective_at
             from ",
            $($which),+
        )
    };
}

/// On PostgreSQL two questions for each row of parameters, one by one (`offset 0` sees to that): each is
/// answered by its index, whatever the planner believes of the table.
macro_rules! each_of {
    ($arrays:literal, $columns:literal, $soon:expr, $late:expr) => {
        concat!(
            "select x.* from unnest(",
            $arrays,
            ") as k (",
            $columns,
            ") cross join lateral (",
            $soon,
            " union all ",
            $late,
            " offset 0) x"
        )
    };
}

const OF_MONTH: Statement = Statement::per_engine(
    "stock.moves.of_month",
    concat!(
        select!(
            "stock_posting p
             cross join stock_movement m on m.lane = p.lane and m.number = p.number
             where p.recorded_at > ?2 and p.recorded_at <= ?3 and m.period = ?1 and m.effective_at > ?2 and not ",
            late_on_sqlite!()
        ),
        " union all ",
        select!(
            "stock_movement m indexed by stock_movement_late_month
             where m.period = ?1 and m.effective_at > ?2 and ",
            late_on_sqlite!()
        )
    ),
    concat!(
        select!(
            "stock_movement m
             where m.recorded_at > ?2 and m.recorded_at <= ?3 and m.period = ?1 and m.effective_at > ?2 and not ",
            late_on_postgres!()
        ),
        " union all ",
        select!(
            "stock_movement m
             where m.recorded_at > ?2 and m.period = ?1 and m.effective_at > ?2 and ",
            late_on_postgres!()
        )
    ),
);

/// The postings that moved something in a month, each with how many movements of it are in the month.
macro_rules! postings {
    ($($moved:expr),+) => {
        concat!(
            "select p.lane, p.number, x.movements, p.hash
             from (
               select y.lane, y.number, count(*) as movements
               from (", $($moved),+, ") y
               group by y.lane, y.number
             ) x
             join stock_posting p on p.lane = x.lane and p.number = x.number
             order by p.lane, p.number"
        )
    };
}

const POSTINGS_OF_MONTH: Statement = Statement::per_engine(
    "stock.moves.postings_of_month",
    postings!(
        "select m.lane, m.number
         from stock_posting p
         cross join stock_movement m on m.lane = p.lane and m.number = p.number
         where p.recorded_at >= ?2 and p.recorded_at <= ?3 and m.period = ?1 and not ",
        late_on_sqlite!(),
        " union all
         select m.lane, m.number
         from stock_movement m indexed by stock_movement_late_month
         where m.period = ?1 and ",
        late_on_sqlite!()
    ),
    postings!(
        "select m.lane, m.number
         from stock_movement m
         where m.recorded_at >= ?2 and m.recorded_at <= ?3 and m.period = ?1 and not ",
        late_on_postgres!(),
        " union all
         select m.lane, m.number
         from stock_movement m
         where m.recorded_at >= ?2 and m.period = ?1 and ",
        late_on_postgres!()
    ),
);

const OF_MONTH_OF: Statement = Statement::per_engine(
    "stock.moves.of_month_of",
    concat!(
        select!(
            "stock_movement m indexed by stock_movement_item
             where m.item = ?1 and m.recorded_at > ?3 and m.recorded_at <= ?4 and m.period = ?2
               and m.effective_at > ?3 and not ",
            late_on_sqlite!()
        ),
        " union all ",
        select!(
            "stock_movement m indexed by stock_movement_late_month
             where m.period = ?2 and m.item = ?1 and m.effective_at > ?3 and ",
            late_on_sqlite!()
        )
    ),
    each_of!(
        "?1::bigint[], ?2::integer[], ?3::timestamptz[], ?4::timestamptz[]",
        "item, period, since, until",
        select!(
            "stock_movement m
             where m.item = k.item and m.recorded_at > k.since and m.recorded_at <= k.until and m.period = k.period
               and m.effective_at > k.since and not ",
            late_on_postgres!()
        ),
        select!(
            "stock_movement m
             where m.period = k.period and m.item = k.item and m.effective_at > k.since and m.recorded_at > k.since
               and ",
            late_on_postgres!()
        )
    ),
)
.hot();

/// Of what was recorded late, on SQLite one seek an item; on PostgreSQL the partitions since.
const RECORDED_LATER: Statement = Statement::per_engine(
    "stock.moves.recorded_later",
    concat!(
        select!(
            "stock_posting p
             cross join stock_movement m on m.lane = p.lane and m.number = p.number
             where p.recorded_at > ?1 and p.recorded_at <= ?3 and m.effective_at <= ?2 and not ",
            late_on_sqlite!()
        ),
        " union all ",
        select!(
            "stock_known_item i
             cross join stock_movement m indexed by stock_movement_late_item
               on m.item = i.id and m.recorded_at > ?1
             where m.effective_at <= ?2 and ",
            late_on_sqlite!()
        )
    ),
    concat!(
        select!(
            "stock_movement m
             where m.recorded_at > ?1 and m.recorded_at <= ?3 and m.effective_at <= ?2 and not ",
            late_on_postgres!()
        ),
        " union all ",
        select!(
            "stock_movement m where m.recorded_at > ?1 and m.effective_at <= ?2 and ",
            late_on_postgres!()
        )
    ),
);

const RECORDED_LATER_OF: Statement = Statement::per_engine(
    "stock.moves.recorded_later_of",
    concat!(
        select!(
            "stock_movement m indexed by stock_movement_item
             where m.item = ?1 and m.recorded_at > ?2 and m.recorded_at <= ?4 and m.effective_at <= ?3 and not ",
            late_on_sqlite!()
        ),
        " union all ",
        select!(
            "stock_movement m indexed by stock_movement_late_item
             where m.item = ?1 and m.recorded_at > ?2 and m.effective_at <= ?3 and ",
            late_on_sqlite!()
        )
    ),
    each_of!(
        "?1::bigint[], ?2::timestamptz[], ?3::timestamptz[], ?4::timestamptz[]",
        "item, known, effective, until",
        select!(
            "stock_movement m
             where m.item = k.item and m.recorded_at > k.known and m.recorded_at <= k.until
               and m.effective_at <= k.effective and not ",
            late_on_postgres!()
        ),
        select!(
            "stock_movement m
             where m.item = k.item and m.recorded_at > k.known and m.effective_at <= k.effective and ",
            late_on_postgres!()
        )
    ),
)
.hot();

/// All of them, for the test that prepares each.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] =
    &[&OF_MONTH, &POSTINGS_OF_MONTH, &OF_MONTH_OF, &RECORDED_LATER, &RECORDED_LATER_OF];

/// Those for some items, each with what its plan on either engine says of the rows that are looked at.
#[cfg(test)]
pub(crate) const FOUND_BY: &[(&Statement, [&str; 2], [&str; 2])] = &[
    (
        &OF_MONTH_OF,
        [
            "stock_movement_item (item=? AND recorded_at>? AND recorded_at<?)",
            "stock_movement_late_month (period=? AND item=? AND effective_at>?)",
        ],
        ["(item = k.item) AND (recorded_at > k.since) AND (recorded_at <= k.until)", "_item_recorded_at_idx"],
    ),
    (
        &RECORDED_LATER_OF,
        [
            "stock_movement_item (item=? AND recorded_at>? AND recorded_at<?)",
            "stock_movement_late_item (item=? AND recorded_at>?)",
        ],
        ["(item = k.item) AND (recorded_at > k.known) AND (recorded_at <= k.until)", "_item_recorded_at_idx"],
    ),
];

/// A movement as far as questions about the past look at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moved {
    pub(crate) from: Key,
    pub(crate) to: Key,
    pub(crate) qty: i64,
    pub(crate) from_group: Group,
    pub(crate) to_group: Group,
    pub(crate) value: Option<i64>,
    pub(crate) effective_at: Instant,
}

fn moved(row: &Row<'_>) -> Result<Moved, DbError> {
    let (item, lot) = (ItemId(row.int(0)?), LotId(row.int(1)?));
    let from = Place { location: LocationId(row.int(2)?), status: load::status(row, 3)? };
    let to = Place { location: LocationId(row.int(4)?), status: load::status(row, 5)? };
    Ok(Moved {
        from: Key::at(item, lot, from),
        to: Key::at(item, lot, to),
        qty: row.int(6)?,
        from_group: Group(row.int(7)?),
        to_group: Group(row.int(8)?),
        value: row.opt_int(9)?,
        effective_at: Instant(row.int(10)?),
    })
}

/// A month of the organisation's calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Month {
    pub(crate) period: Period,
    /// Its first instant.
    pub(crate) begins: Instant,
    /// The first instant after it.
    pub(crate) ends: Instant,
}

impl Month {
    /// The month that an instant lies in.
    pub(crate) fn of(zone: &Zone, at: Instant) -> Month {
        Month::new(zone, Period::of(zone.date(at)))
    }

    /// A month by its number.
    pub(crate) fn new(zone: &Zone, period: Period) -> Month {
        let midnight = |period: Period| zone.midnight(period.first_day());
        Month { period, begins: midnight(period), ends: midnight(period.next()) }
    }

    /// No movement of the month that is recorded after this is not late.
    const fn until(&self) -> Instant {
        self.ends.plus_micros(LATE_AFTER)
    }
}

/// Calls for the movements of a month that took effect after an instant.
pub(crate) fn of_month(
    conn: &mut Conn<'_>,
    month: &Month,
    since: Instant,
    mut each: impl FnMut(&Moved),
) -> Result<(), DbError> {
    let params = [month.period.number().into(), since.0.into(), month.until().0.into()];
    conn.for_each(&OF_MONTH, &params, |row| moved(row).map(|moved| each(&moved)))
}

/// Calls for each posting that moved something in a month, in the order of lanes and numbers: which it is, how many of
/// its movements are in the month, and its hash.
pub(crate) fn postings_of_month(
    conn: &mut Conn<'_>,
    month: &Month,
    mut each: impl FnMut((i64, i64), i64, &[u8]),
) -> Result<(), DbError> {
    let params = [month.period.number().into(), month.begins.0.into(), month.until().0.into()];
    conn.for_each(&POSTINGS_OF_MONTH, &params, |row| {
        each((row.int(0)?, row.int(1)?), row.int(2)?, &row.hash(3)?);
        Ok(())
    })
}

/// The same for some items, each with its month and instant.
pub(crate) fn of_month_of(
    conn: &mut Conn<'_>,
    of: impl IntoIterator<Item = (ItemId, Month, Instant)>,
    mut each: impl FnMut(&Moved),
) -> Result<(), DbError> {
    let mut rows = Rows::new(4);
    for (item, month, since) in of {
        let until = month.until().0.into();
        rows.push(&[item.get().into(), month.period.number().into(), since.0.into(), until]);
    }
    conn.query_many(&OF_MONTH_OF, &rows, |row| moved(row).map(|moved| each(&moved)))?;
    Ok(())
}

/// Calls for the movements that had taken effect at an instant, and were recorded after another.
pub(crate) fn recorded_later(
    conn: &mut Conn<'_>,
    effective: Instant,
    recorded: Instant,
    mut each: impl FnMut(&Moved),
) -> Result<(), DbError> {
    let until = effective.plus_micros(LATE_AFTER);
    let params = [recorded.0.into(), effective.0.into(), until.0.into()];
    conn.for_each(&RECORDED_LATER, &params, |row| moved(row).map(|moved| each(&moved)))
}

/// The same for some items.
pub(crate) fn recorded_later_of(
    conn: &mut Conn<'_>,
    effective: Instant,
    recorded: Instant,
    items: &[ItemId],
    mut each: impl FnMut(&Moved),
) -> Result<(), DbError> {
    let until = effective.plus_micros(LATE_AFTER);
    let mut rows = Rows::with_capacity(4, items.len());
    for item in items {
        rows.push(&[item.get().into(), recorded.0.into(), effective.0.into(), until.0.into()]);
    }
    conn.query_many(&RECORDED_LATER_OF, &rows, |row| moved(row).map(|moved| each(&moved)))?;
    Ok(())
}
