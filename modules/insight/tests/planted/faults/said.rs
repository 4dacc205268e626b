//! Faults of records that are not as their events say.

use super::Fault;
use db::Statement;

pub(super) const FAULTS: &[Fault] = &[
    fault!(
        "I-01",
        "a balance moved last at another instant",
        ["I-07"],
        "update stock_balance set latest = latest + 1 where location = (select p.id from places_location p
         where p.code = 'L2') and status = 1",
    ),
    fault!(
        "I-06",
        "a claim has another owner",
        [],
        "update stock_claim set owner = 'order-9' where owner = 'order-1'",
    ),
    fault!(
        "I-06",
        "a claim has another priority",
        [],
        "update stock_claim set priority = 7 where owner = 'order-1'",
    ),
    fault!(
        "I-06",
        "a claim ends by itself",
        [],
        "update stock_claim set expires_at = 4000000000000000 where owner = 'order-1'",
    ),
    fault!(
        "I-27",
        "an item comes in fractions",
        [],
        "update catalog_item set whole = not whole where sku = 'BOLT'",
    ),
    fault!("I-27", "a case holds another number", [], "update catalog_unit set num = 13 where unit = 'case'",),
    fault!(
        "I-27",
        "a lot is sold until another day",
        [],
        "update stock_lot set expiry_on = '2027-03-01' where code = 'B'",
    ),
    fault!(
        "I-27",
        "the books are of another method",
        [],
        "update places_organisation set valuation_method = 2",
    ),
];
