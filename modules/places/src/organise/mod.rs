//! The organisation: what holds for all of its places. It is set up once; the currency of the books
//! and the way stock is valued never change afterwards.

pub(crate) mod api;
#[cfg(test)]
mod tests;

use crate::training::Training;
use crate::{code, store_organisation};
use db::{Conn, DbError, Tx};
use domain::costing::Method;
use domain::{AsProblem, Code, Ctx, Currency, Instant, Problem, Zone};
use serde::{Serialize, Serializer};
use serde_json::json;
use utoipa::ToSchema;
pub use web::OrganisationSetUp as SetUp;
use web::{Failure, RecordChange};

/// Which stock shares its cost layers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValuationGrouping {
    /// Each site has a group of its own.
    Site,
    /// The whole organisation is one group.
    Organisation,
}

impl ValuationGrouping {
    /// The whole list, in stored order.
    pub const ALL: &'static [ValuationGrouping] = &[ValuationGrouping::Site, ValuationGrouping::Organisation];

    /// The stored number.
    pub const fn number(self) -> i64 {
        match self {
            ValuationGrouping::Site => 1,
            ValuationGrouping::Organisation => 2,
        }
    }

    /// From the stored number.
    pub fn from_number(number: i64) -> Option<ValuationGrouping> {
        ValuationGrouping::ALL.iter().copied().find(|grouping| grouping.number() == number)
    }

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            ValuationGrouping::Site => "site",
            ValuationGrouping::Organisation => "organisation",
        }
    }
}

impl Serialize for ValuationGrouping {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// The organisation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Organisation {
    /// What it is called; null until it is set up.
    pub name: Option<String>,
    /// The currency of the books.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// The zone that its periods follow, and that new sites have unless they say otherwise.
    #[serde(serialize_with = "zone_name")]
    #[schema(value_type = String)]
    pub zone: Zone,
    /// How cost leaves stock: `fifo` or `moving_average`.
    #[schema(value_type = String)]
    pub valuation_method: Method,
    /// Which stock shares its cost layers: that of a `site`, or of the `organisation`.
    #[schema(value_type = String)]
    pub valuation_grouping: ValuationGrouping,
    /// Counts its changes; 0 until it is set up.
    pub version: i64,
    /// When it was set up; null until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub changed_at: Option<Instant>,
    /// That this is a copy to practise in, and of what; null for the store itself.
    pub training: Option<Training>,
}

fn zone_name<S: Serializer>(zone: &Zone, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.name())
}

/// The organisation as it is; before it is set up: GBP, UTC, FIFO, a group for each site.
pub fn organisation(conn: &mut Conn<'_>) -> Result<Organisation, DbError> {
    store_organisation::load(conn)
}

/// Sets the organisation up, once. Sites that are there already keep their zones and join the new
/// valuation groups. The caller has made sure that there is no stock, and lets none come meanwhile.
///
/// # Errors
/// `already_set_up`; `invalid_value`.
pub fn set_up(tx: &mut Tx<'_>, ctx: &Ctx, command: &SetUp) -> Result<Organisation, Failure> {
    let before = store_organisation::lock(tx)?;
    if before.version > 0 {
        let name = before.name.unwrap_or_default();
        let detail = format!("the organisation was set up before, as `{name}`");
        return Err(Problem::new(Code::AlreadySetUp, detail).into());
    }
    let after = Organisation { training: before.training, ..plan(command, ctx.now)? };
    store_organisation::update(tx, &after)?;
    if after.valuation_grouping != before.valuation_grouping {
        store_organisation::regroup(tx, after.valuation_grouping)?;
    }
    let body = json!({ "organisation": serde_json::to_value(&after)? });
    let change = RecordChange {
        action: "places.organisation.set_up",
        event: "places.organisation_set_up",
        target: after.name.as_deref().unwrap_or_default(),
        aggregate_type: "organisation",
        aggregate_id: "1",
        version: after.version,
        at: ctx.now,
        sites: &[],
    };
    web::record_change(tx, ctx, &change, &body);
    Ok(after)
}

/// Refuses what [`set_up`] would refuse wherever it were asked. Pure.
///
/// # Errors
/// `invalid_value`, with the field.
pub fn check_set_up(command: &SetUp) -> Result<(), Problem> {
    plan(command, Instant::MIN).map(drop)
}

/// The organisation as it will be. Pure.
fn plan(command: &SetUp, now: Instant) -> Result<Organisation, Problem> {
    let SetUp { name, currency, zone, valuation_method, valuation_grouping } = command;
    let grouping = valuation_grouping.as_deref().unwrap_or("site");
    let found = ValuationGrouping::ALL.iter().find(|other| other.word() == grouping);
    Ok(Organisation {
        name: Some(code::name(name, "/name")?),
        currency: Currency::parse(currency).map_err(|error| error.problem("/currency"))?,
        zone: Zone::parse(zone).map_err(|error| error.problem("/zone"))?,
        valuation_method: Method::parse(valuation_method.as_deref().unwrap_or("fifo"))
            .map_err(|error| error.problem("/valuation_method"))?,
        valuation_grouping: *found.ok_or_else(|| {
            let detail = "a valuation grouping is one of `site`, `organisation`";
            Problem::at(Code::InvalidValue, "/valuation_grouping", detail)
        })?,
        version: 1,
        changed_at: Some(now),
        training: None,
    })
}
