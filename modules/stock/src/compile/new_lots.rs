//! What the lines of a posting say about lots that are new, or open: neither a serial nor a parent yet.

use super::{Compiler, makes_lots};
use crate::input::{LineInput, LotInput};
use crate::lots::{Naming, Way};
use catalog::ItemFacts;
use domain::ledger::{Kind, Line};
use domain::{LotId, Tracking};

impl Compiler<'_> {
    /// Adds what an input line says about the lots of the lines it became, of which the first is the
    /// posting's line `first`: of the parent before its serials.
    pub(super) fn name_lots(
        &self,
        kind: Kind,
        input: &LineInput,
        lines: &[Line],
        first: usize,
        namings: &mut Vec<Naming>,
    ) {
        let Some(item) = self.names.item(&input.sku) else { return };
        let naming = |line, lot, (code, way): (&str, Way), days: Option<&LotInput>| Naming {
            line,
            item: item.id,
            lot,
            code: code.to_owned(),
            way,
            expiry_on: days.and_then(|lot| lot.expiry_on),
            made_on: days.and_then(|lot| lot.made_on),
            makes: makes_lots(kind),
        };
        let parent = input.parent().and_then(|lot| Some((self.names.lot(item.id, &lot.code)?, lot)));
        if let Some((id, lot)) = parent.filter(|(id, _)| self.is_unsettled(item, *id)) {
            namings.push(naming(first, id, (&lot.code, Way::Parent), Some(lot)));
        }
        let lot = input.lot.as_ref();
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| self.is_unsettled(item, line.lot)) {
            let Some(code) = input.serials.get(number).or(lot.map(|lot| &lot.code)) else { continue };
            let way = match item.tracking {
                Tracking::Serial => Way::Serial(parent.map(|(id, lot)| (id, lot.code.clone()))),
                _ => Way::Lot,
            };
            namings.push(naming(first + number, line.lot, (code, way), lot));
        }
    }

    /// Whether what a lot is depends on the postings that are decided before.
    fn is_unsettled(&self, item: &ItemFacts, lot: LotId) -> bool {
        self.names.is_new(lot) || (item.tracking == Tracking::Serial && self.names.is_open(lot))
    }
}
