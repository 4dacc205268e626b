//! The routes of claims: they translate and submit.

use crate::answer::{ClaimAnswer, TogetherAnswer};
use crate::compile::{check_length, check_together};
use crate::input::{AllocateInput, ClaimKind, ReleaseInput, ReserveInput, Work};
use crate::post_submit;
use crate::service::Vault;
use axum::extract::State;
use domain::{AsProblem, ClaimId, Instant, Problem, Qty};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{App, Command, Path};

/// A promise of stock at a site, no bin chosen yet.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReserveBody {
    /// The item.
    sku: String,
    /// The site.
    site: String,
    /// How much, in `unit`, as a decimal string.
    qty: String,
    /// The unit; it may be left out where the item has its base unit alone.
    unit: Option<String>,
    /// Whose it will be: the handle of an order line, say.
    owner: String,
    /// Kept longer when higher, should a loss break claims.
    #[serde(default)]
    priority: i32,
    /// When it ends by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    /// Whether what is not available may wait, up to the cap of the site's or the item's rule; `true`
    /// when left out. `false` asks for stock alone, and keeps a loss from making it wait.
    backorder: Option<bool>,
}

impl ReserveBody {
    fn input(&self) -> Result<ReserveInput, Problem> {
        check_names([(&self.sku, "/sku"), (&self.site, "/site")], self.unit.as_deref())?;
        Ok(ReserveInput {
            sku: self.sku.clone(),
            site: self.site.clone(),
            qty: quantity(&self.qty)?,
            unit: self.unit.clone(),
            owner: self.owner.clone(),
            priority: self.priority.into(),
            expires_at: self.expires_at,
            backorder: self.backorder.unwrap_or(true),
        })
    }
}

/// Reservations that are made together.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TogetherBody {
    /// The reservations, up to 1,000, decided in this order: each has what those before it leave.
    reservations: Vec<ReserveBody>,
}

impl TogetherBody {
    fn input(&self) -> Result<Vec<ReserveInput>, Problem> {
        check_together(self.reservations.len())?;
        let one = |(number, body): (usize, &ReserveBody)| {
            body.input().map_err(|problem| problem.under(&format!("/reservations/{number}")))
        };
        self.reservations.iter().enumerate().map(one).collect()
    }
}

/// Stock of one bin, bound to an owner.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllocateBody {
    /// The item.
    sku: String,
    /// The bin.
    location: String,
    /// The lot or serial.
    lot: Option<String>,
    /// How much, in `unit`, as a decimal string.
    qty: String,
    /// The unit; it may be left out where the item has its base unit alone.
    unit: Option<String>,
    /// Whose it will be; the owner of the reservation when left out.
    owner: Option<String>,
    /// The reservation that it is taken from.
    #[schema(value_type = Option<String>)]
    reservation: Option<ClaimId>,
    /// See the reservation.
    #[serde(default)]
    priority: i32,
    /// Whether what a loss takes of it may wait as a reservation; `true` when left out. An allocation
    /// that is taken from a reservation does as that does.
    backorder: Option<bool>,
}

/// How much of a claim is given up.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseBody {
    /// In the base unit, as a decimal string; all that is left when left out.
    qty: Option<String>,
}

/// Reserves stock at a site.
#[utoipa::path(
    post, path = "/api/v1/reservations", request_body = ReserveBody,
    responses((status = 201, body = ClaimAnswer))
)]
pub(crate) async fn reserve_stock(
    app: App,
    State(vault): State<Vault>,
    command: Command<ReserveBody>,
) -> web::Result {
    let work = Work::Reserve(command.body.input()?);
    post_submit(&app, &vault, command, work).await
}

/// Reserves all of an order, or none of it: lines of one item, and kits that share a component, are
/// decided together.
#[utoipa::path(
    post, path = "/api/v1/reservations/together", request_body = TogetherBody,
    responses((status = 200, body = TogetherAnswer))
)]
pub(crate) async fn reserve_together(
    app: App,
    State(vault): State<Vault>,
    command: Command<TogetherBody>,
) -> web::Result {
    let work = Work::ReserveTogether(command.body.input()?);
    post_submit(&app, &vault, command, work).await
}

/// Allocates stock of a bin.
#[utoipa::path(
    post, path = "/api/v1/allocations", request_body = AllocateBody,
    responses((status = 201, body = ClaimAnswer))
)]
pub(crate) async fn allocate_stock(
    app: App,
    State(vault): State<Vault>,
    command: Command<AllocateBody>,
) -> web::Result {
    let body = &command.body;
    check_names([(&body.sku, "/sku"), (&body.location, "/location")], body.unit.as_deref())?;
    if let Some(lot) = &body.lot {
        check_length(lot, "/lot")?;
    }
    let work = Work::Allocate(AllocateInput {
        sku: body.sku.clone(),
        location: body.location.clone(),
        lot: body.lot.clone(),
        qty: quantity(&body.qty)?,
        unit: body.unit.clone(),
        owner: body.owner.clone(),
        reservation: body.reservation,
        priority: body.priority.into(),
        backorder: body.backorder.unwrap_or(true),
    });
    post_submit(&app, &vault, command, work).await
}

/// Releases a reservation, in whole or in part.
#[utoipa::path(
    post, path = "/api/v1/reservations/{id}/release", request_body = ReleaseBody,
    params(("id" = String, Path, description = "the reservation")),
    responses((status = 200, body = ClaimAnswer))
)]
pub(crate) async fn release_reservation(
    app: App,
    State(vault): State<Vault>,
    Path(id): Path<String>,
    command: Command<ReleaseBody>,
) -> web::Result {
    release(&app, &vault, ClaimKind::Reservation, &id, command).await
}

/// Releases an allocation, in whole or in part.
#[utoipa::path(
    post, path = "/api/v1/allocations/{id}/release", request_body = ReleaseBody,
    params(("id" = String, Path, description = "the allocation")),
    responses((status = 200, body = ClaimAnswer))
)]
pub(crate) async fn release_allocation(
    app: App,
    State(vault): State<Vault>,
    Path(id): Path<String>,
    command: Command<ReleaseBody>,
) -> web::Result {
    release(&app, &vault, ClaimKind::Allocation, &id, command).await
}

async fn release(
    app: &App,
    vault: &Vault,
    kind: ClaimKind,
    id: &str,
    command: Command<ReleaseBody>,
) -> web::Result {
    let claim = ClaimId::parse(id).map_err(|_| Problem::not_found("claim", id))?;
    let qty = command.body.qty.as_deref().map(quantity).transpose()?.map(Qty::delta);
    post_submit(
        app,
        vault,
        command,
        Work::Release(ReleaseInput { claim, kind: Some(kind), qty, expired: false }),
    )
    .await
}

fn check_names(names: [(&String, &str); 2], unit: Option<&str>) -> Result<(), Problem> {
    for (name, pointer) in names {
        check_length(name, pointer)?;
    }
    unit.map_or(Ok(()), |unit| check_length(unit, "/unit"))
}

fn quantity(text: &str) -> Result<Qty, Problem> {
    Qty::parse(text).map_err(|error| error.problem("/qty"))
}
