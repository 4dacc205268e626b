//! The routes of commands on lots.

use super::LotChanged;
use super::hold::{LotHold, set_hold};
use super::parent::{SerialParent, set_parent};
use domain::{AsProblem, when};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Answer, App, Command, IfMatch, Path};

/// A change of a lot.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeLotBody {
    /// The last sellable day, such as `2026-03-01`; what the shelf life says when left out.
    expiry_on: Option<String>,
}

/// Why a lot is held or released.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldLotBody {
    /// One of the reasons.
    reason: String,
    /// What a person should know.
    note: Option<String>,
}

/// Mends the last sellable day of a lot.
#[utoipa::path(
    patch, path = "/api/v1/items/{sku}/lots/{lot}", request_body = ChangeLotBody,
    params(("sku" = String, Path, description = "the SKU"), ("lot" = String, Path, description = "the lot")),
    responses((status = 200, body = LotChanged))
)]
pub(crate) async fn change_lot(
    app: App,
    Path((sku, lot)): Path<(String, String)>,
    version: IfMatch,
    command: Command<ChangeLotBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let day = command.body.expiry_on.as_deref().map(when::parse_date).transpose();
            let day = day.map_err(|error| error.problem("/expiry_on"))?;
            let shown = super::set_expiry(tx, &command.caller, (&sku, &lot), version, day)?;
            Ok(Answer::ok(&shown)?.version(shown.version))
        })
        .await
}

macro_rules! hold_route {
    ($(#[doc = $doc:literal])* $name:ident, $path:literal, $on_hold:literal) => {
        $(#[doc = $doc])*
        #[utoipa::path(
            post, path = $path, request_body = HoldLotBody,
            params(("sku" = String, Path, description = "the SKU"), ("lot" = String, Path, description = "the lot")),
            responses((status = 200, body = LotHold))
        )]
        pub(crate) async fn $name(
            app: App,
            Path((sku, lot)): Path<(String, String)>,
            version: IfMatch,
            command: Command<HoldLotBody>,
        ) -> web::Result {
            command
                .run(&app, move |tx, command| {
                    let HoldLotBody { reason, note } = &command.body;
                    let why = (reason.as_str(), note.as_deref());
                    let shown = set_hold(tx, &command.caller, (&sku, &lot), version, $on_hold, why)?;
                    Ok(Answer::ok(&shown)?.version(shown.version))
                })
                .await
        }
    };
}

hold_route!(
    /// Puts a lot on hold: its good stock everywhere, and whatever comes of it later.
    hold_lot, "/api/v1/items/{sku}/lots/{lot}/hold", true
);
hold_route!(
    /// Releases a lot: all of its stock on hold is good again.
    release_lot, "/api/v1/items/{sku}/lots/{lot}/release", false
);

/// Which lot a serial was made in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SerialParentBody {
    /// The lot; it is made when nobody has named it before. Null when it is not known.
    parent: Option<String>,
    /// One of the reasons.
    reason: String,
    /// What a person should know.
    note: Option<String>,
}

/// Says which lot a serial was made in, when it came in without one or under the wrong one.
#[utoipa::path(
    post, path = "/api/v1/items/{sku}/lots/{lot}/parent", request_body = SerialParentBody,
    params(("sku" = String, Path, description = "the SKU"), ("lot" = String, Path, description = "the serial")),
    responses((status = 200, body = SerialParent))
)]
pub(crate) async fn set_serial_parent(
    app: App,
    Path((sku, lot)): Path<(String, String)>,
    version: IfMatch,
    command: Command<SerialParentBody>,
) -> web::Result {
    command
        .run(&app, move |tx, command| {
            let SerialParentBody { parent, reason, note } = &command.body;
            let why = (reason.as_str(), note.as_deref());
            let shown = set_parent(tx, &command.caller, (&sku, &lot), version, parent.as_deref(), why)?;
            Ok(Answer::ok(&shown)?.version(shown.version))
        })
        .await
}
