//! The statements of item records: load, list, insert, update. Units and barcodes are in
//! `store_codes`. Invariant: `version` counts the changes of an item, its units and its barcodes.

use crate::facts::ItemFacts;
use crate::item::Item;
use db::{Conn, DbError, Row, Rows, Statement, Tx, Value};
use domain::{ExpiryRule, Instant, ItemClass, ItemId, Tracking};

/// The unique index of SKUs.
pub(crate) const SKU_INDEX: &str = "catalog_item_sku";

/// What the ledger must know, with the units beside the base unit joined by [`UNIT_SEPARATOR`].
macro_rules! facts {
    ($joined:literal) => {
        concat!(
            "i.id, i.sku, i.whole, i.base_unit, i.tracking, i.expiry, i.class, i.archived, i.owner,
             (select ",
            $joined,
            " from catalog_unit u
             where u.item_id = i.id and u.unit <> i.base_unit and not u.removed)"
        )
    };
}

macro_rules! facts_on_sqlite {
    () => {
        facts!("group_concat(u.unit, char(31))")
    };
}

macro_rules! facts_on_postgres {
    () => {
        facts!("string_agg(u.unit, chr(31) order by u.unit)")
    };
}

/// Stands between two units: no code has it.
const UNIT_SEPARATOR: char = '\u{1f}';

macro_rules! record {
    () => {
        "i.id, i.sku, i.name, i.base_unit, i.whole, i.tracking, i.class, i.category, i.attributes, \
         i.owner, i.expiry, i.archived, i.version, i.created_at, i.changed_at"
    };
}

pub(crate) const FACTS_BY_SKU: Statement = Statement::per_engine(
    "catalog.item.facts_by_sku",
    concat!("select ?2, ", facts_on_sqlite!(), " from catalog_item i where i.sku_folded = ?1"),
    concat!(
        "select k.position, ",
        facts_on_postgres!(),
        " from unnest(?1::text[], ?2::bigint[]) as k (sku, position)
          join catalog_item i on i.sku_folded = k.sku"
    ),
)
.hot();

pub(crate) const FACTS_BY_ID: Statement = Statement::per_engine(
    "catalog.item.facts_by_id",
    concat!("select ?2, ", facts_on_sqlite!(), " from catalog_item i where i.id = ?1"),
    concat!(
        "select k.position, ",
        facts_on_postgres!(),
        " from unnest(?1::bigint[], ?2::bigint[]) as k (id, position)
          join catalog_item i on i.id = k.id"
    ),
)
.hot();

const BY_SKU: Statement = Statement::new(
    "catalog.item.by_sku",
    concat!("select ", record!(), " from catalog_item i where i.sku_folded = ?1"),
);

const BY_ID: Statement = Statement::new(
    "catalog.item.by_id",
    concat!("select ", record!(), " from catalog_item i where i.id = ?1"),
);

const LOCK_BY_SKU: Statement = Statement::per_engine(
    "catalog.item.lock_by_sku",
    concat!("select ", record!(), " from catalog_item i where i.sku_folded = ?1"),
    concat!("select ", record!(), " from catalog_item i where i.sku_folded = ?1 for update"),
);

const LOCK_BY_ID: Statement = Statement::per_engine(
    "catalog.item.lock_by_id",
    concat!("select ", record!(), " from catalog_item i where i.id = ?1"),
    concat!("select ", record!(), " from catalog_item i where i.id = ?1 for update"),
);

const INSERT: Statement = Statement::per_engine(
    "catalog.item.insert",
    "insert into catalog_item
       (id, sku, sku_folded, name, name_folded, base_unit, whole, tracking, class, category, attributes,
        owner, expiry, archived, version, created_at, changed_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    "insert into catalog_item
       (id, sku, sku_folded, name, name_folded, base_unit, whole, tracking, class, category, attributes,
        owner, expiry, archived, version, created_at, changed_at)
     select *
     from unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::text[], ?5::text[], ?6::text[], ?7::boolean[],
                 ?8::smallint[], ?9::smallint[], ?10::text[], ?11::jsonb[], ?12::text[], ?13::integer[],
                 ?14::boolean[], ?15::bigint[], ?16::timestamptz[], ?17::timestamptz[])",
);

/// Keys and creation stay; everything else may change.
const UPDATE: Statement = Statement::new(
    "catalog.item.update",
    "update catalog_item
     set name = ?2, name_folded = ?3, base_unit = ?4, whole = ?5, tracking = ?6, class = ?7, category = ?8,
         attributes = ?9, owner = ?10, expiry = ?11, archived = ?12, version = ?13, changed_at = ?14
     where id = ?1",
);

/// One page. The text bounds are half-open ranges; a filter that is null is not asked for.
macro_rules! page {
    ($beyond:literal, $order:literal) => {
        concat!(
            "select ",
            record!(),
            " from catalog_item i
              where ",
            $beyond,
            "   and (i.class = ?2 or ?2 is null)
                and (i.tracking = ?3 or ?3 is null)
                and (i.archived = ?4 or ?4 is null)
                and (i.category = ?5 or (i.category >= ?6 and i.category < ?7) or ?5 is null)
                and ((i.sku_folded >= ?8 and i.sku_folded < ?9)
                     or (i.name_folded >= ?8 and i.name_folded < ?9) or ?8 is null)
              order by ",
            $order,
            " limit ?10"
        )
    };
}

const LIST: Statement = Statement::new("catalog.item.list", page!("i.sku_folded > ?1", "i.sku_folded"));

const LIST_DOWN: Statement =
    Statement::new("catalog.item.list_down", page!("i.sku_folded < ?1", "i.sku_folded desc"));

/// The filters of a list, already read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Beyond this folded SKU; none for the first page.
    pub(crate) after: Option<String>,
    /// From the last SKU to the first.
    pub(crate) down: bool,
    pub(crate) class: Option<ItemClass>,
    pub(crate) tracking: Option<Tracking>,
    pub(crate) archived: Option<bool>,
    /// The category itself and everything below it.
    pub(crate) category: Option<String>,
    /// How the folded SKU or name begins.
    pub(crate) begins: Option<String>,
    pub(crate) limit: i64,
}

/// The facts, from the second column on.
pub(crate) fn facts(row: &Row<'_>) -> Result<ItemFacts, DbError> {
    Ok(ItemFacts {
        id: ItemId(row.int(1)?),
        sku: row.text(2)?.to_owned(),
        whole: row.bool(3)?,
        base_unit: row.text(4)?.to_owned(),
        tracking: known(row, 5, "a tracking mode", Tracking::from_number)?,
        expiry: known(row, 6, "an expiry rule", ExpiryRule::from_number)?,
        stocked: known(row, 7, "an item class", ItemClass::from_number)?.stockable(),
        archived: row.bool(8)?,
        owner: row.opt_text(9)?.map(str::to_owned),
        packagings: row
            .opt_text(10)?
            .map_or_else(Vec::new, |units| units.split(UNIT_SEPARATOR).map(str::to_owned).collect()),
    })
}

fn known<T>(
    row: &Row<'_>,
    column: usize,
    wanted: &'static str,
    read: fn(i64) -> Option<T>,
) -> Result<T, DbError> {
    read(row.int(column)?).ok_or(DbError::Column { column, wanted })
}

/// The record without its units and barcodes.
fn record(row: &Row<'_>) -> Result<Item, DbError> {
    let attributes = serde_json::from_str(row.text(8)?)
        .map_err(|_| DbError::Column { column: 8, wanted: "a JSON object" })?;
    Ok(Item {
        id: ItemId(row.int(0)?),
        sku: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        base_unit: crate::store_codes::unit(row, 3)?,
        whole: row.bool(4)?,
        tracking: known(row, 5, "a tracking mode", Tracking::from_number)?,
        class: known(row, 6, "an item class", ItemClass::from_number)?,
        category: row.text(7)?.to_owned(),
        attributes,
        owner: row.opt_text(9)?.map(str::to_owned),
        expiry: known(row, 10, "an expiry rule", ExpiryRule::from_number)?,
        archived: row.bool(11)?,
        version: row.int(12)?,
        created_at: Instant(row.int(13)?),
        changed_at: Instant(row.int(14)?),
        units: Vec::new(),
        barcodes: Vec::new(),
    })
}

/// The record of a folded SKU.
pub(crate) fn by_sku(conn: &mut Conn<'_>, folded: &str) -> Result<Option<Item>, DbError> {
    conn.query_opt(&BY_SKU, &[folded.into()], record)
}

/// The record of an id.
pub(crate) fn by_id(conn: &mut Conn<'_>, id: ItemId) -> Result<Option<Item>, DbError> {
    conn.query_opt(&BY_ID, &[id.get().into()], record)
}

/// The record of a folded SKU, held until the transaction ends.
pub(crate) fn lock_by_sku(tx: &mut Tx<'_>, folded: &str) -> Result<Option<Item>, DbError> {
    tx.query_opt(&LOCK_BY_SKU, &[folded.into()], record)
}

/// The record of an id, held until the transaction ends.
pub(crate) fn lock_by_id(tx: &mut Tx<'_>, id: ItemId) -> Result<Option<Item>, DbError> {
    tx.query_opt(&LOCK_BY_ID, &[id.get().into()], record)
}

/// One page of records in the order of their folded SKUs.
pub(crate) fn list(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Item>, DbError> {
    let Filter { after, down, class, tracking, archived, category, begins, limit } = filter;
    let (below, beyond) = match category {
        // `0` is the character after `/`
        Some(path) => (Some(format!("{path}/")), Some(format!("{path}0"))),
        None => (None, None),
    };
    let (statement, start) = if *down { (&LIST_DOWN, char::MAX.to_string()) } else { (&LIST, String::new()) };
    let end = begins.as_deref().map(|text| format!("{text}{}", char::MAX));
    let params = [
        after.as_ref().unwrap_or(&start).into(),
        class.map(ItemClass::number).into(),
        tracking.map(Tracking::number).into(),
        (*archived).into(),
        category.as_deref().into(),
        below.as_deref().into(),
        beyond.as_deref().into(),
        begins.as_deref().into(),
        end.as_deref().into(),
        (*limit).into(),
    ];
    conn.query(statement, &params, record)
}

/// Stores new records, without their units and barcodes.
pub(crate) fn insert(tx: &mut Tx<'_>, items: &[Item]) -> Result<(), DbError> {
    let texts: Vec<[String; 3]> = items.iter().map(texts_of).collect();
    let mut rows = Rows::with_capacity(17, items.len());
    for (item, [sku_folded, name_folded, attributes]) in items.iter().zip(&texts) {
        let Item {
            id,
            sku,
            name,
            base_unit,
            whole,
            tracking,
            class,
            category,
            attributes: _,
            owner,
            expiry,
            archived,
            version,
            created_at,
            changed_at,
            units: _,
            barcodes: _,
        } = item;
        rows.push(&[
            id.get().into(),
            sku.into(),
            sku_folded.into(),
            name.into(),
            name_folded.into(),
            base_unit.as_str().into(),
            (*whole).into(),
            tracking.number().into(),
            class.number().into(),
            category.into(),
            attributes.into(),
            owner.as_deref().into(),
            expiry.number().into(),
            (*archived).into(),
            (*version).into(),
            created_at.0.into(),
            changed_at.0.into(),
        ]);
    }
    tx.execute_many(&INSERT, &rows).map(|_| ())
}

/// Stores a changed record, without its units and barcodes.
pub(crate) fn update(tx: &mut Tx<'_>, item: &Item) -> Result<(), DbError> {
    let [_, name_folded, attributes] = texts_of(item);
    let params = [
        item.id.get().into(),
        Value::from(&item.name),
        (&name_folded).into(),
        item.base_unit.as_str().into(),
        item.whole.into(),
        item.tracking.number().into(),
        item.class.number().into(),
        (&item.category).into(),
        (&attributes).into(),
        item.owner.as_deref().into(),
        item.expiry.number().into(),
        item.archived.into(),
        item.version.into(),
        item.changed_at.0.into(),
    ];
    match tx.execute(&UPDATE, &params)? {
        1 => Ok(()),
        _ => Err(DbError::NoRow(UPDATE.name)),
    }
}

/// The folded SKU, the folded name, and the attributes as stored.
fn texts_of(item: &Item) -> [String; 3] {
    [
        crate::code::sku_key(&item.sku).unwrap_or_default(),
        crate::text::fold(&item.name),
        serde_json::Value::Object(item.attributes.clone()).to_string(),
    ]
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[
    &FACTS_BY_SKU,
    &FACTS_BY_ID,
    &BY_SKU,
    &BY_ID,
    &LOCK_BY_SKU,
    &LOCK_BY_ID,
    &INSERT,
    &UPDATE,
    &LIST,
    &LIST_DOWN,
];
