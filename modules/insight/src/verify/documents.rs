//! Documents: transfers so far (I-16, I-24, I-25).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Row, Statement};
use domain::Delta;
use domain::ledger::Kind;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

const LINES: Statement = Statement::new(
    "verify.documents.lines",
    "select d.transit_loc, d.number, d.state, l.line_no, l.sku_id, l.qty_ordered, l.qty_shipped, l.qty_received,
       l.qty_short
     from ck_doc d
     join ck_doc_line l on l.doc_id = d.doc_id
     order by d.number, l.line_no",
);

const LINELESS: Statement = Statement::new(
    "verify.documents.lineless",
    "select d.number
     from ck_doc d
     where not exists (select 1 from ck_doc_line l where l.doc_id = d.doc_id)
     order by d.number",
);

const NUMBERS: Statement = Statement::new(
    "verify.documents.numbers",
    "select type, number, count(*) from ck_doc group by type, number order by type, number",
);

const IN: Statement = Statement::new(
    "verify.documents.in",
    "select m.to_loc, m.sku_id, m.kind, m.qty
     from ck_doc d
     join ck_movement m on m.to_loc = d.transit_loc and m.to_loc > 0",
);

const OUT: Statement = Statement::new(
    "verify.documents.out",
    "select m.from_loc, m.sku_id, m.kind, m.qty
     from ck_doc d
     join ck_movement m on m.from_loc = d.transit_loc and m.from_loc > 0",
);

const ON_HAND: Statement = Statement::new(
    "verify.documents.on_hand",
    "select loc_id, sku_id, on_hand from ck_balance where on_hand <> 0",
);

/// The quantities of a line.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    ordered: i64,
    shipped: i64,
    received: i64,
    short: i64,
}

impl Counts {
    const fn in_transit(&self) -> i64 {
        self.shipped.wrapping_sub(self.received).wrapping_sub(self.short)
    }
}

/// A line with its document.
struct Line {
    transit: i64,
    number: String,
    state: String,
    item: i64,
    counts: Counts,
}

fn line(row: &Row<'_>) -> Result<Line, DbError> {
    Ok(Line {
        transit: row.int(0)?,
        number: row.text(1)?.to_owned(),
        state: row.opt_text(2)?.unwrap_or("unknown").to_owned(),
        item: row.int(4)?,
        counts: Counts {
            ordered: row.int(5)?,
            shipped: row.int(6)?,
            received: row.int(7)?,
            short: row.int(8)?,
        },
    })
}

/// I-16: what the lines say fits the state of the document.
pub(super) fn states(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let lines = conn.query(&LINES, &[], line)?;
    for document in lines.chunk_by(|a, b| a.number == b.number) {
        findings.row();
        let Some(Line { number, state, .. }) = document.first() else { continue };
        let all = |holds: fn(&Counts) -> bool| document.iter().all(|line| holds(&line.counts));
        let sane = all(|line| line.short >= 0 && line.in_transit() >= 0 && line.shipped <= line.ordered);
        let received = document.iter().any(|line| line.counts.received > 0);
        let fits = match state.as_str() {
            "draft" | "allocated" | "cancelled" => all(|line| line.shipped == 0),
            "shipped" => !all(|line| line.shipped == 0) && !received,
            "partially_received" => received && !all(|line| line.received == line.ordered),
            "received" => all(|line| line.in_transit() == 0 && line.short == 0),
            "closed_short" => all(|line| line.in_transit() == 0) && !all(|line| line.short == 0),
            _ => false,
        };
        findings.hold(sane && fits, || format!("transfer {number} is {state}, and its lines say otherwise"));
    }
    let lineless = conn.query(&LINELESS, &[], |row| Ok(row.text(0)?.to_owned()))?;
    for number in lineless {
        findings.add(|| format!("transfer {number} has no lines"));
    }
    Ok(())
}

/// By (transit location, item).
type Sums = FxHashMap<(i64, i64), Counts>;

fn by_item(lines: &[Line]) -> Sums {
    let mut sums = Sums::default();
    for Line { transit, item, counts, .. } in lines {
        let sum = sums.entry((*transit, *item)).or_default();
        sum.shipped = sum.shipped.wrapping_add(counts.shipped);
        sum.received = sum.received.wrapping_add(counts.received);
        sum.short = sum.short.wrapping_add(counts.short);
    }
    sums
}

/// I-16: what the lines say was shipped, received and lost is what was moved.
pub(super) fn booked(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut said = by_item(&conn.query(&LINES, &[], line)?);
    let mut moved = Sums::default();
    let (arrive, shortage) = (Kind::Arrive.number(), Kind::Shortage.number());
    for (statement, sign) in [(&IN, 1_i64), (&OUT, -1)] {
        conn.for_each(statement, &[], |row| {
            findings.row();
            let sum = moved.entry((row.int(0)?, row.int(1)?)).or_default();
            let qty = row.int(3)?.wrapping_mul(sign);
            match row.opt_int(2)? {
                Some(kind) if kind == arrive => sum.received = sum.received.wrapping_sub(qty),
                Some(kind) if kind == shortage => sum.short = sum.short.wrapping_sub(qty),
                _ => sum.shipped = sum.shipped.wrapping_add(qty),
            }
            Ok(())
        })?;
    }
    let mut keys: Vec<(i64, i64)> = said.keys().chain(moved.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let (said, moved) = (said.remove(&key).unwrap_or_default(), moved.remove(&key).unwrap_or_default());
        findings.hold(said == moved, || {
            let told = |counts: Counts| {
                let Counts { shipped, received, short, .. } = counts;
                format!("{} shipped, {} received, {} lost", Delta(shipped), Delta(received), Delta(short))
            };
            let (transit, item) = (ground.location(key.0), ground.item(key.1));
            format!("{transit}, {item}: the lines say {}; the movements {}", told(said), told(moved))
        });
    }
    Ok(())
}

/// I-25: what stands in transit is what was shipped and has neither arrived nor been lost; what no
/// document accounts for stands nowhere in transit.
pub(super) fn transit(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let lines = conn.query(&LINES, &[], line)?;
    let mut waiting: FxHashMap<(i64, i64), i64> = FxHashMap::default();
    for (key, counts) in by_item(&lines) {
        findings.row();
        waiting.insert(key, counts.in_transit());
    }
    conn.for_each(&ON_HAND, &[], |row| {
        let (location, item) = (row.int(0)?, row.int(1)?);
        if ground.locations.get(&location).is_some_and(|location| location.transit) {
            findings.row();
            let left = waiting.entry((location, item)).or_insert(0);
            *left = left.wrapping_sub(row.int(2)?);
        }
        Ok(())
    })?;
    let mut wrong: Vec<_> = waiting.into_iter().filter(|(_, left)| *left != 0).collect();
    wrong.sort_unstable();
    for ((location, item), left) in wrong {
        findings.add(|| {
            let (place, item, more) = (ground.location(location), ground.item(item), Delta(left));
            format!("{place}: the document accounts for {more} more of {item} than stands there")
        });
    }
    Ok(())
}

/// I-24: no two documents of a kind share a number, and a series counts from one without gaps.
pub(super) fn numbers(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut series: BTreeMap<(String, String), Series> = BTreeMap::new();
    conn.for_each(&NUMBERS, &[], |row| {
        findings.row();
        let (of, text, count) = (row.text(0)?, row.text(1)?, row.int(2)?);
        findings.hold(count == 1, || format!("{count} documents of type {of} have the number {text}"));
        let Some((name, number)) = in_series(text) else {
            findings.add(|| format!("the number {text} of a document of type {of} does not count"));
            return Ok(());
        };
        let series = series.entry((of.to_owned(), name.to_owned())).or_default();
        series.count = series.count.saturating_add(1);
        series.last = series.last.max(number);
        Ok(())
    })?;
    for ((of, name), Series { count, last }) in series {
        findings.hold(last == count, || {
            format!("the numbers {name} of documents of type {of} go up to {last}, and there are {count}")
        });
    }
    Ok(())
}

/// A series of numbers that differ.
#[derive(Default)]
struct Series {
    count: u64,
    last: u64,
}

/// The series of a number such as `T-000017`, and how far it is in it: from one on.
fn in_series(text: &str) -> Option<(&str, u64)> {
    let name = text.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let number: u64 = text.strip_prefix(name)?.parse().ok()?;
    (number > 0).then_some((name, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_a_series_and_counts_from_one() {
        assert_eq!(in_series("T-000017"), Some(("T-", 17)));
        assert_eq!(in_series("2026-5"), Some(("2026-", 5)));
        for text in ["", "T-", "T-000000", "T-1x", "T-99999999999999999999999"] {
            assert_eq!(in_series(text), None, "{text}");
        }
    }
}
