//! The real year into the ledger: a planned [`Year`] becomes a site with bins, items, and postings
//! in the order in which things happened, each recorded now and effective then.
//!
//! * The site is `LON`, its calendar London's, its books in pounds by FIFO.
//! * Bins are `LON-A-01-1` to `LON-D-25-3`; every item has its home bin, by its place in the list.
//! * A document of the file is one posting with its number as the document; the customer's number
//!   and country are its note, and it is linked to the customer. Services move no stock and so are not
//!   posted.
//! * Opening stock and weekly receipts are simulated: their documents begin with `SIM-` and their
//!   reason is `simulated`. They come in at the plan's cost for a unit.
//! * Goods that come back from a sale name it, and are worth what they were worth when they left, to the penny;
//!   those that no sale explains, and those that were found, are worth the item's simulated cost.
//! * Goods made in batches are kept by lot, see the plan.
//! * The giant mistakes move no stock, as the plan says.
//! * Two items that the file does not have show lots that expire and serials: `DEMO-SOUP` and
//!   `DEMO-DRILL`, marked as simulated like all else that is.
//!
//! It goes into an empty database only, so that nothing of it is ever mixed with what people did: no
//! site, no item, and books that are not set up or are kept as the year's.
//! Part after part is one transaction that also says how far the import is: whatever ends it in the
//! middle, the same call goes on with the next part, and a call after the last one changes nothing.

mod costs;
mod extras;
mod ground;
mod postings;
mod progress;
mod store;
#[cfg(test)]
mod tests;

use crate::customers::{Customer, store as customers};
use crate::online_retail::{self, DocLine, Effect, Year};
use costs::Sales;
use db::{Db, Tx};
use domain::{Code, Ctx, Problem};
use ground::Ground;
use postings::Part;
use serde::Serialize;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use stock::Loader;
use web::Failure;

/// The name that the import's progress is kept under.
const NAME: &str = "online-retail";

/// Lines that go into one transaction, about: a fiftieth of the year, so that what is lost when it
/// is cut off is little, within limits: what is small makes many syncs, and a row that many lines
/// of a part change is written once.
fn lines_per_part(year: &Year) -> usize {
    let lines = usize::try_from(year.reconciliation.file.lines).unwrap_or(usize::MAX);
    (lines / 50).clamp(500, 10_000)
}

/// What is in the database when the year is loaded, with the items that show lots and serials. It follows
/// from the plan alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// Items.
    pub items: usize,
    /// Bins.
    pub locations: usize,
    /// Postings of documents of the file.
    pub postings: usize,
    /// Postings of simulated documents.
    pub postings_simulated: usize,
    /// Movements of both.
    pub movements: usize,
    /// Lines of the file that moved stock.
    pub lines_moved: usize,
    /// Net units that the lines of the file moved, with the sign of what they did to stock.
    pub units_moved: i64,
}

impl Loaded {
    fn of(year: &Year) -> Loaded {
        // what the file does not have comes last, in a posting of its own
        let mut loaded = Loaded {
            items: year.items.len() + extras::ITEMS,
            locations: ground::BINS_COUNT,
            postings_simulated: 1,
            movements: extras::movements(),
            ..Loaded::default()
        };
        for (at, doc) in year.docs.iter().enumerate() {
            let lines = || doc.lines.iter().enumerate().filter(|(_, line)| line.effect != Effect::None);
            let count = lines().count();
            loaded.movements +=
                lines().map(|(number, _)| year.lots.of(at, number).len().max(1)).sum::<usize>();
            if count > 0 && doc.kind.is_simulated() {
                loaded.postings_simulated += 1;
            } else if count > 0 {
                loaded.postings += 1;
                loaded.lines_moved += count;
                loaded.units_moved += doc.lines.iter().map(DocLine::stock_units).sum::<i64>();
            }
        }
        loaded
    }
}

/// How the database came to hold the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// From the first document to the last.
    Whole,
    /// From where an earlier call was cut off, which had done so many documents.
    Continued(usize),
    /// An earlier call had done everything; this one changed nothing.
    Unchanged,
}

/// How a call of [`load`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The year is in the database, and how it came there.
    Loaded(Loaded, Course),
    /// Whoever heard of its progress has stopped it: so many of so many documents are committed.
    Stopped {
        /// Documents that are committed.
        done: usize,
        /// Documents of the year.
        total: usize,
    },
}

/// Loads a year, or what is missing of it. `heard` hears behind each commit how many of how many
/// documents are done, and may stop it there: the same call goes on later.
///
/// # Errors
/// `in_use` when the database holds something else, and failures of the store. What was committed
/// before a failure stays, and the same call goes on there.
pub fn load(
    db: &Db,
    ctx: &Ctx,
    year: Year,
    mut heard: impl FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<End, Failure> {
    let loaded = Loaded::of(&year);
    let lines_per_part = lines_per_part(&year);
    let (mut import, course) = Import::open(db, ctx, year, lines_per_part)?;
    let total = import.job.year.docs.len();
    if course == Course::Unchanged {
        return Ok(End::Loaded(loaded, course));
    }
    while import.part(db, ctx)? {
        if heard(import.done, total).is_break() {
            return Ok(End::Stopped { done: import.done, total });
        }
    }
    if let Err(error) = db.settle() {
        tracing::warn!(%error, "after the import of a year");
    }
    Ok(End::Loaded(loaded, course))
}

/// An import under way.
struct Import {
    job: Arc<Job>,
    /// Documents that are done.
    done: usize,
    lines_per_part: usize,
}

/// What every part of it needs.
struct Job {
    year: Arc<Year>,
    ground: Ground,
    sales: Mutex<Sales>,
    loader: Loader,
}

impl Import {
    /// Makes the ground, or finds it as it was left.
    fn open(db: &Db, ctx: &Ctx, year: Year, lines_per_part: usize) -> Result<(Import, Course), Failure> {
        let year = Arc::new(year);
        let (planned, made) = (Arc::clone(&year), ctx.clone());
        let (ground, sales, done, course) = db.write_blocking(move |tx| begin(tx, &made, &planned))?;
        let job = Job { year, ground, sales: Mutex::new(sales), loader: Loader::default() };
        Ok((Import { job: Arc::new(job), done, lines_per_part }, course))
    }

    /// Does the next part in a transaction of its own; false when there was none left to do.
    fn part(&mut self, db: &Db, ctx: &Ctx) -> Result<bool, Failure> {
        let (from, to) = (self.done, self.end_of_part());
        let (job, ctx) = (Arc::clone(&self.job), ctx.clone());
        if from == self.job.year.docs.len() {
            db.write_blocking(move |tx| finish(tx, &ctx))?;
            return Ok(false);
        }
        db.write_blocking(move |tx| job.part(tx, &ctx, from, to))?;
        self.done = to;
        Ok(true)
    }

    /// Where a part that begins now ends.
    fn end_of_part(&self) -> usize {
        let mut lines = 0;
        for (number, doc) in self.job.year.docs.iter().enumerate().skip(self.done) {
            lines += doc.lines.len();
            if lines >= self.lines_per_part {
                return number + 1;
            }
        }
        self.job.year.docs.len()
    }
}

fn begin(tx: &mut Tx<'_>, ctx: &Ctx, year: &Year) -> Result<(Ground, Sales, usize, Course), Failure> {
    let plan = progress::digest(year);
    let mut sales = Sales::of(year);
    let Some(progress) = store::read(tx, NAME)? else {
        let ground = ground::prepare(tx, ctx, year)?;
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let lines = i64::try_from(year.reconciliation.file.lines).unwrap_or(i64::MAX);
        store::begin(tx, NAME, &plan, (lines, number(year.docs.len())), ctx.now)?;
        customers::insert(tx, &customers_of(year))?;
        return Ok((ground, sales, 0, Course::Whole));
    };
    progress.check(&plan, year)?;
    let ground = ground::find_again(tx, ctx, year)?;
    for (row, value, posting) in store::sales(tx, NAME)? {
        sales.left(row, value);
        if let Some(posting) = posting {
            sales.posted(row, posting);
        }
    }
    let course =
        if progress.finished { Course::Unchanged } else { Course::Continued(progress.documents_done) };
    Ok((ground, sales, progress.documents_done, course))
}

/// The customers of a year as they are kept.
fn customers_of(year: &Year) -> Vec<Customer> {
    let kept = |customer: &online_retail::Customer| Customer {
        number: customer.number.into(),
        country: customer.country.clone(),
        first_at: customer.first,
        last_at: customer.last,
        invoices: customer.invoices.into(),
    };
    year.customers.iter().map(kept).collect()
}

impl Job {
    fn part(&self, tx: &mut Tx<'_>, ctx: &Ctx, from: usize, to: usize) -> Result<(), Failure> {
        // first, so that of two processes one waits and then is refused before it has done anything
        if !store::advance(tx, NAME, from, to)? {
            return Err(somebody_else().into());
        }
        let mut sales = self.sales.lock().unwrap_or_else(PoisonError::into_inner);
        let mut part = Part::new(&self.year, &self.ground, ctx, &mut sales, (from, to));
        let postings = std::mem::take(&mut part.postings);
        self.loader.load(tx, ctx, &postings, &mut part)?;
        store::keep_sales(tx, NAME, &part.sold)?;
        Ok(customers::link(tx, &part.customers)?)
    }
}

/// The last transaction: what the file does not have, and that nothing is left to do.
fn finish(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<(), Failure> {
    if !store::finish(tx, NAME, ctx.now)? {
        return Err(somebody_else().into());
    }
    extras::load(tx, ctx)
}

/// Refuses to do what another process is doing.
fn somebody_else() -> Problem {
    Problem::new(Code::InUse, "another process is importing this year into the same database; let it finish")
}
