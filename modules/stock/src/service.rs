//! The vault as the rest of the product sees it: submit a request to the hot path, or post inside
//! of another module's own transaction.

use crate::desk::KeptDesk;
use crate::input::Request;
use crate::load::Known;
use crate::run;
use db::{Conn, Db, DbError, Front, Tx};
use domain::{Instant, LocationId};
use std::sync::{Arc, Mutex, PoisonError};
use web::Answer;

/// The vault. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vault {
    front: Front<Request, Answer>,
    staff: Option<Staff>,
}

/// Asks `access` how many users beside administrators may receive at a place; handed over by the wiring, since
/// modules know only those below them.
pub type Staff = fn(&mut Conn<'_>, LocationId) -> Result<i64, DbError>;

/// What the front's thread keeps between batches.
#[derive(Debug, Default)]
struct Kept {
    desk: KeptDesk,
    known: Known,
}

impl Vault {
    /// Opens the hot path over a database.
    pub fn open(db: &Db) -> Vault {
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let front = db.front_weighted(
            move |tx, requests: &[Request]| {
                let requests: Vec<&Request> = requests.iter().collect();
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let Kept { desk, known } = &mut *kept;
                run::run(tx, desk, known, &requests)
            },
            weight,
        );
        Vault { front, staff: None }
    }

    /// The same, knowing whom to ask for the people of a place.
    #[must_use]
    pub fn with_staff(self, staff: Staff) -> Vault {
        Vault { staff: Some(staff), ..self }
    }

    /// Whom to ask for the people of a place.
    pub(crate) const fn staff(&self) -> Option<Staff> {
        self.staff
    }

    /// Submits a request; the answer comes after its commit. A refusal is an answer.
    ///
    /// # Errors
    /// When the store cannot take it: busy, full, gone.
    pub async fn submit(&self, request: Request) -> Result<Answer, DbError> {
        self.front.submit(request).await
    }

    /// The same for a thread that may wait.
    ///
    /// # Errors
    /// As [`Vault::submit`].
    pub fn submit_blocking(&self, request: Request) -> Result<Answer, DbError> {
        self.front.submit_blocking(request)
    }
}

/// Decides requests inside of a transaction that somebody else has open: each is accepted or
/// refused by itself, in order, and nothing is answered before that transaction commits.
///
/// # Errors
/// When the store fails; the transaction is then to be given up.
pub fn run_in(tx: &mut Tx<'_>, requests: &[Request]) -> Result<Vec<Answer>, DbError> {
    let requests: Vec<&Request> = requests.iter().collect();
    run::run(tx, &mut KeptDesk::default(), &mut Known::default(), &requests)
}

/// Months of movements that are made ready ahead of time.
const MONTHS_AHEAD: u32 = 3;

/// Makes ready what the coming months of movements are stored in. To be called at every start and
/// now and then.
///
/// # Errors
/// When the store fails.
pub fn prepare(tx: &mut Tx<'_>, now: Instant) -> Result<(), DbError> {
    db::partitions::ensure(tx, "stock_movement", now.0, MONTHS_AHEAD)
}

/// What a request costs of a batch; little when it is too large to be looked at.
fn weight(request: &Request) -> usize {
    if request.work.fits() { request.work.size() } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::weight;
    use crate::input::{BulkInput, LINES_PER_BULK_MAX, PostInput, Request, Work};
    use crate::testing::{parse, posting};
    use domain::ledger::Kind;
    use std::sync::Arc;
    use web::Principal;

    #[test]
    fn a_serial_weighs_as_much_as_a_line() {
        let world = crate::testing::world(db::Engine::Sqlite);
        let post = |lines: &[&str]| {
            let lines = lines.iter().map(|line| parse(line)).collect();
            PostInput { lines, ..posting(Kind::Receive) }
        };
        let weigh = |work| {
            let principal = Arc::new(Principal::system());
            weight(&Request {
                ctx: world.ctx.clone(),
                principal,
                key: None,
                work,
                second: web::Second::Cannot,
            })
        };
        let bulk = |postings| Work::Bulk(BulkInput { postings, refused: Vec::new(), atomic: false });
        let three = || post(&["1 BOLT at L1", "2 DRILL serials S1,S2 at L1"]);
        assert_eq!(weigh(Work::Post(post(&["5 BOLT at L1"]))), 1);
        assert_eq!(weigh(Work::Post(three())), 3);
        assert_eq!(weigh(bulk(vec![three(), three()])), 6);
        let mut large = three();
        large.lines[1].serials = vec!["S".to_owned(); LINES_PER_BULK_MAX - 1];
        assert_eq!(weigh(bulk(vec![large.clone()])), LINES_PER_BULK_MAX);
        assert_eq!(weigh(bulk(vec![large.clone(), three()])), 1, "it is refused unread");
        large.lines[1].serials.push("T".to_owned());
        assert_eq!(weigh(Work::Post(large)), 1, "it is refused unread");
    }
}
