//! The chains of hashes: dense numbers, the heads that lanes and digests name, and each hash over
//! its row and the one before (I-15). The chain of the audit log is in `audit_chain`.

use super::findings::Findings;
use super::ground::{Ground, LaneEnd, posting};
use super::values::CHUNK;
use crate::digest::Head;
use db::{Conn, DbError, Row, Statement};
use domain::ledger::chain::{self, MovementRecord, Record, ReturnRecord};
use rustc_hash::FxHashMap;
use stock::POSTINGS_BETWEEN;

const NUMBERS: Statement =
    Statement::new("verify.chain.numbers", "select lane, seq, hash from ck_posting order by lane, seq");

const DIGESTS: Statement = Statement::new(
    "verify.chain.digests",
    "select n, heads, up_to_seq, length(state_hash) > 0 from ck_digest order by n",
);

const HASH_AT: Statement =
    Statement::new("verify.chain.hash_at", "select hash from ck_posting where lane = ?1 and seq = ?2");

const POSTINGS: Statement = Statement::new(
    "verify.chain.postings",
    "select seq, posting_id, kind, recorded_at, effective_at, late_from, actor_id, doc_id, reason, note, reversal_of,
       claims, idem_key, hash
     from ck_posting
     where lane = ?1 and seq > ?2 and seq <= ?3
     order by seq",
);

const MOVEMENTS: Statement = Statement::new(
    "verify.chain.movements",
    "select seq, line_no, sku_id, lot_id, from_loc, from_status, to_loc, to_status, qty, from_after, from_ver,
       to_after, to_ver, from_group, to_group, value
     from ck_movement
     where lane = ?1 and seq > ?2 and seq <= ?3
     order by seq, line_no",
);

const RETURNS: Statement = Statement::new(
    "verify.chain.returns",
    "select seq, line_no, sale_id, sale_line, qty, value
     from ck_return
     where lane = ?1 and seq > ?2 and seq <= ?3
     order by seq, line_no, sale_id, sale_line",
);

/// The numbers of each lane are dense, and its last posting is the one it names as its head.
pub(super) fn dense(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut ends: FxHashMap<i64, (i64, [u8; 32])> = FxHashMap::default();
    conn.for_each(&NUMBERS, &[], |row| {
        findings.row();
        let (lane, seq) = (row.int(0)?, row.int(1)?);
        let end = ends.entry(lane).or_insert((0, [0; 32]));
        let expected = end.0.saturating_add(1);
        findings.hold(seq == expected, || {
            format!("lane {lane} goes from {} to {seq}; {} should follow", posting(lane, end.0), expected)
        });
        *end = (seq, row.hash(2)?);
        Ok(())
    })?;
    for LaneEnd { lane, number, hash, .. } in &ground.lanes {
        let (last, last_hash) = ends.remove(lane).unwrap_or((0, [0; 32]));
        findings.hold(last == *number, || format!("lane {lane} says it ends at {number} and ends at {last}"));
        findings.hold(last != *number || last_hash == *hash, || {
            format!("the hash of {} is not the one of the lane's head", posting(*lane, last))
        });
    }
    for lane in ends.into_keys() {
        findings.add(|| format!("there are postings of lane {lane}, which is not there"));
    }
    Ok(())
}

/// The chains contain the heads that digests have written down, and go on from one to the next by no more
/// than is allowed.
pub(super) fn anchored(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let digest = |row: &Row<'_>| Ok((row.int(0)?, row.text(1)?.to_owned(), row.int(2)?, row.bool(3)?));
    let digests = conn.query(&DIGESTS, &[], digest)?;
    // what tells a state comes behind what tells one: others may have been written while it was hashed
    let (mut furthest_of_all, mut furthest_of_state) = (0, 0);
    let mut reached: FxHashMap<i64, i64> = FxHashMap::default();
    for (expected, (n, heads, postings, has_state)) in (1..).zip(digests) {
        findings.row();
        findings.hold(n == expected, || format!("digest {n} stands where digest {expected} should"));
        let Some(heads) = Head::list(&heads) else {
            findings.add(|| format!("the heads of digest {n} cannot be read"));
            continue;
        };
        let sum = heads.iter().fold(0_i64, |sum, head| sum.saturating_add(head.number));
        let before = if has_state { furthest_of_state } else { furthest_of_all };
        findings.hold(sum == postings && postings >= before, || {
            format!(
                "digest {n} counts {postings} postings; its heads count {sum}, the digest before {before}"
            )
        });
        furthest_of_all = postings.max(furthest_of_all);
        if has_state {
            furthest_of_state = postings;
        }
        for head in &heads {
            let furthest = reached.entry(head.lane).or_insert(0);
            findings.hold(head.number.saturating_sub(*furthest) <= POSTINGS_BETWEEN, || {
                format!(
                    "no digest names a posting of lane {} between {furthest} and {}",
                    head.lane, head.number
                )
            });
            *furthest = head.number.max(*furthest);
        }
        for Head { lane, number, hash } in heads.iter().filter(|head| head.number > 0) {
            let found = conn.query_opt(&HASH_AT, &[(*lane).into(), (*number).into()], |row| row.hash(0))?;
            findings.hold(found == Some(*hash), || {
                format!("{} is not the one that digest {n} has written down", posting(*lane, *number))
            });
        }
    }
    for LaneEnd { lane, number, .. } in &ground.lanes {
        let last = reached.get(lane).copied().unwrap_or(0);
        findings.hold(number.saturating_sub(last) < POSTINGS_BETWEEN, || {
            format!("no digest names a posting of lane {lane} behind {last}, and it has come to {number}")
        });
    }
    Ok(())
}

/// Every hash is that of its posting and the one before. Deep only.
pub(super) fn hashes(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    if !ground.deep {
        return Ok(());
    }
    for LaneEnd { lane, number, .. } in &ground.lanes {
        let (mut from, mut hash) = (0, [0; 32]);
        while from < *number {
            let to = from.saturating_add(CHUNK);
            hash = links(conn, *lane, (from, to), hash, findings)?;
            from = to;
        }
    }
    Ok(())
}

/// Checks a stretch of a lane, given the hash before it; the hash at its end. After a wrong link
/// the chain is taken up from what is stored, so that each wrong link is told once.
fn links(
    conn: &mut Conn<'_>,
    lane: i64,
    (from, to): (i64, i64),
    before: [u8; 32],
    findings: &mut Findings,
) -> Result<[u8; 32], DbError> {
    let params = [lane.into(), from.into(), to.into()];
    let movements = conn.query(&MOVEMENTS, &params, |row| Ok((row.int(0)?, movement(row)?)))?;
    let returns = conn.query(&RETURNS, &params, |row| Ok((row.int(0)?, returned(row)?)))?;
    let (mut hash, mut scratch) = (before, Vec::new());
    let (mut movements, mut returns) = (Own::of(&movements), Own::of(&returns));
    conn.for_each(&POSTINGS, &params, |row| {
        let seq = row.int(0)?;
        let (movements, returns) = (movements.next(seq), returns.next(seq));
        let made = chain::hash(&hash, &record(lane, row)?, movements, returns, &mut scratch);
        hash = row.hash(13)?;
        findings.hold(made == hash, || {
            format!("the hash of {} is not that of what it says and of the hash before", posting(lane, seq))
        });
        Ok(())
    })?;
    Ok(hash)
}

/// What belongs to one posting after the other, of what belongs to a stretch of them.
struct Own<'r, T> {
    rest: &'r [(i64, T)],
    own: Vec<T>,
}

impl<'r, T: Copy> Own<'r, T> {
    const fn of(rest: &'r [(i64, T)]) -> Own<'r, T> {
        Own { rest, own: Vec::new() }
    }

    /// What belongs to a posting. What belongs to none before it is passed over.
    fn next(&mut self, seq: i64) -> &[T] {
        let (passed, later) = self.rest.split_at(self.rest.partition_point(|(number, _)| *number <= seq));
        self.rest = later;
        self.own.clear();
        self.own.extend(passed.iter().filter(|(number, _)| *number == seq).map(|(_, own)| *own));
        &self.own
    }
}

fn returned(row: &Row<'_>) -> Result<ReturnRecord, DbError> {
    Ok(ReturnRecord {
        line: row.int(1)?,
        sale: row.id16(2)?,
        sale_line: row.int(3)?,
        qty: row.int(4)?,
        value: row.int(5)?,
    })
}

fn record<'r>(lane: i64, row: &'r Row<'_>) -> Result<Record<'r>, DbError> {
    Ok(Record {
        lane,
        number: row.int(0)?,
        id: row.id16(1)?,
        kind: row.int(2)?,
        recorded_at: row.int(3)?,
        effective_at: row.int(4)?,
        late_from: row.opt_int(5)?,
        actor: row.int(6)?,
        document: row.opt_text(7)?,
        reason: row.opt_text(8)?,
        note: row.opt_text(9)?,
        reversal_of: row.opt_id16(10)?,
        claims: row.opt_text(11)?,
        idem_key: row.opt_text(12)?,
    })
}

fn movement(row: &Row<'_>) -> Result<MovementRecord, DbError> {
    Ok(MovementRecord {
        line: row.int(1)?,
        item: row.int(2)?,
        lot: row.int(3)?,
        from_location: row.int(4)?,
        from_status: row.int(5)?,
        to_location: row.int(6)?,
        to_status: row.int(7)?,
        qty: row.int(8)?,
        from_after: row.int(9)?,
        from_ver: row.int(10)?,
        to_after: row.int(11)?,
        to_ver: row.int(12)?,
        from_group: row.int(13)?,
        to_group: row.int(14)?,
        value: row.opt_int(15)?,
    })
}
