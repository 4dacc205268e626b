//! `/api/v1/suppliers`.

use super::decide::{ChangeSupplier, NewSupplier};
use super::{Supplier, change_supplier as change, create_supplier as create, remove_supplier as remove};
use crate::store_suppliers;
use crate::supplies::{self, Supply};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Answer, App, Caller, Command, Failure, IfMatch, List, Page, Path};

web::sorts! {
    /// The orders of the list of suppliers.
    pub(crate) enum SupplierSort { Code = "code" }
}

web::sorts! {
    /// The orders of what a supplier sells: by its own SKUs.
    pub(crate) enum SoldSort { SupplierSku = "supplier_sku" }
}

/// Which suppliers.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SupplierFilter {
    /// Only those in use, or only those that are not.
    archived: Option<bool>,
}

/// No filter.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SoldFilter {}

/// Lists suppliers by code.
#[utoipa::path(
    get,
    path = "/api/v1/suppliers",
    params(List<SupplierFilter, SupplierSort>),
    responses((status = 200, body = Page<Supplier>))
)]
pub(crate) async fn list_suppliers(app: App, list: List<SupplierFilter, SupplierSort>) -> web::Result {
    let (after, fetch) = (list.after::<String>()?.unwrap_or_default(), list.fetch());
    let archived = list.filter.archived;
    let found = app
        .db()
        .read(move |conn| Ok::<_, Failure>(store_suppliers::list(conn, &after, archived, fetch)?))
        .await?;
    Answer::ok(&list.page(found, |supplier| supplier.code.folded())?)
}

/// Shows a supplier.
#[utoipa::path(
    get,
    path = "/api/v1/suppliers/{code}",
    params(("code" = String, Path, description = "the code")),
    responses((status = 200, body = Supplier))
)]
pub(crate) async fn get_supplier(app: App, Path(code): Path<String>) -> web::Result {
    let supplier = app.db().read(move |conn| super::addressed(conn, &code)).await?;
    Ok(Answer::ok(&supplier)?.version(supplier.version))
}

/// Lists what a supplier sells, by its own SKUs.
#[utoipa::path(
    get,
    path = "/api/v1/suppliers/{code}/supplies",
    params(("code" = String, Path, description = "the code"), List<SoldFilter, SoldSort>),
    responses((status = 200, body = Page<Supply>))
)]
pub(crate) async fn list_supplier_supplies(
    app: App,
    caller: Caller,
    Path(code): Path<String>,
    list: List<SoldFilter, SoldSort>,
) -> web::Result {
    let (after, fetch) = (list.after::<String>()?.unwrap_or_default(), list.fetch());
    let found = app
        .db()
        .read(move |conn| {
            let supplier = super::addressed(conn, &code)?;
            Ok::<_, Failure>(supplies::sold_by(
                conn,
                supplier.id,
                caller.categories.as_deref(),
                (&after, fetch),
            )?)
        })
        .await?;
    Answer::ok(&list.page(found, |supply| supply.supplier_sku.folded())?)
}

/// Creates a supplier.
#[utoipa::path(
    post,
    path = "/api/v1/suppliers",
    request_body = NewSupplier,
    responses((status = 201, body = Supplier))
)]
pub(crate) async fn create_supplier(app: App, command: Command<NewSupplier>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let supplier = create(tx, &command.caller.ctx, &command.body)?;
            let address = format!("/api/v1/suppliers/{}", crate::find::api::encoded(supplier.code.as_str()));
            Ok(Answer::created(address, &supplier)?.version(supplier.version))
        })
        .await
}

/// Changes the name of a supplier, or takes it out of use or back into it.
#[utoipa::path(
    patch,
    path = "/api/v1/suppliers/{code}",
    params(("code" = String, Path, description = "the code")),
    request_body = ChangeSupplier,
    responses((status = 200, body = Supplier))
)]
pub(crate) async fn change_supplier(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<ChangeSupplier>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let supplier = change(tx, &command.caller.ctx, (&code, version), &command.body)?;
            Ok(Answer::ok(&supplier)?.version(supplier.version))
        })
        .await
}

/// Removes a supplier that sells nothing and never did.
#[utoipa::path(
    delete,
    path = "/api/v1/suppliers/{code}",
    params(("code" = String, Path, description = "the code")),
    responses((status = 204))
)]
pub(crate) async fn remove_supplier(
    app: App,
    Path(code): Path<String>,
    version: IfMatch,
    command: Command<()>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            remove(tx, &command.caller.ctx, (&code, version))?;
            Ok(Answer::nothing())
        })
        .await
}
