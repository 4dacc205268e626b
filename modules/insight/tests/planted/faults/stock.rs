//! Faults of stock: balances, claims, lots, cost.

use super::Fault;
use db::Statement;

pub(super) const FAULTS: &[Fault] = &[
    // balances and their history
    fault!(
        "I-01",
        "a balance outside is one too high",
        ["I-02"],
        "update stock_balance set on_hand = on_hand + 1000000 where location < 0 and lot = 0",
    ),
    fault!(
        "I-01",
        "a movement is gone",
        ["I-03", "I-11", "I-15", "I-30"],
        "delete from stock_movement where (lane, number) = (select p.lane, p.number from stock_posting p
         where p.note = 'first')",
    ),
    fault!(
        "I-01",
        "a movement has another quantity",
        ["I-11", "I-15", "I-30"],
        "update stock_movement set qty = qty + 1 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'issue')",
    ),
    fault!(
        "I-01",
        "a version is skipped",
        [],
        "update stock_balance set ver = ver + 1 where location < 0 and lot = 0",
    ),
    fault!(
        "I-01",
        "goods are younger than their last movement",
        [],
        "update stock_balance set since = latest + 1 where location > 0 and on_hand > 0",
    ),
    fault!(
        "I-01",
        "a running balance is wrong",
        ["I-15"],
        "update stock_movement set to_after = to_after + 1 where (lane, number) = (select p.lane,
         p.number from stock_posting p where p.note = 'first')",
    ),
    fault!("I-01", "a balance is gone", ["I-02"], "delete from stock_balance where location < 0 and lot = 0",),
    fault!(
        "I-02",
        "stock comes from nowhere",
        ["I-01"],
        "update stock_balance set on_hand = on_hand + 1 where location < 0 and lot = 0",
    ),
    fault!(
        "I-03",
        "an issue was before its receipt",
        ["I-15", "I-23", "I-30"],
        "update stock_movement set effective_at = (select p.effective_at from stock_posting p where
         p.note = 'nails-2') where (lane, number) = (select p.lane, p.number from stock_posting p where
         p.note = 'issue')",
        "update stock_posting set effective_at = (select p.effective_at from stock_posting p where
         p.note = 'nails-2') where note = 'issue'",
    ),
    fault!(
        "I-03",
        "a movement leaves less than nothing",
        ["I-01", "I-15"],
        "update stock_movement set from_after = -1 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'issue')",
    ),
    fault!(
        "I-03",
        "less than nothing is on hand",
        ["I-01", "I-02", "I-04", "I-09", "I-30"],
        "update stock_balance set on_hand = -1000000 where location > 0 and lot = 0 and on_hand > 2000000",
    ),
    // claims
    fault!(
        "I-04",
        "more is allocated than is there",
        ["I-05"],
        "update stock_balance set allocated = on_hand + 1 where location > 0 and on_hand > 0 and status = 1",
    ),
    fault!(
        "I-04",
        "more is promised than is sellable",
        ["I-30"],
        "update stock_site set reserved = sellable + 1 where sellable > 0",
    ),
    fault!(
        "I-04",
        "held stock is allocated",
        ["I-05"],
        "update stock_balance set allocated = 1 where status <> 1 and on_hand > 0",
    ),
    fault!(
        "I-04",
        "what is not ours is allocated",
        ["I-05"],
        "update stock_balance set allocated = 1 where location < 0 and lot = 0",
    ),
    fault!(
        "I-05",
        "an allocation counter is lifted",
        [],
        "update stock_balance set allocated = allocated + 1000000 where location > 0 and on_hand >
         2000000 and lot = 0 and status = 1",
    ),
    fault!("I-05", "an allocation is gone", ["I-30"], "delete from stock_claim where owner = 'order-2'",),
    fault!("I-06", "a claim has no owner", [], "update stock_claim set owner = '' where owner = 'order-1'",),
    fault!(
        "I-06",
        "a line of a document claims more than it needs",
        [],
        "update stock_claim set owner = (select c.owner from stock_claim c where c.owner like '%/%')
         where owner = 'order-2'",
    ),
    // lots and serials
    fault!(
        "I-07",
        "a serial is said to have moved before it did",
        [],
        "update stock_serial set latest = latest - 1",
    ),
    fault!(
        "I-07",
        "a serial came back before it was sold",
        ["I-15"],
        "update stock_movement set effective_at = (select p.effective_at from stock_posting p where
           p.note = 'drill came')
         where (lane, number) = (select p.lane, p.number from stock_posting p where p.note = 'drill back')",
        "update stock_posting set effective_at = (select p.effective_at from stock_posting p where
           p.note = 'drill came')
         where note = 'drill back'",
    ),
    fault!("I-07", "a serial is said to be elsewhere", [], "update stock_serial set location = -2",),
    fault!(
        "I-07",
        "a serial is said to be out",
        [],
        "update stock_serial set location = null, status = null",
    ),
    fault!(
        "I-08",
        "a lot has left its movement",
        ["I-01", "I-15", "I-30"],
        "update stock_movement set lot = 0 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'soup')",
    ),
    fault!(
        "I-08",
        "a lot belongs to another item",
        ["I-26"],
        "update stock_lot set item = (select item from stock_movement where (lane, number) = (select
         p.lane, p.number from stock_posting p where p.note = 'first')) where code = 'A'",
    ),
    fault!(
        "I-08",
        "a lot is on hold and its stock is good",
        [],
        "update stock_lot set on_hold = true where code = 'A'",
    ),
    fault!(
        "I-08",
        "a parent is on hold and its serial is good",
        [],
        "update stock_lot set on_hold = true where code = 'R-77'",
    ),
    fault!(
        "I-08",
        "a parent is a lot of another item",
        ["I-26"],
        "update stock_lot set item = (select item from stock_lot where code = 'A') where code = 'R-77'",
    ),
    fault!("I-08", "a parent is a serial", [], "update stock_lot set role = 1 where code = 'R-77'",),
    fault!(
        "I-08",
        "a parent has stock",
        [],
        "update stock_lot set role = 2, parent = null where code = 'S1'",
    ),
    fault!(
        "I-08",
        "a serial in stock is not known as one",
        [],
        "update stock_lot set role = null, parent = null where code = 'S1'",
    ),
    fault!(
        "I-08",
        "more stays on hold after its lot than is there",
        [],
        "update stock_kept set qty = qty * 5 where lot = (select id from stock_lot where code = 'C')",
    ),
    fault!(
        "I-08",
        "a part of a lot stays on hold after it, and the lot is not on hold",
        [],
        "insert into stock_kept (lot, location, status, qty)
         select b.lot, b.location, b.status, 1 from stock_balance b
         join stock_lot l on l.id = b.lot and l.code = 'A' where b.location > 0",
    ),
    fault!(
        "I-08",
        "a hold was over after more than ever happened",
        [],
        "update stock_released set to_ver = to_ver + 900",
    ),
    fault!(
        "I-08",
        "two holds that are over saw the same movement",
        [],
        "insert into stock_released (lot, location, from_ver, to_ver)
         select r.lot, r.location, r.from_ver, r.to_ver - 1 from stock_released r where r.to_ver > r.from_ver + 1",
    ),
    fault!("I-08", "a hold began after more than ever happened", [], "update stock_held set ver = ver + 900",),
    fault!(
        "I-08",
        "the beginning of a hold is remembered of a lot that is not on hold",
        [],
        "insert into stock_held (lot, location, ver)
         select b.lot, b.location, 1 from stock_balance b
         join stock_lot l on l.id = b.lot and l.code = 'A' where b.location > 0 and b.status = 1",
    ),
    fault!(
        "I-11",
        "goods of a third party are worth something",
        [],
        "update catalog_item set owner = 'A friend' where id in (select item from stock_stack where value > 0)",
    ),
    fault!("I-26", "a parent is gone", [], "update stock_lot set parent = 999999 where code = 'S1'",),
    // cost
    fault!(
        "I-09",
        "a layer has less left",
        ["I-10"],
        "update stock_layer set qty_left = qty_left - 1 where qty_left > 1 and seq = 1",
    ),
    fault!("I-09", "the head of the layers is off", [], "update stock_stack set qty = qty + 1 where qty > 0",),
    fault!(
        "I-09",
        "the head passes over an open layer",
        [],
        "update stock_stack set open_since = 1 + (select min(l.effective_at) from stock_layer l
         where l.item = stock_stack.item and l.grp = stock_stack.grp and l.qty_left > 0) where qty > 0",
    ),
    fault!(
        "I-10",
        "a use names another instant than its layer",
        [],
        "update stock_layer_use set layer_at = layer_at - 1 where (lane, number) = (select p.lane, p.number
         from stock_posting p where p.note = 'issue')",
    ),
    fault!(
        "I-10",
        "a layer is used twice",
        ["I-11", "I-30"],
        "update stock_layer_use set qty = qty + 1 where (lane, number) = (select p.lane, p.number from
         stock_posting p where p.note = 'issue')",
    ),
    fault!(
        "I-10",
        "a younger layer is used before an older one",
        ["I-30"],
        "update stock_layer_use set seq = 2, layer_at = (select l.effective_at from stock_layer l
         where l.item = stock_layer_use.item and l.grp = stock_layer_use.grp and l.seq = 2)
         where (lane, number) = (select p.lane, p.number from stock_posting p where p.note = 'issue')",
        "update stock_layer set qty_left = qty_left + 4000000, value_left = value_left + 200 where seq =
         1 and item = (select item from stock_movement where (lane, number) = (select p.lane, p.number
         from stock_posting p where p.note = 'issue')) and grp = (select from_group from stock_movement
         where (lane, number) = (select p.lane, p.number from stock_posting p where p.note = 'issue'))",
        "update stock_layer set qty_left = qty_left - 4000000, value_left = value_left - 200 where seq =
         2 and item = (select item from stock_movement where (lane, number) = (select p.lane, p.number
         from stock_posting p where p.note = 'issue')) and grp = (select from_group from stock_movement
         where (lane, number) = (select p.lane, p.number from stock_posting p where p.note = 'issue'))",
    ),
    fault!(
        "I-11",
        "a layer is worth less than it was",
        ["I-09"],
        "update stock_layer set value_left = value_left - 1 where value_left > 1 and seq = 1",
    ),
    fault!(
        "I-11",
        "a movement is worth more",
        ["I-15", "I-30"],
        "update stock_movement set value = value + 1 where (lane, number) = (select p.lane, p.number
         from stock_posting p where p.note = 'issue')",
    ),
];
