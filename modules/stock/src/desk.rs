//! How the organisation keeps its books: what every decision needs and nothing changes later.

use db::{Conn, DbError};
use domain::Zone;
use domain::costing::Method;
use domain::currency::Currency;

/// The books' settings, read once at start.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    /// The organisation's zone: its calendar has the periods.
    pub(crate) zone: Zone,
    /// How cost leaves stock.
    pub(crate) method: Method,
    /// The functional currency.
    pub(crate) currency: Currency,
    /// Its decimals.
    pub(crate) minor_digits: u32,
}

impl Desk {
    /// Reads the settings.
    pub(crate) fn read(conn: &mut Conn<'_>) -> Result<Desk, DbError> {
        let organisation = places::organisation(conn)?;
        Ok(Desk {
            zone: organisation.zone,
            method: organisation.valuation_method,
            currency: organisation.currency,
            minor_digits: organisation.currency.minor_digits(),
        })
    }
}
