//! Claims and their owners (I-05, I-06). The replay of claims from the log is in `rebuild`, the
//! counters of sites in `rollups`.

use super::findings::Findings;
use super::ground::{Ground, Key};
use db::{Conn, DbError, Statement};
use domain::{ClaimId, Delta, Status};
use rustc_hash::FxHashMap;

const OPEN: Statement = Statement::new(
    "verify.claims.open",
    "select sku_id, loc_id, lot_id, qty from ck_allocation where state = 'open' and kind = 'allocation'",
);

const ALLOCATED: Statement = Statement::new(
    "verify.claims.allocated",
    "select sku_id, loc_id, lot_id, status, allocated from ck_balance",
);

const ALL: Statement = Statement::new(
    "verify.claims.all",
    "select alloc_id, demand_line_id, sku_id, lot_id, loc_id, site_id, qty, state, kind, backordered, may_wait
     from ck_allocation",
);

const LINES: Statement = Statement::new(
    "verify.claims.lines",
    "select d.number, l.line_no, d.state, l.qty_ordered, l.qty_shipped, l.sku_id
     from ck_doc d
     join ck_doc_line l on l.doc_id = d.doc_id",
);

/// I-05: what a balance says is allocated is the sum of its open allocations.
pub(super) fn allocated(
    conn: &mut Conn<'_>,
    ground: &Ground,
    findings: &mut Findings,
) -> Result<(), DbError> {
    let mut sums: FxHashMap<Key, i64> = FxHashMap::default();
    conn.for_each(&OPEN, &[], |row| {
        findings.row();
        let (item, location, lot) = (row.int(0)?, row.int(1)?, row.opt_int(2)?.unwrap_or(0));
        let sum = sums.entry(Key { item, location, lot, status: Status::Good.number() }).or_default();
        *sum = sum.wrapping_add(row.int(3)?);
        Ok(())
    })?;
    conn.for_each(&ALLOCATED, &[], |row| {
        findings.row();
        let key = Key { item: row.int(0)?, location: row.int(1)?, lot: row.int(2)?, status: row.int(3)? };
        let (claimed, allocated) = (sums.remove(&key).unwrap_or(0), row.int(4)?);
        findings.hold(claimed == allocated, || {
            let (key, allocated, claimed) = (ground.key(&key), Delta(allocated), Delta(claimed));
            format!("{key} has {allocated} allocated and open allocations of {claimed}")
        });
        Ok(())
    })?;
    let mut lacking: Vec<(Key, i64)> = sums.into_iter().collect();
    lacking.sort_unstable();
    for (key, claimed) in lacking {
        findings.add(|| format!("{} has allocations of {} and no balance", ground.key(&key), Delta(claimed)));
    }
    Ok(())
}

/// I-06: a live claim has an owner, a quantity, and a bin of its own site; an ended one claims nothing.
/// Only a reservation that may wait does.
pub(super) fn owned(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&ALL, &[], |row| {
        findings.row();
        let (owner, qty, state) = (row.text(1)?, row.int(6)?, row.opt_text(7)?);
        let (location, site) = (row.opt_int(4)?, row.int(5)?);
        let (backordered, may_wait) = (row.int(9)?, row.bool(10)?);
        let claimed = qty.saturating_add(backordered);
        let waits = backordered > 0 && (location.is_some() || !may_wait);
        let elsewhere = location
            .and_then(|location| ground.locations.get(&location))
            .is_some_and(|location| location.site != site);
        let wrong = match state {
            Some("open") if owner.is_empty() => Some("is open and has no owner".to_owned()),
            Some("open") if claimed <= 0 => Some(format!("is open and claims {}", Delta(claimed))),
            Some("open") if qty < 0 || backordered < 0 => Some("claims less than nothing".to_owned()),
            Some("open") if waits => Some("waits for stock and must not".to_owned()),
            Some("open") if elsewhere => Some("is bound to a bin of another site".to_owned()),
            Some("open") => None,
            Some(state) => {
                let left = qty != 0 || backordered != 0;
                left.then(|| format!("is {state} and still claims {}", Delta(claimed)))
            }
            None => Some("is in no known state".to_owned()),
        };
        if let Some(wrong) = wrong {
            let id = ClaimId::from_bytes(row.id16(0)?);
            findings.add(|| format!("claim {id} {wrong}"));
        }
        Ok(())
    })
}

/// What a line of a document may still claim.
struct Line {
    open: bool,
    item: i64,
    left: i64,
    claimed: i64,
}

/// I-06: the claims of a document's line are of its item, and no more than it still needs.
pub(super) fn in_documents(
    conn: &mut Conn<'_>,
    ground: &Ground,
    findings: &mut Findings,
) -> Result<(), DbError> {
    let mut lines: FxHashMap<String, Line> = FxHashMap::default();
    conn.for_each(&LINES, &[], |row| {
        findings.row();
        let owner = format!("{}/{}", row.text(0)?, row.int(1)?);
        let open = matches!(row.opt_text(2)?, Some("draft" | "allocated" | "shipped" | "partially_received"));
        let left = row.int(3)?.wrapping_sub(row.int(4)?);
        lines.insert(owner, Line { open, item: row.int(5)?, left, claimed: 0 });
        Ok(())
    })?;
    if lines.is_empty() {
        return Ok(());
    }
    conn.for_each(&ALL, &[], |row| {
        let Some(line) =
            lines.get_mut(row.text(1)?).filter(|_| row.opt_text(7).ok().flatten() == Some("open"))
        else {
            return Ok(());
        };
        line.claimed = line.claimed.wrapping_add(row.int(6)?);
        let item = row.int(2)?;
        if item != line.item || !line.open {
            let id = ClaimId::from_bytes(row.id16(0)?);
            let what = if line.open { "another item than" } else { "stock for the ended" };
            findings.add(|| format!("claim {id} holds {what} its document line"));
        }
        Ok(())
    })?;
    let mut over: Vec<(&String, &Line)> = lines.iter().filter(|(_, line)| line.claimed > line.left).collect();
    over.sort_unstable_by_key(|(owner, _)| *owner);
    for (owner, line) in over {
        findings.add(|| {
            let (left, claimed, item) = (Delta(line.left), Delta(line.claimed), ground.item(line.item));
            format!("line {owner} still needs {left} of {item} and claims {claimed}")
        });
    }
    Ok(())
}
