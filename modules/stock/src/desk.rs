//! How the organisation keeps its books: what every decision needs and nothing changes after the
//! first posting.

use crate::organise::store::any_posting;
use db::{Conn, DbError};
use domain::costing::Method;
use domain::currency::Currency;
use domain::ledger::Clock;
use domain::{Ctx, Zone};
use places::Organisation;

/// The books' settings.
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
        Ok(Desk::of(places::organisation(conn)?))
    }

    /// The clock of a command by these books.
    pub(crate) fn clock<'a>(&'a self, ctx: &'a Ctx) -> Clock<'a> {
        Clock { now: ctx.now, zone: &self.zone, minor_digits: self.minor_digits, ids: ctx.ids.as_ref() }
    }

    fn of(organisation: Organisation) -> Desk {
        Desk {
            zone: organisation.zone,
            method: organisation.valuation_method,
            currency: organisation.currency,
            minor_digits: organisation.currency.minor_digits(),
        }
    }
}

/// The settings as the hot path keeps them between batches: from when nothing can change them.
///
/// Whoever sets the organisation up does it once, before the first posting, and maybe in another
/// process. Until then every batch reads the settings anew.
#[derive(Debug, Default)]
pub(crate) struct KeptDesk(Option<Desk>);

impl KeptDesk {
    /// The settings, for a transaction that has passed the gate, so that they hold until its end.
    pub(crate) fn read(&mut self, conn: &mut Conn<'_>) -> Result<Desk, DbError> {
        if let Some(desk) = &self.0 {
            return Ok(desk.clone());
        }
        let organisation = places::organisation(conn)?;
        let settled = organisation.version > 0 || any_posting(conn)?;
        let desk = Desk::of(organisation);
        self.0 = settled.then(|| desk.clone());
        Ok(desk)
    }
}
