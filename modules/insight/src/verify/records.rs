//! Postings, their chain, their events and their reversals (I-14, I-15, I-19, I-20, I-26).

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Row, Statement};
use domain::ledger::chain::{self, MovementRecord, Record};

const REVERSED: Statement = Statement::new(
    "verify.reversed",
    "select reversal_of, count(*) from ck_posting where reversal_of is not null group by reversal_of",
);

const NUMBERS: Statement =
    Statement::new("verify.numbers", "select lane, seq from ck_posting order by lane, seq");

const HEADS: Statement = Statement::new(
    "verify.heads",
    "select l.lane, l.number, l.hash, p.hash
     from ck_lane l
     left join ck_posting p on p.lane = l.lane and p.seq = l.number
     order by l.lane",
);

const CHAIN: Statement = Statement::new(
    "verify.chain",
    "select p.lane, p.seq, p.posting_id, p.kind, p.recorded_at, p.effective_at, p.late_from, p.actor_id, p.doc_id,
       p.reason, p.note, p.reversal_of, p.claims, p.idem_key, p.hash,
       m.line_no, m.sku_id, m.lot_id, m.from_loc, m.from_status, m.to_loc, m.to_status, m.qty, m.from_after,
       m.from_ver, m.to_after, m.to_ver, m.from_group, m.to_group, m.value
     from ck_posting p
     left join ck_movement m on m.lane = p.lane and m.seq = p.seq
     order by p.lane, p.seq, m.line_no",
);

const WITHOUT_EVENT: Statement = Statement::new(
    "verify.without_event",
    "select p.lane, p.seq
     from ck_posting p
     left join ck_event e
       on e.aggregate_type = 'stock' and e.lane = p.lane and e.aggregate_seq = p.seq
     where e.event_id is null
     order by p.lane, p.seq",
);

const POSTINGS: Statement = Statement::new("verify.postings", "select count(*) from ck_posting");

const FEED: Statement = Statement::new(
    "verify.feed",
    "select position_from, lane, number_from, number_to from ck_feed order by position_from",
);

const STRAY: Statement = Statement::new(
    "verify.stray",
    "select m.lane, m.seq, m.line_no
     from ck_movement m
     left join ck_posting p on p.lane = m.lane and p.seq = m.seq
     left join ck_location f on f.loc_id = m.from_loc
     left join ck_location t on t.loc_id = m.to_loc
     where p.posting_id is null or f.loc_id is null or t.loc_id is null",
);

/// I-14: a posting is reversed at most once.
pub(super) fn once(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&REVERSED, &[], |row| {
        findings.row();
        let (id, times) = (domain::PostingId::from_bytes(row.id16(0)?), row.int(1)?);
        findings.hold(times == 1, || format!("`{id}` is reversed {times} times"));
        Ok(())
    })
}

/// I-15: the numbers of a lane are dense, and its head is the last of them.
pub(super) fn dense(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut before = (0, 0);
    conn.for_each(&NUMBERS, &[], |row| {
        findings.row();
        let (lane, number) = (row.int(0)?, row.int(1)?);
        let expected = if before.0 == lane { before.1 + 1 } else { 1 };
        findings
            .hold(number == expected, || format!("lane {lane} has `{number}` where `{expected}` follows"));
        before = (lane, number);
        Ok(())
    })?;
    conn.for_each(&HEADS, &[], |row| {
        let (lane, number) = (row.int(0)?, row.int(1)?);
        let same = number == 0 || row.opt_hash(3)? == Some(row.hash(2)?);
        findings.hold(same, || format!("the head of lane {lane} is not the hash of posting {number}"));
        Ok(())
    })
}

/// A posting of the chain while its movements come in.
struct Link {
    previous: [u8; 32],
    stored: [u8; 32],
    lane: i64,
    number: i64,
    id: [u8; 16],
    kind: i64,
    recorded_at: i64,
    effective_at: i64,
    late_from: Option<i64>,
    actor: i64,
    texts: [Option<String>; 5],
    reversal_of: Option<[u8; 16]>,
    movements: Vec<MovementRecord>,
}

impl Link {
    fn read(row: &Row<'_>, previous: [u8; 32]) -> Result<Link, DbError> {
        let text = |column: usize| row.opt_text(column).map(|text| text.map(str::to_owned));
        Ok(Link {
            previous,
            stored: row.hash(14)?,
            lane: row.int(0)?,
            number: row.int(1)?,
            id: row.id16(2)?,
            kind: row.int(3)?,
            recorded_at: row.int(4)?,
            effective_at: row.int(5)?,
            late_from: row.opt_int(6)?,
            actor: row.int(7)?,
            texts: [text(8)?, text(9)?, text(10)?, text(12)?, text(13)?],
            reversal_of: row.opt_id16(11)?,
            movements: Vec::new(),
        })
    }

    /// Whether the stored hash is the one of what is stored.
    fn holds(&self, scratch: &mut Vec<u8>) -> bool {
        let [document, reason, note, claims, idem_key] = &self.texts;
        let record = Record {
            lane: self.lane,
            number: self.number,
            id: self.id,
            kind: self.kind,
            recorded_at: self.recorded_at,
            effective_at: self.effective_at,
            late_from: self.late_from,
            actor: self.actor,
            document: document.as_deref(),
            reason: reason.as_deref(),
            note: note.as_deref(),
            reversal_of: self.reversal_of,
            claims: claims.as_deref(),
            idem_key: idem_key.as_deref(),
        };
        chain::hash(&self.previous, &record, &self.movements, scratch) == self.stored
    }
}

fn movement(row: &Row<'_>) -> Result<Option<MovementRecord>, DbError> {
    let Some(line) = row.opt_int(15)? else { return Ok(None) };
    Ok(Some(MovementRecord {
        line,
        item: row.int(16)?,
        lot: row.int(17)?,
        from_location: row.int(18)?,
        from_status: row.int(19)?,
        to_location: row.int(20)?,
        to_status: row.int(21)?,
        qty: row.int(22)?,
        from_after: row.int(23)?,
        from_ver: row.int(24)?,
        to_after: row.int(25)?,
        to_ver: row.int(26)?,
        from_group: row.int(27)?,
        to_group: row.int(28)?,
        value: row.opt_int(29)?,
    }))
}

/// I-15: every hash is that of its posting and of the one before.
pub(super) fn hashes(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut scratch = Vec::new();
    let mut open: Option<Link> = None;
    conn.for_each(&CHAIN, &[], |row| {
        let (lane, number) = (row.int(0)?, row.int(1)?);
        if open.as_ref().is_none_or(|link| (link.lane, link.number) != (lane, number)) {
            let previous = open.as_ref().filter(|link| link.lane == lane).map_or([0; 32], |link| link.stored);
            close(open.replace(Link::read(row, previous)?), &mut scratch, findings);
        }
        if let (Some(movement), Some(link)) = (movement(row)?, open.as_mut()) {
            link.movements.push(movement);
        }
        Ok(())
    })?;
    close(open, &mut scratch, findings);
    Ok(())
}

fn close(link: Option<Link>, scratch: &mut Vec<u8>, findings: &mut Findings) {
    if let Some(link) = link {
        findings.row();
        findings.hold(link.holds(scratch), || {
            format!("the hash of posting {} of lane {} is not that of what is stored", link.number, link.lane)
        });
    }
}

/// I-19: every posting has its event.
pub(super) fn events(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let count = conn.query_one(&POSTINGS, &[], |row| row.int(0))?;
    findings.rows = findings.rows.saturating_add(u64::try_from(count).unwrap_or(0));
    conn.for_each(&WITHOUT_EVENT, &[], |row| {
        let (lane, number) = (row.int(0)?, row.int(1)?);
        findings.add(|| format!("posting {number} of lane {lane} has no event"));
        Ok(())
    })
}

/// I-20: the runs of the feed follow each other without hole or overlap.
pub(super) fn feed(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut next = 1;
    conn.for_each(&FEED, &[], |row| {
        findings.row();
        let (from, first, last) = (row.int(0)?, row.int(2)?, row.int(3)?);
        findings.hold(from == next && first <= last, || {
            format!("a run of the feed begins at {from}, where {next} follows")
        });
        next = from + (last - first) + 1;
        Ok(())
    })
}

/// I-26: every movement belongs to a posting, and stands between locations that exist.
pub(super) fn stray(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&STRAY, &[], |row| {
        let (lane, number, place) = (row.int(0)?, row.int(1)?, row.int(2)?);
        findings.add(|| {
            format!("line {place} of posting {number} of lane {lane} lacks its posting or a location")
        });
        Ok(())
    })
}
