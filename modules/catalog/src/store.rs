//! The statements of item records: load, insert, update. Lists are in `store_list`, units and barcodes in
//! `store_codes`. Invariant: `version` counts the changes of an item, its units and its barcodes.

use crate::facts::ItemFacts;
use crate::item::Item;
use db::{Conn, DbError, Row, Rows, Statement, Tx, Value};
use domain::{
    CategoryId, ExpiryRule, Hazard, HazardClass, Instant, ItemClass, ItemId, PackingGroup, StorageClass,
    Temperature, Tracking,
};

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

/// The columns of a record.
macro_rules! record_columns {
    () => {
        "i.id, i.sku, i.name, i.base_unit, i.whole, i.tracking, i.class,
         (select c.path from catalog_category c where c.id = i.category_id), i.attributes,
         i.owner, i.expiry, i.archived, i.version, i.created_at, i.changed_at,
         i.category_id, i.storage_class, i.temperature, i.hazard_class, i.un_number, i.packing_group,
         (select f.code
          from catalog_variant m
          join catalog_family f on f.id = m.family_id
          where m.item_id = i.id),
         (select m.sku from catalog_item m where m.id = i.merged_into)"
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

pub(crate) use record_columns;

const BY_SKU: Statement = Statement::new(
    "catalog.item.by_sku",
    concat!("select ", record_columns!(), " from catalog_item i where i.sku_folded = ?1"),
);

const BY_ID: Statement = Statement::new(
    "catalog.item.by_id",
    concat!("select ", record_columns!(), " from catalog_item i where i.id = ?1"),
);

const BY_IDS: Statement = Statement::per_engine(
    "catalog.item.by_ids",
    concat!("select ", record_columns!(), " from catalog_item i where i.id = ?1"),
    concat!("select ", record_columns!(), " from catalog_item i where i.id = any(?1::bigint[])"),
);

const SHARE: Statement = Statement::per_engine(
    "catalog.item.share",
    "select i.id from catalog_item i where i.id = ?1",
    "select i.id from catalog_item i where i.id = any(?1::bigint[]) order by i.id for share",
);

const LOCK_BY_SKU: Statement = Statement::per_engine(
    "catalog.item.lock_by_sku",
    concat!("select ", record_columns!(), " from catalog_item i where i.sku_folded = ?1"),
    concat!("select ", record_columns!(), " from catalog_item i where i.sku_folded = ?1 for update"),
);

const LOCK_BY_ID: Statement = Statement::per_engine(
    "catalog.item.lock_by_id",
    concat!("select ", record_columns!(), " from catalog_item i where i.id = ?1"),
    concat!("select ", record_columns!(), " from catalog_item i where i.id = ?1 for update"),
);

const INSERT: Statement = Statement::per_engine(
    "catalog.item.insert",
    "insert into catalog_item
       (id, sku, sku_folded, name, name_folded, base_unit, whole, tracking, class, category_id, attributes,
        owner, expiry, archived, version, created_at, changed_at, storage_class, temperature, hazard_class,
        un_number, packing_group)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
             ?22)",
    "insert into catalog_item
       (id, sku, sku_folded, name, name_folded, base_unit, whole, tracking, class, category_id, attributes,
        owner, expiry, archived, version, created_at, changed_at, storage_class, temperature, hazard_class,
        un_number, packing_group)
     select *
     from unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::text[], ?5::text[], ?6::text[], ?7::boolean[],
                 ?8::smallint[], ?9::smallint[], ?10::bigint[], ?11::jsonb[], ?12::text[], ?13::integer[],
                 ?14::boolean[], ?15::bigint[], ?16::timestamptz[], ?17::timestamptz[], ?18::text[],
                 ?19::smallint[], ?20::smallint[], ?21::smallint[], ?22::smallint[])",
);

/// Keys and creation stay; everything else may change.
const UPDATE: Statement = Statement::new(
    "catalog.item.update",
    "update catalog_item
     set name = ?2, name_folded = ?3, base_unit = ?4, whole = ?5, tracking = ?6, class = ?7, category_id = ?8,
         attributes = ?9, owner = ?10, expiry = ?11, archived = ?12, version = ?13, changed_at = ?14,
         storage_class = ?15, temperature = ?16, hazard_class = ?17, un_number = ?18, packing_group = ?19
     where id = ?1",
);

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

fn opt_known<T>(
    row: &Row<'_>,
    column: usize,
    wanted: &'static str,
    read: fn(i64) -> Option<T>,
) -> Result<Option<T>, DbError> {
    row.opt_int(column)?.map(|number| read(number).ok_or(DbError::Column { column, wanted })).transpose()
}

fn hazard(row: &Row<'_>) -> Result<Option<Hazard>, DbError> {
    let class = opt_known(row, 18, "a hazard class", HazardClass::from_number)?;
    let packing_group = opt_known(row, 20, "a packing group", PackingGroup::from_number)?;
    let Some(class) = class else { return Ok(None) };
    Hazard::new(class, row.opt_int(19)?, packing_group)
        .map(Some)
        .map_err(|_| DbError::Column { column: 18, wanted: "a hazard" })
}

/// The numbers of a hazard as they are stored: class, UN number, packing group.
fn hazard_numbers(hazard: Option<Hazard>) -> [Option<i64>; 3] {
    [
        hazard.map(|hazard| hazard.class.number()),
        hazard.and_then(|hazard| hazard.un_number).map(i64::from),
        hazard.and_then(|hazard| hazard.packing_group).map(PackingGroup::number),
    ]
}

/// The record without its units and barcodes.
pub(crate) fn record(row: &Row<'_>) -> Result<Item, DbError> {
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
        category: row.opt_text(7)?.unwrap_or_default().to_owned(),
        category_id: row.opt_int(15)?.map(CategoryId),
        storage_class: row
            .opt_text(16)?
            .map(StorageClass::parse)
            .transpose()
            .map_err(|_| DbError::Column { column: 16, wanted: "a storage class" })?,
        temperature: opt_known(row, 17, "a temperature class", Temperature::from_number)?,
        hazard: hazard(row)?,
        attributes,
        owner: row.opt_text(9)?.map(str::to_owned),
        expiry: known(row, 10, "an expiry rule", ExpiryRule::from_number)?,
        family: row.opt_text(21)?.map(str::to_owned),
        merged_into: row.opt_text(22)?.map(str::to_owned),
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

/// Holds items against changes until the transaction ends; others may hold them so as well.
pub(crate) fn share(tx: &mut Tx<'_>, ids: &[ItemId]) -> Result<(), DbError> {
    let mut rows = Rows::with_capacity(1, ids.len());
    for id in ids {
        rows.push(&[id.get().into()]);
    }
    tx.query_many(&SHARE, &rows, |_| Ok(())).map(drop)
}

/// The records of these ids.
pub(crate) fn by_ids(conn: &mut Conn<'_>, ids: &[ItemId]) -> Result<Vec<Item>, DbError> {
    let mut rows = Rows::with_capacity(1, ids.len());
    for id in ids {
        rows.push(&[id.get().into()]);
    }
    conn.query_many(&BY_IDS, &rows, record)
}

/// The record of a folded SKU, held until the transaction ends.
pub(crate) fn lock_by_sku(tx: &mut Tx<'_>, folded: &str) -> Result<Option<Item>, DbError> {
    tx.query_opt(&LOCK_BY_SKU, &[folded.into()], record)
}

/// The record of an id, held until the transaction ends.
pub(crate) fn lock_by_id(tx: &mut Tx<'_>, id: ItemId) -> Result<Option<Item>, DbError> {
    tx.query_opt(&LOCK_BY_ID, &[id.get().into()], record)
}

/// Stores new records, without their units and barcodes.
pub(crate) fn insert(tx: &mut Tx<'_>, items: &[&Item]) -> Result<(), DbError> {
    let texts: Vec<[String; 3]> = items.iter().map(|item| texts_of(item)).collect();
    let mut rows = Rows::with_capacity(22, items.len());
    for (item, [sku_folded, name_folded, attributes]) in items.iter().zip(&texts) {
        let Item {
            id,
            sku,
            name,
            base_unit,
            whole,
            tracking,
            class,
            category: _,
            category_id,
            storage_class,
            temperature,
            hazard,
            attributes: _,
            owner,
            expiry,
            family: _,
            merged_into: _,
            archived,
            version,
            created_at,
            changed_at,
            units: _,
            barcodes: _,
        } = item;
        let [hazard_class, un_number, packing_group] = hazard_numbers(*hazard);
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
            category_id.map(CategoryId::get).into(),
            attributes.into(),
            owner.as_deref().into(),
            expiry.number().into(),
            (*archived).into(),
            (*version).into(),
            created_at.0.into(),
            changed_at.0.into(),
            storage_class.as_ref().map(StorageClass::as_str).into(),
            temperature.map(Temperature::number).into(),
            hazard_class.into(),
            un_number.into(),
            packing_group.into(),
        ]);
    }
    tx.execute_many(&INSERT, &rows).map(|_| ())
}

/// Stores a changed record, without its units and barcodes.
pub(crate) fn update(tx: &mut Tx<'_>, item: &Item) -> Result<(), DbError> {
    let [_, name_folded, attributes] = texts_of(item);
    let [hazard_class, un_number, packing_group] = hazard_numbers(item.hazard);
    let params = [
        item.id.get().into(),
        Value::from(&item.name),
        (&name_folded).into(),
        item.base_unit.as_str().into(),
        item.whole.into(),
        item.tracking.number().into(),
        item.class.number().into(),
        item.category_id.map(CategoryId::get).into(),
        (&attributes).into(),
        item.owner.as_deref().into(),
        item.expiry.number().into(),
        item.archived.into(),
        item.version.into(),
        item.changed_at.0.into(),
        item.storage_class.as_ref().map(StorageClass::as_str).into(),
        item.temperature.map(Temperature::number).into(),
        hazard_class.into(),
        un_number.into(),
        packing_group.into(),
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
    &BY_IDS,
    &SHARE,
    &LOCK_BY_SKU,
    &LOCK_BY_ID,
    &INSERT,
    &UPDATE,
];
