//! The statements of what is known of people beside the accounts.

use db::Statement;
use db::copy::{What, Withheld};

pub(super) const CUSTOMER: Statement = Statement::new(
    "exchange.privacy.customer",
    "select c.number, c.country, c.first_at, c.last_at, c.invoices
     from exchange_customer c
     where c.number = ?1",
);

pub(super) const GOODS: Statement = Statement::new(
    "exchange.privacy.goods",
    "select s.posting, s.effective_at, p.kind, p.doc_id, i.sku, m.qty, f.code, t.code
     from exchange_customer_posting s
     join ck_posting p on p.posting_id = s.posting
     join ck_movement m on m.lane = p.lane and m.seq = p.seq
     join ck_item i on i.sku_id = m.sku_id
     join ck_location f on f.loc_id = m.from_loc
     join ck_location t on t.loc_id = m.to_loc
     where s.customer = ?1
     order by s.effective_at, s.posting, m.line_no",
);

pub(super) const POSTINGS: Statement = Statement::new(
    "exchange.privacy.postings",
    "select p.posting_id, p.kind, p.recorded_at, p.effective_at, p.doc_id, p.reason, p.note
     from ck_posting p
     where p.actor_id = ?1
     order by p.lane, p.seq",
);

pub(super) const FORGET_POSTINGS: Statement = Statement::new(
    "exchange.privacy.forget_postings",
    "delete from exchange_customer_posting where customer = ?1",
);

pub(super) const FORGET: Statement =
    Statement::new("exchange.privacy.forget", "delete from exchange_customer where number = ?1");

/// What a training copy is not given of this module: customers, and files that somebody wants to import.
pub const WITHHELD: &[Withheld] = &[
    Withheld { table: "exchange_customer", what: What::Rows },
    Withheld { table: "exchange_customer_posting", what: What::Rows },
    Withheld { table: "exchange_list_import", what: What::Rows },
    Withheld { table: "exchange_list_import_part", what: What::Rows },
];

/// All statements, for the test that prepares each.
#[cfg(test)]
pub(super) const STATEMENTS: [&Statement; 5] = [&CUSTOMER, &GOODS, &POSTINGS, &FORGET_POSTINGS, &FORGET];
