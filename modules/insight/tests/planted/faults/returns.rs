//! Faults of what came back of sales.

use super::Fault;
use db::Statement;

pub(super) const FAULTS: &[Fault] = &[
    fault!(
        "I-31",
        "a sale says that more came back",
        [],
        "update stock_sale set returned = returned + 1 where returned < qty",
    ),
    fault!(
        "I-31",
        "a sale says that it came back at more",
        [],
        "update stock_sale set value_back = value_back + 1 where returned < qty",
    ),
    fault!("I-31", "a sale forgets what came back", [], "update stock_sale set returned = 0, value_back = 0",),
    fault!("I-31", "a sale says that it shipped more", [], "update stock_sale set qty = qty + 1",),
    fault!("I-31", "a sale says that it was worth more", [], "update stock_sale set value = value + 1",),
    fault!(
        "I-31",
        "a sale says that it was of another item",
        [],
        "update stock_sale set item = (select i.id from catalog_item i where i.sku = 'BOLT')",
    ),
    fault!("I-31", "the row of a sale is gone", [], "delete from stock_sale where line = 1",),
    fault!(
        "I-31",
        "what a return took back is gone",
        ["I-15"],
        "delete from stock_return where (lane, number) = (select p.lane, p.number from stock_posting p where
         p.note = 'back')",
    ),
    fault!(
        "I-31",
        "a return took back more",
        ["I-15"],
        "update stock_return set qty = qty + 1 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'back')",
    ),
    fault!(
        "I-31",
        "a return took back another line",
        ["I-15"],
        "update stock_return set sale_line = 1 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'back')",
    ),
    fault!(
        "I-31",
        "what is no return took something back",
        ["I-15"],
        "update stock_return set number = (select p.number from stock_posting p where p.note = 'last' and
         p.lane = stock_return.lane) where (lane, number) = (select p.lane, p.number from stock_posting p
         where p.note = 'back too')",
    ),
    fault!(
        "I-31",
        "a sale with returns was reversed",
        ["I-14", "I-15"],
        "update stock_posting set reversal_of = (select p.id from stock_posting p where p.note = 'sale')
         where note = 'undone'",
    ),
    fault!(
        "I-31",
        "a return took back what was worth less",
        ["I-15"],
        "update stock_return set value = value - 1 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'back')",
    ),
];
