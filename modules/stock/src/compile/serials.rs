//! Lines that name serials: one movement for each, all under the parent that stands beside them.

use super::Compiler;
use crate::input::{LineInput, LotInput};
use crate::lots::{Way, check_kin, check_parents_day};
use catalog::ItemFacts;
use domain::ledger::{Amount, Cost, Kind, Line};
use domain::{ClaimId, Code, LotId, Problem, Qty, Tracking};

impl Compiler<'_> {
    /// A line for each serial; the quantity must be their number.
    pub(super) fn serial_lines(
        &self,
        kind: Kind,
        item: &ItemFacts,
        line: &LineInput,
        made: &Line,
    ) -> Result<Vec<Line>, Problem> {
        if item.tracking != Tracking::Serial {
            let detail = "the item is not tracked by serial; leave `serials` out";
            return Err(Problem::at(Code::LotNotAllowed, "/serials", detail));
        }
        let amount = amount_of_each(line, made.amount)?;
        let parent = self.parent(kind, item, line)?;
        let way = Way::Serial(parent.clone());
        let mut total_left = made.cost;
        let mut lines = Vec::with_capacity(line.serials.len());
        for (number, code) in line.serials.iter().enumerate() {
            let input = serial(line, code);
            let lot = self.lot(kind, item, Some(&input));
            let lot = lot.and_then(|lot| check_kin(self.names, lot, code, &way).map(|()| lot));
            let lot = lot.map_err(|problem| match problem.code {
                Code::Expiry => problem,
                code => Problem::at(code, format!("/serials/{number}"), problem.detail),
            })?;
            let cost = share_of(&mut total_left, line.serials.len() - number);
            let split = made.claim.map(|_| ClaimId(self.ctx.ids.next()));
            let parent = parent.as_ref().map(|(parent, _)| *parent);
            lines.push(self.usual(kind, line, Line { lot, amount, cost, split, ..*made }, parent));
        }
        Ok(lines)
    }

    /// The parent that stands beside the serials of a line, with its code.
    pub(super) fn parent(
        &self,
        kind: Kind,
        item: &ItemFacts,
        line: &LineInput,
    ) -> Result<Option<(LotId, String)>, Problem> {
        let Some(input) = line.parent() else { return Ok(None) };
        let lot = self.lot(kind, item, Some(input))?;
        check_kin(self.names, lot, &input.code, &Way::Parent)?;
        if !self.names.is_new(lot) {
            let known = self.names.lot_facts.get(&lot).and_then(|facts| facts.expiry);
            check_parents_day(&input.code, input.expiry_on, known)?;
        }
        Ok(Some((lot, input.code.clone())))
    }
}

/// A serial as the lot that it is. Days beside a parent are the parent's.
fn serial(line: &LineInput, code: &str) -> LotInput {
    let days = line.lot.as_ref().filter(|lot| lot.code.is_empty());
    LotInput {
        code: code.to_owned(),
        expiry_on: days.and_then(|lot| lot.expiry_on),
        made_on: days.and_then(|lot| lot.made_on),
    }
}

/// How much of each serial: one, or none where none of those that are named was found.
fn amount_of_each(line: &LineInput, amount: Amount) -> Result<Amount, Problem> {
    let one = Qty::ONE.millionths();
    let count = i64::try_from(line.serials.len()).unwrap_or(i64::MAX);
    let (Amount::Move(qty) | Amount::CountTo(qty)) = amount;
    let all_gone = matches!(amount, Amount::CountTo(0));
    if !all_gone && qty != count.saturating_mul(one) {
        let detail = format!("`{count}` serials are named for a quantity of `{}`", domain::Delta(qty));
        return Err(Problem::at(Code::SerialNotOne, line.qty.field(), detail));
    }
    Ok(match amount {
        Amount::Move(_) => Amount::Move(one),
        Amount::CountTo(0) => Amount::CountTo(0),
        Amount::CountTo(_) => Amount::CountTo(one),
    })
}

/// One serial's part of the cost of its line; the last one takes the rest.
fn share_of(left: &mut Cost, serials_left: usize) -> Cost {
    let Cost::Total(total) = left else { return *left };
    let count = i64::try_from(serials_left).unwrap_or(1).max(1);
    let part = *total / count;
    *total -= part;
    Cost::Total(part)
}
