//! Balances against their history, conservation, and claims against balances (I-01, I-02, I-04).

use super::findings::Findings;
use super::ground::{Ground, Key, movement};
use super::passes::{self, Pass, passes};
use super::trail::Trail;
use db::{Conn, DbError, Row, Statement};
use domain::{Delta, Instant};
use rustc_hash::FxHashMap;

const ENDS: Statement = whole_log!("verify.movement_ends", "select sku_id, lot_id, qty, from_loc, from_status, from_after, from_ver, to_loc, to_status, to_after, to_ver,
       effective_at
     from ck_movement");

const BALANCES: Statement = Statement::new(
    "verify.balances",
    "select sku_id, loc_id, lot_id, status, on_hand, ver, latest, since from ck_balance order by sku_id",
);

const HISTORY: Statement = Statement::new(
    "verify.history",
    "select h.lane, h.seq, h.line_no, h.ver, h.after, h.qty
     from (
       select lane, seq, line_no, to_ver as ver, to_after as after, qty
       from ck_movement
       where sku_id = ?1 and lot_id = ?3 and to_loc = ?2 and to_status = ?4
       union all
       select lane, seq, line_no, from_ver, from_after, -qty
       from ck_movement
       where sku_id = ?1 and lot_id = ?3 and from_loc = ?2 and from_status = ?4
     ) h
     order by h.ver, h.lane, h.seq, h.line_no",
);

const SHAPES: Statement = whole_log!(
    "verify.shapes",
    "select lane, seq, line_no, qty, from_loc, from_status, to_loc, to_status from ck_movement"
);

const CLAIMED: Statement = Statement::new(
    "verify.claimed",
    "select sku_id, loc_id, lot_id, status, on_hand, allocated, held from ck_balance",
);

const GUARDS: Statement = Statement::new(
    "verify.guards",
    "select sku_id, site_id, sellable, reserved, allocated, backordered from ck_site",
);

/// The key in the first four columns of a balance.
fn key(row: &Row<'_>) -> Result<Key, DbError> {
    Ok(Key { item: row.int(0)?, location: row.int(1)?, lot: row.int(2)?, status: row.int(3)? })
}

/// I-01: a balance is the sum of its history, at every version on the way.
pub(super) fn history(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut broken = Vec::new();
    for pass in passes(conn, &passes::BALANCES, ground.keys_max)? {
        let mut trails = trails(conn, pass, findings)?;
        conn.for_each(&BALANCES, &[], |row| {
            let key = key(row)?;
            if pass.contains(key.item) {
                let trail = trails.remove(&key).unwrap_or_default();
                compare(ground, findings, &mut broken, key, trail, (row.int(4)?, row.int(5)?));
                moved_last(ground, findings, key, trail.latest, row.int(6)?);
                aged(ground, findings, key, row)?;
            }
            Ok(())
        })?;
        let mut lacking: Vec<(Key, Trail)> = trails.into_iter().collect();
        lacking.sort_unstable_by_key(|(key, _)| *key);
        for (key, trail) in lacking {
            findings.add(|| {
                let (key, moves) = (ground.key(&key), trail.moves);
                format!("{key} has {moves} movements and no balance")
            });
        }
    }
    for (key, on_hand, ver) in broken {
        let place = first_break(conn, key, (on_hand, ver))?;
        findings.add(|| format!("the history of {} {place}", ground.key(&key)));
    }
    Ok(())
}

fn trails(
    conn: &mut Conn<'_>,
    pass: Pass,
    findings: &mut Findings,
) -> Result<FxHashMap<Key, Trail>, DbError> {
    let mut trails: FxHashMap<Key, Trail> = FxHashMap::default();
    conn.for_each(&ENDS, &[], |row| {
        let (item, lot, qty) = (row.int(0)?, row.int(1)?, row.int(2)?);
        if !pass.contains(item) {
            return Ok(());
        }
        findings.row();
        let at = row.int(11)?;
        let from = Key { item, location: row.int(3)?, lot, status: row.int(4)? };
        trails.entry(from).or_default().step(row.int(6)?, row.int(5)?, qty.wrapping_neg(), at);
        let to = Key { item, location: row.int(7)?, lot, status: row.int(8)? };
        trails.entry(to).or_default().step(row.int(10)?, row.int(9)?, qty, at);
        Ok(())
    })?;
    Ok(trails)
}

/// Holds a balance to its trail. A break between the first movement and the last is looked for
/// later, when no rows are being read.
fn compare(
    ground: &Ground,
    findings: &mut Findings,
    broken: &mut Vec<(Key, i64, i64)>,
    key: Key,
    trail: Trail,
    (on_hand, ver): (i64, i64),
) {
    if trail.sum != on_hand {
        findings.add(|| {
            let (key, sum) = (ground.key(&key), Delta(trail.sum));
            format!("{key} has {} on hand and movements of {sum} in sum", Delta(on_hand))
        });
    } else if trail.moves != ver {
        let moves = trail.moves;
        findings.add(|| format!("{} has {moves} movements and is at version {ver}", ground.key(&key)));
    } else if !trail.leads_to(ver, on_hand) {
        if findings.is_telling() && broken.len() < super::SAMPLE_MAX {
            broken.push((key, on_hand, ver));
        } else {
            findings.add(String::new);
        }
    }
}

/// A balance says when it moved last, by effective time: what is dated before that asks for its history.
fn moved_last(ground: &Ground, findings: &mut Findings, key: Key, moved: Option<i64>, latest: i64) {
    if let Some(moved) = moved.filter(|moved| *moved != latest) {
        findings.add(|| {
            let (key, moved, latest) = (ground.key(&key), Instant(moved), Instant(latest));
            format!("{key} says that it moved last at {latest}; its movements say {moved}")
        });
    }
}

/// Goods have not been here, or anywhere, since later than the last time that they moved.
fn aged(ground: &Ground, findings: &mut Findings, key: Key, row: &Row<'_>) -> Result<(), DbError> {
    let (on_hand, latest, since) = (row.int(4)?, row.int(6)?, row.int(7)?);
    if on_hand > 0 && ground.is_owned(key.location) && since > latest {
        findings.add(|| {
            let (key, since, latest) = (ground.key(&key), Instant(since), Instant(latest));
            format!("{key} holds goods since {since}, after its last movement at {latest}")
        });
    }
    Ok(())
}

/// Where the history of a key breaks, in words.
fn first_break(conn: &mut Conn<'_>, key: Key, end: (i64, i64)) -> Result<String, DbError> {
    let Key { item, location, lot, status } = key;
    let mut state = (0, 0);
    let mut found = None;
    conn.for_each(&HISTORY, &[item.into(), location.into(), lot.into(), status.into()], |row| {
        let (ver, after, qty) = (row.int(3)?, row.int(4)?, row.int(5)?);
        let (last, level): (i64, i64) = state;
        if found.is_none() && (ver != last + 1 || level.wrapping_add(qty) != after) {
            let place = movement(row.int(0)?, row.int(1)?, row.int(2)?);
            let (before, left, moved) = (Delta(level), Delta(after), Delta(qty));
            found = Some(format!(
                "breaks at {place}: version {last} with {before} is followed by version {ver} with {left} after {moved}"
            ));
        }
        state = (ver, after);
        Ok(())
    })?;
    let (ver, after) = state;
    let whole = format!(
        "ends in version {ver} with {}, not in version {} with {}",
        Delta(after),
        end.1,
        Delta(end.0)
    );
    Ok(found.unwrap_or(whole))
}

/// I-02: one source, one destination, which differ, and a quantity above zero.
pub(super) fn shape(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&SHAPES, &[], |row| {
        findings.row();
        let qty = row.int(3)?;
        let same = row.int(4)? == row.int(6)? && row.int(5)? == row.int(7)?;
        if qty <= 0 || same {
            let place = movement(row.int(0)?, row.int(1)?, row.int(2)?);
            let what = if same { "ends where it begins".to_owned() } else { format!("moves {}", Delta(qty)) };
            findings.add(|| format!("{place} {what}"));
        }
        Ok(())
    })
}

/// I-02: over all locations, the virtual ones included, every item sums to nothing.
pub(super) fn zero(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut current: Option<(i64, i128)> = None;
    let close = |done: Option<(i64, i128)>, findings: &mut Findings| {
        if let Some((item, sum)) = done.filter(|(_, sum)| *sum != 0) {
            findings.add(|| {
                let item = ground.item(item);
                format!("{item} sums to {sum} millionths over all locations, not to zero")
            });
        }
    };
    conn.for_each(&BALANCES, &[], |row| {
        findings.row();
        let (item, on_hand) = (row.int(0)?, i128::from(row.int(4)?));
        current = match current {
            Some((last, sum)) if last == item => Some((item, sum + on_hand)),
            done => {
                close(done, findings);
                Some((item, on_hand))
            }
        };
        Ok(())
    })?;
    close(current, findings);
    Ok(())
}

/// I-04: of a balance, no more is allocated or held than is there.
pub(super) fn covered(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&CLAIMED, &[], |row| {
        findings.row();
        let key = key(row)?;
        let (on_hand, allocated, held) = (row.int(4)?, row.int(5)?, row.int(6)?);
        let fits = if ground.is_owned(key.location) {
            allocated >= 0 && held >= 0 && i128::from(allocated) + i128::from(held) <= i128::from(on_hand)
        } else {
            allocated == 0
        };
        findings.hold(fits, || {
            let (key, there) = (ground.key(&key), Delta(on_hand));
            format!("{key} has {there} on hand, {} allocated and {} held", Delta(allocated), Delta(held))
        });
        Ok(())
    })
}

/// I-04: of what is sellable at a site, no more is promised than there is, and all of it while somebody
/// waits for more.
pub(super) fn guarded(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&GUARDS, &[], |row| {
        findings.row();
        let (item, site) = (row.int(0)?, row.int(1)?);
        let (sellable, reserved, allocated) = (row.int(2)?, row.int(3)?, row.int(4)?);
        let promised = i128::from(reserved) + i128::from(allocated);
        let fits = reserved >= 0 && allocated >= 0 && promised <= i128::from(sellable);
        let backordered = row.int(5)?;
        let waits = backordered > 0 && promised < i128::from(sellable);
        findings.hold(!waits && backordered >= 0, || {
            let (item, site, left) =
                (ground.item(item), ground.location(site), Delta(sellable - reserved - allocated));
            format!("claims wait for {} of {item} at {site}, where {left} is available", Delta(backordered))
        });
        findings.hold(fits, || {
            let (item, site, sellable) = (ground.item(item), ground.location(site), Delta(sellable));
            let (reserved, allocated) = (Delta(reserved), Delta(allocated));
            format!("{item} has {sellable} sellable at {site}, {reserved} reserved and {allocated} allocated")
        });
        Ok(())
    })
}
