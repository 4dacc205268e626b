//! The proof by walking: stock is at no point of the merged stream below zero.
//!
//! The rule of supply promises it; this checks the promise on the very documents that are handed
//! out, line by line in their order, and notes what was there when a giant mistake came.

use super::document::{Doc, DocKind};
use super::names::{Names, PerName};
use domain::{Code, Problem};
use rustc_hash::FxHashMap;

/// Stock after the last document, and before each line that was kept out of it.
#[derive(Debug)]
pub(super) struct Floor {
    /// Units of each item at the end.
    pub(super) on_hand: Vec<i64>,
    /// Units of its item when a mistaken line came, by row.
    pub(super) before_mistake: FxHashMap<u32, i64>,
}

/// Walks documents in their order.
///
/// # Errors
/// `internal` when stock would fall below zero: the rule of supply is wrong then.
pub(super) fn walk(docs: &[Doc], skus: &Names) -> Result<Floor, Problem> {
    let mut on_hand = PerName::filled(skus, &0_i64);
    let mut before_mistake = FxHashMap::default();
    for doc in docs {
        for line in &doc.lines {
            let stock = &mut on_hand[line.item];
            *stock += line.stock_units();
            if *stock < 0 {
                let (sku, number) = (skus.text(line.item), &doc.number);
                let detail = format!("`{number}` would take stock of `{sku}` to `{stock}`");
                return Err(Problem::new(Code::Internal, detail));
            }
            if let (DocKind::Mistake, Some((_, row))) = (doc.kind, line.source) {
                before_mistake.insert(row, *stock);
            }
        }
    }
    Ok(Floor { on_hand: on_hand.into_values(), before_mistake })
}
