//! Suppliers: whom we buy from. What each sells of an item is in [`crate::supplies`].

pub(crate) mod api;
pub(crate) mod decide;
#[cfg(test)]
pub(crate) mod tests;

use crate::store_suppliers;
use db::{Conn, DbError, Tx};
use decide::{ChangeSupplier, NewSupplier};
use domain::{Code, Ctx, Instant, Problem, SupplierCode, SupplierId};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Failure, IfMatch};

/// A supplier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Supplier {
    /// Its id.
    #[serde(skip)]
    pub id: SupplierId,
    /// Its code; capital and small letters do not differ. Never changes.
    #[schema(value_type = String)]
    pub code: SupplierCode,
    /// What people call it.
    pub name: String,
    /// Nothing new is bought there.
    pub archived: bool,
    /// Counts its changes, from 1; the `ETag`.
    pub version: i64,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
}

/// Creates a supplier.
pub fn create_supplier(tx: &mut Tx<'_>, ctx: &Ctx, command: &NewSupplier) -> Result<Supplier, Failure> {
    let mut supplier = decide::plan_new(command, ctx.now)?;
    if let Some(other) = supplier_of(tx, supplier.code.as_str())? {
        let detail = format!("the supplier `{}` exists already; choose another code", other.code);
        return Err(Problem::at(Code::CodeTaken, "/code", detail).into());
    }
    supplier.id = SupplierId(db::ids::take(tx, "catalog.supplier", 1)?);
    store_suppliers::insert(tx, &supplier).map_err(|error| {
        if error.is_unique(store_suppliers::CODE_INDEX) {
            Failure::from(Problem::at(Code::CodeTaken, "/code", "the code was taken a moment ago"))
        } else {
            error.into()
        }
    })?;
    trace(tx, ctx, &supplier, "catalog.supplier.create", "catalog.supplier_created", &[]);
    Ok(supplier)
}

/// Changes the name of a supplier, or takes it out of use or back into it.
pub fn change_supplier(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    (code, version): (&str, IfMatch),
    change: &ChangeSupplier,
) -> Result<Supplier, Failure> {
    let before = held(tx, code, version)?;
    let (after, fields) = decide::plan_change(&before, change, ctx.now)?;
    if !fields.is_empty() {
        store_suppliers::update(tx, &after)?;
        trace(tx, ctx, &after, "catalog.supplier.change", "catalog.supplier_changed", &fields);
    }
    Ok(after)
}

/// Removes a supplier that sells nothing and never did.
pub fn remove_supplier(tx: &mut Tx<'_>, ctx: &Ctx, (code, version): (&str, IfMatch)) -> Result<(), Failure> {
    let mut supplier = held(tx, code, version)?;
    if let Some(sku) = store_suppliers::sells(tx, supplier.id)? {
        let detail = format!("`{}` sells `{sku}`, or did; archive the supplier instead", supplier.code);
        return Err(Problem::new(Code::InUse, detail).into());
    }
    store_suppliers::delete(tx, supplier.id)?;
    decide::touch(&mut supplier, ctx.now);
    trace(tx, ctx, &supplier, "catalog.supplier.remove", "catalog.supplier_removed", &[]);
    Ok(())
}

/// The supplier of a code.
pub fn supplier_of(conn: &mut Conn<'_>, code: &str) -> Result<Option<Supplier>, DbError> {
    match SupplierCode::parse(code) {
        Ok(code) => store_suppliers::by_code(conn, &code.folded()),
        Err(_) => Ok(None),
    }
}

/// The supplier that an address names.
pub(crate) fn addressed(conn: &mut Conn<'_>, code: &str) -> Result<Supplier, Failure> {
    Ok(supplier_of(conn, code)?.ok_or_else(|| Problem::not_found("supplier", code))?)
}

/// The supplier that a field names, in use and held so until the transaction ends.
pub(crate) fn in_use(tx: &mut Tx<'_>, code: &str, pointer: &str) -> Result<Supplier, Failure> {
    let supplier = named(tx, code, pointer)?;
    if supplier.archived {
        let detail = format!("the supplier `{}` is archived", supplier.code);
        return Err(Problem::at(Code::InvalidValue, pointer, detail).into());
    }
    Ok(supplier)
}

/// The supplier that a field names, in use or not, and held as it is until the transaction ends.
pub(crate) fn named(tx: &mut Tx<'_>, code: &str, pointer: &str) -> Result<Supplier, Failure> {
    let found = match SupplierCode::parse(code) {
        Ok(code) => store_suppliers::share(tx, &code.folded())?,
        Err(_) => None,
    };
    Ok(found.ok_or_else(|| {
        let detail = format!("there is no supplier `{}`; make it first", domain::word::echo(code));
        Problem::at(Code::InvalidValue, pointer, detail)
    })?)
}

fn held(tx: &mut Tx<'_>, code: &str, version: IfMatch) -> Result<Supplier, Failure> {
    let found = match SupplierCode::parse(code) {
        Ok(code) => store_suppliers::lock(tx, &code.folded())?,
        Err(_) => None,
    };
    let supplier = found.ok_or_else(|| Problem::not_found("supplier", code))?;
    version.check(supplier.version)?;
    Ok(supplier)
}

fn trace(tx: &mut Tx<'_>, ctx: &Ctx, supplier: &Supplier, action: &str, event: &str, fields: &[&str]) {
    let body = serde_json::json!({ "supplier": supplier, "changed": fields });
    let change = web::RecordChange {
        action,
        event,
        target: &format!("supplier:{}", supplier.code),
        aggregate_type: "supplier",
        aggregate_id: &supplier.id.to_string(),
        version: supplier.version,
        at: supplier.changed_at,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, &body);
}
