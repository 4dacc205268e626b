//! Whose postings an import said they are (I-26): a link names a customer and a posting that are there,
//! and the posting took effect when the link says.

use super::findings::Findings;
use super::ground::Ground;
use db::{Conn, DbError, Statement};
use domain::{Instant, PostingId};

/// Each link with what it names.
const LINKS: Statement = Statement::new(
    "verify.customers.links",
    "select s.customer_no, s.posting_id, s.effective_at, c.customer_no, p.effective_at
     from ck_customer_posting s
     left join ck_customer c on c.customer_no = s.customer_no
     left join ck_posting p on p.posting_id = s.posting_id",
);

/// Every link of a customer and a posting leads to both.
pub(super) fn links(conn: &mut Conn<'_>, _: &Ground, findings: &mut Findings) -> Result<(), DbError> {
    conn.for_each(&LINKS, &[], |row| {
        findings.row();
        let (customer, posting, said) = (row.int(0)?, PostingId::from_bytes(row.id16(1)?), row.int(2)?);
        findings.hold(row.opt_int(3)?.is_some(), || {
            format!("{posting} is said to be of customer {customer}, who is not there")
        });
        match row.opt_int(4)? {
            None => {
                findings.add(|| format!("customer {customer} is said to have {posting}, which is not there"));
            }
            Some(at) => findings.hold(at == said, || {
                let (at, said) = (Instant(at), Instant(said));
                format!("{posting} of customer {customer} took effect at {at}, its link says {said}")
            }),
        }
        Ok(())
    })
}
