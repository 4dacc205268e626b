//! What the lines of a posting say about lots that are not in the store yet.

use super::{Compiler, makes_lots};
use crate::input::LineInput;
use crate::lots::Naming;
use domain::ledger::{Kind, Line};

impl Compiler<'_> {
    /// Adds what an input line says about the new lots of the lines it became, of which the first is
    /// the posting's line `first`.
    pub(super) fn name_new_lots(
        &self,
        kind: Kind,
        input: &LineInput,
        lines: &[Line],
        first: usize,
        namings: &mut Vec<Naming>,
    ) {
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| self.names.is_new(line.lot)) {
            let lot = input.lot.as_ref();
            let Some(code) = input.serials.get(number).or(lot.map(|lot| &lot.code)) else { continue };
            namings.push(Naming {
                line: first + number,
                item: line.item,
                lot: line.lot,
                code: code.clone(),
                expiry_on: lot.and_then(|lot| lot.expiry_on),
                made_on: lot.and_then(|lot| lot.made_on),
                makes: makes_lots(kind),
            });
        }
    }
}
