//! The statements of suppliers.

use crate::suppliers::Supplier;
use db::{Conn, DbError, Row, Statement, Tx};
use domain::{Instant, SupplierCode, SupplierId};

/// The unique index of codes.
pub(crate) const CODE_INDEX: &str = "catalog_supplier_code";

macro_rules! record {
    () => {
        "select s.id, s.code, s.name, s.archived, s.version, s.created_at, s.changed_at
         from catalog_supplier s
         where "
    };
}

const BY_CODE: Statement =
    Statement::new("catalog.supplier.by_code", concat!(record!(), "s.code_folded = ?1"));

const SHARE: Statement = Statement::per_engine(
    "catalog.supplier.share",
    concat!(record!(), "s.code_folded = ?1"),
    concat!(record!(), "s.code_folded = ?1 for share"),
);

const LOCK: Statement = Statement::per_engine(
    "catalog.supplier.lock",
    concat!(record!(), "s.code_folded = ?1"),
    concat!(record!(), "s.code_folded = ?1 for update"),
);

const LIST: Statement = Statement::new(
    "catalog.supplier.list",
    concat!(
        record!(),
        "s.code_folded > ?1 and (s.archived = ?2 or ?2 is null) order by s.code_folded limit ?3"
    ),
);

const INSERT: Statement = Statement::new(
    "catalog.supplier.insert",
    "insert into catalog_supplier (id, code, code_folded, name, archived, version, created_at, changed_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
);

const UPDATE: Statement = Statement::new(
    "catalog.supplier.update",
    "update catalog_supplier set name = ?2, archived = ?3, version = ?4, changed_at = ?5 where id = ?1",
);

const DELETE: Statement =
    Statement::new("catalog.supplier.delete", "delete from catalog_supplier where id = ?1");

const SELLS: Statement = Statement::new(
    "catalog.supplier.sells",
    "select min(i.sku)
     from catalog_supply p
     join catalog_item i on i.id = p.item_id
     where p.supplier_id = ?1",
);

fn record(row: &Row<'_>) -> Result<Supplier, DbError> {
    Ok(Supplier {
        id: SupplierId(row.int(0)?),
        code: SupplierCode::parse(row.text(1)?)
            .map_err(|_| DbError::Column { column: 1, wanted: "the code of a supplier" })?,
        name: row.text(2)?.to_owned(),
        archived: row.bool(3)?,
        version: row.int(4)?,
        created_at: Instant(row.int(5)?),
        changed_at: Instant(row.int(6)?),
    })
}

/// The supplier of a folded code.
pub(crate) fn by_code(conn: &mut Conn<'_>, folded: &str) -> Result<Option<Supplier>, DbError> {
    conn.query_opt(&BY_CODE, &[folded.into()], record)
}

/// The same, held against changes until the transaction ends; others may hold it so as well.
pub(crate) fn share(tx: &mut Tx<'_>, folded: &str) -> Result<Option<Supplier>, DbError> {
    tx.query_opt(&SHARE, &[folded.into()], record)
}

/// The same, held alone.
pub(crate) fn lock(tx: &mut Tx<'_>, folded: &str) -> Result<Option<Supplier>, DbError> {
    tx.query_opt(&LOCK, &[folded.into()], record)
}

/// One page by folded code.
pub(crate) fn list(
    conn: &mut Conn<'_>,
    after: &str,
    archived: Option<bool>,
    limit: i64,
) -> Result<Vec<Supplier>, DbError> {
    conn.query(&LIST, &[after.into(), archived.into(), limit.into()], record)
}

/// Stores a new supplier; [`CODE_INDEX`] refuses a code that is there.
pub(crate) fn insert(tx: &mut Tx<'_>, supplier: &Supplier) -> Result<(), DbError> {
    let Supplier { id, code, name, archived, version, created_at, changed_at } = supplier;
    let folded = code.folded();
    let params = [
        id.get().into(),
        code.as_str().into(),
        (&folded).into(),
        name.into(),
        (*archived).into(),
        (*version).into(),
        created_at.0.into(),
        changed_at.0.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

/// Stores a changed supplier.
pub(crate) fn update(tx: &mut Tx<'_>, supplier: &Supplier) -> Result<(), DbError> {
    let params = [
        supplier.id.get().into(),
        (&supplier.name).into(),
        supplier.archived.into(),
        supplier.version.into(),
        supplier.changed_at.0.into(),
    ];
    tx.execute(&UPDATE, &params).map(|_| ())
}

/// Removes a supplier that sells nothing.
pub(crate) fn delete(tx: &mut Tx<'_>, supplier: SupplierId) -> Result<(), DbError> {
    tx.execute(&DELETE, &[supplier.get().into()]).map(|_| ())
}

/// Something that a supplier sells, or did.
pub(crate) fn sells(conn: &mut Conn<'_>, supplier: SupplierId) -> Result<Option<String>, DbError> {
    conn.query_one(&SELLS, &[supplier.get().into()], |row| Ok(row.opt_text(0)?.map(str::to_owned)))
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&BY_CODE, &SHARE, &LOCK, &LIST, &INSERT, &UPDATE, &DELETE, &SELLS];
