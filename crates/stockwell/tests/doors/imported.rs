//! What an import leaves beside the ledger, which no door writes.

use crate::scope_walk::Stage;
use db::{DbError, Statement};

/// A customer of an import, and their postings: every one there is.
const CUSTOMER: [Statement; 2] = [
    Statement::new(
        "test.customer",
        "insert into exchange_customer (number, country, first_at, last_at, invoices)
         select 7, 'France', min(p.effective_at), max(p.effective_at), 1 from stock_posting p",
    ),
    Statement::new(
        "test.customer_postings",
        "insert into exchange_customer_posting (customer, effective_at, posting)
         select 7, p.effective_at, p.id from stock_posting p",
    ),
];

impl Stage {
    /// What an import says of what was posted.
    pub(crate) fn imported(&self) {
        let written = self.world.db.write_blocking(|tx| {
            CUSTOMER.iter().try_for_each(|statement| tx.execute(statement, &[]).map(drop))?;
            Ok::<_, DbError>(())
        });
        written.unwrap();
    }
}
