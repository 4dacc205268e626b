//! `POST /api/v1/location-layout`.

use super::lay_out;
use super::position::Position;
use domain::given::given;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Answer, App, Command};

/// The layout of many places.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayoutBody {
    /// The places, at most 10,000.
    pub(crate) locations: Vec<LayoutEntry>,
}

/// The layout of one place: left out means as it was, null takes it away.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayoutEntry {
    /// The code of the location.
    pub(crate) code: String,
    /// Where it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Position>)]
    #[expect(clippy::option_option, reason = "left out, null and a value are three different things")]
    pub(crate) position: Option<Option<Position>>,
    /// Its number in the walking order; what has a smaller one is walked to before.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    #[expect(clippy::option_option, reason = "left out, null and a value are three different things")]
    pub(crate) walk: Option<Option<i64>>,
    /// The version that was read; refused when it has changed since. Not asked for when left out.
    #[serde(default)]
    pub(crate) version: Option<i64>,
}

/// What was laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct LaidOut {
    /// How many places were named.
    pub(crate) count: usize,
    /// How many of them were not so before.
    pub(crate) changed: usize,
}

/// Gives many places their positions and their numbers in the walking order, all or none.
#[utoipa::path(
    post, path = "/api/v1/location-layout", request_body = LayoutBody,
    responses((status = 200, body = LaidOut))
)]
pub(crate) async fn lay_out_locations(app: App, command: Command<LayoutBody>) -> web::Result {
    command
        .run(&app, |tx, command| {
            let caller = &command.caller;
            Answer::ok(&lay_out(tx, &caller.ctx, caller.scope.reached(), &command.body)?)
        })
        .await
}
