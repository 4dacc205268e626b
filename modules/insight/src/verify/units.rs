//! Moves of handling units (I-26): each goes on from where the one before it ended, the last one ends where
//! the unit stands, and each is told by its posting, which is chained.

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use domain::ledger::Kind;

const MOVES: Statement = Statement::new(
    "verify.units.moves",
    "select m.unit_id, m.seq, m.from_parent, m.to_parent, p.kind, p.doc_id, p.note
     from ck_unit_move m
     left join ck_posting p on p.posting_id = m.posting_id
     order by m.unit_id, m.seq",
);

/// A move of a unit.
#[derive(Clone, Copy)]
struct Move {
    unit: i64,
    seq: i64,
    to: i64,
}

/// I-26: the moves of units.
pub(super) fn moves(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut last: Option<Move> = None;
    conn.for_each(&MOVES, &[], |row| {
        findings.row();
        let (unit, seq, from, to) = (row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
        let before = last.filter(|last| last.unit == unit);
        if let Some(ended) = last.filter(|last| last.unit != unit) {
            stands(ground, ended, findings);
        }
        let follows = match before {
            Some(before) => (before.seq.saturating_add(1), before.to) == (seq, from),
            None => seq == 1,
        };
        findings.hold(follows && from != to, || {
            format!("move {seq} of {} does not go on from the one before it", ground.location(unit))
        });
        // as it was called then: the code of a place may change
        let says = |text: Option<&str>, begin: &str| text.is_some_and(|text| text.starts_with(begin));
        let told = row.opt_int(4)? == Some(Kind::Relocate.number())
            && says(row.opt_text(5)?, "unit ")
            && says(row.opt_text(6)?, "from `");
        findings.hold(told, || format!("no posting tells move {seq} of {}", ground.location(unit)));
        last = Some(Move { unit, seq, to });
        Ok(())
    })?;
    if let Some(last) = last {
        stands(ground, last, findings);
    }
    Ok(())
}

/// A unit stands where its last move ended.
fn stands(ground: &Ground, last: Move, findings: &mut Findings) {
    let parent = ground.locations.get(&last.unit).and_then(|unit| unit.parent);
    findings.hold(parent == Some(last.to), || {
        let (unit, to) = (ground.location(last.unit), ground.location(last.to));
        format!("{unit} was moved to {to} last, and stands elsewhere")
    });
}
