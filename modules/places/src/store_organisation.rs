//! The statements of the one organisation. Its row is there from the first migration.

use crate::create::decide::ORGANISATION_GROUP;
use crate::organise::{Organisation, ValuationGrouping};
use crate::store_training;
use db::{Conn, DbError, Row, Statement, Tx};
use domain::costing::Method;
use domain::{Currency, Instant, Zone};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select o.name, o.currency, o.zone, o.valuation_method, o.valuation_grouping, o.version, o.changed_at, \
               (select t.made_at from places_training t where t.id = 1), \
               (select t.organisation from places_training t where t.id = 1), \
               (select t.sites from places_training t where t.id = 1) \
             from places_organisation o where o.id = 1",
            $rest
        )
    };
}

const LOAD: Statement = Statement::new("places.organisation.load", select!(""));

const LOCK: Statement =
    Statement::per_engine("places.organisation.lock", select!(""), select!(" for update"));

const UPDATE: Statement = Statement::new(
    "places.organisation.update",
    "update places_organisation
     set name = ?1, currency = ?2, zone = ?3, valuation_method = ?4, valuation_grouping = ?5, version = ?6,
         changed_at = ?7
     where id = 1",
);

/// A place of a site is valued with its site, or with everything.
const REGROUP: Statement = Statement::new(
    "places.organisation.regroup",
    "update places_location
     set valuation_group = case when ?1 = 1 then site_id else ?2 end
     where site_id <> 0",
);

const REGROUP_SITES: Statement = Statement::new(
    "places.organisation.regroup_sites",
    "update places_site set valuation_group = case when ?1 = 1 then id else ?2 end",
);

fn organisation(row: &Row<'_>) -> Result<Organisation, DbError> {
    let bad = |column, wanted| DbError::Column { column, wanted };
    let version = row.int(5)?;
    // the first migration has put in what a column needs
    let is_set_up = version > 0;
    Ok(Organisation {
        name: is_set_up.then_some(row.text(0)?.to_owned()),
        currency: Currency::parse(row.text(1)?).map_err(|_| bad(1, "a currency"))?,
        zone: Zone::parse(row.text(2)?).map_err(|_| bad(2, "a time zone"))?,
        valuation_method: Method::from_number(row.int(3)?).ok_or(bad(3, "a costing method"))?,
        valuation_grouping: ValuationGrouping::from_number(row.int(4)?).ok_or(bad(4, "a grouping"))?,
        version,
        changed_at: is_set_up.then_some(Instant(row.int(6)?)),
        training: store_training::read(row, 7)?,
    })
}

/// The organisation.
pub(crate) fn load(conn: &mut Conn<'_>) -> Result<Organisation, DbError> {
    conn.query_one(&LOAD, &[], organisation)
}

/// The organisation, held until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>) -> Result<Organisation, DbError> {
    tx.query_one(&LOCK, &[], organisation)
}

/// Stores the organisation.
pub(crate) fn update(tx: &mut Tx<'_>, organisation: &Organisation) -> Result<(), DbError> {
    let Organisation {
        name, currency, zone, valuation_method, valuation_grouping, version, changed_at, ..
    } = organisation;
    let params = [
        name.as_deref().unwrap_or_default().into(),
        currency.code().into(),
        zone.name().into(),
        valuation_method.number().into(),
        valuation_grouping.number().into(),
        (*version).into(),
        changed_at.map_or(0, |at| at.0).into(),
    ];
    tx.execute(&UPDATE, &params).map(|_| ())
}

/// Puts every site and all that stands in it into the valuation group of the grouping.
pub(crate) fn regroup(tx: &mut Tx<'_>, grouping: ValuationGrouping) -> Result<(), DbError> {
    let params = [grouping.number().into(), ORGANISATION_GROUP.into()];
    tx.execute(&REGROUP, &params)?;
    tx.execute(&REGROUP_SITES, &params).map(|_| ())
}

/// All statements, for the test that prepares each of them on both engines.
#[cfg(test)]
pub(crate) const ALL: &[&Statement] = &[&LOAD, &LOCK, &UPDATE, &REGROUP, &REGROUP_SITES];
