//! The statements of bills of materials. Whoever changes one holds the rules alone, so that two changes at once
//! cannot close a circle.

use crate::bom::{Bom, BomLine, Choice};
use db::{Conn, DbError, Rows, Statement, Tx};
use domain::bom::BomKind;
use domain::{ItemId, Qty, UnitCode};
use rustc_hash::FxHashMap;

const HEADS: Statement = Statement::per_engine(
    "catalog.bom.heads",
    "select b.item_id, b.kind, b.yielded, b.note from catalog_bom b where b.item_id = ?1",
    "select b.item_id, b.kind, b.yielded, b.note from catalog_bom b where b.item_id = any(?1::bigint[])",
);

const LINES: Statement = Statement::per_engine(
    "catalog.bom.lines",
    "select l.item_id, l.line, l.component_id, c.sku, c.whole, l.qty, l.unit, l.base_qty, l.scrap, c.base_unit
     from catalog_bom_line l
     join catalog_item c on c.id = l.component_id
     where l.item_id = ?1
     order by l.line, l.choice",
    "select l.item_id, l.line, l.component_id, c.sku, c.whole, l.qty, l.unit, l.base_qty, l.scrap, c.base_unit
     from catalog_bom_line l
     join catalog_item c on c.id = l.component_id
     where l.item_id = any(?1::bigint[])
     order by l.item_id, l.line, l.choice",
);

/// The same without what may stand in for a component.
const COMPONENTS: Statement = Statement::per_engine(
    "catalog.bom.components",
    "select l.item_id, l.line, l.component_id, c.sku, c.whole, l.qty, l.unit, l.base_qty, l.scrap, c.base_unit
     from catalog_bom_line l
     join catalog_item c on c.id = l.component_id
     where l.item_id = ?1 and l.choice = 0
     order by l.line",
    "select l.item_id, l.line, l.component_id, c.sku, c.whole, l.qty, l.unit, l.base_qty, l.scrap, c.base_unit
     from catalog_bom_line l
     join catalog_item c on c.id = l.component_id
     where l.item_id = any(?1::bigint[]) and l.choice = 0
     order by l.item_id, l.line",
);

const INSERT: Statement = Statement::new(
    "catalog.bom.insert",
    "insert into catalog_bom (item_id, kind, yielded, note) values (?1, ?2, ?3, ?4)",
);

const INSERT_LINES: Statement = Statement::per_engine(
    "catalog.bom.insert_lines",
    "insert into catalog_bom_line (item_id, line, choice, component_id, qty, unit, base_qty, scrap)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    "insert into catalog_bom_line (item_id, line, choice, component_id, qty, unit, base_qty, scrap)
     select *
     from unnest(?1::bigint[], ?2::smallint[], ?3::smallint[], ?4::bigint[], ?5::bigint[], ?6::text[], ?7::bigint[],
                 ?8::smallint[])",
);

const DELETE_LINES: Statement =
    Statement::new("catalog.bom.delete_lines", "delete from catalog_bom_line where item_id = ?1");

const DELETE: Statement = Statement::new("catalog.bom.delete", "delete from catalog_bom where item_id = ?1");

/// The items in use that an item is directly part of, by SKU.
const USED_IN: Statement = Statement::new(
    "catalog.bom.used_in",
    "select p.sku_folded, p.sku, p.name, min(l.choice)
     from catalog_bom_line l
     join catalog_item p on p.id = l.item_id
     where l.component_id = ?1 and not p.archived and p.sku_folded > ?2
     group by p.sku_folded, p.sku, p.name
     order by p.sku_folded
     limit ?3",
);

/// An item, archived or not, whose bill says how much of another goes in, or may stand in, in a unit of it.
const SAID_IN: Statement = Statement::new(
    "catalog.bom.said_in",
    "select min(p.sku)
     from catalog_bom_line l
     join catalog_item p on p.id = l.item_id
     where l.component_id = ?1 and l.unit = ?2",
);

const NEEDED: Statement = Statement::new(
    "catalog.bom.needed",
    "select min(p.sku)
     from catalog_bom_line l
     join catalog_item p on p.id = l.item_id
     where l.component_id = ?1 and not p.archived",
);

const OUT_OF_USE: Statement = Statement::new(
    "catalog.bom.out_of_use",
    "select min(c.sku)
     from catalog_bom_line l
     join catalog_item c on c.id = l.component_id
     where l.item_id = ?1 and c.archived",
);

const PARENTS: Statement = Statement::per_engine(
    "catalog.bom.parents",
    "select distinct l.item_id from catalog_bom_line l where l.component_id = ?1",
    "select distinct l.item_id from catalog_bom_line l where l.component_id = any(?1::bigint[])",
);

/// An item that another one is part of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Use {
    pub(crate) sku_folded: String,
    pub(crate) sku: String,
    pub(crate) name: String,
    /// It only stands in for another component.
    pub(crate) alternative: bool,
}

fn ids(items: &[ItemId]) -> Rows<'static> {
    let mut rows = Rows::with_capacity(1, items.len());
    for item in items {
        rows.push(&[item.get().into()]);
    }
    rows
}

fn qty(millionths: i64, column: usize) -> Result<Qty, DbError> {
    Qty::from_millionths(millionths).ok_or(DbError::Column { column, wanted: "a quantity" })
}

/// The bills of items, those that have one.
pub(crate) fn bills(conn: &mut Conn<'_>, items: &[ItemId]) -> Result<Vec<(ItemId, Bom)>, DbError> {
    read(conn, items, &LINES)
}

/// The same without what may stand in for a component.
pub(crate) fn plain_bills(conn: &mut Conn<'_>, items: &[ItemId]) -> Result<Vec<(ItemId, Bom)>, DbError> {
    read(conn, items, &COMPONENTS)
}

fn read(conn: &mut Conn<'_>, items: &[ItemId], lines: &Statement) -> Result<Vec<(ItemId, Bom)>, DbError> {
    let rows = ids(items);
    let mut bills = conn.query_many(&HEADS, &rows, |row| {
        let kind = BomKind::from_number(row.int(1)?);
        let bom = Bom {
            kind: kind.ok_or(DbError::Column { column: 1, wanted: "a kind of bill of materials" })?,
            yielded: qty(row.int(2)?, 2)?,
            note: row.text(3)?.to_owned(),
            lines: Vec::new(),
        };
        Ok((ItemId(row.int(0)?), bom))
    })?;
    let lines = conn.query_many(lines, &rows, |row| {
        let choice = Choice {
            component: ItemId(row.int(2)?),
            sku: row.text(3)?.to_owned(),
            whole: row.bool(4)?,
            qty: qty(row.int(5)?, 5)?,
            unit: crate::store_codes::unit(row, 6)?,
            base_qty: qty(row.int(7)?, 7)?,
            scrap: row.int(8)?,
            base_unit: crate::store_codes::unit(row, 9)?,
        };
        Ok((ItemId(row.int(0)?), row.int(1)?, choice))
    })?;
    let mut places: FxHashMap<ItemId, &mut Bom> = bills.iter_mut().map(|(id, bom)| (*id, bom)).collect();
    for (item, line, choice) in lines {
        let Some(bom) = places.get_mut(&item) else { continue };
        match bom.lines.last_mut().filter(|present| present.line == line) {
            Some(present) => present.alternatives.push(choice),
            None => bom.lines.push(BomLine { line, component: choice, alternatives: Vec::new() }),
        }
    }
    Ok(bills)
}

/// Stores a bill in place of the one that there is.
pub(crate) fn set(tx: &mut Tx<'_>, item: ItemId, bom: &Bom) -> Result<(), DbError> {
    remove(tx, item)?;
    let Bom { kind, yielded, note, lines } = bom;
    tx.execute(
        &INSERT,
        &[item.get().into(), kind.number().into(), yielded.millionths().into(), note.into()],
    )?;
    let mut rows = Rows::new(8);
    for BomLine { line, component, alternatives } in lines {
        for (place, choice) in (0_i64..).zip(std::iter::once(component).chain(alternatives)) {
            let Choice { component, qty, unit, base_qty, scrap, sku: _, whole: _, base_unit: _ } = choice;
            rows.push(&[
                item.get().into(),
                (*line).into(),
                place.into(),
                component.get().into(),
                qty.millionths().into(),
                unit.as_str().into(),
                base_qty.millionths().into(),
                (*scrap).into(),
            ]);
        }
    }
    tx.execute_many(&INSERT_LINES, &rows).map(|_| ())
}

/// Removes a bill.
pub(crate) fn remove(tx: &mut Tx<'_>, item: ItemId) -> Result<(), DbError> {
    for statement in [&DELETE_LINES, &DELETE] {
        tx.execute(statement, &[item.get().into()])?;
    }
    Ok(())
}

/// What an item in use is directly part of, after a folded SKU.
pub(crate) fn used_in(
    conn: &mut Conn<'_>,
    item: ItemId,
    after: &str,
    limit: i64,
) -> Result<Vec<Use>, DbError> {
    conn.query(&USED_IN, &[item.get().into(), after.into(), limit.into()], |row| {
        Ok(Use {
            sku_folded: row.text(0)?.to_owned(),
            sku: row.text(1)?.to_owned(),
            name: row.text(2)?.to_owned(),
            alternative: row.int(3)? > 0,
        })
    })
}

/// The first item whose bill names a unit of another.
pub(crate) fn said_in(conn: &mut Conn<'_>, item: ItemId, unit: &UnitCode) -> Result<Option<String>, DbError> {
    let params = [item.get().into(), unit.as_str().into()];
    conn.query_one(&SAID_IN, &params, |row| Ok(row.opt_text(0)?.map(str::to_owned)))
}

/// The first item in use that an item goes into, or may stand in for something in.
pub(crate) fn needed_by(conn: &mut Conn<'_>, item: ItemId) -> Result<Option<String>, DbError> {
    conn.query_one(&NEEDED, &[item.get().into()], |row| Ok(row.opt_text(0)?.map(str::to_owned)))
}

/// The first part of an item, or what may stand in for one, that is out of use.
pub(crate) fn out_of_use(conn: &mut Conn<'_>, item: ItemId) -> Result<Option<String>, DbError> {
    conn.query_one(&OUT_OF_USE, &[item.get().into()], |row| Ok(row.opt_text(0)?.map(str::to_owned)))
}

/// What these items are directly part of, archived or not.
pub(crate) fn parents(conn: &mut Conn<'_>, items: &[ItemId]) -> Result<Vec<ItemId>, DbError> {
    conn.query_many(&PARENTS, &ids(items), |row| row.int(0).map(ItemId))
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &HEADS,
    &LINES,
    &COMPONENTS,
    &INSERT,
    &INSERT_LINES,
    &DELETE_LINES,
    &DELETE,
    &USED_IN,
    &SAID_IN,
    &NEEDED,
    &OUT_OF_USE,
    &PARENTS,
];
