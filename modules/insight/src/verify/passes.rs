//! Ranges of items, so that a fold over the whole history keeps only so many keys at a time.

use db::{Conn, DbError, Statement};

/// How many keys (or entries) are kept at a time, about 100 bytes each.
pub(crate) const KEYS_MAX: i64 = 1_000_000;

/// How many rows of balances an item has.
pub(crate) const BALANCES: Statement = Statement::new(
    "verify.passes.balances",
    "select sku_id, count(*) from ck_balance group by sku_id order by sku_id",
);

/// How many rows of months an item has.
pub(crate) const MONTHS: Statement = Statement::new(
    "verify.passes.months",
    "select sku_id, count(*) from ck_month group by sku_id order by sku_id",
);

/// How many ends of movements an item has.
pub(crate) const MOVES: Statement = Statement::new(
    "verify.passes.moves",
    "select sku_id, cast(sum(moves) as bigint) from ck_month group by sku_id order by sku_id",
);

/// How many cost layers an item has.
pub(crate) const LAYERS: Statement = Statement::new(
    "verify.passes.layers",
    "select sku_id, count(*) from ck_layer group by sku_id order by sku_id",
);

/// A range of items.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pass {
    from: i64,
    to: i64,
}

impl Pass {
    /// All items at once.
    pub(crate) const ALL: Pass = Pass { from: i64::MIN, to: i64::MAX };

    /// Whether an item belongs to it.
    pub(crate) const fn contains(self, item: i64) -> bool {
        self.from <= item && item <= self.to
    }
}

/// Ranges that together hold every item there could be, each of at most so much weight (or of one
/// item). The statement gives items in order with their weights.
pub(crate) fn passes(conn: &mut Conn<'_>, weights: &Statement, max: i64) -> Result<Vec<Pass>, DbError> {
    let mut cut = Cut::new(max);
    conn.for_each(weights, &[], |row| {
        cut.add(row.int(0)?, row.int(1)?);
        Ok(())
    })?;
    Ok(cut.end())
}

struct Cut {
    max: i64,
    sum: i64,
    open: Pass,
    done: Vec<Pass>,
}

impl Cut {
    const fn new(max: i64) -> Cut {
        Cut { max, sum: 0, open: Pass::ALL, done: Vec::new() }
    }

    fn add(&mut self, item: i64, weight: i64) {
        if self.sum > 0 && self.sum.saturating_add(weight) > self.max {
            self.done.push(Pass { from: self.open.from, to: item.saturating_sub(1) });
            self.open.from = item;
            self.sum = 0;
        }
        self.sum = self.sum.saturating_add(weight);
    }

    fn end(mut self) -> Vec<Pass> {
        self.done.push(self.open);
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_every_item_once_and_no_more_than_allowed() {
        let mut cut = Cut::new(10);
        for (item, weight) in [(3, 4), (5, 6), (9, 1), (12, 30), (20, 2), (21, 2)] {
            cut.add(item, weight);
        }
        let passes = cut.end();
        let ends: Vec<_> = passes.iter().map(|pass| (pass.from, pass.to)).collect();
        assert_eq!(ends, [(i64::MIN, 8), (9, 11), (12, 19), (20, i64::MAX)]);
        for item in [i64::MIN, 3, 8, 9, 11, 12, 20, i64::MAX] {
            assert_eq!(passes.iter().filter(|pass| pass.contains(item)).count(), 1, "{item}");
        }
        assert_eq!(Cut::new(10).end(), [Pass::ALL]);
    }
}
