//! Faults of what is folded from the log: guards, claims, months, digests.

use super::Fault;
use db::Statement;

pub(super) const FAULTS: &[Fault] = &[
    // what is kept beside the log
    fault!(
        "I-30",
        "a guard promises more",
        [],
        "update stock_site set sellable = sellable + 1000000 where backordered = 0",
    ),
    fault!(
        "I-30",
        "a guard forgets a promise",
        [],
        "update stock_site set reserved = 0 where reserved > 0 and backordered = 0",
    ),
    fault!(
        "I-30",
        "a guard does not know what expires",
        [],
        "update stock_site set next_expiry = null where next_expiry is not null",
    ),
    fault!("I-30", "a reservation is gone", [], "delete from stock_claim where owner = 'order-1'",),
    fault!(
        "I-30",
        "a reservation is for less",
        [],
        "update stock_claim set qty = qty - 1 where owner = 'order-1'",
    ),
    fault!(
        "I-30",
        "more was lost of a claim than postings took",
        [],
        "update stock_claim set lost = lost + 1 where owner = 'order-1'",
    ),
    fault!(
        "I-30",
        "a guard forgets who waits",
        [],
        "update stock_site set backordered = 0 where backordered > 0",
    ),
    fault!(
        "I-30",
        "a reservation waits for more",
        [],
        "update stock_claim set backordered = backordered + 1 where owner = 'order-4'",
    ),
    fault!(
        "I-30",
        "what waited is said to be covered",
        [],
        "update stock_claim set qty = qty + backordered, backordered = 0 where owner = 'order-4'",
    ),
    fault!("I-30", "a month is off", [], "update stock_month set qty_in = qty_in + 1",),
    fault!("I-30", "a month is gone", [], "delete from stock_month where location < 0",),
    fault!("I-30", "a month stood lower", [], "update stock_month set low = low - 1 where low is not null",),
    fault!("I-30", "a month's value is off", [], "update stock_month_value set value_out = value_out + 1",),
    fault!(
        "I-30",
        "a digest was made of another state",
        [],
        "update stock_digest set state_hash = (select p.hash from stock_posting p where p.note =
         'nails-2')",
    ),
    fault!(
        "I-30",
        "a digest counts other movements",
        [],
        "update stock_digest set movements = movements + 1",
    ),
];
