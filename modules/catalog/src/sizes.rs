//! What items are as things, for the rules of places: how large, how heavy, whose, of which classes.
//!
//! A quantity is measured by the smallest of the item's units that has three sides, or a weight: what holds for one of
//! them holds for the others by their factors, whatever a pallet of them adds.

use crate::store_sizes::{self, Packed};
use db::{Conn, DbError};
use domain::ItemId;
use domain::ledger::{Goods, Size};
use rustc_hash::FxHashMap;

/// What these items are as things; one that is not there is left out.
pub fn goods_by_id(conn: &mut Conn<'_>, ids: &[ItemId]) -> Result<FxHashMap<ItemId, Goods>, DbError> {
    let mut found: FxHashMap<ItemId, Goods> = FxHashMap::default();
    for Packed { item, goods, volume, weight } in store_sizes::packed(conn, ids)? {
        let known = found.entry(item).or_insert(goods);
        known.volume = smaller(known.volume, volume);
        known.weight = smaller(known.weight, weight);
    }
    Ok(found)
}

/// The size of the smaller package.
fn smaller(known: Option<Size>, other: Option<Size>) -> Option<Size> {
    let (Some(one), Some(two)) = (known, other) else { return known.or(other) };
    let cross = |a: Size, b: Size| i128::from(a.per.num()) * i128::from(b.per.den());
    Some(if cross(two, one) < cross(one, two) { two } else { one })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Ratio;

    #[test]
    fn the_smallest_package_that_is_measured_says_it() {
        let size = |each, per| Some(Size { each, per: Ratio::new(per, 1).unwrap() });
        assert_eq!(smaller(size(9, 12), size(1, 1)), size(1, 1));
        assert_eq!(smaller(size(1, 1), size(9, 12)), size(1, 1));
        assert_eq!(smaller(None, size(9, 12)), size(9, 12));
        assert_eq!(smaller(size(9, 12), None), size(9, 12));
        assert_eq!(smaller(None, None), None);
    }
}
