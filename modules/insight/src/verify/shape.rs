//! References lead somewhere, and trees are trees (I-26).

use super::findings::Findings;
use super::ground::{self, Ground, Location, movement};
use db::{Conn, DbError, Statement};
use domain::Delta;
use rustc_hash::{FxHashMap, FxHashSet};

const MOVES: Statement = whole_log!(
    "verify.shape.movements",
    "select lane, seq, line_no, sku_id, lot_id, from_loc, to_loc from ck_movement"
);

/// What rows refer to: their name, an item, a location and a lot, 0 or null for none.
const REFERENCES: [(&str, Statement); 7] = [
    ("a balance", Statement::new("verify.shape.balances", "select sku_id, loc_id, lot_id from ck_balance")),
    ("a guard", Statement::new("verify.shape.guards", "select sku_id, site_id, 0 from ck_site")),
    ("a claim", Statement::new("verify.shape.claims", "select sku_id, loc_id, lot_id from ck_allocation")),
    ("a claim", Statement::new("verify.shape.sites", "select sku_id, site_id, 0 from ck_allocation")),
    ("a lot", Statement::new("verify.shape.lots", "select sku_id, cast(null as bigint), parent from ck_lot")),
    (
        "a cost layer",
        Statement::new("verify.shape.layers", "select sku_id, cast(null as bigint), 0 from ck_layer"),
    ),
    (
        "a line of a document",
        Statement::new(
            "verify.shape.lines",
            "select l.sku_id, d.transit_loc, l.lot_id from ck_doc_line l join ck_doc d on d.doc_id = l.doc_id",
        ),
    ),
];

const ON_HAND: Statement = Statement::new(
    "verify.shape.on_hand",
    "select sku_id, loc_id, on_hand from ck_balance where on_hand <> 0",
);

const OPEN_DOCUMENTS: Statement = Statement::new(
    "verify.shape.open_documents",
    "select number, from_site, to_site
     from ck_doc
     where state in ('draft', 'allocated', 'shipped', 'partially_received')",
);

const TREE: Statement =
    Statement::new("verify.shape.tree", "select ancestor, descendant, depth from ck_tree");

const BASE_UNITS: Statement = Statement::new(
    "verify.shape.base_units",
    "select i.sku
     from ck_item i
     left join ck_unit u on u.sku_id = i.sku_id and u.unit = i.base_unit
     where u.unit is null or u.num <> 1 or u.den <> 1
     order by i.sku",
);

const BARCODES: Statement = Statement::new(
    "verify.shape.barcodes",
    "select b.code_key
     from ck_barcode b
     left join ck_unit u on u.sku_id = b.sku_id and u.unit = b.unit
     where u.unit is null
     order by b.code_key",
);

/// How deep a tree may be before it is taken for a circle.
pub(super) const DEPTH_MAX: usize = 1_000;

/// Movements belong to a posting of their lane, and name items, lots and locations that are there.
/// That no posting is missing is held with the chains.
pub(super) fn movements(
    conn: &mut Conn<'_>,
    ground: &Ground,
    findings: &mut Findings,
) -> Result<(), DbError> {
    let lots = ground::lots(conn)?;
    let lanes: FxHashMap<i64, i64> = ground.lanes.iter().map(|end| (end.lane, end.number)).collect();
    conn.for_each(&MOVES, &[], |row| {
        findings.row();
        let (lane, seq) = (row.int(0)?, row.int(1)?);
        let is_posted = lanes.get(&lane).is_some_and(|last| (1..=*last).contains(&seq));
        let (item, lot, from, to) = (row.int(3)?, row.int(4)?, row.int(5)?, row.int(6)?);
        let missing = [
            (!ground.items.contains_key(&item)).then(|| format!("item {item}")),
            (lot != 0 && !lots.contains_key(&lot)).then(|| format!("lot {lot}")),
            (!ground.locations.contains_key(&from)).then(|| format!("location {from}")),
            (!ground.locations.contains_key(&to)).then(|| format!("location {to}")),
            (!is_posted).then(|| "a posting".to_owned()),
        ];
        for missing in missing.into_iter().flatten() {
            let place = movement(lane, seq, row.int(2)?);
            findings.add(|| format!("{place} names {missing}, which is not there"));
        }
        Ok(())
    })
}

/// All other rows name what is there.
pub(super) fn rows(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let lots = ground::lots(conn)?;
    for (name, statement) in &REFERENCES {
        conn.for_each(statement, &[], |row| {
            findings.row();
            let (item, location, lot) = (row.int(0)?, row.opt_int(1)?, row.opt_int(2)?.unwrap_or(0));
            let missing = [
                (!ground.items.contains_key(&item)).then(|| format!("item {item}")),
                location
                    .filter(|location| !ground.locations.contains_key(location))
                    .map(|location| format!("location {location}")),
                (lot != 0 && lots.get(&lot).is_none_or(|lot| lot.item != item))
                    .then(|| format!("lot {lot} of its item")),
            ];
            for missing in missing.into_iter().flatten() {
                findings
                    .add(|| format!("{name} of {} names {missing}, which is not there", ground.item(item)));
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// What is archived is out of use: neither items nor places have stock, and sites have no open document.
pub(super) fn archived(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&ON_HAND, &[], |row| {
        let (item, location, there) = (row.int(0)?, row.int(1)?, Delta(row.int(2)?));
        if ground.is_owned(location) && ground.items.get(&item).is_some_and(|item| item.archived) {
            findings.add(|| {
                let (item, location) = (ground.item(item), ground.location(location));
                format!("{item} is archived and has {there} on hand at {location}")
            });
        }
        if ground.is_archived(location) {
            findings.add(|| {
                let (item, location) = (ground.item(item), ground.location(location));
                format!("{location} is archived and holds {there} of {item}")
            });
        }
        Ok(())
    })?;
    conn.for_each(&OPEN_DOCUMENTS, &[], |row| {
        let number = row.text(0)?;
        for site in [row.int(1)?, row.int(2)?].into_iter().filter(|site| ground.is_archived(*site)) {
            findings
                .add(|| format!("{} is archived and an end of the open `{number}`", ground.location(site)));
        }
        Ok(())
    })
}

/// The location tree has no circle; its closure, its sites, its blocks and what is out of use are
/// those of its parents.
pub(super) fn tree(conn: &mut Conn<'_>, ground: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    let mut circles: FxHashSet<i64> = FxHashSet::default();
    let mut expected = 0_u64;
    let mut ids: Vec<i64> = ground.locations.keys().copied().collect();
    ids.sort_unstable();
    for id in ids {
        findings.row();
        let above: Vec<(i64, &Location)> = above(ground, id).take(DEPTH_MAX).collect();
        if above.len() == DEPTH_MAX {
            circles.insert(id);
            findings.add(|| format!("{} stands below itself", ground.location(id)));
            continue;
        }
        expected = expected.saturating_add(u64::try_from(above.len()).unwrap_or(u64::MAX));
        if let Some(wrong) = misplaced(ground, &above) {
            findings.add(|| format!("{} {wrong}", ground.location(id)));
        }
    }
    let mut found = 0_u64;
    conn.for_each(&TREE, &[], |row| {
        let (ancestor, descendant, depth) = (row.int(0)?, row.int(1)?, row.int(2)?);
        let step = usize::try_from(depth).unwrap_or(usize::MAX);
        let right = above(ground, descendant).take(DEPTH_MAX).nth(step).map(|(id, _)| id) == Some(ancestor);
        if circles.contains(&descendant) || !right {
            findings.add(|| {
                let (below, above) = (ground.location(descendant), ground.location(ancestor));
                format!("the tree has {below} {depth} steps below {above}, its parents have not")
            });
        } else {
            found = found.saturating_add(1);
        }
        Ok(())
    })?;
    findings
        .hold(found == expected, || format!("the tree has {found} of the {expected} steps its parents make"));
    Ok(())
}

/// A location and what stands above it, the nearest first; without an end where there is a circle.
pub(super) fn above(ground: &Ground, id: i64) -> impl Iterator<Item = (i64, &Location)> {
    let find = |id: i64| ground.locations.get(&id).map(|location| (id, location));
    std::iter::successors(find(id), move |(_, location)| location.parent.and_then(find))
}

/// What is wrong with a location, given the way from it up to its root.
fn misplaced(ground: &Ground, above: &[(i64, &Location)]) -> Option<String> {
    let ((_, own), (root, top)) = (above.first()?, above.last()?);
    if let Some(parent) = top.parent {
        return Some(format!("stands below location {parent}, which is not there"));
    }
    if own.site != top.site || (own.site != 0 && own.site != *root) {
        return Some(format!("is said to belong to {}", ground.location(own.site)));
    }
    if own.group != top.group {
        return Some(format!("is valued in group {}, its site in group {}", own.group, top.group));
    }
    let blocked = above.iter().any(|(_, location)| location.blocked_here);
    if own.blocked != blocked {
        let (is, should) = if blocked { ("is open", "blocked") } else { ("is blocked", "open") };
        return Some(format!("{is}, and what stands above it is {should}"));
    }
    let archived = above.iter().any(|(_, location)| location.archived_here);
    (own.archived != archived).then(|| {
        let (is, should) = if archived { ("in use", "archived") } else { ("archived", "in use") };
        format!("is {is}, and what stands above it is {should}")
    })
}

/// Every item has its base unit, once and whole, and every barcode a unit.
pub(super) fn units(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&BASE_UNITS, &[], |row| {
        let sku = row.text(0)?;
        findings.add(|| format!("the base unit of `{sku}` is not one of itself"));
        Ok(())
    })?;
    conn.for_each(&BARCODES, &[], |row| {
        let code = row.text(0)?;
        findings.add(|| format!("the barcode `{code}` names a unit that is not there"));
        Ok(())
    })
}
