//! Reversals point at what they correct, at most once, and undo it as a whole (I-14). That no row
//! of the log is updated or deleted is for the engine's triggers; that none was is for the chain.

use super::findings::Findings;
use super::ground::{Ground, Key, posting};
use db::{Conn, DbError, Statement};
use domain::ledger::Kind;
use domain::{Delta, PostingId};

const REVERSED: Statement = Statement::new(
    "verify.reversals.reversed",
    "select r.reversal_of, count(*)
     from ck_posting r
     where r.reversal_of is not null
     group by r.reversal_of
     having count(*) > 1
     order by r.reversal_of",
);

const PAIRS: Statement = Statement::new(
    "verify.reversals.pairs",
    "select r.lane, r.seq, r.kind, o.lane, o.seq, o.kind, r.reversal_of
     from ck_posting r
     left join ck_posting o on o.posting_id = r.reversal_of
     where r.reversal_of is not null
     order by r.lane, r.seq",
);

const UNPOINTED: Statement = Statement::new(
    "verify.reversals.unpointed",
    "select lane, seq from ck_posting where kind = ?1 and reversal_of is null order by lane, seq",
);

/// By end and key: what a reversal took back, minus what its original moved.
const DIFFERENCES: Statement = Statement::new(
    "verify.reversals.differences",
    "select d.lane, d.seq, d.sku_id, d.lot_id, d.from_loc, d.from_status, cast(sum(d.qty) as bigint)
     from (
       select r.lane, r.seq, m.sku_id, m.lot_id, m.to_loc as from_loc, m.to_status as from_status,
         m.from_loc as to_loc, m.from_status as to_status, m.qty
       from ck_posting r
       join ck_movement m on m.lane = r.lane and m.seq = r.seq
       where r.reversal_of is not null
       union all
       select r.lane, r.seq, m.sku_id, m.lot_id, m.from_loc, m.from_status, m.to_loc, m.to_status, -m.qty
       from ck_posting r
       join ck_posting o on o.posting_id = r.reversal_of
       join ck_movement m on m.lane = o.lane and m.seq = o.seq
       where r.reversal_of is not null
     ) d
     group by d.lane, d.seq, d.sku_id, d.lot_id, d.from_loc, d.from_status, d.to_loc, d.to_status
     having sum(d.qty) <> 0
     order by d.lane, d.seq, d.sku_id, d.lot_id, d.from_loc, d.from_status",
);

/// At most one reversal points at a posting, and it points at one that can be reversed.
pub(super) fn once(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&REVERSED, &[], |row| {
        let (id, times) = (PostingId::from_bytes(row.id16(0)?), row.int(1)?);
        findings.add(|| format!("posting {id} is reversed {times} times"));
        Ok(())
    })?;
    let reverse = Kind::Reverse.number();
    conn.for_each(&PAIRS, &[], |row| {
        findings.row();
        let place = posting(row.int(0)?, row.int(1)?);
        let wrong = match row.opt_int(5)? {
            None => Some("reverses a posting that is not there"),
            Some(kind) if kind == reverse => Some("reverses a reversal"),
            Some(_) if row.int(2)? != reverse => Some("points at a posting and is no reversal"),
            Some(_) => None,
        };
        if let Some(wrong) = wrong {
            let id = PostingId::from_bytes(row.id16(6)?);
            findings.add(|| format!("{place} {wrong}: {id}"));
        }
        Ok(())
    })?;
    conn.for_each(&UNPOINTED, &[reverse.into()], |row| {
        let place = posting(row.int(0)?, row.int(1)?);
        findings.add(|| format!("{place} is a reversal and does not say of what"));
        Ok(())
    })
}

/// A reversal moves back what its original moved: no more, no less, the way it came.
pub(super) fn mirrored(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&DIFFERENCES, &[], |row| {
        let place = posting(row.int(0)?, row.int(1)?);
        let key = Key { item: row.int(2)?, lot: row.int(3)?, location: row.int(4)?, status: row.int(5)? };
        let more = Delta(row.int(6)?);
        findings.add(|| format!("{place} gives {more} more back to {} than was taken", ground.key(&key)));
        Ok(())
    })
}
